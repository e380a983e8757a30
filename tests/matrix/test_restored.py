"""A backup that was restored with pg_dump: what differs, what verify says to it, and that every job is there."""

from __future__ import annotations

import json
import os
import subprocess
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from awa_infra.database.apply import apply
from awa_infra.database.catalogs import prepare, read_catalogs
from awa_infra.database.connection import connect
from awa_infra.database.fingerprint import verify
from awa_infra.database.session import read_transaction
from awa_infra.localserver.host import binaries
from awa_infra.model import Release
from awa_infra.verification.catalog import Key, digest, structure
from devtools import postgres_versions
from tests.matrix.starts import Starts, jobs, named
from tests.matrix.ways import desired_for
from tests.support.servers import Database, TestServer

START = named("0.6.9-active-custom")
SCHEMAS = ("awa", *START.custom_schemas)
NOT_INHERITED = """
    SELECT n.nspname || '.' || c.relname || '.' || con.conname AS key
      FROM pg_constraint con
      JOIN pg_class c ON c.oid = con.conrelid
      JOIN pg_namespace n ON n.oid = con.connamespace
     WHERE con.contype = 'p' AND con.connoinherit
"""
"""Primary keys marked as not inherited. PostgreSQL shows that in no definition, so it is no part of a fingerprint."""


@pytest.fixture
def restored(server: TestServer) -> Iterator[Database]:
    """Give an empty database to restore a backup into."""
    made = server.create()
    yield made
    server.drop(made)


def copy_with_pg_dump(source: Database, target: Database, *options: str) -> None:
    dump = subprocess.run(
        [str(binaries() / "pg_dump"), *options, f"--dbname={source.url}"], capture_output=True, timeout=300, check=True
    )
    psql = [str(binaries() / "psql"), "--quiet", "--no-psqlrc", "--set=ON_ERROR_STOP=1", f"--dbname={target.url}"]
    subprocess.run(psql, input=dump.stdout, capture_output=True, timeout=300, check=True)


def major_of(database: Database) -> int:
    return int(database.rows("SHOW server_version_num")[0]["server_version_num"]) // 10000


def catalog(database: Database, schema: str) -> dict[Key, str]:
    with connect(database.url) as connection, read_transaction(connection):
        prepare(connection)
        return read_catalogs(connection, [schema])[schema][1]


def differences(source: Database, target: Database) -> dict[str, int]:
    """Return what differs in words, with how often."""
    found: Counter[str] = Counter()
    for schema in SCHEMAS:
        one, other = catalog(source, schema), catalog(target, schema)
        for part, name in one.keys() | other.keys():
            here, there = one.get((part, name)), other.get((part, name))
            if here != there:
                kind = "missing" if there is None else "extra" if here is None else "changed"
                found[f"{part} {kind} in schema {schema}: {here or '-'} became {there or 'none'}"] += 1
    before, after = ({row["key"] for row in d.rows(NOT_INHERITED)} for d in (source, target))
    for schema in SCHEMAS:
        for keys, became in ((after - before, "true"), (before - after, "false")):
            count = sum(key.startswith(f"{schema}.") for key in keys)
            if count:
                found[f"primary key in schema {schema}: connoinherit became {became}"] = count
    return dict(sorted(found.items()))


def test_a_restored_pg_dump_is_as_good_as_the_original(starts: Starts, restored: Database, release: Release) -> None:
    major = major_of(restored)
    if major in postgres_versions.RELEASES:
        # The only pg_dump here is of a newer major, whose dumps older servers need not understand.
        assert not (postgres_versions.binaries(major) / "pg_dump").exists()
        record({"restored": START.name, "major": major, "outcome": "no pg_dump"})
        return
    template = starts.template(START)
    copy_with_pg_dump(template, restored)
    for schema in SCHEMAS:
        assert digest(structure(catalog(restored, schema))) == digest(structure(catalog(template, schema)))
    assert jobs(restored.url) == starts.jobs(START)
    assert restored.transition() == template.transition()
    assert not apply(restored.url, desired_for(START)).changed
    found = verify(restored.url, release)[1]
    assert found == verify(template.url, release)[1]
    assert found.drift == ()
    record({"restored": START.name, "major": major, "outcome": "same", "differences": differences(template, restored)})


def test_a_backup_restored_without_privileges_shows_what_to_revoke(
    starts: Starts, restored: Database, release: Release
) -> None:
    if major_of(restored) in postgres_versions.RELEASES:
        return  # as above
    copy_with_pg_dump(starts.template(START), restored, "--no-owner", "--no-privileges")
    [finding] = verify(restored.url, release)[1].drift
    assert (finding.code, finding.object) == ("public-may-install", "install_queue_storage_substrate")
    for statement in finding.sql:
        restored.rows(statement)
    assert verify(restored.url, release)[1].drift == ()


def record(line: dict[str, object]) -> None:
    results = os.environ.get("AWA_INFRA_MATRIX_RESULTS")
    if results:
        with Path(results).open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")
