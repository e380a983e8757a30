"""Read the catalogs of schemas, and the rows that a verification needs; never writes.

All schemas are read by one query, in one pass over what is in them: see ``sql/fingerprint/state/scope.sql``.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from sys import intern
from typing import Any

from psycopg import Cursor
from psycopg.rows import DictRow, TupleRow, tuple_row

from awa_infra import sqltext
from awa_infra.database.connection import Connection
from awa_infra.database.look import RINGS
from awa_infra.database.session import READ_SETTINGS, apply_settings
from awa_infra.model import CANONICAL_SCHEMA
from awa_infra.naming import quote
from awa_infra.recent import Recent
from awa_infra.verification.catalog import Key, SchemaName, parts_query
from awa_infra.verification.checks import Health
from awa_infra.verification.drift import ObservedSchema
from awa_infra.verification.obstacles import Adopted, Privilege, Setting
from awa_infra.verification.sequences import Behind

STATE_TABLES = frozenset(f"{ring}_{kind}" for ring in RINGS for kind in ("state", "slots"))
"""Tables of a queue-storage schema whose rows Awa's installer makes, and no job."""

_HEADS = frozenset(("queue_enqueue_heads", "queue_claim_heads"))
_OF_AWA = frozenset(("storage_transition_state", "runtime_storage_backends"))
"""Tables of schema ``awa`` alone whose rows a verification looks at."""

_OF_HEALTH = (
    *("weak-role", "denied", "public", "published", "narrowed"),
    *("setting", "adopted", "exhausted", "behind", "unread", "collation"),
)
"""What the queries about health call their rows."""

_SAVEPOINT = "awa_infra_catalogs"

Rows = Mapping[str, Mapping[Key, str]]
"""Definitions by schema, part and object."""

known: Recent[str, Rows] = Recent(4)
"""Rows that this process has read, by their digest as the server makes it: the server need not send them again.

It reads everything anew each time. Half a megabyte for each database of a fleet stays where it is. Each takes a few
megabytes here, and nobody changes what is in one.
"""


@dataclass(frozen=True, slots=True)
class _Asked:
    """Cursors whose rows are fetched after the pipeline."""

    catalogs: Cursor[TupleRow]
    slots: Cursor[DictRow] | None
    lanes: Cursor[DictRow] | None
    readable: frozenset[str]
    known: Mapping[str, Rows] | None


@dataclass(slots=True)
class SchemaReader:
    """The contents of some schemas: queried in a pipeline, fetched after it.

    Attributes:
        schemas: which ones; without any, ``awa`` and every queue-storage schema.
        private: functions that only the owner may execute; Awa revokes them from PUBLIC.
        again: whether this process has read the same of other databases, or will: then only what differs is sent.
    """

    schemas: tuple[str, ...] = ()
    private: Collection[str] = ()
    again: bool = False
    _asked: _Asked | None = field(default=None, init=False, repr=False)

    def ask(self, connection: Connection, readable: frozenset[str], found: Iterable[str]) -> None:
        """Send the queries in a pipeline of the caller, whose transaction has the session's settings.

        The settings that they need must not reach what follows: a savepoint takes them back. What this role can read
        is in :class:`awa_infra.database.observe.Look`; found is every queue-storage schema of the database.
        """
        schemas = self.schemas or tuple(dict.fromkeys((CANONICAL_SCHEMA, *found)))
        connection.execute(f"SAVEPOINT {_SAVEPOINT}".encode())
        _execute_settings(connection)
        remembered = known.all() if self.again else None
        self._asked = _Asked(
            _ask(connection, schemas, health=True, private=self.private, known=remembered),
            _ask_each(connection, "slots", [s for s in schemas if _readable(readable, s, STATE_TABLES)]),
            _ask_each(connection, "lanes", [s for s in schemas if _readable(readable, s, _HEADS)]),
            readable,
            remembered,
        )
        connection.execute(f"ROLLBACK TO SAVEPOINT {_SAVEPOINT}".encode())

    def fetch(self) -> dict[str, ObservedSchema]:
        """Return the contents by schema; those that do not exist are not in it."""
        asked = self._asked
        if asked is None:
            return {}
        slots = {str(row.pop("schema")): row for row in _fetched(asked.slots)}
        lanes: defaultdict[str, list[str]] = defaultdict(list)
        for row in _fetched(asked.lanes):
            lanes[str(row["schema"])].append(str(row["sequence"]))
        existing = {}
        for schema, rows in _unless_known(asked).items():
            health = _health(schema, rows, asked.readable, slots.get(schema, {}), sorted(lanes[schema]))
            existing[schema] = ObservedSchema(_name(schema, rows), rows, health)
        return existing


