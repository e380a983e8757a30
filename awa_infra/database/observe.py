"""Read what stands in a database, with plain queries that never write.

Awa's own version probe is never called: it rewrites the version rows of a legacy database.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from psycopg import sql

from awa_infra import sqltext
from awa_infra.database.connection import Connection, connect, translated
from awa_infra.model import DesiredState, Gate, ObservedState, Plan, Shape, StorageTransition, Substrate
from awa_infra.planning.gates import GateQuery, gate_queries
from awa_infra.planning.planner import make_plan


def observe(connection: Connection) -> ObservedState:
    """Return the observed state; writes nothing."""
    return _observe(connection)[0]


def plan_for(connection: Connection, desired: DesiredState) -> tuple[ObservedState, Plan]:
    """Observe, ask every gate and plan, all on this connection; writes nothing."""
    observed, readable = _observe(connection)
    gates = ask_gates(connection, gate_queries(desired), readable)
    return observed, make_plan(desired, observed, gates)


def read_plan(url: str, desired: DesiredState) -> tuple[ObservedState, Plan]:
    """Open a connection, plan in a read-only transaction, and close it.

    Raises:
        AwaInfraError: see :func:`awa_infra.database.connection.connect`.
    """
    with connect(url) as connection, translated(url, "Reading the database"):
        connection.read_only = True
        _prepare(connection)
        return plan_for(connection, desired)


def read_state(url: str) -> ObservedState:
    """Open a connection, observe in a read-only transaction, and close it."""
    with connect(url) as connection, translated(url, "Reading the database"):
        connection.read_only = True
        _prepare(connection)
        return observe(connection)


def ask_gates(connection: Connection, queries: Iterable[GateQuery], readable: frozenset[str]) -> tuple[Gate, ...]:
    """Run every gate whose relations are readable, in one round trip, and return what objects."""
    texts = [
        f"SELECT code, message, hint FROM (\n{query.sql}) AS gate"
        for query in queries
        if all(relation in readable for relation in query.needs)
    ]
    if not texts:
        return ()
    rows = connection.execute(sql.SQL("\nUNION ALL\n".join(texts))).fetchall()
    return tuple(Gate(row["code"], row["message"], row["hint"]) for row in rows)


def _prepare(connection: Connection) -> None:
    # Just-in-time compilation of catalog queries costs more than it can save (measured).
    connection.execute("SET LOCAL jit = off")


def _observe(connection: Connection) -> tuple[ObservedState, frozenset[str]]:
    # Texts go out without parameters, so that psycopg sends them as they stand.
    row = _one(connection, sqltext.load("observe/catalog.sql"))
    readable = frozenset(row["readable"])
    substrates = connection.execute(sqltext.load("observe/substrates.sql").encode()).fetchall()
    contents = _contents(connection, readable, [s["schema"] for s in substrates])
    rings = contents["rings"]
    state = ObservedState(
        server_version=row["server_version"],
        database=row["database"],
        user=row["user"],
        schema_exists=row["schema_exists"],
        versions=frozenset(contents["versions"] or ()),
        patches=_patches(connection, contents["ledger"] or ()),
        transition=_transition(contents),
        substrates=tuple(
            Substrate(
                schema=s["schema"],
                shape=_shape(rings[s["schema"]], receipts=s["receipts"]),
                owner=s["owner"],
                tables=s["tables"],
                indexes=s["indexes"],
                triggers=s["triggers"],
                partitions_without_fillfactor=s["partitions_without_fillfactor"],
            )
            for s in substrates
            if rings[s["schema"]] is not None
        ),
    )
    return state, readable


def _contents(connection: Connection, readable: frozenset[str], schemas: list[str]) -> dict[str, Any]:
    """Read the few rows that matter, each only if its table is there to be read, in one round trip."""
    nothing = sql.SQL("NULL::json")

    def when(relation: str, query: str) -> sql.Composable:
        return sql.SQL(query) if relation in readable else nothing

    rings = [
        sql.SQL(
            "SELECT {literal}::text AS s, json_build_array((SELECT slot_count FROM {name}.queue_ring_state), "
            "(SELECT slot_count FROM {name}.lease_ring_state), (SELECT slot_count FROM {name}.claim_ring_state)) AS r"
        ).format(literal=sql.Literal(schema), name=sql.Identifier(schema))
        for schema in schemas
    ]
    query = sql.SQL(
        "SELECT {versions} AS versions, {ledger} AS ledger, {transition} AS transition, {marker} AS marker, "
        "{rings} AS rings"
    ).format(
        versions=when("awa.schema_version", "(SELECT json_agg(version) FROM awa.schema_version)"),
        ledger=when("awa.schema_patches", "(SELECT json_agg(name) FROM awa.schema_patches)"),
        transition=when("awa.storage_transition_state", "(SELECT to_json(t) FROM awa.storage_transition_state t)"),
        marker=when(
            "awa.runtime_storage_backends",
            "(SELECT to_json(schema_name) FROM awa.runtime_storage_backends WHERE backend = 'queue_storage')",
        ),
        rings=sql.SQL("(SELECT json_object_agg(s, r) FROM ({}) x)").format(sql.SQL(" UNION ALL ").join(rings))
        if rings
        else sql.SQL("'{{}}'::json").format(),
    )
    row = connection.execute(query).fetchone()
    return row or {}


def _shape(slots: list[int], *, receipts: bool) -> Shape:
    queue, lease, claim = slots
    return Shape(queue, lease, claim, receipts)


def _patches(connection: Connection, ledger: Iterable[str]) -> frozenset[str]:
    applied = set(ledger)
    for name in sqltext.names("patches"):
        if _one(connection, sqltext.load(f"patches/{name}.sql"))["applied"]:
            applied.add(name)
        else:
            # The catalog is the proof; a ledger row without it means a half-applied patch.
            applied.discard(name)
    return frozenset(applied)


def _transition(contents: dict[str, Any]) -> StorageTransition | None:
    row = contents["transition"]
    if row is None:
        return None
    details = row["details"] or {}
    return StorageTransition(
        state=row["state"],
        current_engine=row["current_engine"],
        prepared_engine=row["prepared_engine"],
        epoch=row["transition_epoch"],
        details_schema=details.get("schema"),
        details=str(details),
        marker_schema=contents["marker"],
    )


def _one(connection: Connection, text: str) -> dict[str, Any]:
    row = connection.execute(text.encode()).fetchone()
    return row or {}
