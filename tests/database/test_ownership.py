"""Everything in Awa's schemas belongs to the owner of the schema, whoever of those that may migrates."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

import pytest

from awa_infra.cli.main import main
from awa_infra.database.activation import activate
from awa_infra.database.apply import apply
from awa_infra.database.fingerprint import repair, verify
from awa_infra.database.observe import read_plan, read_state
from awa_infra.database.removal import remove
from awa_infra.database.target import Target
from awa_infra.errors import BlockedError
from awa_infra.model import DesiredState, Queue, QueueStorage, Release, Shape
from awa_infra.verification.findings import FindingKind
from tests.support.people import forget, hand_over, log_in
from tests.support.servers import Database, TestServer

SMALL = Shape(4, 2, 2)
Desired = Callable[..., DesiredState]

OWNERS = """
    SELECT array_agg(DISTINCT pg_get_userbyid(owner)::text) AS owners FROM (
        SELECT nspowner AS owner FROM pg_namespace WHERE nspname ~ '^(awa|acme)$'
        UNION ALL SELECT relowner FROM pg_class WHERE relnamespace::regnamespace::text ~ '^(awa|acme)$'
        UNION ALL SELECT proowner FROM pg_proc WHERE pronamespace::regnamespace::text ~ '^(awa|acme)$'
        UNION ALL SELECT typowner FROM pg_type WHERE typnamespace::regnamespace::text ~ '^(awa|acme)$') x
"""


@dataclass(frozen=True)
class Team:
    """An owner that cannot log in, and two members of it that can."""

    database: Database
    owner: str
    first: Database
    second: Database

    def owners(self) -> list[str]:
        """Return who owns anything in Awa's schemas."""
        found: list[str] = self.database.rows(OWNERS)[0]["owners"]
        return sorted(found)


@contextmanager
def crew(server: TestServer, database: Database) -> Iterator[Team]:
    """Make the three of a database; afterwards they are gone, and the database with them."""
    owner, first, second = (f"{name}_of_{database.name}" for name in ("team", "first", "second"))
    database.rows(f"CREATE ROLE {owner}")
    database.rows(f"GRANT CREATE ON DATABASE {database.name} TO {owner}")
    for login in (first, second):
        database.rows(f"CREATE ROLE {login} LOGIN IN ROLE {owner}")
    yield Team(database, owner, log_in(database, first), log_in(database, second))
    server.drop(database)
    forget(server, first, second, owner)


@pytest.fixture
def team(server: TestServer, database: Database) -> Iterator[Team]:
    """Give an empty database, the owner's schema awa in it."""
    with crew(server, database) as made:
        database.rows(f"CREATE SCHEMA awa AUTHORIZATION {made.owner}")
        yield made


@pytest.fixture
def settled(server: TestServer, awa_database: Database) -> Iterator[Team]:
    """Give a complete database, all of it the owner's."""
    with crew(server, awa_database) as made:
        hand_over(awa_database, made.owner)
        yield made


def stop_inheriting(team: Team) -> None:
    """Leave the second member the right to act as the owner, and nothing else of the owner's."""
    login = Target.of(team.second.url).parameters["user"]
    team.database.rows(f"ALTER ROLE {login} NOINHERIT")
    if team.database.rows("SELECT current_setting('server_version_num')::int >= 160000 AS new")[0]["new"]:
        team.database.rows(f"GRANT {team.owner} TO {login} WITH INHERIT FALSE")


def split(team: Team, release: Release) -> None:
    """Let the first member have migrated without acting as the owner, as any other tool does."""
    with_role = replace(team.first, url=team.first.url)
    apply(with_role.url, DesiredState(release, 30))
    name = Target.of(team.first.url).parameters["user"]
    statements = team.database.rows(
        "SELECT format('ALTER %s %s OWNER TO ', CASE relkind WHEN 'S' THEN 'SEQUENCE' WHEN 'v' THEN 'VIEW' ELSE 'TABLE'"
        " END, oid::regclass) AS text FROM pg_class c WHERE relnamespace = 'awa'::regnamespace"
        " AND relkind IN ('r', 'p', 'v', 'S') AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = c.oid"
        " AND d.classid = 'pg_class'::regclass AND d.deptype IN ('a', 'i') AND c.relkind = 'S')"
        " UNION ALL SELECT format('ALTER ROUTINE %s OWNER TO ', oid::regprocedure) FROM pg_proc"
        " WHERE pronamespace = 'awa'::regnamespace"
        " UNION ALL SELECT format('ALTER TYPE %s OWNER TO ', oid::regtype) FROM pg_type"
        " WHERE typnamespace = 'awa'::regnamespace AND typtype = 'e'"
    )
    team.database.rows(";".join(f"{row['text']}{name}" for row in statements))
    assert team.owners() == sorted([name, team.owner])


