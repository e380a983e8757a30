"""Say at the start of each script of ours what it changes and what it never touches. Pure.

Awa's own texts, and whatever a tool or the lock file keeps the hash of, stay byte for byte as they are.
"""

from __future__ import annotations

from collections.abc import Mapping

_READS = "Changes nothing: it reads, and keeps what it found in settings of its session."
_NOT_JOBS = "Never touches jobs, other schemas, or which storage is active."

_WORDS = {
    "apply.sql": (
        "Changes schema awa, and makes the queue-storage schemas and lanes of this bundle.",
        "Never touches other schemas, drops nothing, and does not change which storage is active.",
    ),
    "roles.sql": (
        "Makes the roles and the schemas of this bundle where they are missing, and grants privileges on them.",
        "Never touches jobs, passwords, other schemas, or roles that are not named here.",
    ),
    "guard.sql": (
        "Makes an event trigger that keeps the schemas of this bundle from being dropped by accident.",
        "Never touches jobs, tables or other schemas.",
    ),
    "verify.sql": (
        "Changes nothing: it reads what this bundle promises, and shows what it found.",
        "Never touches a row, and waits at most 10 s for a lock.",
    ),
    "structure.sql": (
        "Changes nothing: it compares every object of the schemas with what the release makes.",
        "Never touches a row, and waits at most 10 s for a lock.",
    ),
    "prerequisite.sql": (
        "Makes schema awa_migrations, for the tool's own tables, where it is missing.",
        "Never touches schema awa, jobs, or any other schema.",
    ),
    "adopt.sql": (
        "Writes into the tool's own table which versions this database has already.",
        "Never touches schema awa, jobs, or any other schema.",
    ),
    "preflight.sql": (_READS, _NOT_JOBS),
    "verified.sql": (_READS, _NOT_JOBS),
    "stop.sql": ("Changes nothing: it raises an error if a condition does not hold.", _NOT_JOBS),
    "act_as_owner.sql": ("Has the owner of schema awa own what this transaction makes.", _NOT_JOBS),
    "lock.sql": ("Takes Awa's migration lock and sets what this transaction runs under.", _NOT_JOBS),
    "lock_session.sql": ("Takes Awa's migration lock until the session ends.", _NOT_JOBS),
    "unlock.sql": ("Gives Awa's migration lock back, and keeps Awa's installer with its owner.", _NOT_JOBS),
    "installer.sql": ("Revokes Awa's installer from roles that default privileges gave it to.", _NOT_JOBS),
    "beforeCreateSchema__awa_infra_alone.sql": (
        "Lets one Flyway at a time go on; checks the first conditions.",
        _NOT_JOBS,
    ),
    "beforeValidate__awa_infra_alone.sql": ("Lets one Flyway at a time go on.", _NOT_JOBS),
    "beforeMigrate__awa_infra_preflight.sql": (
        "Changes nothing: it checks the conditions.",
        _NOT_JOBS,
    ),
    "beforeEachMigrate__awa_infra_lock.sql": ("Takes Awa's migration lock, and checks the conditions.", _NOT_JOBS),
}
"""What a script changes, and what it never touches, by its name."""


def with_headers(files: Mapping[str, bytes]) -> dict[str, bytes]:
    """Return our files, of which no tool keeps a checksum, each script with two sentences before it."""
    return {path: _opened(path, content) for path, content in files.items()}


def _opened(path: str, content: bytes) -> bytes:
    words = _WORDS.get(path.rpartition("/")[2])
    return content if words is None else "".join(f"-- {line}\n" for line in words).encode() + content
