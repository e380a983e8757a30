"""Who can correct a condition that blocks a bundle. Pure."""

from __future__ import annotations

WHO = (
    "The operator who runs the bundle",
    "The administrator of the server",
    "The operator of the workers and the application",
    "The author of the bundle",
    "The administrator of the backups",
)
"""In the order in which the conditions are checked and listed."""

_APPLICATION, _PACKAGE, _BACKUP, _RUN = 2, 3, 4, 0
_ADMINISTRATOR = 1

_MENDS = {
    **dict.fromkeys(
        ("history-unreadable", "isolation-level", "legacy-numbering", "not-adopted", "not-owner", "owner-not-acting"),
        _RUN,
    ),
    **dict.fromkeys(("live-runtimes", "runtime-too-old", "storage-not-finalized"), _APPLICATION),
    **dict.fromkeys(
        (
            *("downgrade", "minor-skipped", "newer-schema", "queue-storage-foreign", "queue-storage-shape"),
            *("schema-gone", "shards-not-drained", "start-not-reached"),
        ),
        _PACKAGE,
    ),
    **dict.fromkeys(
        ("damaged-schema", "empty-history", "lost-history", "queue-storage-damaged", "state-rows-missing"), _BACKUP
    ),
}


def who_mends(code: str) -> int:
    """Return who can correct a condition, as an index into :data:`WHO`; by default the server's administrator."""
    return _MENDS.get(code, _ADMINISTRATOR)