def test_members_of_the_owner_take_turns_and_everything_stays_the_owners(
    team: Team, desired: Desired, release: Release
) -> None:
    apply(team.first.url, DesiredState(release, 30))
    assert team.owners() == [team.owner]
    apply(team.second.url, DesiredState(release, 35))
    apply(team.first.url, desired(QueueStorage("acme", SMALL, (Queue("emails"),))))
    assert team.owners() == [team.owner]
    assert verify(team.second.url, release)[1].drift == ()


@pytest.mark.parametrize("inherits", [True, False])
def test_members_of_the_owner_activate_and_remove_for_the_owner(
    settled: Team, desired: Desired, inherits: bool
) -> None:
    if not inherits:
        stop_inheriting(settled)
    apply(settled.first.url, desired(QueueStorage("acme", SMALL), QueueStorage("beta", SMALL)))
    assert remove(settled.second.url, "beta").changed
    assert activate(settled.second.url, "acme").changed
    assert settled.owners() == [settled.owner]
    assert read_state(settled.first.url).strangers == ()
    made = settled.database.rows(
        "SELECT current_engine, details->>'schema' AS schema FROM awa.storage_transition_state"
    )
    assert made == [{"current_engine": "queue_storage", "schema": "acme"}]


def test_the_plan_says_as_whom_it_will_act(team: Team, desired: Desired) -> None:
    plan = read_plan(team.first.url, desired())[1]
    assert (plan.steps[0].key, plan.steps[0].title) == ("act-as", f"act as {team.owner}")


def test_a_superuser_acts_as_the_owner_too(team: Team, desired: Desired) -> None:
    apply(team.database.url, desired())
    assert team.owners() == [team.owner]


def test_a_login_that_inherits_nothing_reads_and_migrates_as_the_owner(team: Team, desired: Desired) -> None:
    stop_inheriting(team)
    apply(team.second.url, desired())
    assert team.owners() == [team.owner]
    assert read_state(team.second.url).version == desired().release.schema_version
    assert not read_plan(team.second.url, desired())[1].steps


def test_a_repair_leaves_everything_to_the_owner(settled: Team, release: Release) -> None:
    settled.database.rows("DROP FUNCTION awa.refresh_admin_metadata() CASCADE")
    report, _found = repair(settled.second.url, release)
    assert report.changed
    assert settled.owners() == [settled.owner]


def test_what_a_member_made_for_itself_is_handed_over_by_that_member(
    team: Team, desired: Desired, release: Release
) -> None:
    split(team, release)
    plan = read_plan(team.first.url, desired())[1]
    assert plan.gates == ()
    assert [step.key for step in plan.steps[:3]] == ["ownership", "act-as", "V031"]
    assert plan.steps[0].title.startswith("hand over ")
    apply(team.first.url, desired())
    assert team.owners() == [team.owner]


def test_another_member_is_refused_before_anything_runs_and_the_hint_names_who_may(
    team: Team, desired: Desired, release: Release
) -> None:
    split(team, release)
    first = Target.of(team.first.url).parameters["user"]
    gates = {gate.code: gate for gate in read_plan(team.second.url, desired())[1].gates}
    # The version table is among what belongs to the first.
    assert gates.keys() == {"history-unreadable", "objects-other-owner"}
    gate = gates["objects-other-owner"]
    assert f"belong to {first}, not to {team.owner}" in gate.message
    assert gate.hint == (
        f"Run awa-infra apply as {first} or as a superuser, which hands them over; "
        "awa-infra verify --schema awa lists the statements."
    )
    with pytest.raises(BlockedError):
        apply(team.second.url, desired())
    apply(team.database.url, desired())
    assert team.owners() == [team.owner]
    assert verify(team.second.url, release)[1].drift == ()


