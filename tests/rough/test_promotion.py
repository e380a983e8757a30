"""A primary that dies while it is migrated, and its standby that takes over, by one URL with both hosts."""

from __future__ import annotations

from pathlib import Path

import psycopg
import pytest

from awa_infra.database.apply import apply
from awa_infra.database.fingerprint import verify
from awa_infra.database.identity import read_place
from awa_infra.database.observe import read_state
from awa_infra.database.options import ApplyOptions
from awa_infra.database.target import Target
from awa_infra.errors import ConnectionFailedError
from awa_infra.localserver.host import account, binaries
from awa_infra.model import DesiredState, Release, Same, Step, Transaction
from tests.rough.profiles import CUSTOM, statements
from tests.rough.servers import caught_up, own_server, standby
from tests.support.servers import TestServer

BOUNDARY = 30
"""Before this step the primary dies; more than half is committed then, one migration at a time."""


def test_a_run_whose_primary_dies_is_finished_by_the_same_command_on_the_promoted_standby(release: Release) -> None:
    desired = DesiredState(release, release.schema_version, (CUSTOM,), transaction=Transaction.EACH)
    with own_server() as primary, standby(primary) as copy:
        statements(primary.url, "CREATE DATABASE jobs")
        old, new = (Target.of(server.url).with_database("jobs") for server in (primary, copy))
        where, there = (Target.of(url).parameters["port"] for url in (old, new))
        both = old.replace(f":{where}/", f":{there},127.0.0.1:{where}/") + "?target_session_attrs=read-write"
        caught_up(primary)
        kept = read_place(both)

        def fail_over(number: int, _total: int, _step: Step) -> None:
            if number == BOUNDARY:
                caught_up(primary)
                stop_at_once(primary)
                statements(copy.url, "SELECT pg_promote(true, 60)")

        with pytest.raises(ConnectionFailedError) as interrupted:
            apply(both, desired, options=ApplyOptions(progress=fail_over))
        assert "the same command continues from there" in "".join(interrupted.value.details)
        assert 0 < read_state(both).version < release.schema_version
        assert apply(both, desired).changed
        assert verify(both, release)[1].healthy
        # By its identifiers it is the same database, also at the address of the new primary alone.
        now = read_place(new)
        assert now.where != kept.where
        assert now.same_as(kept) is Same.YES


def stop_at_once(server: TestServer) -> None:
    """Stop a server as if it had lost its power."""
    with psycopg.connect(server.url) as connection:
        row = connection.execute("SHOW data_directory").fetchone()
    assert row is not None
    done = account().run([binaries() / "pg_ctl", "stop", "-w", "-m", "immediate", "-D", Path(row[0])])
    assert done.returncode == 0, done.stderr
