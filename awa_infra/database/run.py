"""Run the steps of a plan that was made under the migration lock, in one transaction or in several."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

import psycopg
from psycopg import Cursor
from psycopg.errors import Diagnostic
from psycopg.rows import DictRow

from awa_infra import sqltext
from awa_infra.database.cancellation import running
from awa_infra.database.commit import commit
from awa_infra.database.connection import ROLLED_BACK, Connection, translate, translated
from awa_infra.database.look import Look, look
from awa_infra.database.migration_lock import MIGRATION_LOCK_KEY
from awa_infra.database.options import ApplyOptions
from awa_infra.database.retry import Retries
from awa_infra.database.session import BEGIN_WRITE, apply_settings, stay_while_idle
from awa_infra.errors import AwaInfraError, BlockedError
from awa_infra.model import DesiredState, ObservedState, Plan, Report, Step, StepKind, StepResult, Transaction

ROLE_RACES = frozenset({"XX000", "23505", "42710"})
"""SQLSTATEs of a role that another database makes or changes at the same moment."""

_UNLOCK = (
    f"SELECT pg_catalog.pg_advisory_unlock({MIGRATION_LOCK_KEY}) "
    "WHERE pg_catalog.pg_backend_pid() OPERATOR(pg_catalog.=) {pid}"
)
_WHO = "SELECT pg_catalog.pg_backend_pid() AS pid"
_LOOKS = 3
"""How often to look, before anything is written, whether the same session answers."""

_UNLOCKS = 20
"""How often to look for the session that has the lock, where a pooler gives another one to every transaction."""


@dataclass(frozen=True, slots=True)
class Planner:
    """What is to be done, and whether it was.

    Attributes:
        plan: called under the lock with what was observed; returns the plan, gates included.
        require_done: called after the last step with what was observed before and after; raises to have
            nothing kept.
        desired: whose declared roles, privileges and lanes are looked at.
        transaction: what is committed together.
    """

    plan: Callable[[Connection, Look], Plan]
    require_done: Callable[[Connection, ObservedState, ObservedState], None]
    desired: DesiredState | None = None
    transaction: Transaction = Transaction.WHOLE


@dataclass(slots=True)
class Run:
    """One run over the steps of a plan.

    Attributes:
        connection: in the transaction in which the plan was made, with the migration lock.
        url: its connection string.
        planner: whose plan it is.
        plan: what is run.
        before: what was observed.
        options: what it calls before each step, and if a commit waits for a standby.
    """

    connection: Connection
    url: str
    planner: Planner
    plan: Plan
    before: ObservedState
    options: ApplyOptions
    _results: list[StepResult] = field(default_factory=list)

    def whole(self) -> Report:
        """Run every step in the transaction in which the plan was made, and commit it."""
        self._results += self._steps(self.plan.steps)
        return self._finish()

    def each(
        self, parts: Sequence[Sequence[Step]], settings: Callable[[], Mapping[str, str]], retries: Retries
    ) -> Report:
        """Run every part in a transaction of its own, under one lock of the session from the first to the last.

        Before another try of a part this lock is held, and nothing else; each transaction gets settings of its own.

        Raises:
            BlockedError: another session answers than the one that took the lock: a pooler is in between.
            AwaInfraError: a part failed; those before it are kept, and named in the details.
        """
        with _session_lock(self.connection) as pid:
            for _ in range(_LOOKS):
                self._refuse_pooler(pid, self.connection.execute(_WHO))
            for number, part in enumerate(parts):
                last = number == len(parts) - 1
                while True:
                    try:
                        with translated(self.url, "Beginning the next transaction"):
                            self._begin(pid, settings())
                        results = self._steps(part)
                        if last:
                            self._results += results
                            return self._finish()
                        commit(self.connection, self.url, self.options.on_wait, "this part of it")
                    except AwaInfraError as exc:
                        with suppress(psycopg.Error):
                            self.connection.rollback()
                        with self._naming_what_is_kept(number, len(parts)):
                            retries.pause_or_raise(exc)
                    else:
                        break
                self._results += results
                retries.succeeded()
        raise AssertionError("a plan without parts is not run")

    def _begin(self, pid: int, settings: Mapping[str, str]) -> None:
        with self.connection.pipeline():
            self.connection.execute(BEGIN_WRITE.encode())
            apply_settings(self.connection, settings)
            answer = self.connection.execute(_WHO)
        self._refuse_pooler(pid, answer)

    def _refuse_pooler(self, pid: int, answer: Cursor[DictRow]) -> None:
        answers = (answer.fetchone() or {"pid": None})["pid"]
        if answers != pid:
            raise BlockedError(
                f"A connection pooler sits between this program and database {self.before.database}: session {pid} has "
                f"the migration lock, and session {answers} answers.",
                hint="Connect to the server itself, or use a pooler in session mode. If the lock is left behind, end "
                f"that session: SELECT pg_terminate_backend({pid}).",
                gate="pooler",
            )

    def _steps(self, steps: Sequence[Step]) -> list[StepResult]:
        """Run steps; those that only set something up again for a further transaction are not reported."""
        done = {result.key for result in self._results}
        numbers = {step.key: number for number, step in enumerate(self.plan.steps, start=1)}
        found = []
        for step in steps:
            reported = step.key not in done
            result = self._step(step, numbers[step.key] if reported else None)
            found += [result] if reported else []
        return found

    def _step(self, step: Step, number: int | None) -> StepResult:
        running.refuse_if_cancelled()
        if number is not None:
            self.options.progress(number, len(self.plan.steps), step)
        started = time.monotonic()
        try:
            self.connection.execute(step.sql.encode())
        except psycopg.Error as exc:
            error = translate(exc, self.url, f"Step {step.key}")
            error.retryable = step.kind is StepKind.ROLES and error.sqlstate in ROLE_RACES
            self._name_refusing_trigger(error, exc.diag)
            raise error from exc
        return StepResult(step.key, step.title, time.monotonic() - started)

    def _name_refusing_trigger(self, error: AwaInfraError, said: Diagnostic) -> None:
        """Put a hint on an error that arose in an event trigger, which refuses what any migration has to do."""
        if not said.context or said.message_hint:
            return
        with suppress(psycopg.Error):
            self.connection.rollback()
            text = sqltext.render("observe/refusing_trigger.sql", context=said.context)
            row = self.connection.execute(text.encode()).fetchone()
            if row is not None:
                name = row["trigger"]
                error.hint = (
                    f"Event trigger {name} of this database, whose owner is {row['owner']}, refused the statement. "
                    f"Ask there first. For the time of the migration: ALTER EVENT TRIGGER {name} DISABLE; later the "
                    f"same with ENABLE. {ROLLED_BACK}"
                )

    def _finish(self) -> Report:
        with translated(self.url, "Looking at the result"):
            after = look(self.connection, desired=self.planner.desired).state
        self.planner.require_done(self.connection, self.before, after)
        what = "all of it" if self.planner.transaction is Transaction.WHOLE else "the last part of it"
        commit(self.connection, self.url, self.options.on_wait, what)
        return Report(tuple(self._results), self.before, after, 0.0)

    @contextmanager
    def _naming_what_is_kept(self, committed: int, parts: int) -> Iterator[None]:
        try:
            yield
        except AwaInfraError as exc:
            if committed:
                versions = [result.key for result in self._results if result.key.startswith("V")]
                reached = f", schema awa is at version {int(versions[-1].removeprefix('V'))}" if versions else ""
                kept = f"{committed} of {parts} transactions were committed before and are kept{reached}; the same"
                exc.details = (*exc.details, f"{kept} command continues from there.")
            raise


@contextmanager
def _session_lock(connection: Connection) -> Iterator[int]:
    """Hold the migration lock for the session rather than for a transaction; give the session's process.

    It is taken while the transaction that has it is open, so that no other session can take it in between; that
    transaction then ends.
    """
    row = connection.execute(
        f"SELECT pg_catalog.pg_backend_pid() AS pid, pg_catalog.pg_try_advisory_lock({MIGRATION_LOCK_KEY}) AS taken"
    ).fetchone()
    if row is None or not row["taken"]:
        raise AssertionError("a session can take a lock again that it has")
    connection.rollback()
    stay_while_idle(connection)
    try:
        yield row["pid"]
    finally:
        # Closing the connection releases the lock, except behind a pooler, which keeps the session.
        with suppress(psycopg.Error):
            connection.rollback()
            for _ in range(_UNLOCKS):
                if connection.execute(_UNLOCK.format(pid=row["pid"]).encode()).fetchone():
                    break
