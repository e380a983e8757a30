"""The nouns: frozen values that every other module takes and returns. No I/O, no clock.

``DesiredState`` and ``ObservedState`` go in, a ``Plan`` comes out; preview, apply, package and verify
only consume plans.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from enum import Enum

CANONICAL_SCHEMA = "awa"
"""The one canonical schema. Its name is fixed by Awa; migrations own everything in it."""


LEGACY_VERSIONS = {0: 0, 1: 0, 2: 0, 3: 1, 4: 2, 5: 3}
"""Version rows of Awa before 0.4, and what they are today, as Awa 0.6.9's own runner maps them."""

LATEST_LEGACY_VERSION = 4
"""What any higher legacy row means today."""


@dataclass(frozen=True, slots=True)
class Migration:
    """One versioned SQL unit of Awa. ``sql`` is vendor text: never edited, never reordered.

    Attributes:
        version: 1 and up; gaps are legal (Awa never used 8).
        description: Awa's own one-line title.
        sql: the text exactly as the ``awa-pg`` wheel returns it.
        sha256: of the normalised text, see :func:`awa_infra.release.normalised_sha256`.
    """

    version: int
    description: str
    sql: str = field(repr=False)
    sha256: str


@dataclass(frozen=True, slots=True)
class Patch:
    """One repeatable SQL unit of Awa: idempotent, without a version row, run after the migrations."""

    name: str
    description: str
    sql: str = field(repr=False)
    sha256: str


class Provenance(Enum):
    """How the texts of a release compare with the committed facts about it."""

    KNOWN = "known"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Release:
    """All that one Awa release ships.

    Attributes:
        name: the version of the ``awa-pg`` wheel, for example ``0.6.9``.
        migrations: ordered by version.
        patches: in the order in which Awa lists them.
        provenance: ``KNOWN`` if every text has the hash recorded for this release; ``UNKNOWN`` if no
            facts about this release are committed.
    """

    name: str
    migrations: tuple[Migration, ...]
    patches: tuple[Patch, ...]
    provenance: Provenance

    @property
    def schema_version(self) -> int:
        """The highest version, that is the one a complete database stands at."""
        return self.migrations[-1].version

    @property
    def versions(self) -> frozenset[int]:
        """Every version that the release ships."""
        return frozenset(m.version for m in self.migrations)


@dataclass(frozen=True, slots=True)
class Shape:
    """Slot counts and receipts of a queue-storage schema: immutable once installed.

    Defaults are those of ``awa.install_queue_storage_substrate`` in Awa 0.6.9.
    """

    queue_slots: int = 16
    lease_slots: int = 8
    claim_slots: int = 8
    receipts: bool = True

    def __str__(self) -> str:
        """Return the shape as people say it: queue/lease/claim slots and receipts."""
        receipts = "with" if self.receipts else "without"
        return f"{self.queue_slots}/{self.lease_slots}/{self.claim_slots} slots {receipts} receipts"


@dataclass(frozen=True, slots=True)
class QueueStorage:
    """A custom queue-storage schema as somebody wants it."""

    schema: str
    shape: Shape = Shape()


@dataclass(frozen=True, slots=True)
class Policy:
    """Which objections a user overrules, by name.

    Attributes:
        allow_live_runtimes: migrate although live runtimes are too old or must be away.
        allow_pooler: connect through a connection pooler.
        allow_blocking_sessions: start although other sessions hold locks on Awa's tables.
        allow_many_locks: start although the server's lock table may be too small for one transaction.
        max_window: refuse if hot tables would be locked exclusively for longer than this many seconds, by estimate.
    """

    allow_live_runtimes: bool = False
    allow_pooler: bool = False
    allow_blocking_sessions: bool = False
    allow_many_locks: bool = False
    max_window: float | None = None


@dataclass(frozen=True, slots=True)
class DesiredState:
    """What a user asks for.

    Attributes:
        release: where the SQL comes from.
        target_version: migrate the canonical schema up to this version, inclusive; ``None`` leaves the
            canonical schema alone (and requires it to be current enough for ``queue_storage``).
        queue_storage: custom schemas that must exist with exactly these shapes.
        policy: which objections are overruled.
    """

    release: Release
    target_version: int | None
    queue_storage: tuple[QueueStorage, ...] = ()
    policy: Policy = Policy()


