"""Frozen values that every other package takes and returns. No I/O, no clock.

``DesiredState`` and ``ObservedState`` go in, a ``Plan`` comes out; preview, apply, package and verify
only consume plans.
"""

from awa_infra.model.desired import (
    LOCK_TIMEOUT,
    LOCK_WAIT,
    UNLIMITED,
    DesiredState,
    Policy,
    Queue,
    QueueStorage,
    Roles,
    Shape,
    Transaction,
)
from awa_infra.model.observed import (
    LATEST_LEGACY_VERSION,
    LEGACY_VERSIONS,
    History,
    HistoryRow,
    LostRows,
    Missing,
    ObservedState,
    StorageTransition,
    Stranger,
    Substrate,
    Unseen,
)
from awa_infra.model.place import DatabaseIdentity, Place, Same
from awa_infra.model.plan import AgreedPlan, Gate, Note, Plan, Report, Step, StepKind, StepResult
from awa_infra.model.release import CANONICAL_SCHEMA, Migration, Patch, Provenance, Release

__all__ = [
    "CANONICAL_SCHEMA",
    "LATEST_LEGACY_VERSION",
    "LEGACY_VERSIONS",
    "LOCK_TIMEOUT",
    "LOCK_WAIT",
    "UNLIMITED",
    "AgreedPlan",
    "DatabaseIdentity",
    "DesiredState",
    "Gate",
    "History",
    "HistoryRow",
    "LostRows",
    "Migration",
    "Missing",
    "Note",
    "ObservedState",
    "Patch",
    "Place",
    "Plan",
    "Policy",
    "Provenance",
    "Queue",
    "QueueStorage",
    "Release",
    "Report",
    "Roles",
    "Same",
    "Shape",
    "Step",
    "StepKind",
    "StepResult",
    "StorageTransition",
    "Stranger",
    "Substrate",
    "Transaction",
    "Unseen",
]
