"""The goose, golang-migrate and dbmate bundles: numbered files only.

Tested with goose 3.30.1, golang-migrate 4.20.1 and dbmate 2.36.0.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial

from awa_infra import sqltext
from awa_infra.bundles.contents import HISTORY_SCHEMA, KILLED, Contents, Format
from awa_infra.bundles.numbering import numbered_gates, psql_scripts, stem_paths, unwrapped, wrapped
from awa_infra.model import Step
from awa_infra.planning.gates import GateQuery

# Without these goose would split at the semicolons of function bodies.
_GOOSE_BEGIN = b"-- +goose Up\n-- +goose StatementBegin\n"
_GOOSE_END = b"\n-- +goose StatementEnd\n"

_GOOSE_ADOPT = "Run goose with the command version, then adopt.sql with psql, as README.md says; then run this again."

_PATHS = partial(stem_paths, folder="migrations")


def _goose_wrapped(contents: Contents, step: Step, path: str) -> bytes:
    return _GOOSE_BEGIN + wrapped(contents, step, path, reads_lines=True) + _GOOSE_END


def _goose_unwrapped(content: bytes) -> str:
    return unwrapped(content.removesuffix(_GOOSE_END))


_numbered = partial(Format, appends=True, asks=False)


GOOSE = _numbered(
    "goose",
    "goose",
    _PATHS,
    partial(numbered_gates, tool="goose", hint=_GOOSE_ADOPT, reads_lines=True),
    partial(psql_scripts, tool="goose"),
    wrap=_goose_wrapped,
    text_of=_goose_unwrapped,
)


GOLANG_MIGRATE = _numbered(
    "golang-migrate",
    "golang-migrate",
    partial(_PATHS, ending=".up.sql"),
    partial(numbered_gates, tool="golang_migrate", last_only=True),
    partial(psql_scripts, tool="golang_migrate"),
    wrap=wrapped,
    text_of=unwrapped,
    again="Run `adopt.sql`, then `up`: see *What golang-migrate cannot do*.",
    stopping=f"golang-migrate is *dirty* then: run `adopt.sql` before `up`. {KILLED}",
)


_DBMATE_UP = b"-- migrate:up\n"
# dbmate asks for a part that goes back; an empty one would only take the number out of the history.
_DBMATE_DOWN = b"\n\n-- migrate:down\n"

_DBMATE_SETTINGS = f"""\
# For: dbmate --env-file dbmate.env migrate. A variable that is set in the environment takes precedence.
DBMATE_MIGRATIONS_DIR=migrations
# dbmate's own table has a schema of its own; schema awa belongs to Awa's migrations.
DBMATE_MIGRATIONS_TABLE={HISTORY_SCHEMA}.dbmate_migrations
# Fail if a pending file has a lower number than one that was run: it was lost on the way.
DBMATE_STRICT=true
# Otherwise dbmate runs pg_dump after every migration and writes its output to a file.
DBMATE_NO_DUMP_SCHEMA=true
"""


def _dbmate_files(contents: Contents, gates: Iterable[GateQuery]) -> dict[str, bytes]:
    """Return the settings, and what dbmate cannot run by itself."""
    return {"dbmate.env": _DBMATE_SETTINGS.encode(), **psql_scripts(contents, gates, "dbmate")}


def _dbmate_wrapped(contents: Contents, step: Step, path: str) -> bytes:
    no_way_back = sqltext.load("bundle/no_way_back.sql").encode()
    return _DBMATE_UP + wrapped(contents, step, path) + _DBMATE_DOWN + no_way_back


def _dbmate_unwrapped(content: bytes) -> str:
    # What follows may be of another release, whose words differ.
    return unwrapped(content.rpartition(_DBMATE_DOWN)[0])


DBMATE = _numbered(
    "dbmate",
    "dbmate",
    _PATHS,
    partial(numbered_gates, tool="dbmate"),
    _dbmate_files,
    wrap=_dbmate_wrapped,
    text_of=_dbmate_unwrapped,
)
