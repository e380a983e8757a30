"""Number files for tools that only know numbers: no repeatable files, and no hooks that could run checks. Pure.

A migration of Awa has its version times a thousand. Everything else takes the next free number after the newest
migration, and a new number whenever its text changes, a migration comes after it, or its schema comes back into the
configuration. So nothing that was handed out ever changes; it only becomes longer. And whatever is below the number of
a version may be taken as run on a database that has reached that version: it comes again above.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import PurePosixPath

from awa_infra import sqltext
from awa_infra.bundles.contents import HISTORY_SCHEMA, SLUGS, Contents
from awa_infra.bundles.gates import (
    dropped_schema_queries,
    history_of,
    history_owner_query,
    line_ends_query,
    lock_table_queries,
)
from awa_infra.bundles.preflight import acting, locked, preflight, refusal, stop
from awa_infra.model import Step, StepKind
from awa_infra.planning.gates import GateQuery
from awa_infra.planning.session import session_block

ROOM = 1000
"""Numbers for each version of Awa."""

AWAS_TEXT = b"-- What comes now is run as it was published:\n"
"""The line between the lock and the text; the first one in a file counts.

Do not change it: released bundles are split at this line.
"""

_SLUGS = {StepKind.PATCH: "patch", **SLUGS}

NOT_ADOPTED = "not-adopted"

_ADOPT = "Run adopt.sql with psql, as README.md says; then run this again."

BEFORE_THE_HISTORY = frozenset({"read-only", "database-encoding", "no-synchronous-standby"})
"""What has to be checked before the tool creates a table of its own."""


def stems(contents: Contents) -> dict[str, str]:
    """Return the name of every step's file, without folder and ending, by the step's key."""
    newest = {stem.partition("_")[2]: (stem, entry.file) for entry in contents.released for stem in [_stem(entry.file)]}
    top = contents.plan.to_version * ROOM
    used = max([top, *(number(entry.file) for entry in contents.released)])
    found = {}
    for step in contents.steps:
        if step.kind is StepKind.MIGRATION:
            version = step.version
            found[step.key] = f"{version * ROOM:06d}_awa_{step.key.lower()}"
        else:
            slug = f"{_SLUGS[step.kind]}_{step.subject}"
            stem, file = newest.get(slug, ("", ""))
            # When a tool takes over a database, its history gets everything up to that version.
            behind = stem and number(stem) < top
            back = step.kind in SLUGS and step.subject in contents.returned
            if behind or back or contents.texts.get(file) != step.sql:
                used += 1
                stem = f"{used:06d}_{slug}"
            found[step.key] = stem
    return found


def in_order(contents: Contents, named: dict[str, str]) -> list[str]:
    """Return the names of all files, those that were handed out before too, in the order in which they are run."""
    return sorted({*named.values(), *(_stem(entry.file) for entry in contents.released)})


def wrapped(contents: Contents, step: Step, path: str, *, reads_lines: bool = False) -> bytes:
    """Return a step's text behind the lock, last checks and the acting as the owner: each file is a transaction.

    These tools read their history before the lock, and goose and dbmate have no lock of their own: of two runs at once
    the second would replay every file. What they record of a file is in its transaction, or `adopt.sql` corrects it, so
    nothing that is right replays a file below the version of the database.
    """
    below = sqltext.render("bundle/below_version.sql", version=reached_after(number(path)))
    ends = "" if reads_lines else sqltext.load("bundle/own_line_ends.sql")
    return f"{locked(contents.waits)}\n{acting()}\n{ends}{below}".encode() + AWAS_TEXT + step.sql.encode()


def unwrapped(content: bytes) -> str:
    """Return the text of a step's file."""
    return content.partition(AWAS_TEXT)[2].decode()


def prerequisite(contents: Contents, more: tuple[GateQuery, ...] = ()) -> bytes:
    """Return the script that makes the schema of a tool's own tables, where that can be."""
    own = (history_owner_query(), *more)
    parts = [
        session_block(contents.waits.lock_timeout, local=False),
        preflight(contents, more=own, only=BEFORE_THE_HISTORY | {query.code for query in own}),
        refusal(),
        sqltext.render("bundle/prerequisite.sql", history_name=sqltext.Name(HISTORY_SCHEMA)),
    ]
    return "\n".join(parts).encode()