def test_what_others_made_in_the_schema_stays_theirs(team: Team, desired: Desired, release: Release) -> None:
    split(team, release)
    team.database.rows("CREATE VIEW awa.reporting AS SELECT version FROM awa.schema_version")
    team.database.rows("CREATE FUNCTION awa.report() RETURNS int LANGUAGE sql AS 'SELECT 1'")
    team.database.rows("CREATE TABLE awa.jobs_2025 AS SELECT * FROM awa.jobs")
    apply(team.database.url, desired())
    assert team.owners() == ["postgres", team.owner]
    # Nor is anything of them to be handed over; they are objects too many.
    findings = verify(team.database.url, release)[1].drift
    assert {(finding.kind, finding.object) for finding in findings} == {
        (FindingKind.EXTRA, name) for name in ("reporting", "report()", "jobs_2025")
    }
    assert team.database.rows("SELECT viewowner::text AS o FROM pg_views WHERE viewname = 'reporting'") == [
        {"o": "postgres"}
    ]


def test_a_member_that_may_not_become_the_owner_is_refused(team: Team, desired: Desired) -> None:
    if team.database.rows("SELECT current_setting('server_version_num')::int < 160000 AS old")[0]["old"]:
        pytest.skip("PostgreSQL before 16 knows no membership without SET")
    login = Target.of(team.second.url).parameters["user"]
    team.database.rows(f"GRANT {team.owner} TO {login} WITH SET FALSE")
    with pytest.raises(BlockedError) as caught:
        apply(team.second.url, desired())
    assert caught.value.code == "not-owner"
    assert f"GRANT {team.owner} TO {login} WITH SET TRUE;" in caught.value.hint


def test_a_runtimes_lane_sequences_are_handed_over_and_it_goes_on_using_them(
    settled: Team, desired: Desired, release: Release
) -> None:
    runtime = f"rt_of_{settled.database.name}"
    settled.database.rows(f"CREATE ROLE {runtime}")
    try:
        settled.database.rows(f"GRANT USAGE, CREATE ON SCHEMA awa TO {runtime}")
        settled.database.rows(f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA awa TO {runtime}")
        login = log_in(settled.database, runtime)
        settled.database.rows(f"ALTER ROLE {runtime} LOGIN")
        for number in range(7):
            login.rows(
                f"INSERT INTO awa.queue_enqueue_heads (queue, priority, enqueue_shard) VALUES ('lazy{number}', 1, 0)"
            )
        assert settled.owners() == sorted([runtime, settled.owner])
        # Nothing that is pending needs them: a member goes on, and is told.
        plan = read_plan(settled.first.url, desired())[1]
        assert (plan.steps, plan.gates) == ((), ())
        assert [note.code for note in plan.notes] == ["objects-other-owner"]
        assert f"7 objects belong to {runtime}" in plan.notes[0].message
        apply(settled.first.url, desired(QueueStorage("awa", queues=(Queue("emails"),))))
        # A superuser hands them over.
        plan = read_plan(settled.database.url, desired())[1]
        assert [step.key for step in plan.steps] == ["ownership"]
        assert plan.steps[0].sql.count("OWNER TO") == 7
        apply(settled.database.url, desired())
        assert settled.owners() == [settled.owner]
        assert [f for f in verify(settled.first.url, release)[1].drift if "owner" in f.code] == []
        login.rows("SELECT awa.reserve_enqueue_seq('lazy3', 1::smallint, 0::smallint, 1)")
    finally:
        settled.database.rows(f"DROP OWNED BY {runtime} CASCADE")
        forget(TestServer(settled.database.url), runtime)


def test_verify_prints_every_statement_that_hands_over(
    settled: Team, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    first = Target.of(settled.first.url).parameters["user"]
    for number in range(7):
        settled.database.rows(
            f"INSERT INTO awa.queue_enqueue_heads (queue, priority, enqueue_shard) VALUES ('q{number}', 1, 0)"
        )
    sequences = settled.database.rows(
        "SELECT format('ALTER SEQUENCE %s OWNER TO ', oid::regclass) AS text FROM pg_class WHERE relkind = 'S' "
        "AND relnamespace = 'awa'::regnamespace AND relname ~ '^queue_enqueue_seq_'"
    )
    settled.database.rows(";".join(f"{row['text']}{first}" for row in sequences))
    monkeypatch.setenv("DATABASE_URL", settled.database.url)
    monkeypatch.setattr("sys.argv", ["awa-infra", "verify"])
    with pytest.raises(SystemExit):
        main()
    said = capsys.readouterr().out
    statements = [line.strip() for line in said.splitlines() if line.strip().startswith(("ALTER", "GRANT"))]
    assert len(statements) == 2 * 7
    # They are complete: run as they are printed, nothing is left.
    settled.database.rows("\n".join(statements))
    assert settled.owners() == [settled.owner]
