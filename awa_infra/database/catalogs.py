"""Read the catalog of a schema and the rows beside it that a verification looks at; never writes."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping

from psycopg.rows import tuple_row

from awa_infra import sqltext
from awa_infra.database.connection import Connection
from awa_infra.database.observe import RINGS
from awa_infra.planning.catalog import Key, SchemaName
from awa_infra.planning.checks import Health, quote
from awa_infra.planning.obstacles import Denied

STATE_TABLES = frozenset(f"{ring}_{kind}" for ring in RINGS for kind in ("state", "slots"))
"""Tables of a queue-storage schema whose rows Awa's installer makes, and no job."""

_LOOKED_AT = STATE_TABLES | frozenset(
    (*("queue_enqueue_heads", "queue_claim_heads", "storage_transition_state", "runtime_storage_backends"),)
)
"""Tables whose rows a verification looks at; the last two are in schema awa alone."""


def read_catalog(connection: Connection, schema: str) -> tuple[SchemaName | None, dict[Key, str]]:
    """Return how the server writes a schema's name, and its catalog; no name if there is no such schema.

    One query, for which the transaction must have :func:`prepare`'s settings: then definitions name everything
    with its schema, whatever the settings of the role are.
    """
    texts = [sqltext.render(f"fingerprint/{name}.sql", schema=quote(schema)) for name in sqltext.names("fingerprint")]
    with connection.cursor(row_factory=tuple_row) as cursor:
        rows = cursor.execute("\nUNION ALL\n".join(texts).encode()).fetchall()
    catalog = {(part, name): text for part, name, text in rows}
    name = catalog.pop(("schema", schema), None)
    return (None if name is None else SchemaName(schema, name)), catalog


def prepare(connection: Connection) -> None:
    """Set what :func:`read_catalog` needs, until the end of the transaction or savepoint."""
    connection.execute(sqltext.load("fingerprint/state/settings.sql").encode())


def read_health(
    connection: Connection,
    schema: str,
    catalog: Mapping[Key, str],
    private: Iterable[str] = (),
    counted: Iterable[str] = (),
) -> Health:
    """Return what no catalog shows: rows of the rings, lanes, and what roles may not do.

    Args:
        connection: in a transaction.
        schema: which one.
        catalog: of that schema.
        private: functions that Awa itself keeps from everybody but the owner.
        counted: tables that are looked into for rows, those of them that are there and readable.
    """
    values: dict[str, sqltext.Value | sqltext.Name] = {"schema": quote(schema), "schema_name": sqltext.Name(schema)}
    values["private"] = json.dumps(sorted(private))

    def rows(name: str) -> list[dict[str, object]]:
        return connection.execute(sqltext.render(f"fingerprint/state/{name}.sql", **values).encode()).fetchall()

    readable = {str(row["relation"]) for row in rows("readable")}
    holds = [
        sqltext.render("fingerprint/state/holds.sql", **values, table=table, table_name=sqltext.Name(table))
        for table in sorted(readable.intersection(counted))
    ]
    holding = connection.execute("\nUNION ALL\n".join(holds).encode()).fetchall() if holds else []
    slots = rows("slots")[0] if {"queue_ring_slots", "lease_ring_slots", "claim_ring_slots"} <= readable else {}
    lanes = rows("lanes") if {"queue_enqueue_heads", "queue_claim_heads"} <= readable else []
    return Health(
        {ring: int(str(count)) for ring, count in slots.items() if count is not None},
        tuple(str(row["sequence"]) for row in lanes),
        {str(row["role"]): int(str(row["sequences"])) for row in rows("weak_roles")},
        tuple(sorted(t for t in _LOOKED_AT - readable if ("relation", t) in catalog)),
        tuple(str(row["relation"]) for row in holding),
        tuple((str(row["relation"]), str(row["publications"])) for row in rows("publications")),
        tuple(Denied(**{key: str(value) for key, value in row.items()}) for row in rows("denied")),
    )
