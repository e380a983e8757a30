"""Telling today's version numbers from those of Awa before 0.4, by reading alone. Pure."""

from __future__ import annotations

from collections.abc import Collection

FIRST_VERSION_NEVER_LEGACY = 9
"""Awa before 0.4 never came this far; a higher row is today's, whatever else is missing."""


def is_legacy_numbering(versions: Collection[int], tables: Collection[str]) -> bool:
    """Whether version rows are in the numbering of Awa before 0.4.

    The rule is that of Awa 0.6.9's own runner, which normalises such rows before it migrates.

    Args:
        versions: the rows of ``awa.schema_version``.
        tables: which of ``queue_state_counts`` (version 4 of today) and ``runtime_instances`` (version 2) exist.
    """
    highest = max(versions, default=0)
    if highest >= FIRST_VERSION_NEVER_LEGACY:
        return False
    if highest >= 4:  # noqa: PLR2004
        return "queue_state_counts" not in tables
    return highest == 3 and "runtime_instances" not in tables  # noqa: PLR2004
