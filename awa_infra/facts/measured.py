"""What was measured of Awa's releases, or read in their migrations; a new release is checked against each."""

from __future__ import annotations

from awa_infra.model import Shape

FIRST_VERSION_NEVER_LEGACY = 9
"""Awa before 0.4 never came this far; a higher row is today's, whatever else is missing."""

FIRST_VERSION_WITH_ROUTING = 10
"""The version that creates ``awa.storage_transition_state`` (Awa 0.6.9)."""

FIRST_VERSION_TO_ACTIVATE = 13
"""From this schema version on Awa can activate a fresh database in one go (``storage_auto_finalize_if_fresh``)."""

FIRST_VERSION_WITH_CUSTOM_SCHEMAS = 24
"""From this schema version on both functions that install queue storage exist (Awa 0.6.0)."""

FIRST_VERSION_OF_0_7 = 41
"""The first version of Awa 0.7: what concerns the way there does not concern bundles that end before."""

REFRESHES_CUSTOM = frozenset(
    {"V024", "V025", "V027", "V028", "V030", "V031", "V032", "V033", "V035", "V036", "V037", "V039"}
)
"""Migrations that refresh every custom queue-storage schema (Awa 0.6.9)."""

CANONICAL_LOCKS = 1869
"""Lockable objects of a fresh canonical install, the upper of the two measured (PostgreSQL 18, Awa 0.6.9)."""

_NOT_NULL_IS_AN_OBJECT = 180000
"""From this server version on every NOT NULL is a constraint with a name, and DROP locks each."""


def shape_locks(shape: Shape) -> int:
    """Return about how many objects a queue-storage schema has that a transaction can lock.

    The upper of the two measured formulas (PostgreSQL 18, Awa 0.6.9): relations, toast tables and indexes.
    """
    return 163 + 59 * shape.queue_slots + 12 * shape.lease_slots + 37 * shape.claim_slots


def removal_locks(shape: Shape, server_version: int) -> int:
    """Return how many objects a transaction has locked when it has dropped a queue-storage schema.

    Measured, and exact without lanes (PostgreSQL 14, 17 and 18, Awa 0.6.9): DROP locks constraints, defaults and
    types one by one, three times what the installation takes.
    """
    if server_version >= _NOT_NULL_IS_AN_OBJECT:
        return 567 + 188 * shape.queue_slots + 31 * shape.lease_slots + 99 * shape.claim_slots
    return 342 + 103 * shape.queue_slots + 18 * shape.lease_slots + 58 * shape.claim_slots