def read_schemas(
    connection: Connection,
    found: Iterable[str],
    *,
    private: Collection[str] = (),
    counted: Collection[str] = (),
) -> dict[str, ObservedSchema]:
    """Return the contents of schema ``awa`` and of every queue-storage schema.

    Args:
        connection: in a transaction.
        found: every queue-storage schema of the database.
        private: functions that only the owner may execute; Awa revokes them from PUBLIC.
        counted: tables that are looked into for rows, those of them that are there and readable.
    """
    asked = SchemaReader(private=private)
    row = connection.execute(sqltext.render("observe/catalog.sql", only="[]").encode()).fetchone() or {}
    with connection.pipeline():
        asked.ask(connection, frozenset(row["readable"]), found)
    existing = asked.fetch()
    return {schema: _counted(connection, one, counted) for schema, one in existing.items()}


def read_catalogs(connection: Connection, schemas: Iterable[str]) -> dict[str, tuple[SchemaName, dict[Key, str]]]:
    """Return how the server writes the name of each schema, and its catalog; those that do not exist are not in it.

    One query, for which the transaction must have :func:`prepare`'s settings: then definitions name everything
    with its schema, whatever the settings of the role are.
    """
    found = _by_schema(_ask(connection, tuple(schemas), health=False).fetchall())
    return {schema: (_name(schema, rows), rows) for schema, rows in found.items()}


def prepare(connection: Connection) -> None:
    """Set what :func:`read_catalogs` needs, the session's settings included, until the end of the transaction."""
    apply_settings(connection, READ_SETTINGS)
    _execute_settings(connection)


def _execute_settings(connection: Connection) -> None:
    connection.execute(sqltext.load("fingerprint/state/settings.sql").encode())


def _ask(
    connection: Connection,
    schemas: tuple[str, ...],
    *,
    health: bool,
    private: Collection[str] = (),
    known: Collection[str] | None = None,
) -> Cursor[TupleRow]:
    scope = sqltext.render("fingerprint/state/scope.sql", schemas=json.dumps(schemas))
    parts = parts_query(private, health=health)
    if known is not None:
        digests = json.dumps(sorted(known))
        parts = sqltext.render("fingerprint/state/unless_known.sql", entries=sqltext.Part(parts), known=digests)
    cursor = connection.cursor(row_factory=tuple_row)
    return cursor.execute((scope + parts).encode())


def _ask_each(connection: Connection, name: str, schemas: Iterable[str]) -> Cursor[DictRow] | None:
    """Ask about tables of each schema in one query; ``None`` if there is nothing to ask."""
    texts = [sqltext.render(f"fingerprint/state/{name}.sql", **sqltext.schema_values(schema)) for schema in schemas]
    return connection.execute("\nUNION ALL\n".join(texts).encode()) if texts else None


def _fetched(cursor: Cursor[DictRow] | None) -> list[dict[str, Any]]:
    return [] if cursor is None else cursor.fetchall()


def _readable(readable: frozenset[str], schema: str, tables: Iterable[str]) -> bool:
    return all(f"{schema}.{table}" in readable for table in tables)


