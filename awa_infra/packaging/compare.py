"""What stands in a folder beside what would be written. Pure."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Change:
    """A file that is not what would be written.

    Attributes:
        file: its path.
        what: ``added``, ``changed`` or ``removed``: what writing would do to it.
    """

    file: str
    what: str


def changes(standing: Mapping[str, bytes], wanted: Mapping[str, bytes]) -> tuple[Change, ...]:
    """Return what writing would do, by path."""
    found = [Change(path, "added") for path in wanted.keys() - standing.keys()]
    found += [Change(path, "removed") for path in standing.keys() - wanted.keys()]
    found += [Change(path, "changed") for path in wanted.keys() & standing.keys() if wanted[path] != standing[path]]
    return tuple(sorted(found, key=lambda change: change.file))


def unified(change: Change, standing: Mapping[str, bytes], wanted: Mapping[str, bytes]) -> Iterator[str]:
    """Return the lines of a unified diff of one file, without their ends."""
    old, new = (_lines(files.get(change.file)) for files in (standing, wanted))
    names = {
        "added": ("/dev/null", f"b/{change.file}"),
        "removed": (f"a/{change.file}", "/dev/null"),
        "changed": (f"a/{change.file}", f"b/{change.file}"),
    }
    return difflib.unified_diff(old, new, *names[change.what], lineterm="")


def _lines(content: bytes | None) -> list[str]:
    # Split at line feeds alone, so that a carriage return shows.
    return [] if content is None else content.decode(errors="replace").removesuffix("\n").split("\n")
