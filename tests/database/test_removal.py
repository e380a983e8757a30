"""Removal of a custom queue-storage schema: what objects to it, and what is left afterwards."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from awa_infra.database.apply import apply
from awa_infra.database.deliberate import read_removal, remove
from awa_infra.database.fingerprint import verify
from awa_infra.errors import BlockedError
from awa_infra.model import DesiredState, QueueStorage, Release, Shape
from tests.support.servers import Database, TestServer

SMALL = Shape(4, 2, 2)


@pytest.fixture(scope="module")
def two_schemas(server: TestServer, awa_template: Database, release: Release) -> Iterator[Database]:
    """Give a database with two small custom schemas, to be copied."""
    made = server.create(awa_template.name)
    apply(made.url, DesiredState(release, None, (QueueStorage("acme", SMALL), QueueStorage("beta", SMALL))))
    yield made
    server.drop(made)


@pytest.fixture
def acme(server: TestServer, two_schemas: Database) -> Iterator[Database]:
    """Give a copy of it."""
    made = server.create(two_schemas.name)
    yield made
    server.drop(made)


def objections(database: Database, schema: str = "acme", *, force: bool = False) -> dict[str, str]:
    return {gate.code: gate.message for gate in read_removal(database.url, schema, force=force)[1].gates}


def test_an_empty_schema_is_dropped_and_the_others_stay_as_they_are(acme: Database, release: Release) -> None:
    report = remove(acme.url, "acme")
    assert [s.schema for s in report.after.substrates] == ["awa", "beta"]
    assert acme.rows("SELECT nspname FROM pg_namespace WHERE nspname = 'acme'") == []
    assert verify(acme.url, release)[1].drift == ()
    assert not remove(acme.url, "acme").changed


FOREIGN = {
    "a table": "CREATE TABLE acme.mine (n int)",
    "a sequence": "CREATE SEQUENCE acme.mine",
    "a function": "CREATE FUNCTION acme.mine() RETURNS int LANGUAGE sql AS 'SELECT 1'",
    "an enumeration": "CREATE TYPE acme.mine AS ENUM ('a')",
    "a composite type": "CREATE TYPE acme.mine AS (n int)",
    "an extension": "CREATE EXTENSION plpgsql_is_there_already",
    "a view elsewhere": "CREATE VIEW public.mine AS SELECT count(*) FROM acme.ready_entries",
    "a materialized view elsewhere": "CREATE MATERIALIZED VIEW public.mine AS SELECT count(*) FROM acme.terminal_jobs",
    "a default elsewhere": "CREATE TABLE public.mine (n bigint DEFAULT nextval('acme.job_id_seq'))",
    "a child elsewhere": "CREATE TABLE public.mine () INHERITS (acme.attempt_state)",
    "a column of its type elsewhere": "CREATE TABLE public.mine (entry acme.dlq_entries)",
    "a function of its type elsewhere":
        "CREATE FUNCTION public.mine(e acme.dlq_entries) RETURNS int LANGUAGE sql AS 'SELECT 1'",
    "a trigger elsewhere": "CREATE TABLE public.mine (n int); CREATE TRIGGER t BEFORE INSERT ON public.mine "
        "FOR EACH ROW EXECUTE FUNCTION acme.queue_enqueue_head_sequence_sync()",
    "a foreign key elsewhere":
        "CREATE TABLE public.mine (queue text, priority smallint, "
        "FOREIGN KEY (queue, priority) REFERENCES acme.queue_lanes (queue, priority))",
}  # fmt: skip
del FOREIGN["an extension"]


@pytest.mark.parametrize("made", FOREIGN)
def test_what_awa_did_not_make_is_never_dropped_along(acme: Database, made: str) -> None:
    for statement in FOREIGN[made].split("; "):
        acme.rows(statement)
    found = objections(acme, force=True)
    assert list(found) == ["removal-foreign-objects"]
    assert "mine" in found["removal-foreign-objects"]
    assert objections(acme, "beta") == {}


def test_everything_that_objects_is_told_at_once(acme: Database) -> None:
    acme.rows("CREATE TABLE acme.mine (n int)")
    acme.rows("SELECT awa.storage_prepare('queue_storage', '{\"schema\": \"acme\"}')")
    with pytest.raises(BlockedError) as caught:
        remove(acme.url, "acme")
    assert sorted(objections(acme)) == ["removal-active", "removal-foreign-objects"]
    assert len(caught.value.details) == 2
