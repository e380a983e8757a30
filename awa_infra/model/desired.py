"""The desired state: what a user wants."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from awa_infra.model.release import CANONICAL_SCHEMA, Release

LOCK_WAIT = 60.0
"""Default wait for another migration to finish, in seconds."""

LOCK_TIMEOUT = 30.0
"""Default time to try for table locks, in seconds: long enough for a transaction of an application."""

UNLIMITED = -1
"""A connection limit that is none."""


class Transaction(Enum):
    """What is committed together.

    ``WHOLE`` is all or nothing: an interrupted run leaves the database as it was, and the locks of the first migration
    are held until the last one is done. ``EACH`` commits after every migration: locks are short, an interrupted run
    leaves the version that it has reached, and the next one goes on from there.
    """

    WHOLE = "whole"
    EACH = "each"


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
class Queue:
    """A queue whose lanes are created in advance, by the owner, so that no runtime role has to own any sequence.

    Attributes:
        name: as jobs name it.
        priorities: each has lanes of its own; Awa's are 1 (highest) to 4.
        shards: how many shards producers spread the queue over, each with a lane of its own for each priority;
            ``None`` leaves ``awa.queue_meta.enqueue_shards`` as it is, which is 1 unless an operator set it.
        stripes: physical queues ``name#0``, ``name#1`` and so on into which Awa splits it; 1 means the queue itself.
    """

    name: str
    priorities: tuple[int, ...] = (1, 2, 3, 4)
    shards: int | None = None
    stripes: int = 1


@dataclass(frozen=True, slots=True)
class QueueStorage:
    """A desired custom queue-storage schema, and the queues whose lanes are created in advance.

    Schema ``awa`` may be here too, for its queues: its queue storage and its shape are those of Awa's migrations.
    """

    schema: str
    shape: Shape = Shape()
    queues: tuple[Queue, ...] = ()


@dataclass(frozen=True, slots=True)
class Roles:
    """Who owns Awa's objects, and who may use them.

    Attributes:
        owner: owns everything; cannot log in when it is made here.
        migrator: may act as the owner, and does so in this database by default.
        runtime: workers, producers, and everything else that changes jobs.
        observer: may only read.
        schemas: custom queue-storage schemas that all of it holds for, beside ``awa``.
        lane_schemas: where the runtime role may create sequences, which Awa 0.6.8 and 0.6.9 ask for whenever a
            job is enqueued in queue storage: the schema that is or will be active.
        passwords: duties whose roles log in with a declared password; the passwords themselves are elsewhere.
    """

    owner: str
    migrator: str | None = None
    runtime: str | None = None
    observer: str | None = None
    schemas: tuple[str, ...] = ()
    lane_schemas: tuple[str, ...] = (CANONICAL_SCHEMA,)
    passwords: tuple[str, ...] = ()

    def duties(self) -> dict[str, str]:
        """Return the declared role of each duty, the owner first."""
        roles = {"owner": self.owner, "migrator": self.migrator, "runtime": self.runtime, "observer": self.observer}
        return {duty: role for duty, role in roles.items() if role is not None}


@dataclass(frozen=True, slots=True)
class Policy:
    """Gates that the user overrules, by name.

    Attributes:
        allow_live_runtimes: migrate although live runtimes are too old or must be away.
        allow_pooler: connect through a connection pooler.
        allow_blocking_sessions: start although other sessions hold locks on Awa's tables.
        allow_many_locks: start although the server's lock table may be too small for one transaction.
        max_window: refuse if producers and workers would wait for longer than this many seconds, by estimate.
    """

    allow_live_runtimes: bool = False
    allow_pooler: bool = False
    allow_blocking_sessions: bool = False
    allow_many_locks: bool = False
    max_window: float | None = None


@dataclass(frozen=True, slots=True)
class DesiredState:
    """The desired state.

    Attributes:
        release: where the SQL comes from.
        target_version: migrate the canonical schema up to this version, inclusive; ``None`` leaves the
            canonical schema alone (and requires it to be current enough for ``queue_storage``).
        queue_storage: custom schemas that must exist with exactly these shapes.
        policy: which gates are overruled.
        roles: who owns it all and who may use it; ``None`` leaves owners and privileges alone.
        guarded: schemas that event triggers protect from being dropped by accident.
        database: name of the database that all of it is meant for; ``None`` means whichever the connection is to.
        transaction: what is committed together.
    """

    release: Release
    target_version: int | None
    queue_storage: tuple[QueueStorage, ...] = ()
    policy: Policy = Policy()
    roles: Roles | None = None
    database: str | None = None
    guarded: tuple[str, ...] = ()
    transaction: Transaction = Transaction.WHOLE

    @property
    def shapes(self) -> dict[str, Shape]:
        """Shape of each declared queue-storage schema, by its name."""
        return {wanted.schema: wanted.shape for wanted in self.queue_storage}
