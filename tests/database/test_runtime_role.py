"""What a worker, an observer and a migrator can do with their roles alone, and what they cannot."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Iterator

import awa as awa_sdk
import psycopg
import pytest

from awa_infra.database.activation import activate
from awa_infra.database.apply import apply
from awa_infra.database.fingerprint import verify
from awa_infra.database.observe import read_plan
from awa_infra.model import DesiredState, Queue, QueueStorage, Release, Shape
from tests.support.people import People, people
from tests.support.servers import Database, TestServer
from tests.support.tools import awa
from tests.support.worker import QUEUE, Email, until, working

SMALL = Shape(4, 2, 2)
SHAPES = {"acme": SMALL, "awa": Shape()}

OWNED = """
    SELECT relname::text AS name FROM pg_class WHERE relowner = '{role}'::regrole
     UNION ALL SELECT proname FROM pg_proc WHERE proowner = '{role}'::regrole
     UNION ALL SELECT nspname FROM pg_namespace WHERE nspowner = '{role}'::regrole
"""


def declared(staff: People, release: Release) -> DesiredState:
    (active,) = staff.roles.lane_schemas
    wanted = QueueStorage(active, SHAPES[active], (Queue(QUEUE),))
    return DesiredState(release, release.schema_version, (wanted,), roles=staff.roles)


@pytest.fixture(scope="module", params=["acme", "awa"])
def staff(request: pytest.FixtureRequest, server: TestServer, release: Release) -> Iterator[People]:
    """Give the people of a database in which a worker with nothing but the runtime role did all kinds of jobs."""
    database = server.create()
    active = request.param
    with people(server, database, superuser=False) as hired:
        staff = hired.with_schemas(*({active} - {"awa"}), lanes=active)
        apply(staff.administrator.url, declared(staff, release))
        activate(staff.administrator.url, active, role=staff.roles.owner)
        asyncio.run(do_jobs(staff, active))
        yield staff


async def do_jobs(staff: People, schema: str) -> None:
    """Have jobs of all kinds done and pruned."""
    async with working(staff.login("runtime").url, schema, SHAPES[schema]) as worker:
        client = worker.client
        for number in range(40):
            await client.insert(Email("send", number), queue=QUEUE, priority=1 + number % 4)
        await client.insert(Email("retry", 100), queue=QUEUE)
        await client.insert(Email("fail", 101), queue=QUEUE, max_attempts=2)
        soon = dt.datetime.now(dt.UTC) + dt.timedelta(seconds=1)
        await client.insert(Email("send", 102), queue=QUEUE, run_at=soon.isoformat())
        later = dt.datetime.now(dt.UTC) + dt.timedelta(days=1)
        for act in ("once", "cancel"):
            unique = await client.insert(
                Email(act, 200), queue=QUEUE, run_at=later.isoformat(), unique_opts={"by_args": True}
            )
            with pytest.raises(awa_sdk.UniqueConflict):
                await client.insert(Email(act, 200), queue=QUEUE, unique_opts={"by_args": True})
        await client.cancel(unique.id)
        failing = await client.insert(Email("fail", 103), queue=QUEUE, max_attempts=1)
        await until(lambda: worker.handled.keys() >= {*range(40), 100, 101, 102, 103}, expected=True)
        await until(lambda: worker.handled[100], 2)
        await until(lambda: worker.states([failing.id]), {"failed": 1})
        await client.move_failed_to_dlq(failing.id, "test")
        # Maintenance empties partitions with TRUNCATE; without that privilege nothing of this ever goes.
        await until(lambda: completed(staff.database, schema), 0)
        assert (await client.health_check()).healthy


def completed(database: Database, schema: str) -> object:
    query = "SELECT count(*) FROM {0}.ready_entries JOIN {0}.terminal_jobs USING (job_id) WHERE state = 'completed'"
    return database.rows(query.format(schema))[0]["count"]


def active_schema(staff: People) -> str:
    return staff.roles.lane_schemas[0]


def test_the_worker_that_did_its_jobs_owns_nothing(staff: People, release: Release) -> None:
    assert staff.database.rows(OWNED.format(role=staff.roles.runtime)) == []
    assert read_plan(staff.administrator.url, declared(staff, release))[1].empty
    assert verify(staff.administrator.url, release)[1].drift == ()


DENIED = {
    "a function of Awa": "CREATE OR REPLACE FUNCTION awa.storage_abort() RETURNS int LANGUAGE sql AS 'SELECT 1'",
    "dropping a table": "DROP TABLE {schema}.ready_entries",
    "dropping a function": "DROP FUNCTION {schema}.sequence_next_value",
    "a column": "ALTER TABLE {schema}.ready_entries ADD COLUMN n int",
    "an index": "CREATE INDEX ON {schema}.ready_entries (kind)",
    "a trigger":
        "CREATE TRIGGER t BEFORE INSERT ON {schema}.queue_lanes "
        "FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger()",
    "a sequence of Awa": "ALTER SEQUENCE {schema}.job_id_seq INCREMENT 2",
    "a lane's sequence": "DROP SEQUENCE {schema}.{lane}",
    "the states of jobs": "ALTER TYPE awa.job_state ADD VALUE 'lost'",
    "dropping the schema": "DROP SCHEMA {schema} CASCADE",
    "the schema's owner": "ALTER SCHEMA {schema} OWNER TO {runtime}",
    "another schema": "CREATE SCHEMA mine",
    "Awa's installer": "SELECT awa.install_queue_storage_substrate('{schema}')",
    "queue storage that is not declared": "SELECT * FROM beta.ready_entries",
    "writing to it": "DELETE FROM beta.ready_entries",
    "a table in it": "CREATE TABLE beta.mine (n int)",
    "a table in public": "CREATE TABLE public.mine (n int)",
    "being the owner": "SET ROLE {owner}",
    "being the migrator": "SET ROLE {migrator}",
    "taking its rights": "GRANT {owner} TO {runtime}",
    "rights on new objects": "ALTER DEFAULT PRIVILEGES FOR ROLE {owner} GRANT ALL ON TABLES TO {runtime}",
    "other roles": "CREATE ROLE mine",
}  # fmt: skip


@pytest.fixture(scope="module")
def stranger(staff: People) -> None:
    """Put queue storage beside it that nobody declared, and close schema public as PostgreSQL 15 and later do."""
    staff.database.rows("SELECT awa.install_queue_storage_substrate('beta', 4, 2, 2)")
    staff.database.rows("REVOKE CREATE ON SCHEMA public FROM PUBLIC")


@pytest.mark.usefixtures("stranger")
@pytest.mark.parametrize("attempt", DENIED)
def test_a_runtime_is_denied(staff: People, attempt: str) -> None:
    (row,) = staff.database.rows(f"SELECT seq_name FROM {active_schema(staff)}.queue_claim_heads LIMIT 1")
    denied(staff, "runtime", DENIED[attempt].format(schema=active_schema(staff), lane=row["seq_name"], **names(staff)))


def test_a_runtime_makes_nothing_in_awa_where_queue_storage_is_elsewhere(staff: People) -> None:
    made = "CREATE TABLE {}.mine (n int)"
    if active_schema(staff) != "awa":
        denied(staff, "runtime", made.format("awa"))
    # PostgreSQL knows no right to create sequences alone: where Awa 0.6.9 needs it, there is room for more.
    runtime = staff.login("runtime")
    runtime.rows(made.format(active_schema(staff)))
    runtime.rows(f"DROP TABLE {active_schema(staff)}.mine")


READS = (
    "storage status",
    "queue stats",
    "job list",
    "job list --state failed",
    "dlq depth",
    "dlq list",
    "cron list",
    "batch-ops list",
)


@pytest.mark.parametrize("command", READS)
def test_an_observer_reads_with_awas_own_command(staff: People, command: str) -> None:
    assert awa(*command.split(), url=staff.login("observer").url) is not None


def test_an_observer_sees_what_the_administrator_sees(staff: People, release: Release) -> None:
    observer = staff.login("observer")
    state, plan = read_plan(observer.url, declared(staff, release))
    assert plan.empty
    assert state.transition is not None
    assert state.transition.active_schema == active_schema(staff)
    assert verify(observer.url, release, ["awa", active_schema(staff)])[1].drift == ()


WRITES = """
    SELECT c.oid::regclass::text AS object, p.privilege
      FROM pg_class c
      JOIN pg_namespace n ON n.oid = c.relnamespace AND n.nspname IN ('awa', 'acme')
     CROSS JOIN unnest(CASE c.relkind WHEN 'S' THEN ARRAY['USAGE', 'UPDATE']
                       ELSE ARRAY['INSERT', 'UPDATE', 'DELETE', 'TRUNCATE', 'REFERENCES', 'TRIGGER'] END)
           AS p (privilege)
     WHERE c.relkind IN ('r', 'p', 'v', 'S')
       AND CASE c.relkind WHEN 'S' THEN has_sequence_privilege('{role}', c.oid, p.privilege)
           ELSE has_table_privilege('{role}', c.oid, p.privilege) END
