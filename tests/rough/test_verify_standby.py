"""A verification of a hot standby: what is not logged has no rows there, and nothing can be created."""

from __future__ import annotations

from dataclasses import replace

import pytest

from awa_infra.database.fingerprint import verify
from awa_infra.database.reference import measured_facts
from awa_infra.database.target import Target
from awa_infra.errors import BlockedError
from awa_infra.release import installed_release
from tests.rough.profiles import CUSTOM, migrated, statements
from tests.rough.proof import proof
from tests.rough.servers import caught_up, own_server, standby


def test_what_is_not_logged_is_a_finding_on_a_standby() -> None:
    with own_server() as primary, migrated(primary) as made, standby(primary) as copy:
        unlogged = ("queue_ring_state", "queue_claim_heads", "deferred_jobs")
        statements(
            made.admin,
            *(f"ALTER TABLE {CUSTOM.schema}.{table} SET UNLOGGED" for table in unlogged),
            "ALTER TABLE awa.storage_transition_state SET UNLOGGED",
            f"ALTER SEQUENCE {CUSTOM.schema}.job_id_seq SET UNLOGGED",
        )
        caught_up(primary)
        database = Target.of(made.admin).parameters["dbname"]
        there = Target.of(copy.url).with_database(database)
        _, found = verify(there, installed_release())
        assert {f.object for f in found.drift} == {*unlogged, "storage_transition_state", "job_id_seq"}
        assert {f.code for f in found.unknown} == {"not-readable"}
        named, _ = proof(replace(made, url=there))
        assert {f"schema {f.schema}: changed {f.part} {f.object}" for f in found.drift} <= named.keys()


def test_a_standby_is_compared_with_a_database_that_is_there_not_with_one_that_would_be_made() -> None:
    with own_server() as primary, migrated(primary) as made, standby(primary) as copy:
        caught_up(primary)
        here = Target.of(copy.url).with_database(Target.of(made.admin).parameters["dbname"])
        with pytest.raises(BlockedError, match="The server is a standby, where no scratch database") as refused:
            measured_facts(here, installed_release())
        assert refused.value.code == "read-only"
        assert "--reference-url" in refused.value.hint
