"""Read the state of a database in two round trips, with plain queries that never write.

Awa's own version probe is never called: it rewrites the version rows of a legacy database.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from psycopg import Cursor, sql
from psycopg.rows import DictRow

from awa_infra import sqltext
from awa_infra.database.connection import Connection
from awa_infra.database.migration_lock import TRY_MIGRATION_LOCK
from awa_infra.database.session import BEGIN_READ, READ_SETTINGS, apply_settings, may_fail, with_role
from awa_infra.model import (
    CANONICAL_SCHEMA,
    DesiredState,
    LostRows,
    Missing,
    ObservedState,
    Shape,
    StorageTransition,
    Stranger,
    Substrate,
    Unseen,
)
from awa_infra.planning.access import missing_queries
from awa_infra.planning.ownership import hand_over_query
from awa_infra.planning.substrate import own_objects
from awa_infra.release import is_legacy_numbering

if TYPE_CHECKING:
    # Catalogs bring all of verification along, which commands that only plan need not wait for.
    from awa_infra.database.catalogs import SchemaReader

RINGS = ("queue_ring", "lease_ring", "claim_ring")
"""The rings of a queue-storage schema, each with a table ``_state`` of one row and a table ``_slots`` (Awa 0.6.9)."""


_SLOTS = """(SELECT count(DISTINCT slot)
   FROM {name}.{slots}
  WHERE slot >= 0 AND slot < coalesce((SELECT max(slot_count) FROM {name}.{state}), 2147483647))"""
"""Rows of a ring's slots. Without its primary key, itself a finding, a table of Awa's state may hold a row twice."""


@dataclass(frozen=True, slots=True)
class Look:
    """One look at a database.

    Attributes:
        state: what was observed.
        readable: the requested relations that this role can read, as ``schema.relation``.
        locked: whether the migration lock was taken, if requested.
    """

    state: ObservedState
    readable: frozenset[str]
    locked: bool = False


def look(
    connection: Connection,
    settings: Mapping[str, str] | None = None,
    *,
    desired: DesiredState | None = None,
    lock: bool = False,
    begin: str | None = None,
    only: Collection[str] = (),
    reader: SchemaReader | None = None,
) -> Look:
    """Observe in two round trips; writes nothing.

    Args:
        connection: inside a transaction, or with ``begin`` about to start one.
        settings: set for the transaction before anything else, in the same round trip.
        desired: ask about the roles, privileges and lanes that are declared in it.
        lock: try once to take the migration lock, in the same round trip. If it is not free, nothing of Awa's is
            read: the state is empty, and the caller ends the transaction.
        begin: how to start the transaction, in the same round trip; psycopg would take one of its own for that.
        only: look at these queue-storage schemas alone; without any at all of them.
        reader: catalogs to ask for, in the second of the round trips.
    """
    scope = json.dumps(sorted(only))
    probes = sqltext.names("patches")
    probe = ", ".join(f"({sqltext.load(f'patches/{name}.sql')}) AS {name}" for name in probes)
    with connection.pipeline():
        if begin is not None:
            connection.execute(begin.encode())
        if settings is not None:
            apply_settings(connection, settings)
        taken = connection.execute(TRY_MIGRATION_LOCK.encode()) if lock else None
        if desired is None or desired.roles is None:
            # Creating roles requires the login role.
            connection.execute(sqltext.load("observe/read_as_owner.sql").encode())
        catalog = connection.execute(sqltext.render("observe/catalog.sql", only=scope).encode())
        found = connection.execute(sqltext.render("observe/substrates.sql", only=scope, **own_objects()).encode())
        applied = connection.execute(f"SELECT {probe}".encode())
    # Fetched after the pipeline: a fetch inside it would ask for an answer at once, one more round trip.
    locked = taken is not None and bool((taken.fetchone() or {})["taken"])
    if lock and not locked:
        # The holder of the lock needs Awa's tables; only system catalogs were read so far.
        return Look(ObservedState(), frozenset())
    row, substrates, patches = catalog.fetchone() or {}, found.fetchall(), applied.fetchone() or {}
    readable = frozenset(row["readable"])
    unseen = [s for s in substrates if s["readable_rings"] != len(RINGS)]
    substrates = [s for s in substrates if s["readable_rings"] == len(RINGS)]
    existing = [s["schema"] for s in substrates]
    with may_fail(connection) as system, connection.pipeline():
        contents_cursor = connection.execute(_contents(readable, existing))
        missing_cursor = _missing(connection, desired, existing)
        strangers_cursor = connection.execute(hand_over_query(scope).encode())
        if reader is not None:
            reader.ask(connection, readable, [*existing, *(s["schema"] for s in unseen)])
        if row["may_ask"]:
            system.ask(sqltext.load("observe/system.sql"))
    contents = contents_cursor.fetchone() or {}
    missing = missing_cursor.fetchall() if missing_cursor else []
    strangers = strangers_cursor.fetchall()
    rings = contents["rings"]
    versions = frozenset(contents["versions"] or ())
    state = ObservedState(
        server_version=row["server_version"],
        database=row["database"],
        user=row["user"],
        schema_exists=row["schema_exists"],
        versions=versions,
        legacy_numbering=is_legacy_numbering(versions, row["numbering"]),
        # The catalog is the proof; a row of the ledger without it means a half-applied patch.
        patches=frozenset(contents["ledger"] or ()).difference(probes) | {name for name in probes if patches[name]},
        history_empty="awa.schema_version" in readable and not versions,
        transition=_transition(contents),
        marker_schema=contents["marker"],
        substrates=tuple(_substrate(s, rings[s["schema"]]["recorded"]) for s in substrates),
        unseen=tuple(Unseen(s["schema"], s["owner"], s["receipts"], s["rings"] != len(RINGS)) for s in unseen),
        lost_rows=_lost_rows(contents, substrates, readable),
        missing=tuple(Missing(**row) for row in missing),
        acting_owner=row["acting_owner"],
        strangers=tuple(Stranger(**stranger) for stranger in strangers),
        functions_given=row["functions_given"],
        oid=row["oid"],
        system=system.value("system"),
    )
    return Look(state, readable, locked)


def _missing(connection: Connection, desired: DesiredState | None, existing: list[str]) -> Cursor[DictRow] | None:
    """Ask what declared roles, privileges and lanes are missing, if any are declared."""
    queries = missing_queries(desired) if desired is not None else ()
    texts = [query.sql for query in queries if not query.needs or query.needs in existing]
    # A cursor for each query in one message is not needed: all have the same columns.
    return (
        connection.execute("\nUNION ALL\n".join(f"SELECT * FROM (\n{t}) AS lack" for t in texts).encode())
        if texts
        else None
    )


def look_to_read(
    connection: Connection,
    role: str | None = None,
    *,
    desired: DesiredState | None = None,
    only: Collection[str] = (),
    reader: SchemaReader | None = None,
) -> Look:
    """Begin a transaction that only reads, on a connection in autocommit, and observe in it; see :func:`look`."""
    settings = with_role(READ_SETTINGS, role)
    return look(connection, settings, desired=desired, begin=BEGIN_READ, only=only, reader=reader)


def _contents(readable: frozenset[str], schemas: list[str]) -> sql.Composed:
    """Return the query for the few rows that matter, each only if its table is there to be read."""
    nothing = sql.SQL("NULL::json")

    def when(relation: str, query: str) -> sql.SQL:
        return sql.SQL(query) if relation in readable else nothing

    rings = [
        sql.SQL(
            "SELECT {literal}::text AS s, json_build_object('recorded', json_build_array((SELECT max(slot_count) FROM "
            "{name}.queue_ring_state), (SELECT max(slot_count) FROM {name}.lease_ring_state), "
            "(SELECT max(slot_count) FROM {name}.claim_ring_state)), 'slots', json_build_array({slots})) AS r"
        ).format(
            literal=sql.Literal(schema),
            name=sql.Identifier(schema),
            slots=sql.SQL(", ").join(
                when(f"{schema}.{ring}_slots", _SLOTS).format(
                    name=sql.Identifier(schema),
                    slots=sql.Identifier(f"{ring}_slots"),
                    state=sql.Identifier(f"{ring}_state"),
                )
                for ring in RINGS
            ),
        )
        for schema in schemas
    ]
    return sql.SQL(
        "SELECT {versions} AS versions, {ledger} AS ledger, {transition} AS transition, {marker} AS marker, "
        "{rings} AS rings"
    ).format(
        versions=when("awa.schema_version", "(SELECT json_agg(version) FROM awa.schema_version)"),
        ledger=when("awa.schema_patches", "(SELECT json_agg(name) FROM awa.schema_patches)"),
        transition=when(
            "awa.storage_transition_state", "(SELECT to_json(t) FROM awa.storage_transition_state t LIMIT 1)"
        ),
        marker=when(
            "awa.runtime_storage_backends",
            "(SELECT to_json(max(schema_name)) FROM awa.runtime_storage_backends WHERE backend = 'queue_storage')",
        ),
        rings=sql.SQL("(SELECT json_object_agg(s, r) FROM ({}) x)").format(sql.SQL(" UNION ALL ").join(rings))
        if rings
        else sql.SQL("'{{}}'::json").format(),
    )


def _substrate(row: dict[str, Any], recorded: list[int | None]) -> Substrate:
    """Return a queue-storage schema; where the row of a ring is gone, its partitions show its slots."""
    queue, lease, claim = (
        recorded_count or partitions for recorded_count, partitions in zip(recorded, row["partitions"], strict=True)
    )
    names = ("schema", "owner", "tables", "indexes", "functions", "triggers", "partitions_without_fillfactor")
    return Substrate(**{name: row[name] for name in names}, shape=Shape(queue, lease, claim, row["receipts"]))


def _lost_rows(
    contents: dict[str, Any], substrates: Iterable[dict[str, Any]], readable: frozenset[str]
) -> tuple[LostRows, ...]:
    found = []
    if "awa.storage_transition_state" in readable and contents["transition"] is None:
        found.append(LostRows(CANONICAL_SCHEMA, "storage_transition_state", 0, 1))
    for substrate in substrates:
        schema = substrate["schema"]
        rows = contents["rings"][schema]
        for ring, recorded_count, slots, partitions in zip(
            RINGS, rows["recorded"], rows["slots"], substrate["partitions"], strict=True
        ):
            if recorded_count is None:
                found.append(LostRows(schema, f"{ring}_state", 0, 1))
            # A changed count is another finding: only slots with partitions must have rows.
            expected = min(recorded_count or partitions, partitions)
            if slots is not None and slots < expected:
                found.append(LostRows(schema, f"{ring}_slots", slots, expected))
    return tuple(found)


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
