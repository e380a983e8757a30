"""Nothing waits without a bound or without a word, and whoever waits is in nobody's way."""

from __future__ import annotations

import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest

from awa_infra.database.apply import apply
from awa_infra.database.cluster import ROLES_LOCK_KEY
from awa_infra.database.databases import ensure_database
from awa_infra.database.fingerprint import verify
from awa_infra.database.lock_budget import PROCESS_BUDGET
from awa_infra.database.migration_lock import MIGRATION_LOCK_KEY
from awa_infra.database.observe import read_plan, read_state
from awa_infra.database.options import ApplyOptions
from awa_infra.database.session import READ_SETTINGS
from awa_infra.database.target import Target
from awa_infra.errors import LockTimeoutError, SqlFailedError
from awa_infra.model import DesiredState, QueueStorage, Release, Step
from awa_infra.planning.new_database import DatabaseOptions
from devtools import postgres
from tests.support.people import people
from tests.support.servers import Database, TestServer

Desired = Callable[..., DesiredState]

# Not of the server's own catalogs, which every query reads for a moment: whoever polls may be met in it.
HELD = """
    SELECT l.locktype, l.relation::regclass::text AS relation, a.state
      FROM pg_locks l JOIN pg_stat_activity a USING (pid)
     WHERE a.application_name = 'awa-infra' AND a.datname = current_database()
       AND coalesce(l.relation >= 16384, true)
"""


class Background:
    """An apply in a thread, and what it says about its waits."""

    def __init__(
        self, url: str, desired: DesiredState, wait: float = 60, at_first: Callable[[], None] = lambda: None
    ) -> None:
        self._at_first = at_first
        self.said: list[str] = []
        self.waiting = threading.Event()
        self.changed = False
        self._options = ApplyOptions(migration_lock=wait, on_wait=self._hear, progress=self._begins)
        self._thread = threading.Thread(target=self._apply, args=(url, desired))
        self._thread.start()

    def _hear(self, sentence: str) -> None:
        self.said.append(sentence)
        self.waiting.set()

    def _apply(self, url: str, desired: DesiredState) -> None:
        self.changed = apply(url, desired, options=self._options).changed

    def _begins(self, number: int, _total: int, _step: Step) -> None:
        if number == 1:
            self._at_first()

    def begins_to_wait(self) -> None:
        assert self.waiting.wait(60), "it does not wait"

    def ends(self) -> None:
        self._thread.join(120)
        assert not self._thread.is_alive()


def held_by_others(database: Database) -> list[dict[str, object]]:
    """Return which locks our sessions have, over a second: somebody who polls looks idle most of the time."""
    found: list[dict[str, object]] = []
    for _ in range(50):
        found += database.rows(HELD)
        time.sleep(0.02)
    return [row for row in found if row["locktype"] in {"relation", "advisory"}]


def test_an_apply_that_waits_for_a_migration_holds_nothing_and_says_who_has_the_lock(
    awa_database: Database, desired: Desired
) -> None:
    awa_database.rows("DROP TABLE awa.admin_dirty_kind_marks")
    with psycopg.connect(awa_database.url, application_name="the migrator", autocommit=True) as migrator:
        migrator.execute(f"SELECT pg_advisory_lock({MIGRATION_LOCK_KEY})".encode())
        waiting = Background(awa_database.url, desired())
        waiting.begins_to_wait()
        assert [row for row in held_by_others(awa_database) if row["relation"]] == []
        assert "program the migrator" in waiting.said[0]
        # What a migration wants is free at once.
        migrator.execute(
            "SET lock_timeout = '1s'; BEGIN; LOCK TABLE awa.schema_version IN ACCESS EXCLUSIVE MODE; COMMIT"
        )
    waiting.ends()
    assert waiting.changed


def test_many_applies_of_one_program_to_one_database_do_not_use_up_the_wait_for_others(
    awa_database: Database, desired: Desired
) -> None:
    """Each takes its turn, although all together take longer than each may wait for another program."""
    wanted = [desired(QueueStorage(f"queue_{number}")) for number in range(6)]
    with ThreadPoolExecutor(len(wanted)) as threads:
        options = ApplyOptions(migration_lock=0.05)
        done = list(threads.map(lambda one: apply(awa_database.url, one, options=options), wanted))
    assert all(report.changed for report in done)


def test_many_applies_that_wait_for_another_program_wait_for_it_together(
    awa_database: Database, desired: Desired
) -> None:
    wanted = [desired(QueueStorage(f"queue_{number}")) for number in range(4)]

    def failure(one: DesiredState) -> str:
        with pytest.raises(LockTimeoutError) as failed:
            apply(awa_database.url, one, options=ApplyOptions(migration_lock=3))
        return failed.value.message

    began = time.monotonic()
    with psycopg.connect(awa_database.url, application_name="the migrator", autocommit=True) as migrator:
        migrator.execute(f"SELECT pg_advisory_lock({MIGRATION_LOCK_KEY})".encode())
        with ThreadPoolExecutor(len(wanted)) as threads:
            failures = list(threads.map(failure, wanted))
    assert time.monotonic() - began < 3 * len(wanted)
    assert all("was not free within 3 s" in line and "program the migrator" in line for line in failures)