def numbered_gates(
    contents: Contents, tool: str, *, hint: str = _ADOPT, last_only: bool = False, reads_lines: bool = False
) -> tuple[GateQuery, ...]:
    """Return the gates of a tool that runs each file in a transaction of its own.

    Args:
        contents: what the bundle contains.
        tool: as in the names of its files under ``sql/bundle``.
        hint: how the tool records the version of an existing database; ``%s`` is the change of the highest version.
        last_only: whether the tool's history has only the last number.
        reads_lines: whether the tool reads a file line by line, and so any line end as one line feed.
    """
    return (
        history_owner_query(),
        *(() if reads_lines else (line_ends_query(),)),
        *lock_table_queries(contents, together=False),
        *numbered_dropped_queries(contents, tool, last_only=last_only),
        *_not_adopted_queries(contents, tool, hint),
    )


def psql_scripts(contents: Contents, gates: Iterable[GateQuery], tool: str) -> dict[str, bytes]:
    """Return what such a tool cannot run by itself, for psql: the gates, and what takes over a database."""
    lock = locked(contents.waits)
    conditions = [
        session_block(contents.waits.lock_timeout, local=False),
        "BEGIN;",
        lock,
        preflight(contents, more=gates),
        stop("Nothing was run; do not run the tool before this is corrected."),
        "COMMIT;\n",
    ]
    numbers = json.dumps([number(stem) for stem in in_order(contents, stems(contents))])
    return {
        "prerequisite.sql": prerequisite(contents),
        "preflight.sql": "\n".join(conditions).encode(),
        "adopt.sql": f"{lock}\n{sqltext.render(f'bundle/adopt_{tool}.sql', numbers=numbers, room=ROOM)}".encode(),
    }


def numbered_dropped_queries(contents: Contents, tool: str, *, last_only: bool = False) -> tuple[GateQuery, ...]:
    """Return the gates for schemas that are gone; see :func:`awa_infra.bundles.gates.dropped_schema_queries`."""
    named = stems(contents)
    return dropped_schema_queries(contents, tool, lambda step: str(number(named[step.key])), last_only=last_only)


def _not_adopted_queries(contents: Contents, tool: str, hint: str) -> tuple[GateQuery, ...]:
    """Return the gates for a database that another program has brought past the end of the tool's history.

    Of these tools only sqitch can have committed a migration without a note of it; where it was killed, its own command
    records the change.
    """
    needs, history = history_of(tool)
    absent = sqltext.render("bundle/no_history.sql", table=needs[0])
    cases = ((("awa.schema_version", *needs), history), (("awa.schema_version",), absent.rstrip()))
    return tuple(
        GateQuery(
            NOT_ADOPTED,
            tables,
            sqltext.render(
                "bundle/not_adopted.sql",
                tool=tool.replace("_", "-"),
                hint=hint,
                room=ROOM,
                from_version=contents.plan.from_version,
                history=sqltext.Part(history_query),
            ),
        )
        for tables, history_query in cases
    )


def number(path: str) -> int:
    """Return the number that a file's name begins with."""
    return int(PurePosixPath(path).name.partition("_")[0])


def reached_after(file_number: int) -> int:
    """Return the lowest version of a database that must not run a file again, by the file's number.

    A migration of version N is run below version N. Everything else is run at the version of the migration before it:
    on a later one it would bring back an older text, and what is still needed comes again above.
    """
    return -(-file_number // ROOM)


def stem_paths(contents: Contents, folder: str, ending: str = ".sql") -> dict[str, str]:
    """Return the path of every step's file by the step's key, all in one folder."""
    return {key: f"{folder}/{stem}{ending}" for key, stem in stems(contents).items()}


def _stem(path: str) -> str:
    return PurePosixPath(path).name.partition(".")[0]
