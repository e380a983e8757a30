"""Plans, steps, gates, what was agreed to, and reports of what was done."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Any

from awa_infra.errors import reported
from awa_infra.model.desired import Transaction
from awa_infra.model.observed import ObservedState
from awa_infra.model.place import DatabaseIdentity


@dataclass(frozen=True, slots=True)
class Gate:
    """A condition that does not hold, and what to do about it. Gates block; nothing is written."""

    code: str
    message: str
    hint: str = ""

    def report(self) -> str:
        """Return the gate in lines: what is wrong, with the code, then what to do."""
        return reported(self.message, self.code, self.hint)


@dataclass(frozen=True, slots=True)
class Note:
    """Something worth knowing before a plan is applied. Notes never block."""

    code: str
    message: str


class StepKind(Enum):
    """What a step does, which decides how a bundle files it."""

    NUMBERING = "numbering"
    MIGRATION = "migration"
    PATCH = "patch"
    QUEUE_STORAGE = "queue-storage"
    REPAIR = "repair"
    ROLES = "roles"
    OWNERSHIP = "ownership"
    ACT_AS = "act-as"
    ACCESS = "access"
    LANES = "lanes"
    ACTIVATION = "activation"
    REMOVAL = "removal"
    DATABASE = "database"
    GUARD = "guard"


@dataclass(frozen=True, slots=True)
class Step:
    """One thing to do, with the SQL that does it.

    Attributes:
        kind: what a bundle does with it.
        key: unique and stable within a plan: ``V040``, ``patch:wait_free_dirty_marks``, ``queue-storage:acme``.
        title: one line for people.
        sql: exactly the text that apply runs and a bundle contains.
        locks: one line about what it will lock or cost.
    """

    kind: StepKind
    key: str
    title: str
    sql: str = field(repr=False)
    locks: str = ""

    @property
    def version(self) -> int:
        """Version of the migration that this step runs; only for :attr:`StepKind.MIGRATION`."""
        return int(self.key.removeprefix("V"))

    @property
    def subject(self) -> str:
        """What the step is about: the name of the patch or of the schema, empty if nothing is named."""
        return self.key.partition(":")[2]

    @property
    def sha256(self) -> str:
        """Hash of the SQL, byte for byte."""
        return hashlib.sha256(self.sql.encode()).hexdigest()


def digest_of(steps: Iterable[tuple[str, str]]) -> str:
    """Return the digest of a plan with these steps."""
    return hashlib.sha256("".join(f"{key}={sha256};" for key, sha256 in steps).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Plan:
    """Gates that block, then ordered steps.

    Attributes:
        from_version: the version of the canonical schema before the plan.
        to_version: its version afterwards.
        gates: every gate that blocks; if there are any, nothing may be applied.
        notes: what is worth knowing before.
        lock_objects: about how many lockable objects a transaction will hold, at most.
        checked: codes of the conditions that were checked, sorted.
        steps: in the order in which they run.
    """

    from_version: int
    to_version: int
    gates: tuple[Gate, ...] = ()
    steps: tuple[Step, ...] = ()
    notes: tuple[Note, ...] = ()
    lock_objects: int = 0
    checked: tuple[str, ...] = ()

    @property
    def blocked(self) -> bool:
        """Whether any gate blocks."""
        return bool(self.gates)

    def with_gates(self, more: Iterable[Gate]) -> Plan:
        """Return the same plan with more gates."""
        return replace(self, gates=(*self.gates, *more))

    @property
    def empty(self) -> bool:
        """Whether the database is already as desired."""
        return not self.steps and not self.gates

    @property
    def digest(self) -> str:
        """Hash over the ordered steps: two plans with one digest run the same SQL."""
        return digest_of((step.key, step.sha256) for step in self.steps)


@dataclass(frozen=True, slots=True)
class AgreedPlan:
    """A plan that was agreed to: enough to recognise it, and none of its SQL.

    Attributes:
        from_version: version of schema ``awa`` when the plan was made.
        digest: of the plan.
        steps: key and hash of the SQL of each, in order.
        transaction: what is committed together.
        database: for which database it was made; ``None`` for any.
        release: of Awa, with which it was made; empty if that does not matter.
        declared: what it was made for, as :func:`awa_infra.planning.agreement.declared_data` has it; ``None`` if that
            does not matter.
    """

    from_version: int
    digest: str
    steps: tuple[tuple[str, str], ...]
    transaction: Transaction
    database: DatabaseIdentity | None = None
    release: str = ""
    declared: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class StepResult:
    """A step that ran, and how long it took in seconds."""

    key: str
    title: str
    seconds: float


@dataclass(frozen=True, slots=True)
class Report:
    """What an apply did.

    Attributes:
        applied: empty if the database was already as desired.
        before: as observed under the lock.
        after: as observed in the same transaction, after the last step.
        seconds: whole duration, the wait for the lock and all attempts included.
        attempts: how often the transaction was started; more than 1 after deadlocks or lock timeouts.
    """

    applied: tuple[StepResult, ...]
    before: ObservedState
    after: ObservedState
    seconds: float
    attempts: int = 1

    @property
    def changed(self) -> bool:
        """Whether anything was written."""
        return bool(self.applied)
