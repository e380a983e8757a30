"""Word numbers and lists in messages. Pure."""

from __future__ import annotations

from collections.abc import Iterable

FEW = 3
"""Names in a message about many objects: after logical replication two sequences of each lane are behind."""


def listed(names: Iterable[str], separator: str = ", ", most: int = 8) -> str:
    """Return names as a list for one line; of many the first few, and how many more there are."""
    shown = list(names)
    more = len(shown) - most
    return separator.join(shown) if more <= 0 else f"{separator.join(shown[:most])} and {more} more"


def and_listed(items: Iterable[str]) -> str:
    """Return items as people list them: ``a``, ``a and b``, ``a, b and c``."""
    *most, last = [*items] or [""]
    return f"{', '.join(most)} and {last}" if most else last


def counted(count: int, one: str, many: str = "") -> str:
    """Return a number and what it counts; without a plural of its own that is the singular with an s."""
    return f"{count} {one if count == 1 else many or one + 's'}"
