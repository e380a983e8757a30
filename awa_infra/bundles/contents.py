"""What every format renders (one plan and its settings), and what a format is."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Self

from awa_infra import sqltext
from awa_infra.bundles.lock_file import Released
from awa_infra.model import DesiredState, Plan, Step, StepKind
from awa_infra.planning.gates import GateQuery

if TYPE_CHECKING:
    from awa_infra.spec.stack import StackConfig  # pydantic takes a third of a second to import

HISTORY_SCHEMA = "awa_migrations"
"""Where the tool keeps its own tables: beside schema ``awa``, which belongs to Awa's migrations alone."""


SLUGS = {StepKind.QUEUE_STORAGE: "queue_storage", StepKind.LANES: "lanes"}
"""What the files of a schema's steps are called."""

ADMINISTRATORS = frozenset({StepKind.ROLES, StepKind.ACT_AS, StepKind.ACCESS, StepKind.GUARD})
"""Steps that an administrator runs once, in ``roles.sql`` and ``guard.sql``; the role that runs the tool need not be
allowed to."""


@dataclass(frozen=True, slots=True)
class Waits:
    """How long a bundle waits for locks, in seconds.

    Attributes:
        table_lock: for each table lock (``lock_timeout``); 0 waits for ever. All other sessions queue behind a waiting
            exclusive lock and no script can roll back and try again, so it is short; longer than the second after which
            the server ends an automatic vacuum that is in the way (``deadlock_timeout``).
        migration_lock: for another migration to finish.
    """

    table_lock: float = 2.0
    migration_lock: float = 60.0

    @classmethod
    def declared_by(cls, config: StackConfig | None) -> Self:
        """Return what a configuration declares, else the defaults."""
        if config is None:
            return cls()
        declared = {"table_lock": config.lock_timeout, "migration_lock": config.lock_wait}
        return cls(**{name: value for name, value in declared.items() if value is not None})

    @property
    def lock_timeout(self) -> str:
        """Return the first of them as PostgreSQL writes it."""
        return f"{round(self.table_lock * 1000)}ms" if self.table_lock else "0"

    def values(self) -> sqltext.Values:
        """Return the placeholders of the scripts that take the lock."""
        return {"lock_wait": self.migration_lock, "lock_wait_text": seconds(self.migration_lock)}


def seconds(value: float) -> str:
    """Return a number of seconds as people write it."""
    return f"{value:g} seconds"


@dataclass(frozen=True, slots=True)
class Contents:
    """What a bundle is to contain.

    Attributes:
        desired: the desired state.
        plan: what it takes, from the state that the bundle starts at.
        kept: a line for each file that stays as it was released, although the release has another text for it.
        released: every text of repeatable files that the bundle has released before.
        texts: the SQL of each of their files that is there, by path.
        returns: how often each schema came back after it had left the configuration; never is not listed.
        returned: schemas that come back now.
        waits: how long it waits for locks.
    """

    desired: DesiredState
    plan: Plan
    kept: tuple[str, ...] = ()
    released: tuple[Released, ...] = ()
    texts: Mapping[str, str] = field(default_factory=dict, repr=False)
    returns: Mapping[str, int] = field(default_factory=dict)
    returned: frozenset[str] = frozenset()
    waits: Waits = Waits()

    @property
    def steps(self) -> tuple[Step, ...]:
        """What the tool runs, in the plan's order: all but what an administrator does."""
        return tuple(step for step in self.plan.steps if step.kind not in ADMINISTRATORS)

    def of(self, kind: StepKind) -> tuple[Step, ...]:
        """Return the steps of one kind, in the plan's order."""
        return tuple(step for step in self.plan.steps if step.kind is kind)


def plain_paths(contents: Contents) -> dict[str, str]:
    """Return the path of every step's file, for tools that need a list of the files in order."""
    found = {step.key: f"upstream/{step.key}.sql" for step in contents.of(StepKind.MIGRATION)}
    found |= {step.key: f"upstream/patch_{step.subject}.sql" for step in contents.of(StepKind.PATCH)}
    for kind, slug in SLUGS.items():
        found |= {step.key: f"awa_infra/{slug}_{script_name(contents, step)}.sql" for step in contents.of(kind)}
    return found


def script_name(contents: Contents, step: Step) -> str:
    """Return a schema's name for the file of its step, with a number if the schema has come back.

    A tool runs a repeatable file again only if something about it has changed. A schema that left the configuration may
    have been dropped since; its script is the same when it comes back.
    """
    name = step.subject
    times = contents.returns.get(name, 0)
    return f"{name}-{times + 1}" if times else name


KILLED = "If the tool itself is killed, the server goes on with the statement that runs: cancel that, too."
"""What is true of stopping every tool with a connection of its own."""


@dataclass(frozen=True, slots=True)
class Format:
    """How one tool wants a plan written.

    Attributes:
        name: as on the command line.
        title: as people write it.
        paths: the path of every step's file by the step's key. The file is the step's SQL, byte for byte.
        gates: conditions that only this tool's bundles check, beside those of a plan.
        files: all other files that the tool needs, by path; gets those conditions.
        wrap: what makes a step's file, by its path, where the tool wants more in it than the SQL.
        text_of: the SQL of such a file.
        appends: whether each text of a repeatable script is a file of its own, because the tool runs none twice.
        asks: whether running it checks the gates, rather than a script for psql beside it.
        one_transaction: whether everything is run in one transaction, rather than each file in its own.
        again: what to do after an interruption where running again is not enough.
        stopping: what is particular about stopping the tool.
    """

    name: str
    title: str
    paths: Callable[[Contents], Mapping[str, str]]
    gates: Callable[[Contents], Sequence[GateQuery]]
    files: Callable[[Contents, Sequence[GateQuery]], Mapping[str, bytes]]
    one_transaction: bool = False
    wrap: Callable[[Contents, Step, str], bytes] | None = None
    text_of: Callable[[bytes], str] = bytes.decode
    appends: bool = False
    asks: bool = True
    again: str = ""
    stopping: str = KILLED
