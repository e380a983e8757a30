"""Two members of the owning role run one bundle in turn, each tool the real one: everything stays the owner's."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from awa_infra.bundles.existing import read
from awa_infra.bundles.package import package
from awa_infra.bundles.writing import write
from awa_infra.model import DesiredState, Queue, QueueStorage, Release, Shape
from tests.support.bundles import render
from tests.support.people import forget, log_in
from tests.support.servers import Database, TestServer
from tests.tools.runners import RUNNERS, psql

ACME = QueueStorage("acme_jobs", Shape(4, 2, 2), (Queue("emails", (1,)),))

OWNERS = """
    SELECT array_agg(DISTINCT pg_get_userbyid(owner)::text) AS owners FROM (
        SELECT nspowner AS owner FROM pg_namespace WHERE nspname ~ '^(awa|acme_jobs)$'
        UNION ALL SELECT relowner FROM pg_class WHERE relnamespace::regnamespace::text ~ '^(awa|acme_jobs)$'
        UNION ALL SELECT proowner FROM pg_proc WHERE pronamespace::regnamespace::text ~ '^(awa|acme_jobs)$'
        UNION ALL SELECT typowner FROM pg_type WHERE typnamespace::regnamespace::text ~ '^(awa|acme_jobs)$') x
"""

EXECUTABLE = """
    SELECT proname::text AS name, has_function_privilege('{}', oid, 'EXECUTE') AS may FROM pg_proc
     WHERE pronamespace = 'awa'::regnamespace AND proname IN ('backoff_duration', 'install_queue_storage_substrate')
     ORDER BY 1
"""


WAYS = {form: (form, runner.up) for form, runner in RUNNERS.items()} | {
    "psql, each": ("psql", lambda url, bundle: psql(url, bundle / "apply.sql", "-v", "each=1")),
}


@pytest.mark.parametrize("way", WAYS)
def test_members_of_the_owner_run_a_bundle_in_turn_and_everything_stays_the_owners(
    way: str, server: TestServer, database: Database, release: Release, tmp_path: Path
) -> None:
    form, up = WAYS[way]
    owner, *members = (f"{name}_of_{database.name}" for name in ("team", "first", "second"))
    guest = f"guest_of_{database.name}"
    bundle = tmp_path / "bundle"
    try:
        database.rows(f"CREATE ROLE {owner}")
        database.rows(f"GRANT CREATE ON DATABASE {database.name} TO {owner}")
        database.rows(f"CREATE SCHEMA awa AUTHORIZATION {owner}")
        for member in members:
            database.rows(f"CREATE ROLE {member} LOGIN IN ROLE {owner}")
        database.rows(f"CREATE ROLE {guest}")
        database.rows(f"ALTER DEFAULT PRIVILEGES FOR ROLE {owner} IN SCHEMA awa GRANT EXECUTE ON FUNCTIONS TO {guest}")
        first, second = (log_in(database, member) for member in members)
        old = DesiredState(replace(release), 30)
        write(render(form, old), bundle)
        done = up(first.url, bundle)
        assert done.status == 0, done.output
        assert database.rows(OWNERS) == [{"owners": [owner]}]
        new = DesiredState(release, release.schema_version, (ACME,))
        files = package(form, new, existing=read(bundle)).files
        write(dict(files), bundle)
        for login in (second, first):
            done = up(login.url, bundle)
            assert done.status == 0, done.output
        assert database.rows(OWNERS) == [{"owners": [owner]}]
        assert database.rows(EXECUTABLE.format(guest)) == [
            {"name": "backoff_duration", "may": True},
            {"name": "install_queue_storage_substrate", "may": False},
        ]
        assert database.rows("SELECT max(version) AS v FROM awa.schema_version") == [{"v": release.schema_version}]
    finally:
        server.drop(database)
        forget(server, *members, guest, owner)
