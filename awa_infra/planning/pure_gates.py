"""Gates and notes that need no query of their own, and the error that reports every gate that blocks. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from awa_infra.errors import BlockedError
from awa_infra.facts.measured import FIRST_VERSION_WITH_CUSTOM_SCHEMAS
from awa_infra.model import DesiredState, Gate, Note, ObservedState, Provenance, Release
from awa_infra.wording import listed

TRANSITION = "storage_transition_state"
"""The table of one row that says where new jobs go (Awa 0.6.9)."""

STATE_ROWS_HINT = "Run awa-infra verify: it says what --repair can put back, and what must come from a backup."


def database_gate(declared: str | None, connected: str) -> Gate | None:
    """Return a gate if the connection is to another database than the declared one, else ``None``."""
    if declared is None or declared == connected:
        return None
    return Gate(
        "another-database",
        f"The configuration declares database {declared}, but the database URL names database {connected}.",
        f"Let DATABASE_URL name {declared}, or give the configuration that belongs to {connected}. Where {declared} is "
        "yet to be created, awa-infra up does that.",
    )


def pure_gates(desired: DesiredState, observed: ObservedState) -> tuple[Gate, ...]:
    """Return the gates that block and need no query of their own."""
    gates: list[Gate] = []
    release = desired.release
    target = desired.target_version
    if target is not None and target > release.schema_version:
        gates.append(
            Gate(
                "target-unknown",
                f"Version {target} was requested, but the newest of Awa {release.name} is {release.schema_version}.",
                f"Request at most {release.schema_version}, or install a newer awa-pg.",
            )
        )
    # Without any version another gate says what is wrong.
    if observed.versions:
        gates += state_row_gates(observed)
    version = max(observed.version, target or 0)
    if desired.queue_storage and version < FIRST_VERSION_WITH_CUSTOM_SCHEMAS:
        wanted = listed(q.schema for q in desired.queue_storage)
        gates.append(
            Gate(
                "canonical-schema-missing",
                f"Queue storage in {wanted} needs schema awa at version {FIRST_VERSION_WITH_CUSTOM_SCHEMAS} or later; "
                f"database {observed.database} is at version {observed.version}.",
                "Apply Awa's migrations first: an AwaSchema resource that this one depends on, or awa-infra apply.",
            )
        )
    return tuple(gates)


def release_gate(expected: str | None, installed: Release) -> Gate | None:
    """Return a gate if another release is installed than the one that is declared (``0.6.9``; ``None`` is any)."""
    if expected is None or expected == installed.name:
        return None
    return Gate(
        "release-differs",
        f"Awa {expected} is declared, but awa-pg {installed.name} is installed here.",
        f"Run pip install awa-pg=={expected} in this environment, or declare {installed.name} and deploy your workers "
        "with it.",
    )


UNKNOWN_RELEASE = "release-unknown"
"""Code of the note, of the finding of verify and of the check of doctor about the same."""


def release_notes(release: Release) -> tuple[Note, ...]:
    """Return a note if the release is not one whose texts and facts awa-infra has."""
    if release.provenance is Provenance.KNOWN:
        return ()
    message = (
        f"This awa-infra does not know Awa {release.name}: it cannot compare its SQL with what was published, and "
        "has no measured locks of what is new in it. Upgrade awa-infra, or try it on a copy first; "
        "awa-infra verify --reference compares the result."
    )
    return (Note("release-unknown", message),)


def raise_if_blocked(gates: Sequence[Gate], database: str) -> None:
    """Raise one BlockedError that reports every gate; the name of the database, if there is one, is for the message."""
    if not gates:
        return
    parts = [BlockedError(gate.message, hint=gate.hint, gate=gate.code) for gate in gates]
    if len(parts) == 1:
        raise parts[0]
    where = f" in database {database}" if database else ""
    raise BlockedError(f"{len(gates)} conditions do not hold{where}; nothing was changed.", parts=parts)


def refuse_unreadable(gates: Iterable[Gate], database: str) -> None:
    """Raise a BlockedError if the role may not read the version: the schema would be reported as not migrated."""
    raise_if_blocked([gate for gate in gates if gate.code == "history-unreadable"], database)


def state_row_gates(observed: ObservedState, schema: str | None = None) -> tuple[Gate, ...]:
    """Return the gate that blocks whatever needs the missing rows: all of them, or those of one schema's routing."""
    lost = [row for row in observed.lost_rows if schema in {None, row.schema} or row.table == TRANSITION]
    if not lost:
        return ()
    message = f"Rows of Awa's state are missing in database {observed.database}: {listed(map(str, lost))}."
    return (Gate("state-rows-missing", message, STATE_ROWS_HINT),)
