"""Every kind of server by every way: the fingerprint of a tame server, or a code before anything is written."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from awa_infra.database.fingerprint import verify
from awa_infra.release import installed_release
from tests.rough.profiles import CUSTOM, PROFILES, Profile, Site, profile
from tests.rough.proof import assert_damage_is_named, assert_proof
from tests.rough.ways import WAYS, Way
from tests.support.servers import TestServer
from tests.support.tools import fingerprints

ALL = os.environ.get("AWA_INFRA_MATRIX") == "all"
RESULTS = os.environ.get("AWA_INFRA_MATRIX_RESULTS")
"""A file that gets one line of JSON per cell; the table in the docs is made of it."""

SCHEMAS = ("awa", CUSTOM.schema)
"""What every way brings."""

# A bundle's tool makes its own schema and tables first: that is what a refusal may leave behind, empty.
_WRITTEN = """
    SELECT n.nspname || coalesce('.' || c.relname, '') AS what
      FROM pg_catalog.pg_namespace n
      LEFT JOIN pg_catalog.pg_class c ON c.relnamespace = n.oid
     WHERE n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema', 'awa_migrations')
     UNION ALL
    SELECT 'function ' || p.oid::regprocedure FROM pg_catalog.pg_proc p
      JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
     WHERE n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema', 'awa_migrations')
     ORDER BY 1
"""


def cells() -> Iterator[tuple[Profile, Way]]:
    """Give every cell, or each profile once with the ways in turn."""
    for number, one in enumerate(PROFILES):
        for at, way in enumerate(WAYS):
            if way.name not in one.without and (ALL or at == number % len(WAYS)):
                yield one, way


def assert_tame(site: Site, tame: dict[str, str]) -> None:
    """Compare with the tame server, or on another major version with the facts of the release."""
    release = installed_release()
    with psycopg.connect(site.admin) as connection:
        major = connection.info.server_version // 10000
    if f"major {major}" in tame:
        assert fingerprints(site.admin, SCHEMAS) == {schema: tame[schema] for schema in SCHEMAS}
    else:
        _state, found = verify(site.admin, release, SCHEMAS)
        assert found.healthy, found.findings


def written(site: Site) -> list[str]:
    with psycopg.connect(site.admin) as connection:
        return [name for (name,) in connection.execute(_WRITTEN)]


@pytest.fixture(scope="session")
def tame(server: TestServer) -> dict[str, str]:
    """Return the fingerprints that the engine gives a tame server."""
    with profile("tame").make(server) as site:
        done = WAYS[0].run(site)
        assert done.status == 0, done.output
        with psycopg.connect(site.admin) as connection:
            major = connection.info.server_version // 10000
        return {**fingerprints(site.admin, SCHEMAS), f"major {major}": ""}


@pytest.mark.parametrize(("profile", "way"), tuple(cells()), ids=lambda part: str(part).replace(" ", "-"))
def test_every_kind_of_server_gets_the_same_schema_or_a_code_before_anything_is_written(
    server: TestServer, tame: dict[str, str], profile: Profile, way: Way
) -> None:
    code = profile.code_for(way.name)
    with profile.make(server) as site:
        before = written(site)
        done = way.run(site)
        if code is None:
            assert done.status == 0, done.output[-4000:]
            assert_tame(site, tame)
            if way.name == "engine" or not ALL:
                assert_proof(site, profile.remarked)
                assert_damage_is_named(site)
        else:
            assert done.status != 0, done.output[-4000:]
            assert done.names(code), done.output[-4000:]
            assert written(site) == before
        record(profile, way.name, code or "same")
        for name in profile.without:
            record(profile, name, "-")


def record(profile: Profile, way: str, outcome: str) -> None:
    if RESULTS:
        line = {"profile": profile.name, "what": profile.what, "way": way, "outcome": outcome}
        with Path(RESULTS).open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")
