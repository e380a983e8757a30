"""The observed state: what a database contains."""

from __future__ import annotations

from dataclasses import dataclass

from awa_infra.model.desired import Shape
from awa_infra.model.place import DatabaseIdentity
from awa_infra.model.release import CANONICAL_SCHEMA

LEGACY_VERSIONS = {0: 0, 1: 0, 2: 0, 3: 1, 4: 2, 5: 3}
"""Version rows of Awa before 0.4, and what they are today, as Awa 0.6.9's own runner maps them."""

LATEST_LEGACY_VERSION = 4
"""What any higher legacy row means today."""


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
    def routed(self) -> bool:
        """Whether new jobs go to queue storage by the state alone."""
        return self.state in {"mixed_transition", "active"}

    @property
    def engine(self) -> str:
        """What takes new jobs (the rule of ``awa.active_storage_engine()``)."""
        return (self.routed and self.prepared_engine) or self.current_engine

    @property
    def active_schema(self) -> str | None:
        """Where new jobs go if queue storage is active (the rule of ``awa.active_queue_storage_schema()``)."""
        if self.engine != "queue_storage":
            return None
        return self.details_schema or self.marker_schema or CANONICAL_SCHEMA


@dataclass(frozen=True, slots=True)
class Substrate:
    """A queue-storage schema of the database, with the shape it recorded.

    The counts are of ordinary tables (partitions included), plain indexes, Awa's functions, its two enabled triggers,
    and partitions that lack their storage parameters.
    """

    schema: str
    shape: Shape
    owner: str
    tables: int
    indexes: int
    functions: int
    triggers: int
    partitions_without_fillfactor: int


@dataclass(frozen=True, slots=True)
class Unseen:
    """A schema that has Awa's claim function, but whose ring-state tables cannot be read.

    Attributes:
        schema: its name.
        owner: who owns it.
        receipts: whether claims are held as receipts.
        damaged: whether the tables are missing; otherwise the role that connected may not read them.
    """

    schema: str
    owner: str
    receipts: bool
    damaged: bool


@dataclass(frozen=True, slots=True)
class LostRows:
    """A table that has fewer rows than Awa put there, for example in a database restored without its data."""

    schema: str
    table: str
    found: int
    expected: int

    def __str__(self) -> str:
        return f"{self.schema}.{self.table} ({self.found} of {self.expected} rows)"


@dataclass(frozen=True, slots=True)
class Missing:
    """Something desired that the database does not have, found by a query: rows and privileges, not objects.

    Attributes:
        step: key of the step that makes it.
        text: what is missing, in words.
        name: of the role, the queue or the schema that lacks it.
        absent: whether that is missing itself.
    """

    step: str
    text: str
    name: str = ""
    absent: bool = False


@dataclass(frozen=True, slots=True)
class Stranger:
    """An object of Awa that belongs to another role than its schema, and that the schema's owner cannot change.

    Attributes:
        schema: schema ``awa`` or a queue-storage schema.
        owner: owner of the schema.
        belongs: owner of the object.
        sql: statements that hand it over, and leave its owner what workers need.
        movable: whether this session may run them.
        hint: who else may, or how this session can.
    """

    schema: str
    owner: str
    belongs: str
    sql: str
    movable: bool
    hint: str


@dataclass(frozen=True, slots=True)
class ObservedState:
    """The contents of a database, read by plain SQL that never writes.

    Attributes:
        schema_exists: whether the namespace ``awa`` exists.
        versions: the rows of ``awa.schema_version``; empty if the table is missing.
        legacy_numbering: whether those rows are in the numbering of Awa before 0.4.
        patches: names of repeatable patches proven to be applied.
        transition: the storage-transition row, ``None`` before version 10.
        history_empty: whether ``awa.schema_version`` is there, readable and has no row.
        marker_schema: the schema that the marker of queue storage names; ``transition`` has it too, where there is one.
        substrates: queue-storage schemas, the default one included.
        unseen: schemas that are queue storage too, but cannot be read as such.
        lost_rows: tables of Awa's state with fewer rows than Awa put there.
        missing: which declared lanes, roles and privileges are missing; ``None`` if none were checked, as of
            a database that is not there yet.
        acting_owner: the owner of schema ``awa``, if this session does not act as it but may.
        strangers: objects of Awa that the owner of their schema cannot change.
        functions_given: whether default privileges let others execute what is made in schema ``awa``.
        oid: of the database in its server.
        system: identifier of the server's data; ``None`` where this role may not ask.
    """

    server_version: int = 0
    database: str = ""
    user: str = ""
    schema_exists: bool = False
    versions: frozenset[int] = frozenset()
    legacy_numbering: bool = False
    patches: frozenset[str] = frozenset()
    history_empty: bool = False
    transition: StorageTransition | None = None
    marker_schema: str | None = None
    substrates: tuple[Substrate, ...] = ()
    unseen: tuple[Unseen, ...] = ()
    lost_rows: tuple[LostRows, ...] = ()
    missing: tuple[Missing, ...] | None = None
    acting_owner: str | None = None
    strangers: tuple[Stranger, ...] = ()
    functions_given: bool = False
    oid: int = 0
    system: str | None = None

    @property
    def identity(self) -> DatabaseIdentity:
        """Which database it is, whatever its address."""
        return DatabaseIdentity(self.database, self.oid, self.system)

    @property
    def version(self) -> int:
        """The version that the schema is at, in today's numbering; 0 for an empty database."""
        highest = max(self.versions, default=0)
        return LEGACY_VERSIONS.get(highest, LATEST_LEGACY_VERSION) if self.legacy_numbering else highest

    @property
    def major(self) -> int:
        """Major version of the server, for example 18."""
        return self.server_version // 10000

    @property
    def storage_state(self) -> str | None:
        """State of the storage transition, for example ``canonical``; ``None`` before version 10."""
        return self.transition.state if self.transition else None

    @property
    def active_schema(self) -> str | None:
        """Where new jobs go if queue storage is active."""
        return self.transition.active_schema if self.transition else None

    def is_missing(self, step: str) -> bool:
        """Whether the step of this key has something to make; true if that was not checked."""
        return self.missing is None or any(entry.step == step for entry in self.missing)

    def substrate(self, schema: str) -> Substrate | None:
        """Return the queue-storage schema of that name, if it exists."""
        return next((s for s in self.substrates if s.schema == schema), None)


@dataclass(frozen=True, slots=True)
class HistoryRow:
    """One file that a tool ran, or recorded as run.

    Attributes:
        identity: as the tool has it: a version, the name of a script, the id of a changeset.
        checksum: that of the tool, where it is one that can be computed from the file.
        outcome: ``applied``, ``adopted`` (it was there before the tool came), ``baseline`` (and so was everything
            below it) or ``failed``.
    """

    identity: str
    checksum: int | None
    outcome: str


@dataclass(frozen=True, slots=True)
class History:
    """What one database has run of a bundle, in this order; ``rows`` is ``None`` if the tool has never run there."""

    database: str
    rows: tuple[HistoryRow, ...] | None
