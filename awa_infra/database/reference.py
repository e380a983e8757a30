"""Read what a healthy database of a release has: from a scratch database, or from a named one."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal

from awa_infra import sqltext
from awa_infra.database.apply import apply
from awa_infra.database.catalogs import prepare, read_catalogs
from awa_infra.database.connection import connect, translated
from awa_infra.database.look import look_to_read
from awa_infra.database.reading import reading
from awa_infra.database.session import read_transaction, session
from awa_infra.database.target import Target
from awa_infra.facts.catalog import CatalogFacts, newest_catalog_facts
from awa_infra.model import CANONICAL_SCHEMA, DesiredState, Gate, ObservedState, Policy, Release
from awa_infra.model.desired import LOCK_TIMEOUT
from awa_infra.planning.pure_gates import raise_if_blocked
from awa_infra.verification.reference import SCRATCH_SCHEMAS, facts_from, reference_problem

_PREFIX = "awa_infra_reference_"
"""Start of the name of every scratch database; the rest is random."""


def measured_facts(url: str, release: Release, reference: str | None = None) -> CatalogFacts:
    """Return what a database of the same release and server has, to compare the one of the URL with.

    Without a reference of their own, a scratch database is created on the server of the URL, migrated with the
    installed release and dropped again, also after a failure.

    Args:
        url: connection string of the database to verify; hidden from every message.
        release: the one that is installed.
        reference: connection string of a database to compare with, which is only read; a text without ``=`` and
            ``:`` is the name of a database on the same server.

    Raises:
        BlockedError: the role may not create databases, or the reference is no database to compare with.
        AwaInfraError: see :func:`awa_infra.database.connection.connect` and :func:`awa_infra.database.apply.apply`.
    """
    with reading(url) as connection:
        target = look_to_read(connection).state
    if reference is not None:
        is_name = "=" not in reference and ":" not in reference
        other = Target.of(url).with_database(reference) if is_name else reference
        return _facts(other, release, target)
    with _scratch(url, release) as scratch:
        return _facts(scratch, release, target)


@contextmanager
def _scratch(url: str, release: Release) -> Iterator[str]:
    """Give the URL of a migrated database with one custom schema of each kind, and drop it afterwards."""
    name = _PREFIX + secrets.token_hex(6)
    doing = f"Creating the scratch database {name}"
    with connect(url) as connection, translated(url, doing):
        with read_transaction(connection):
            row = connection.execute(sqltext.load("reference/may_create.sql").encode()).fetchone() or {}
        if not row["allowed"]:
            gate = Gate("read-only" if row["standby"] else "no-createdb", row["message"], row["hint"])
            raise_if_blocked([gate], name)
    try:
        _run(url, doing, "create", name)
        scratch = Target.of(url).with_database(name)
        # Nothing else uses this database; its server's lock table is checked as for every other.
        policy = Policy(allow_pooler=True)
        apply(scratch, DesiredState(release, release.schema_version, SCRATCH_SCHEMAS, policy=policy))
        yield scratch
    finally:
        _run(url, f"Dropping the scratch database {name}", "drop", name)


def _run(url: str, doing: str, file: Literal["create", "drop"], name: str) -> None:
    """Create or drop a scratch database, outside of any transaction."""
    with connect(url) as connection, translated(url, doing), session(connection, LOCK_TIMEOUT):
        connection.execute(sqltext.render(f"reference/{file}.sql", name=sqltext.Name(name)).encode())


def _facts(url: str, release: Release, target: ObservedState) -> CatalogFacts:
    with reading(url) as connection:
        seen = look_to_read(connection)
        problem = reference_problem(release, target, seen.state)
        if not seen.state.identity.is_another_than(target.identity):
            problem = "it is the database that is verified"
            if not (seen.state.system and target.system):
                problem += ", as far as a role can tell that may not execute pg_control_system()"
        if problem:
            message = f"Database {seen.state.database} cannot be the reference: {problem}."
            hint = "Name another database that the same release migrated, on the same major version of PostgreSQL."
            raise_if_blocked([Gate("reference-unusable", message, hint)], seen.state.database)
        prepare(connection)
        receipts = {s.schema: s.shape.receipts for s in seen.state.substrates}
        catalogs = read_catalogs(connection, {CANONICAL_SCHEMA, *receipts})
        return facts_from(catalogs, receipts, newest_catalog_facts(seen.state.major))
