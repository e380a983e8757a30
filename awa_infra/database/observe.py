"""Read a plan or a state: look at the database, plan, and check every gate. Nothing here writes."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import replace
from typing import Any

from psycopg import Cursor
from psycopg.rows import DictRow

from awa_infra.database.connection import Connection
from awa_infra.database.look import Look, look_to_read
from awa_infra.database.reading import read, reading
from awa_infra.database.session import END, read_transaction
from awa_infra.model import (
    DesiredState,
    Gate,
    Note,
    ObservedState,
    Plan,
    StepKind,
    Transaction,
)
from awa_infra.planning.effort import effort_of
from awa_infra.planning.gates import VERSION_UNKNOWN, GateQuery, LiveFacts, gate_queries, history_query, note_queries
from awa_infra.planning.ownership import ownership_notes
from awa_infra.planning.planner import lock_objects, make_plan
from awa_infra.planning.pure_gates import database_gate, raise_if_blocked
from awa_infra.planning.traffic import holds

OWNER_ONLY = frozenset((StepKind.MIGRATION, StepKind.PATCH, StepKind.QUEUE_STORAGE, StepKind.REPAIR))
"""Steps that replace or alter what is there, which only its owner may."""


def plan_from(
    connection: Connection, desired: DesiredState, seen: Look, draft: Plan | None = None, *, end: bool = False
) -> Plan:
    """Plan for what was seen, and ask every gate that applies in one more round trip; writes nothing.

    The gates can be asked for a draft of another plan. With ``end`` that round trip ends the transaction, too.
    """
    stranger = database_gate(desired.database, seen.state.database)
    if stranger is not None:
        # Alone: what other gates say of the wrong database is of no use.
        return Plan(seen.state.version, seen.state.version, gates=(stranger,))
    # Another plan, such as a repair, is always one transaction.
    modes = tuple(Transaction) if draft is None else (Transaction.WHOLE,)
    if draft is None:
        draft = make_plan(desired, seen.state)
        each = lock_objects(desired, seen.state, draft.steps, Transaction.EACH)
    else:
        each = draft.lock_objects
    live = LiveFacts(
        announced_pid=connection.info.backend_pid,
        lock_objects=draft.lock_objects,
        lock_objects_each=each,
        effort=effort_of(draft.steps, desired.shapes),
        # Nothing waits in a database without Awa.
        holds=holds(draft.steps, desired.shapes, modes) if seen.state.schema_exists else (),
        structure=any(step.kind in OWNER_ONLY for step in draft.steps),
    )
    questions = gate_queries(desired, pending=bool(draft.steps), live=live)
    remarks = note_queries(desired, live, pending=bool(draft.steps))
    reported = {query.code for query in remarks}
    with connection.pipeline():
        answers = _ask(connection, (*questions, *remarks), seen.readable)
        if end:
            connection.execute(END)
    rows = answers.fetchall() if answers else []
    gates = [row for row in rows if row["code"] not in reported]
    notes = [row for row in rows if row["code"] in reported]
    unknown = any(row["code"] in VERSION_UNKNOWN for row in gates)
    return replace(
        draft,
        checked=tuple(sorted({query.code for query in questions if _can_be_asked(query, seen.readable)})),
        # The version is unknown, so steps from version 0 and their durations would be wrong.
        steps=() if unknown else draft.steps,
        gates=(*_gates(gates), *draft.gates),
        notes=(
            *draft.notes,
            *(Note(row["code"], row["message"]) for row in notes if not unknown),
            # What blocks is not reported twice.
            *(() if any(row["code"] == "objects-other-owner" for row in gates) else ownership_notes(seen.state)),
        ),
    )


def read_plan(url: str, desired: DesiredState, *, role: str | None = None) -> tuple[ObservedState, Plan]:
    """Plan in a read-only transaction, as the role that an apply would become.

    Raises:
        AwaInfraError: see :func:`awa_infra.database.connection.connect`.
    """
    return read_planned(url, lambda connection, seen: plan_from(connection, desired, seen, end=True), role, desired)


def read_planned(
    url: str, plan: Callable[[Connection, Look], Plan], role: str | None, desired: DesiredState | None = None
) -> tuple[ObservedState, Plan]:
    """Look at a database in a read-only transaction, and plan for what was seen."""

    def work(connection: Connection) -> tuple[ObservedState, Plan]:
        seen = look_to_read(connection, role, desired=desired)
        return seen.state, plan(connection, seen)

    return read(url, work)


def read_state(url: str, *, role: str | None = None, only: Collection[str] = ()) -> ObservedState:
    """Observe in a read-only transaction; of queue-storage schemas ``only`` these, without any all of them.

    Raises:
        BlockedError: this role may not read the version of the schema.
        AwaInfraError: see :func:`awa_infra.database.connection.connect`.
    """

    def work(connection: Connection) -> ObservedState:
        seen = look_to_read(connection, role, only=only)
        # A schema that it cannot look into would be reported as not migrated.
        if seen.state.schema_exists and "awa.schema_version" not in seen.readable:
            raise_if_blocked(ask_gates(connection, [history_query()], seen.readable), seen.state.database)
        return seen.state

    return read(url, work)


def refuse_other_database(url: str, declared: str | None) -> None:
    """Refuse a connection to another database than the one that a configuration declares.

    Raises:
        BlockedError: it is another one; both are named.
        AwaInfraError: see :func:`awa_infra.database.connection.connect`.
    """
    if declared is None:
        return
    with reading(url) as connection, read_transaction(connection):
        row = connection.execute("SELECT current_database() AS database").fetchone()
        database = str(row["database"]) if row else ""
    gate = database_gate(declared, database)
    raise_if_blocked([gate] if gate else [], database)


def ask(connection: Connection, queries: Iterable[GateQuery], readable: frozenset[str]) -> list[dict[str, Any]]:
    """Run every query whose relations are readable, in one round trip, and return all rows; a note has no hint."""
    answers = _ask(connection, queries, readable)
    return answers.fetchall() if answers else []


def ask_gates(
    connection: Connection, queries: Iterable[GateQuery], readable: frozenset[str] = frozenset()
) -> list[Gate]:
    """Return the gates that do not hold, of queries that read catalogs, or relations that are readable."""
    return _gates(ask(connection, queries, readable))


def _gates(rows: Iterable[Mapping[str, str]]) -> list[Gate]:
    return [Gate(row["code"], row["message"], row["hint"]) for row in rows]


def _ask(connection: Connection, queries: Iterable[GateQuery], readable: frozenset[str]) -> Cursor[DictRow] | None:
    texts = [
        f"SELECT * FROM (\n{query.sql}) AS gate"
        if query.hints
        else f"SELECT *, '' AS hint FROM (\n{query.sql}) AS note"
        for query in queries
        if _can_be_asked(query, readable)
    ]
    return connection.execute("\nUNION ALL\n".join(texts).encode()) if texts else None


def _can_be_asked(query: GateQuery, readable: frozenset[str]) -> bool:
    return all(relation in readable for relation in query.needs)
