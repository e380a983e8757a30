"""The committed facts are what the real ``awa migrate`` leaves on the server at hand."""

from __future__ import annotations

import psycopg

from awa_infra.facts.catalog import catalog_facts
from awa_infra.model import Release
from devtools import catalog_facts as maker
from tests.support.servers import Database


def test_facts_are_what_awa_migrate_makes(database: Database, release: Release) -> None:
    maker.prepare(database.url)
    measured = maker.measure(database.url)
    with psycopg.connect(database.url) as connection:
        facts = catalog_facts(release.name, connection.info.server_version // 10000)
    assert facts is not None
    assert measured["canonical"] == facts.canonical
    assert measured["substrate"] == facts.substrate
    assert measured["without_receipts"] == facts.without_receipts
    assert measured["private"] == sorted(facts.private)
    assert measured["fingerprint"] == facts.fingerprint
