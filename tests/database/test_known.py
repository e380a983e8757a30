from __future__ import annotations

from collections.abc import Callable

import psycopg
import pytest
from psycopg import sql

from awa_infra.database.catalogs import known
from awa_infra.database.fingerprint import read_drift
from awa_infra.database.target import Target
from awa_infra.model import DesiredState
from awa_infra.verification.drift import Examination
from tests.support.proxy import Meter
from tests.support.servers import Database, TestServer

WHOLE = 300_000
"""Bytes that a catalog of schema awa has at least."""


@pytest.fixture(autouse=True)
def nothing_known() -> None:
    known.take_all()


@pytest.fixture
def examined(desired: Callable[..., DesiredState]) -> Callable[[str], Examination]:
    return lambda url: read_drift(url, desired(), "awa")[2]


def sent(database: Database, work: Callable[[str], Examination]) -> tuple[int, Examination]:
    """Return how many bytes the server sent, and what was found."""
    with Meter(database.url) as meter:
        found = work(meter.url)
        return meter.received, found


def test_the_catalog_of_a_second_database_is_sent_only_where_it_differs(
    awa_database: Database, other_awa_database: Database, examined: Callable[[str], Examination]
) -> None:
    first, found = sent(awa_database, examined)
    second, again = sent(other_awa_database, examined)
    assert (found.findings, again) == ((), found)
    assert found.fingerprints
    assert first > WHOLE > 4 * second
    other_awa_database.rows("DROP INDEX awa.idx_awa_dlq_queue_time")
    third, drifted = sent(other_awa_database, examined)
    assert third > WHOLE
    assert [finding.object for finding in drifted.drift] == ["idx_awa_dlq_queue_time"]
    assert sent(awa_database, examined)[1] == found


def test_what_is_known_is_not_changed_by_whoever_uses_it(
    awa_database: Database, examined: Callable[[str], Examination]
) -> None:
    awa_database.rows("REVOKE EXECUTE ON ALL FUNCTIONS IN SCHEMA awa FROM PUBLIC")
    awa_database.rows("GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA awa TO PUBLIC")
    found = [examined(awa_database.url) for _ in range(3)]
    assert found[0].findings
    assert found[0] == found[1] == found[2]


def test_a_database_without_the_schema_knows_nothing(
    database: Database, examined: Callable[[str], Examination]
) -> None:
    assert [finding.code for finding in examined(database.url).findings] == ["not-migrated"]
    assert known.all() == {}


@pytest.mark.parametrize("encoding", ["LATIN1", "SQL_ASCII"])
def test_a_database_of_another_encoding_has_a_digest_of_its_own(
    server: TestServer, database: Database, examined: Callable[[str], Examination], encoding: str
) -> None:
    there = Database(f"{database.name}_e", Target.of(server.url).with_database(f"{database.name}_e"))
    with psycopg.connect(server.url, autocommit=True) as connection:
        text = "CREATE DATABASE {} TEMPLATE template0 ENCODING {} LC_COLLATE 'C' LC_CTYPE 'C'"
        connection.execute(sql.SQL(text).format(sql.Identifier(there.name), sql.Literal(encoding)))
    try:
        for one in (database, there):
            one.rows('CREATE SCHEMA awa; CREATE TABLE awa."caf\u00e9" (id int)')
        assert examined(database.url) == examined(there.url) == examined(there.url)
        assert {digest.partition(" ")[0] for digest in known.all()} == {"UTF8", encoding}
    finally:
        server.drop(there)
