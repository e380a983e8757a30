"""The sqitch bundle: psql scripts, and a plan to which lines are only added. Tested with sqitch 1.3.1.

The id of a change is a hash of its line in the plan and of all lines before it, so a line must never change: it has
only the file's name, one fixed date and one fixed planner.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from pathlib import PurePosixPath

from awa_infra import sqltext
from awa_infra.bundles.contents import HISTORY_SCHEMA, Contents, Format
from awa_infra.bundles.numbering import (
    AWAS_TEXT,
    ROOM,
    in_order,
    number,
    numbered_gates,
    prerequisite,
    stem_paths,
    stems,
    unwrapped,
)
from awa_infra.bundles.preflight import locked, preflight, stop, tool_timeout_query
from awa_infra.bundles.verify_script import verified
from awa_infra.model import Step, StepKind
from awa_infra.planning.gates import GateQuery

PROJECT = "awa_infra"

_ADOPTING = "Run sqitch deploy --log-only --to %s and the address of the database; then deploy."

_PLANNED = "2000-01-01T00:00:00Z awa-infra <nobody@awa-infra.invalid>"

_SETTINGS = f"""\
[core]
	engine = pg
[engine "pg"]
	# The schema of sqitch's own tables; schema awa belongs to Awa's migrations.
	registry = {HISTORY_SCHEMA}
[deploy]
	# Changes before a failure stay, and each change is a transaction: nothing has to be reverted, and reverting
	# is refused.
	mode = change
	verify = false
"""

_BEGIN = b"""\
-- One transaction, under Awa's migration lock, after the conditions were checked.
BEGIN;
\\ir ../awa_infra/lock.sql
\\ir ../awa_infra/preflight.sql
\\ir ../awa_infra/stop.sql

"""
_END = b"\n;\nCOMMIT;\n"


def _gates(contents: Contents) -> list[GateQuery]:
    return [*numbered_gates(contents, "sqitch", hint=_ADOPTING), tool_timeout_query("sqitch")]


def files(contents: Contents, gates: Iterable[GateQuery]) -> dict[str, bytes]:
    """Return the plan, and every file beside the scripts that deploy."""
    ordered = in_order(contents, stems(contents))
    lines = ["%syntax-version=1.0.0", f"%project={PROJECT}", "", *(f"{stem} {_PLANNED}" for stem in ordered), ""]
    back = sqltext.load("bundle/no_way_back.sql").encode()
    return {
        "sqitch.conf": _SETTINGS.encode(),
        "prerequisite.sql": prerequisite(contents),
        "sqitch.plan": "\n".join(lines).encode(),
        "awa_infra/lock.sql": locked(contents.waits).encode(),
        "awa_infra/preflight.sql": preflight(contents, more=gates).encode(),
        "awa_infra/stop.sql": stop("This change was not run, nor any after it.").encode(),
        "awa_infra/verified.sql": verified(contents, "Nothing was changed.").encode(),
        **{f"revert/{stem}.sql": back for stem in ordered},
        **{
            f"verify/{stem}.sql": sqltext.render("bundle/version_recorded.sql", version=number(stem) // ROOM).encode()
            for stem in ordered
        },
        # All of it can be checked only after the last one.
        f"verify/{ordered[-1]}.sql": b"\\ir ../awa_infra/verified.sql\n",
    }


def _wrapped(_contents: Contents, step: Step, path: str) -> bytes:
    # No two scripts of a project may have the same bytes, or sqitch's registry refuses the second one.
    name = b"" if step.kind is StepKind.MIGRATION else f"-- Change {PurePosixPath(path).stem}.\n".encode()
    return name + _BEGIN + AWAS_TEXT + step.sql.encode() + _END


def _unwrapped(content: bytes) -> str:
    return unwrapped(content.removesuffix(_END))


SQITCH = Format(
    "sqitch",
    "sqitch",
    partial(stem_paths, folder="deploy"),
    _gates,
    files,
    wrap=_wrapped,
    text_of=_unwrapped,
    appends=True,
    again="Run again. If it stops with `not-adopted`, sqitch has not recorded the last change: record it as for a "
    "database that `awa migrate` migrated.",
)
