"""Who can make a condition hold that keeps a bundle from being run. Pure."""

from __future__ import annotations

WHO = (
    "Whoever runs the bundle",
    "The administrator of the server",
    "Whoever runs the workers and the application",
    "Whoever packages the bundle",
    "Whoever has the backups",
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
    """Return who can make a condition hold, as a place in :data:`WHO`; what nobody else can is the administrator's."""
    return _MENDS.get(code, _ADMINISTRATOR)