def test_an_apply_that_waits_for_the_roles_of_another_database_outlives_a_limit_on_idle_sessions(
    server: TestServer, database: Database, desired: Desired
) -> None:
    with (
        people(server, database, superuser=False) as staff,
        psycopg.connect(server.url, autocommit=True) as holder,
    ):
        boss = Target.of(staff.administrator.url).parameters["user"]
        database.rows(f"ALTER ROLE {boss} SET idle_session_timeout = '500ms'")
        holder.execute(f"SELECT pg_advisory_lock({ROLES_LOCK_KEY})")
        waits: list[str] = []

        def let_go(sentence: str) -> None:
            waits.append(sentence)
            time.sleep(1.5)
            holder.execute("SELECT pg_advisory_unlock_all()")

        options = ApplyOptions(on_wait=let_go)
        assert apply(staff.administrator.url, replace(desired(), roles=staff.roles), options=options).changed
        assert waits == ["Waiting for another database of this server, whose roles are being made."]


def test_an_apply_that_waits_for_room_in_the_lock_table_holds_nothing(awa_database: Database, desired: Desired) -> None:
    awa_database.rows("DROP TABLE awa.admin_dirty_kind_marks")
    with psycopg.connect(awa_database.url) as probe:
        server = f"{probe.info.host}:{probe.info.port}"
    others = 10**9
    assert PROCESS_BUDGET.try_reserve(server, others, others)
    waiting = Background(awa_database.url, desired())
    waiting.begins_to_wait()
    assert held_by_others(awa_database) == []
    assert "whose migrations fill its lock table" in waiting.said[0]
    PROCESS_BUDGET.release(server, others)
    waiting.ends()
    assert waiting.changed


@pytest.mark.parametrize("how", ["plan", "status", "verify"])
def test_a_read_behind_an_exclusive_lock_ends_and_says_who_holds_it(
    awa_database: Database, desired: Desired, release: Release, how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(READ_SETTINGS, "lock_timeout", "300")
    read: dict[str, Callable[[], object]] = {
        "plan": lambda: read_plan(awa_database.url, desired()),
        "status": lambda: read_state(awa_database.url),
        "verify": lambda: verify(awa_database.url, release),
    }
    with psycopg.connect(awa_database.url, application_name="the cleaner") as holder:
        holder.execute("LOCK TABLE awa.schema_version, awa.queue_ring_state IN ACCESS EXCLUSIVE MODE")
        with pytest.raises(LockTimeoutError, match="a table that has to be read was not free") as caught:
            read[how]()
    assert "program the cleaner" in caught.value.details[0]


@pytest.fixture
def own_server() -> Iterator[tuple[Path, str]]:
    with tempfile.TemporaryDirectory(prefix="awa-infra-standby-") as folder:
        data = Path(folder) / "pg"
        try:
            yield data, postgres.start(data, settings={"fsync": "off"}).url
        finally:
            postgres.destroy(data)


def test_a_commit_that_waits_for_a_standby_says_so(own_server: tuple[Path, str], desired: Desired) -> None:
    _data, url = own_server
    with psycopg.connect(url, autocommit=True) as administrator:

        def lose_it() -> None:
            # After the gates, one of which refuses a server whose standby is gone already.
            administrator.execute("ALTER SYSTEM SET synchronous_standby_names = 'the_other_room'")
            administrator.execute("SELECT pg_reload_conf()")

        waiting = Background(url, desired(), at_first=lose_it)
        waiting.begins_to_wait()
        assert (
            "The commit waits for a synchronous standby (synchronous_standby_names: the_other_room)" in waiting.said[0]
        )
        administrator.execute("ALTER SYSTEM RESET synchronous_standby_names")
        administrator.execute("SELECT pg_reload_conf()")
    waiting.ends()
    assert read_state(url).version == 40


def test_creating_a_database_survives_the_timeouts_of_the_role(
    server: TestServer, database: Database, awa_template: Database
) -> None:
    role = f"hurried_{database.name}"
    server.drop(database)
    with psycopg.connect(server.url, autocommit=True) as administrator:
        administrator.execute(f"CREATE ROLE {role} SUPERUSER LOGIN PASSWORD 'x'".encode())
        administrator.execute(f"ALTER ROLE {role} SET statement_timeout = '40ms'".encode())
        try:
            url = Target.of(Target.of(server.url).with_login(role, "x")).with_database("postgres")
            assert ensure_database(url, database.name, DatabaseOptions(template=awa_template.name))
            assert read_state(database.url).version == 40
        finally:
            server.drop(database)
            administrator.execute(f"DROP ROLE {role}".encode())


def test_a_failed_create_database_does_not_mention_a_transaction(server: TestServer, database: Database) -> None:
    with (
        psycopg.connect(database.url),
        pytest.raises(SqlFailedError, match="is being accessed by other users") as caught,
    ):
        ensure_database(server.url, "awa_infra_test_copy", DatabaseOptions(template=database.name))
    assert "Database awa_infra_test_copy was not created." in caught.value.hint
    assert "rolled back" not in caught.value.hint
