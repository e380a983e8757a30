"""A DBA's own proof on servers as other people set them up: the same as on a tame one, the same as ``verify`` says."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from awa_infra.bundles.writing import write
from awa_infra.database.target import Target
from awa_infra.localserver.host import binaries
from awa_infra.model import DesiredState, Roles
from awa_infra.release import installed_release
from devtools import postgres_versions
from devtools.progress import ToolMissing
from tests.rough.hostile import HOSTILE
from tests.rough.profiles import CUSTOM, PASSWORD, Site, migrated, restore, site, statements
from tests.rough.proof import assert_damage_is_named, assert_proof, proof
from tests.rough.servers import caught_up, own_server, standby
from tests.rough.ways import where
from tests.support.bundles import render
from tests.support.servers import TestServer, embedded_server
from tests.support.tools import missing
from tests.tools.runners import psql, run

Make = Callable[[TestServer], AbstractContextManager[Site]]


@contextmanager
def reader(made: Site, *rights: str) -> Iterator[Site]:
    """Give the same site to a role that may connect, and nothing else."""
    database = Target.of(made.admin).parameters["dbname"]
    role = f"reader_of_{database}"
    statements(
        made.admin, f"CREATE ROLE {role} LOGIN PASSWORD '{PASSWORD}'", *(text.format(role=role) for text in rights)
    )
    try:
        yield replace(made, url=Target.of(made.admin).with_login(role, PASSWORD))
    finally:
        statements(made.admin, f"DROP OWNED BY {role}", f"DROP ROLE {role}")


@contextmanager
def without_rights(server: TestServer) -> Iterator[Site]:
    with migrated(server) as made, reader(made) as given:
        yield given


@contextmanager
def without_language(server: TestServer) -> Iterator[Site]:
    with migrated(server) as made:
        statements(made.admin, "REVOKE USAGE ON LANGUAGE plpgsql FROM PUBLIC")
        with reader(made) as given:
            yield given


@contextmanager
def hurried(server: TestServer) -> Iterator[Site]:
    """Give a site to a role with settings of its own for everything that prints, waits or reads."""
    odd = {
        "search_path": "''",
        "default_transaction_read_only": "on",
        "statement_timeout": "'20ms'",
        "lock_timeout": "'1ms'",
        "row_security": "off",
        "quote_all_identifiers": "on",
        "standard_conforming_strings": "off",
        "IntervalStyle": "iso_8601",
        "DateStyle": "'German, DMY'",
        "bytea_output": "escape",
        "extra_float_digits": "'-15'",
        "enable_indexscan": "off",
        "work_mem": "'64kB'",
    }
    with (
        migrated(server) as made,
        reader(made, *(f"ALTER ROLE {{role}} SET {key} = {value}" for key, value in odd.items())) as given,
    ):
        yield given


@contextmanager
def in_other_encoding(server: TestServer) -> Iterator[Site]:
    """Give a site whose dump was restored into a database that the packages themselves refuse."""
    with migrated(server) as origin:
        words = [str(binaries() / "pg_dump"), "-d", origin.admin]
        dump = subprocess.run(words, capture_output=True, check=True, timeout=120).stdout
    role = Target.of(origin.url).parameters["user"]
    options = "ENCODING 'SQL_ASCII' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0"
    with site(server, role=role, options=options, before=lambda admin: restore(admin, dump)) as made:
        yield replace(made, environment={"PGCLIENTENCODING": "LATIN1"})


SITES: dict[str, Make] = {
    "a role without any right": without_rights,
    "a role without plpgsql": without_language,
    "a role with odd settings": hurried,
    "functions, operators, types and tables called like those of PostgreSQL": lambda s: migrated(s, *HOSTILE),
    "a dump restored into SQL_ASCII": in_other_encoding,
}


@pytest.mark.parametrize("make", SITES.values(), ids=SITES)
def test_the_proof_says_the_same_wherever_and_by_whomever_it_is_run(server: TestServer, make: Make) -> None:
    with make(server) as made:
        assert_proof(made)
        assert_damage_is_named(made)


@pytest.mark.parametrize("major", sorted(postgres_versions.RELEASES))
def test_the_proof_says_the_same_on_every_major_version(major: int) -> None:
    try:
        postgres_versions.binaries(major)
    except ToolMissing as exc:
        missing(str(exc))
    with embedded_server(major) as older, migrated(older) as made:
        assert_proof(made)
        assert_damage_is_named(made)


def test_the_proof_runs_on_a_standby_that_only_reads() -> None:
    with own_server() as primary, migrated(primary) as made, reader(made) as given, standby(primary) as copy:
        ports = [Target.of(server.url).parameters["port"] for server in (primary, copy)]
        there = replace(given, url=given.url.replace(f":{ports[0]}/", f":{ports[1]}/"))
        caught_up(primary)
        assert_proof(there)
        statements(made.admin, "DROP INDEX acme_jobs.idx_acme_jobs_dlq_queue_time")
        caught_up(primary)
        named, _verdicts = proof(there)
        assert list(named) == ["schema acme_jobs: missing index idx_acme_jobs_dlq_queue_time"]


def test_no_script_and_no_command_uses_what_is_called_like_something_of_postgresql(server: TestServer) -> None:
    release = installed_release()
    latin = {"PGCLIENTENCODING": "LATIN1"}
    with site(server, *HOSTILE, environment=latin) as made, tempfile.TemporaryDirectory() as parent:
        prefix = Target.of(made.url).parameters["user"]
        roles = Roles(f"{prefix}_Eigentümer", f"{prefix}_migrator", f"{prefix}_runtime", f"{prefix}_observer")
        wanted = DesiredState(release, release.schema_version, (CUSTOM,), roles=roles)
        folder = Path(parent) / "psql"
        write(render("psql", wanted), folder)
        admin = replace(where(made), url=made.admin)
        try:
            for script in ("roles.sql", "apply.sql", "verify.sql", "structure.sql"):
                done = psql(admin, folder / script, "-A", "-t")
                assert done.status == 0, (script, done.output[-2000:])
                assert "|f\n" not in done.output, (script, done.output)
                assert script != "roles.sql" or f"{roles.owner}|owner|no" in done.output, done.output
            # What other formats ask before their run.
            write(render("dbmate", wanted), folder.with_name("dbmate"))
            for script in ("prerequisite.sql", "preflight.sql", "adopt.sql"):
                done = psql(admin, folder.with_name("dbmate") / script)
                assert "of a schema in search_path" not in done.output, (script, done.output[-2000:])
            for command in ("doctor", "status", "plan", "verify"):
                words = [sys.executable, "-c", "from awa_infra.cli.main import main; main()", command, "--json"]
                done = run(admin, words, Path(), {"DATABASE_URL": made.admin})
                assert "of a schema in search_path" not in done.output, (command, done.output[-2000:])
                assert done.status in {0, 3, 9}, (command, done.output[-2000:])
        finally:
            names = [name for name in (roles.owner, roles.migrator, roles.runtime, roles.observer) if name]
            statements(made.admin, *(f'DROP OWNED BY "{name}" CASCADE' for name in names))
            statements(made.admin, *(f'DROP ROLE "{name}"' for name in names))