@dataclass(frozen=True, slots=True)
class StorageTransition:
    """Awa's storage-transition row and the backend marker: what decides where new jobs go.

    Read and reported here, never written.
    """

    state: str
    current_engine: str
    prepared_engine: str | None
    epoch: int
    details: str
    details_schema: str | None
    marker_schema: str | None

    @property
    def active_schema(self) -> str | None:
        """Where new jobs go if queue storage is active (the rule of ``awa.active_queue_storage_schema()``)."""
        engine = self.current_engine
        if self.state in {"mixed_transition", "active"}:
            engine = self.prepared_engine or self.current_engine
        if engine != "queue_storage":
            return None
        return self.details_schema or self.marker_schema or CANONICAL_SCHEMA


@dataclass(frozen=True, slots=True)
class Substrate:
    """A queue-storage schema that stands in the database, with the shape it recorded.

    The counts are of ordinary tables (partitions included), plain indexes, Awa's two enabled triggers, and
    partitions that lack their storage parameters.
    """

    schema: str
    shape: Shape
    owner: str
    tables: int
    indexes: int
    triggers: int
    partitions_without_fillfactor: int


@dataclass(frozen=True, slots=True)
class ObservedState:
    """What stands in the database, read by plain SQL that never writes.

    Attributes:
        schema_exists: whether the namespace ``awa`` exists.
        versions: the rows of ``awa.schema_version``; empty if the table is missing.
        legacy_numbering: whether those rows are in the numbering of Awa before 0.4.
        patches: names of repeatable patches proven to be applied.
        transition: the storage-transition row, ``None`` before version 10.
        substrates: queue-storage schemas, the default one included.
    """

    server_version: int = 0
    database: str = ""
    user: str = ""
    schema_exists: bool = False
    versions: frozenset[int] = frozenset()
    legacy_numbering: bool = False
    patches: frozenset[str] = frozenset()
    transition: StorageTransition | None = None
    substrates: tuple[Substrate, ...] = ()

    @property
    def version(self) -> int:
        """The version that the schema stands at, in today's numbering; 0 for an empty database."""
        highest = max(self.versions, default=0)
        return LEGACY_VERSIONS.get(highest, LATEST_LEGACY_VERSION) if self.legacy_numbering else highest

    def substrate(self, schema: str) -> Substrate | None:
        """Return the queue-storage schema of that name, if it stands."""
        return next((s for s in self.substrates if s.schema == schema), None)


@dataclass(frozen=True, slots=True)
class Gate:
    """A condition that does not hold, and what to do about it. Gates block; nothing is written."""

    code: str
    message: str
    hint: str = ""

    def __str__(self) -> str:
        """Return the gate as one line."""
        return f"{self.message} Hint: {self.hint} [{self.code}]" if self.hint else f"{self.message} [{self.code}]"


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
    def sha256(self) -> str:
        """Hash of the SQL as it stands."""
        return hashlib.sha256(self.sql.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Plan:
    """Gates that block, then ordered steps.

    Attributes:
        from_version: where the canonical schema stands.
        to_version: where it will stand.
        gates: all that object, at once; if there are any, nothing may be applied.
        notes: what is worth knowing before.
        lock_objects: about how many lockable objects the transaction will hold.
        steps: in the order in which they run, in one transaction.
    """

    from_version: int
    to_version: int
    gates: tuple[Gate, ...] = ()
    steps: tuple[Step, ...] = ()
    notes: tuple[Note, ...] = ()
    lock_objects: int = 0

    @property
    def blocked(self) -> bool:
        """Whether any gate objects."""
        return bool(self.gates)

    @property
    def empty(self) -> bool:
        """Whether the database is already as desired."""
        return not self.steps and not self.gates

    @property
    def digest(self) -> str:
        """Hash over the ordered steps: two plans with one digest run the same SQL."""
        return hashlib.sha256("".join(f"{s.key}={s.sha256};" for s in self.steps).encode()).hexdigest()


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
