"""Find the files of a bundle that were released with other lock waits, and keep them. Pure.

Where a tool runs numbered files and nothing around them, each file has the waits in it, and no released file changes.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from awa_infra.bundles.contents import Waits, seconds
from awa_infra.bundles.numbering import AWAS_TEXT

_TABLE_LOCK = re.compile(rb"\('lock_timeout', '(\d+)(?:ms)?', ")
_MIGRATION_LOCK = re.compile(rb"interval '1 second' \* (\d+(?:\.\d+)?);")


@dataclass(frozen=True, slots=True)
class EarlierWaits:
    """Released files, in order, that keep the lock waits with which they were released; newer files have others."""

    files: tuple[str, ...]
    waits: Waits
    newer: Waits

    def __str__(self) -> str:
        one = len(self.files) == 1
        names = self.files[0] if one else f"{self.files[0]} to {self.files[-1]} ({len(self.files)} files)"
        return (
            f"{names} {'keeps' if one else 'keep'} the lock waits of {'its' if one else 'their'} release: "
            f"{_shown(self.waits)}. Files written now wait: {_shown(self.newer)}."
        )


def earlier_waits(files: Mapping[str, bytes], released: Iterable[str], now: Waits) -> tuple[EarlierWaits, ...]:
    """Return the released files whose waits are others than those of now, together if they wait equally long."""
    found: dict[Waits, list[str]] = {}
    for path in sorted({path for path in released if path in files}):
        waits = _waits_in(files[path])
        if waits is not None and waits != now:
            found.setdefault(waits, []).append(path)
    return tuple(EarlierWaits(tuple(paths), waits, now) for waits, paths in found.items())


def _waits_in(content: bytes) -> Waits | None:
    """Return the waits that are written into a file, before Awa's text; None where there are none."""
    ours, _, awas = content.partition(AWAS_TEXT)
    table, migration = _TABLE_LOCK.search(ours), _MIGRATION_LOCK.search(ours)
    if not awas or table is None or migration is None:
        return None
    return Waits(int(table[1]) / 1000, float(migration[1]))


def _shown(waits: Waits) -> str:
    table = (
        f"{seconds(waits.table_lock)} for each table lock" if waits.table_lock else "without a bound for table locks"
    )
    return f"{table}, {seconds(waits.migration_lock)} for another migration"