"""


@pytest.mark.usefixtures("stranger")
@pytest.mark.parametrize("attempt", DENIED)
def test_an_observer_is_denied(staff: People, attempt: str) -> None:
    (row,) = staff.database.rows(f"SELECT seq_name FROM {active_schema(staff)}.queue_claim_heads LIMIT 1")
    statement = DENIED[attempt].format(schema=active_schema(staff), lane=row["seq_name"], **names(staff))
    denied(staff, "observer", statement)


def test_an_observer_may_write_nowhere(staff: People) -> None:
    assert staff.database.rows(WRITES.format(role=staff.roles.observer)) == []
    schema = active_schema(staff)
    for statement in (
        f"INSERT INTO {schema}.queue_lanes (queue, priority) VALUES ('mine', 1)",
        f"SELECT nextval('{schema}.job_id_seq')",
        f"TRUNCATE {schema}.ready_entries",
        "UPDATE awa.queue_meta SET paused = true",
        f"CREATE SEQUENCE {schema}.mine",
        "SELECT awa.storage_abort()",
    ):
        denied(staff, "observer", statement)


def names(staff: People) -> dict[str, str]:
    return {duty: staff.name(duty) for duty in ("owner", "migrator", "runtime")}


def denied(staff: People, duty: str, statement: str) -> None:
    with psycopg.connect(staff.login(duty).url) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute(statement.encode())


def test_whatever_the_migrator_makes_belongs_to_the_owner(
    server: TestServer, database: Database, release: Release
) -> None:
    with people(server, database, superuser=False) as staff:
        # Only the roles, and an empty schema that they may use: Awa's own command does the rest.
        apply(staff.administrator.url, DesiredState(release, None, roles=staff.roles))
        migrator = staff.login("migrator")
        assert migrator.rows("SELECT current_user::text AS me") == [{"me": staff.roles.owner}]
        awa("migrate", url=migrator.url)
        acme = QueueStorage("acme", SMALL, (Queue("reports"),))
        assert apply(migrator.url, DesiredState(release, 40, (acme,))).changed
        assert database.rows(OWNED.format(role=staff.roles.migrator)) == []
        assert len(database.rows(OWNED.format(role=staff.roles.owner))) > 900
        # Awa's own command made its installer for everybody whom the default privileges name.
        again = DesiredState(release, 40, roles=staff.roles)
        assert [s.key for s in read_plan(staff.administrator.url, again)[1].steps] == ["act-as", "installer"]
        assert apply(staff.administrator.url, again).changed
        assert read_plan(staff.administrator.url, again)[1].empty
        awa("migrate", url=migrator.url)
        assert verify(migrator.url, release)[1].drift == ()
