"""The Alembic bundle: its own environment, with a revision for each file. Tested with Alembic 1.20.

The files are Awa's text and nothing else; what surrounds them is in ``env.py``, which runs it all in one transaction.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import partial
from importlib import resources

from awa_infra.bundles.contents import Contents, Format
from awa_infra.bundles.gates import history_owner_query, lock_table_queries
from awa_infra.bundles.numbering import in_order, number, numbered_dropped_queries, reached_after, stem_paths, stems
from awa_infra.bundles.preflight import keeping_installer, locked, preflight, stop
from awa_infra.planning.gates import GateQuery

_SETTINGS = """\
# Where the database is and who connects comes from the environment: AWA_DATABASE_URL.
[alembic]
script_location = %(here)s
version_locations = %(here)s/versions
path_separator = os
"""

_REVISION = '''\
"""{title}."""

from pathlib import Path

from alembic import op

revision = {revision!r}
down_revision = {before!r}
branch_labels = {labels!r}
depends_on = None

FILE = Path(__file__).parent.parent / "sql" / "{stem}.sql"


def upgrade() -> None:
    connection = op.get_bind()
{condition}    connection.exec_driver_sql(FILE.read_text(encoding="utf-8"))


def downgrade() -> None:
    message = "Awa has no migrations that go back; restore a backup."
    raise NotImplementedError(message)
'''

_CONDITION = """\
    # A database that `awa migrate` brought to version {version} or a later one has it already. The highest version
    # counts, as for Awa: where a row is lost, its migration would run on top of all later ones.
    if connection.exec_driver_sql("SELECT to_regclass('awa.schema_version')").scalar() is not None and (
        connection.exec_driver_sql("SELECT 1 FROM awa.schema_version WHERE version >= {version} LIMIT 1").scalar()
    ):
        return
"""


def _gates(contents: Contents) -> list[GateQuery]:
    return [
        history_owner_query(),
        *lock_table_queries(contents, together=True),
        *numbered_dropped_queries(contents, "alembic", last_only=True),
    ]


def files(contents: Contents, gates: Iterable[GateQuery]) -> dict[str, bytes]:
    """Return the environment and a revision for every file."""
    env = resources.files("awa_infra.bundles").joinpath("texts", "alembic_env.py.txt").read_text(encoding="utf-8")
    return {
        "alembic.ini": _SETTINGS.encode(),
        "env.py": env.encode(),
        "awa_infra/lock.sql": locked(contents.waits).encode(),
        "awa_infra/preflight.sql": preflight(contents, more=gates, begins_itself=True).encode(),
        "awa_infra/stop.sql": stop().encode(),
        "awa_infra/installer.sql": keeping_installer().encode(),
        **dict(_revisions(contents)),
    }


def _revisions(contents: Contents) -> Iterator[tuple[str, bytes]]:
    named = stems(contents)
    ordered = in_order(contents, named)
    for before, stem in zip([None, *ordered], ordered, strict=False):
        text = _REVISION.format(
            title=stem,
            revision=_revision(stem),
            before=_revision(before) if before else None,
            labels=None if before else ("awa",),
            stem=stem,
            condition=_CONDITION.format(version=reached_after(number(stem))),
        )
        yield f"versions/{stem}.py", text.encode()


def _revision(stem: str) -> str:
    return f"awa_{stem.partition('_')[0]}"


ALEMBIC = Format(
    "alembic",
    "Alembic",
    partial(stem_paths, folder="sql"),
    _gates,
    files,
    one_transaction=True,
    appends=True,
)
