"""The dbmate bundle: numbered files with a part for each direction. Tested with dbmate 2.36.0."""

from __future__ import annotations

from awa_infra import sqltext
from awa_infra.model import Step
from awa_infra.packaging.contents import HISTORY_SCHEMA, Contents, Format
from awa_infra.packaging.numbered import beside, stems, unwrapped, wrapped

_UP = b"-- migrate:up\n"
# dbmate asks for a part that goes back; an empty one would only take the number out of the history.
_DOWN = b"\n\n-- migrate:down\n"

_SETTINGS = f"""\
# For: dbmate --env-file dbmate.env migrate. A variable that is set outside counts more.
DBMATE_MIGRATIONS_DIR=migrations
# dbmate's own table has a schema of its own; schema awa belongs to Awa's migrations.
DBMATE_MIGRATIONS_TABLE={HISTORY_SCHEMA}.dbmate_migrations
# A file that comes before one that was run was lost on the way.
DBMATE_STRICT=true
# Otherwise dbmate runs pg_dump after every migration and writes what it says.
DBMATE_NO_DUMP_SCHEMA=true
"""


def paths(contents: Contents) -> dict[str, str]:
    """Return the path of every step's file."""
    return {key: f"migrations/{stem}.sql" for key, stem in stems(contents).items()}


def files(contents: Contents) -> dict[str, bytes]:
    """Return the settings, and what dbmate cannot run by itself."""
    return {"dbmate.env": _SETTINGS.encode(), **beside(contents, "dbmate")}


def _wrapped(contents: Contents, step: Step) -> bytes:
    return _UP + wrapped(contents, step) + _end()


def _unwrapped(content: bytes) -> str:
    return unwrapped(content.removesuffix(_end()))


def _end() -> bytes:
    return _DOWN + sqltext.load("bundle/no_way_back.sql").encode()


DBMATE = Format("dbmate", "dbmate", paths, files, wrap=_wrapped, text_of=_unwrapped, appends=True, asks=False)
