"""Files for tools that know nothing but numbers: no repeatable files, no checks around them. Pure.

A migration of Awa has its version times a thousand. Everything else takes the next free number after the newest
migration, and a new number whenever its text changes, or, for a patch, whenever a migration came after it. So nothing
that was handed out ever changes; it only becomes longer.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import PurePosixPath

from awa_infra import sqltext
from awa_infra.model import Step, StepKind
from awa_infra.packaging.contents import ADMINISTRATORS, HISTORY_SCHEMA, Contents, own_name
from awa_infra.packaging.lock import sha256
from awa_infra.packaging.lock_table import lock_table_queries
from awa_infra.packaging.preflight import acting, preflight, stop

ROOM = 1000
"""Numbers for each version of Awa."""

AWAS_TEXT = b"-- What comes now is run as it was published:\n"
"""The line between the lock and the text; the first one in a file counts."""

_PREREQUISITE = f"""\
-- Once per database, before the first run: the schema of the tool's own table. Schema awa belongs to Awa's migrations.
CREATE SCHEMA IF NOT EXISTS {HISTORY_SCHEMA};
"""

_SLUGS = {StepKind.PATCH: "patch", StepKind.QUEUE_STORAGE: "queue_storage", StepKind.LANES: "lanes"}


def stems(contents: Contents, wrap: Callable[[Step], bytes]) -> dict[str, str]:
    """Return the name of every step's file, without folder and ending, by the step's key."""
    newest = {_slug(stem): (stem, entry.sha256) for entry in contents.released for stem in [_stem(entry.file)]}
    top = contents.plan.to_version * ROOM
    used = max([top, *(_number(_stem(entry.file)) for entry in contents.released)])
    found = {}
    for step in contents.plan.steps:
        if step.kind is StepKind.MIGRATION:
            version = int(step.key.removeprefix("V"))
            found[step.key] = f"{version * ROOM:06d}_awa_{step.key.lower()}"
        elif step.kind not in ADMINISTRATORS:
            slug = f"{_SLUGS[step.kind]}_{own_name(step)}"
            stem, sha = newest.get(slug, ("", ""))
            again = step.kind is StepKind.PATCH and stem and _number(stem) < top
            if sha != sha256(wrap(step)) or again:
                used += 1
                stem = f"{used:06d}_{slug}"
            found[step.key] = stem
    return found


def in_order(contents: Contents, named: dict[str, str]) -> list[str]:
    """Return the names of all files, those that were handed out before too, in the order in which they are run."""
    return sorted({*named.values(), *(_stem(entry.file) for entry in contents.released)})


def wrapped(step: Step) -> bytes:
    """Return a step's text behind the lock and the acting as the owner: each file is a transaction of its own."""
    before = "\n".join([sqltext.load("bundle/lock_transaction.sql"), acting(), ""])
    return before.encode() + AWAS_TEXT + step.sql.encode()


def unwrapped(content: bytes) -> str:
    """Return the text of a step's file."""
    return content.partition(AWAS_TEXT)[2].decode()


def beside(contents: Contents) -> dict[str, bytes]:
    """Return what such a tool cannot run by itself, for psql."""
    more = lock_table_queries(contents, together=False)
    asked = [
        preflight(contents, more=more),
        stop("Nothing was run; do not run the tool before this is corrected."),
    ]
    return {"prerequisite.sql": _PREREQUISITE.encode(), "preflight.sql": "\n".join(asked).encode()}


def number(path: str) -> int:
    """Return the number of a file."""
    return _number(_stem(path))


def _stem(path: str) -> str:
    return PurePosixPath(path).name.partition(".")[0]


def _number(stem: str) -> int:
    return int(stem.partition("_")[0])


def _slug(stem: str) -> str:
    return stem.partition("_")[2]
