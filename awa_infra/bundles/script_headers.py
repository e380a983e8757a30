"""Say at the start of each script of ours what it changes and what it never touches. Pure.

Awa's own texts, and whatever a tool or the lock file keeps the hash of, stay byte for byte as they are.
"""

from __future__ import annotations

from collections.abc import Mapping

_READS = "Changes nothing: it reads, and keeps what it found in settings of its session."

_CHANGES = {
    "apply.sql": "Changes schema awa, and makes the queue-storage schemas and lanes of this bundle.",
    "roles.sql": (
        "Makes the roles and the schemas of this bundle where they are missing, and grants privileges on them."
    ),
    "guard.sql": "Makes an event trigger that keeps the schemas of this bundle from being dropped by accident.",
    "verify.sql": "Changes nothing: it reads what this bundle promises, and shows what it found.",
    "structure.sql": "Changes nothing: it compares every object of the schemas with what the release makes.",
    "prerequisite.sql": "Makes schema awa_migrations, for the tool's own tables, where it is missing.",
    "adopt.sql": "Writes into the tool's own table which versions this database has already.",
    "preflight.sql": _READS,
    "verified.sql": _READS,
    "stop.sql": "Changes nothing: it raises an error if a condition does not hold.",
    "act_as_owner.sql": "Has the owner of schema awa own what this transaction makes.",
    "lock.sql": "Takes Awa's migration lock and sets what this transaction runs under.",
    "lock_session.sql": "Takes Awa's migration lock until the session ends.",
    "unlock.sql": "Gives Awa's migration lock back, and keeps Awa's installer with its owner.",
    "installer.sql": "Revokes Awa's installer from roles that default privileges gave it to.",
    "beforeCreateSchema__awa_infra_alone.sql": "Lets one Flyway at a time go on; checks the first conditions.",
    "beforeValidate__awa_infra_alone.sql": "Lets one Flyway at a time go on.",
    "beforeMigrate__awa_infra_preflight.sql": "Changes nothing: it checks the conditions.",
    "beforeEachMigrate__awa_infra_lock.sql": "Takes Awa's migration lock, and checks the conditions.",
}
"""What a script changes, by its name."""

_NOT_JOBS = "Never touches jobs, other schemas, or which storage is active."

_NEVER = {
    "apply.sql": "Never touches other schemas, drops nothing, and does not change which storage is active.",
    "roles.sql": "Never touches jobs, passwords, other schemas, or roles that are not named here.",
    "guard.sql": "Never touches jobs, tables or other schemas.",
    **dict.fromkeys(("verify.sql", "structure.sql"), "Never touches a row, and waits at most 10 s for a lock."),
    **dict.fromkeys(("prerequisite.sql", "adopt.sql"), "Never touches schema awa, jobs, or any other schema."),
}
"""What a script never touches, by its name, where that is something else than :data:`_NOT_JOBS`."""


def with_headers(files: Mapping[str, bytes]) -> dict[str, bytes]:
    """Return our files, of which no tool keeps a checksum, each script with two sentences before it."""
    return {path: _header(path.rpartition("/")[2]) + content for path, content in files.items()}


def _header(name: str) -> bytes:
    return f"-- {_CHANGES[name]}\n-- {_NEVER.get(name, _NOT_JOBS)}\n".encode() if name in _CHANGES else b""