def _unless_known(asked: _Asked) -> dict[str, dict[Key, str]]:
    """Return the rows by schema, for the caller to change: those that were sent, or those of the digest that was."""
    rows = asked.catalogs.fetchall()
    if asked.known is None:
        return _by_schema(rows)
    digest = next(text for schema, _part, _name, text in rows if not schema)
    if digest is None:  # there is no such schema
        return {}
    found = asked.known.get(digest) or _by_schema(row for row in rows if row[0])
    known.put(digest, found)
    return {schema: dict(one) for schema, one in found.items()}


def _by_schema(rows: Iterable[TupleRow]) -> dict[str, dict[Key, str]]:
    found: defaultdict[str, dict[Key, str]] = defaultdict(dict)
    for schema, part, name, text in rows:
        # A fleet of schemas has hundreds of thousands of entries, of a few parts.
        found[schema][intern(part), name] = text
    return dict(found)


def _name(schema: str, rows: dict[Key, str]) -> SchemaName:
    """Return how the server writes the schema's name, which is no part of its catalog."""
    return SchemaName(schema, rows.pop(("schema", schema)))


def _health(
    schema: str, rows: dict[Key, str], readable: frozenset[str], slots: Mapping[str, Any], lanes: list[str]
) -> Health:
    """Return what no catalog shows, and take it out of the rows."""
    taken: dict[str, list[tuple[str, str]]] = {part: [] for part in _OF_HEALTH}
    for part, name in sorted(key for key in rows if key[0] in taken):
        taken[part].append((name, rows.pop((part, name))))
    looked_at = STATE_TABLES | _HEADS | (_OF_AWA if schema == CANONICAL_SCHEMA else frozenset())
    unreadable = {t for t in looked_at if f"{schema}.{t}" not in readable and ("relation", t) in rows}
    # Sequences and lanes have no name there, but a number.
    unread = dict(taken["unread"])
    unread_sequences, most_lanes = int(unread.pop("", 0)), int(unread.pop("#", 0))
    return Health(
        slots={ring: int(count) for ring, count in slots.items() if count is not None},
        lost_lanes=tuple(lanes),
        weak_roles={role: int(count) for role, count in taken["weak-role"]},
        unread_sequences=unread_sequences,
        most_lanes=most_lanes,
        unreadable=tuple(sorted(unreadable.union(unread))),
        published=tuple(taken["published"]),
        narrowed=tuple(taken["narrowed"]),
        denied=_privileges(taken["denied"]),
        behind=tuple(Behind(name, **json.loads(text)) for name, text in taken["behind"]),
        settings=tuple(Setting(name, **json.loads(text)) for name, text in taken["setting"]),
        collations=tuple(Setting(name, **json.loads(text)) for name, text in taken["collation"]),
        public=_privileges(taken["public"]),
        adopted=tuple(Adopted(name, **json.loads(text)) for name, text in taken["adopted"]),
        exhausted=tuple(taken["exhausted"]),
    )


def _privileges(rows: Iterable[tuple[str, str]]) -> tuple[Privilege, ...]:
    return tuple(Privilege(**json.loads(text)) for _name, text in rows)


def _counted(connection: Connection, existing: ObservedSchema, tables: Collection[str]) -> ObservedSchema:
    """Return the same with the names of tables that hold rows."""
    schema = existing.name.text
    if not tables:
        return existing
    text = sqltext.render("fingerprint/state/readable.sql", quoted=quote(schema), schema=schema)
    here = {str(row["relation"]) for row in connection.execute(text.encode()).fetchall()}.intersection(tables)
    name = sqltext.Name(schema)
    texts = [
        sqltext.render("fingerprint/state/holds.sql", schema_name=name, table=table, table_name=sqltext.Name(table))
        for table in sorted(here)
    ]
    rows = connection.execute("\nUNION ALL\n".join(texts).encode()).fetchall() if texts else []
    holding = tuple(str(row["relation"]) for row in rows)
    return replace(existing, health=replace(existing.health, holding=holding))
