"""Committed facts about Awa's releases: the hash of each text.

One place for each fact. ``releases.json`` was measured on the real wheels of ``awa-pg``.
"""

from __future__ import annotations

import json
from functools import cache
from importlib import resources
from typing import Any, TypedDict, cast

from packaging.version import Version

FLOOR = "0.6.8"
"""The oldest Awa release that may migrate anything here.

Releases before 0.6.2 rewrite the version history of a newer database, and before 0.6.8 the schema patch
``wait_free_dirty_marks`` is missing (Awa's changelog, issues #392 and #491).
"""


RUNTIME_FLOORS = {43: "0.6.2"}
"""Versions that need every live runtime to be at least of a release (Awa 0.7's runner, in development)."""

EXCLUSIVE_VERSIONS: tuple[int, ...] = ()
"""Versions that need every runtime to be away. Awa 0.7's runner has such a list, and it is empty."""

SECONDS_PER_MILLION_ROWS_AND_REPLAY = 21.0
"""What a million ready or done rows cost in one replay of the queue-storage installer, under exclusive locks.

Measured with Awa 0.6.9 on PostgreSQL 18: version 36 to 40, three replays, 2,000,000 rows, 127 s.
"""


BYTES_PER_READY_ROW = 175
"""What one ready row takes on disk, to estimate rows where there are no statistics.

Measured with Awa 0.6.9 on PostgreSQL 18: 20,000 jobs with two small arguments, 3.49 MB.
"""

BYTES_PER_JOB = 186
"""What one job takes on disk in the tables of before queue storage, as :data:`BYTES_PER_READY_ROW`.

Measured with Awa 0.5.7 and 0.6.9 on PostgreSQL 18: 20,000 jobs with two small arguments, available ones 3.65 MB and
completed ones 3.81 MB.
"""


class ReleaseFacts(TypedDict):
    """Hashes of one release: by version number as text, and by patch name."""

    migrations: dict[str, str]
    patches: dict[str, str]


@cache
def known_releases() -> dict[str, ReleaseFacts]:
    """Return the facts of every release that is known, by the version of its wheel.

    Some are below :data:`FLOOR`: bundles and databases may hold their texts, but nothing is migrated with them.
    """
    text = resources.files(__name__).joinpath("releases.json").read_text(encoding="utf-8")
    return cast("dict[str, ReleaseFacts]", json.loads(text)["releases"])


@cache
def measured_files(kind: str) -> tuple[dict[str, Any], ...]:
    """Return all committed facts of a kind, ``catalog`` or ``durations``, those of the newest release last."""
    folder = resources.files(__name__)
    names = [entry.name for entry in folder.iterdir() if entry.name.startswith(f"{kind}-")]
    ordered = sorted(names, key=lambda name: Version(name.removeprefix(f"{kind}-").removesuffix(".json")))
    return tuple(json.loads(folder.joinpath(name).read_text(encoding="utf-8")) for name in ordered)


def runtime_floor(after: int, to: int) -> str | None:
    """Return the oldest release that live runtimes may be of while versions in (after, to] are applied."""
    floors = [release for version, release in RUNTIME_FLOORS.items() if after < version <= to]
    return max(floors, key=Version, default=None)
