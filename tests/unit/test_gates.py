from __future__ import annotations

import re
from dataclasses import replace
from typing import Literal

import pytest

from awa_infra import sqltext
from awa_infra.errors import BlockedError
from awa_infra.model import DesiredState, Gate, ObservedState, Policy, Queue, QueueStorage, Release, Roles, Shape
from awa_infra.planning.effort import Effort
from awa_infra.planning.gates import (
    VERSION_UNKNOWN,
    GateQuery,
    LiveFacts,
    gate_queries,
    history_query,
    login_gates,
    note_queries,
    queue_storage_values,
    runtime_query,
    special_queries,
    version_queries,
)
from awa_infra.planning.pure_gates import pure_gates, raise_if_blocked, refuse_unreadable, release_gate

ACME = QueueStorage("acme", queues=(Queue("emails", shards=2),))
SMALL = QueueStorage("small", Shape(4, 2, 3, receipts=False), (Queue("reports", shards=1),))
GATES = sqltext.names("gates")
ROLES = Roles("boss", "mover", "worker", "watcher")
SPECIAL = tuple(name for name in GATES if name.startswith(("activation_", "removal_")))
PER_SCHEMA = ["queue-storage-foreign", "queue-storage-shape", "shards-not-drained"]


def without_comments_and_strings(text: str) -> str:
    # Whichever starts first: there are dashes in strings, and quotes in comments.
    return re.sub(r"--.*|'(?:[^']|'')*'", lambda found: "" if found[0].startswith("--") else "''", text)


def columns(query: str) -> list[str]:
    """Return the select list of a query, split at the commas that are in no parentheses."""
    found, depth = [""], 0
    words = re.findall(r"\w+|\S", without_comments_and_strings(query))
    assert words[0] == "SELECT"
    for word in words[2 if words[1] == "DISTINCT" else 1 :]:
        depth += {"(": 1, ")": -1}.get(word, 0)
        if depth == 0 and word in {"FROM", "WHERE", "HAVING"}:
            break
        if depth == 0 and word == ",":
            found.append("")
        else:
            found[-1] += f" {word}"
    return found


PURPOSES: tuple[Literal["activation", "removal", "removal-of-nothing"], ...] = (
    "activation",
    "removal",
    "removal-of-nothing",
)
LIVE = LiveFacts(announced_pid=1, lock_objects=2, lock_objects_each=2, effort=Effort(replays=3))


def every_query(release: Release) -> tuple[GateQuery, ...]:
    """Return all that the live engine asks of roles, then what it asks without them and what only bundles ask."""
    everything = DesiredState(release, 40, (ACME,), Policy(max_window=60), ROLES, guarded=("awa",))
    live = gate_queries(everything, live=LIVE)
    asked = {query.code for query in live}
    others = (*gate_queries(DesiredState(release, 40, (ACME,))), *gate_queries(DesiredState(release, 40, roles=ROLES)))
    bundle = {q.code: q for q in others if q.code not in asked}.values()
    special = (q for purpose in PURPOSES for q in special_queries(purpose, "acme"))
    return (*live, *bundle, *special)


def query_of(code: str, release: Release) -> GateQuery:
    return next(q for q in every_query(release) if q.code == code)


def codes(desired: DesiredState) -> list[str]:
    return [query.code for query in gate_queries(desired)]


@pytest.mark.parametrize("name", GATES)
def test_the_code_of_a_gate_is_the_name_of_its_file(name: str, release: Release) -> None:
    code = name.replace("_", "-")
    assert sqltext.load(f"gates/{name}.sql").startswith(f"-- gate: {code}\n")
    assert re.match(rf"SELECT (DISTINCT )?'{code}' AS code,", last_select(code, release))


def last_select(code: str, release: Release) -> str:
    """Return the query of a gate from its outermost select list on."""
    text = re.sub(r"^ *--.*\n", "", query_of(code, release).sql, flags=re.MULTILINE)
    assert text.startswith(("SELECT", "WITH"))
    return text[re.search("^SELECT", text, re.MULTILINE).start() :]  # type: ignore[union-attr]


@pytest.mark.parametrize("name", GATES)
def test_a_gate_returns_a_code_a_message_and_a_hint(name: str, release: Release) -> None:
    found = columns(last_select(name.replace("_", "-"), release))
    assert [column.split()[-2:] for column in found] == [["AS", "code"], ["AS", "message"], ["AS", "hint"]]


@pytest.mark.parametrize("name", GATES)
def test_a_gate_is_one_query_that_only_reads(name: str, release: Release) -> None:
    text = without_comments_and_strings(query_of(name.replace("_", "-"), release).sql)
    assert ";" not in text
    assert not re.search(r"\b(INSERT|UPDATE|DELETE|CREATE|ALTER|DROP|TRUNCATE|GRANT|SET|LOCK|DO|CALL)\b", text)


@pytest.mark.parametrize("name", SPECIAL)
def test_what_cannot_be_read_stops_an_activation_or_a_removal_instead_of_being_left_out(
    name: str, release: Release
) -> None:
    assert query_of(name.replace("_", "-"), release).needs == ()


@pytest.mark.parametrize("name", [name for name in GATES if name not in SPECIAL])
def test_what_a_gate_reads_of_awa_is_what_it_says_that_it_needs(name: str, release: Release) -> None:
    query = query_of(name.replace("_", "-"), release)
    text = re.sub(r"extract\(epoch FROM", "", without_comments_and_strings(query.sql))
    read = re.findall(r'(?:FROM|JOIN) "?(awa|acme)"?\.(\w+)', text)
    assert {f"{schema}.{table}" for schema, table in read} == set(query.needs)


def test_the_headers_of_a_gate_are_no_part_of_its_query(release: Release) -> None:
    for query in every_query(release):
        assert not re.search(r"^-- (gate|needs|per|when|unless|of|for): ", query.sql, re.MULTILINE)
        # An array of one value looks like a placeholder, but is in quotes.
        assert not re.search(r"(?<!')\{[a-z_]+\}", query.sql)
        assert query.sql == query.sql.strip() + "\n"


def test_every_gate_is_checked_in_a_stable_order(release: Release) -> None:
    expected = sorted(name.replace("_", "-") for name in GATES)
    assert sorted(query.code for query in every_query(release)) == expected
    assert codes(DesiredState(release, 40, (ACME,))) == codes(DesiredState(release, 40, (ACME,)))


def test_gates_of_a_schema_are_checked_once_per_schema(release: Release) -> None:
    assert not set(PER_SCHEMA) & set(codes(DesiredState(release, 40)))
    both = gate_queries(DesiredState(release, 40, (ACME, SMALL)))
    shapes = [query for query in both if query.code == "queue-storage-shape"]
    assert sorted(q.code for q in both if q.code in PER_SCHEMA) == sorted(PER_SCHEMA * 2)
    assert shapes[0].needs == ("acme.queue_ring_state", "acme.lease_ring_state", "acme.claim_ring_state")
    assert shapes[1].needs == ("small.queue_ring_state", "small.lease_ring_state", "small.claim_ring_state")
    assert '"small".queue_ring_state' in shapes[1].sql
    assert "(4, 2, 3, false)" in shapes[1].sql


def test_a_wish_without_a_target_cannot_be_a_downgrade(release: Release) -> None:
    assert "downgrade" in codes(DesiredState(release, 40))
    assert "downgrade" not in codes(DesiredState(release, None))


def test_gates_compare_with_the_release_and_the_target(release: Release) -> None:
    made_up = replace(release, name="it's 0.9")
    queries = {query.code: query.sql for query in gate_queries(DesiredState(made_up, 12))}
    assert "max(version), 40, 'it''s 0.9') AS message" in queries["newer-schema"]
    assert "HAVING max(version) > 12 AND max(version) <= 40" in queries["downgrade"]


def test_a_schema_is_given_to_sql_as_a_value_and_as_a_name() -> None:
    assert queue_storage_values(SMALL) == {
        "schema": "small",
        "schema_name": sqltext.Name("small"),
        "queue_slots": 4,
        "lease_slots": 2,
        "claim_slots": 3,
        "receipts": False,
        "wanted": "4/2/3 f",
    }
    assert queue_storage_values(ACME)["wanted"] == "16/8/8 t"


def test_a_target_beyond_the_release_is_an_objection(release: Release) -> None:
    assert pure_gates(DesiredState(release, 40), ObservedState()) == ()
    assert pure_gates(DesiredState(release, 99), ObservedState()) == (
        Gate(
            "target-unknown",
            f"Version 99 was requested, but the newest of Awa {release.name} is 40.",
            "Request at most 40, or install a newer awa-pg.",
        ),
    )


@pytest.mark.parametrize(
    ("target", "version", "objects"),
    [(None, 0, True), (None, 23, True), (None, 24, False), (23, 0, True), (24, 0, False), (1, 24, False)],
)
def test_a_custom_schema_needs_the_version_that_brings_its_installer(
    release: Release, target: int | None, version: int, *, objects: bool
) -> None:
    observed = ObservedState(database="shop", versions=frozenset({version} - {0}))
    gates = pure_gates(DesiredState(release, target, (ACME, SMALL)), observed)
    assert [gate.code for gate in gates] == ["canonical-schema-missing"] * objects
    assert pure_gates(DesiredState(release, target), observed) == ()
    for gate in gates:
        assert gate.message == (
            f"Queue storage in acme, small needs schema awa at version 24 or later; "
            f"database shop is at version {version}."
        )


def test_another_release_than_the_declared_one_is_an_objection_that_names_both(release: Release) -> None:
    gate = release_gate("0.5.1", release)
    assert gate is not None
    assert gate.code == "release-differs"
    assert gate.message == f"Awa 0.5.1 is declared, but awa-pg {release.name} is installed here."
    assert "pip install awa-pg==0.5.1" in gate.hint


def test_the_declared_release_and_no_declared_release_are_fine(release: Release) -> None:
    assert release_gate(release.name, release) is None
    assert release_gate(None, release) is None


def test_everything_that_objects_is_returned_at_once(release: Release) -> None:
    gates = pure_gates(DesiredState(replace(release, migrations=release.migrations[:3]), 9, (ACME,)), ObservedState())
    assert [gate.code for gate in gates] == ["target-unknown", "canonical-schema-missing"]


def test_only_an_unreadable_version_keeps_a_state_from_being_shown() -> None:
    others = [Gate("downgrade", "No way back."), Gate("pooler", "A pooler.")]
    refuse_unreadable(others, "shop")
    with pytest.raises(BlockedError, match="May not read it") as caught:
        refuse_unreadable([*others, Gate("history-unreadable", "May not read it.")], "shop")
    assert caught.value.code == "history-unreadable"


def test_no_gate_raises_nothing() -> None:
    raise_if_blocked((), "shop")


def test_one_gate_is_raised_under_its_own_code() -> None:
    with pytest.raises(BlockedError) as caught:
        raise_if_blocked([Gate("downgrade", "No way back.", "Restore a backup.")], "shop")
    error = caught.value
    assert (error.code, error.message, error.hint, error.details) == (
        "downgrade",
        "No way back.",
        "Restore a backup.",
        (),
    )


def test_several_gates_are_raised_together_with_what_to_do_about_each() -> None:
    gates = [Gate("downgrade", "No way back.", "Restore a backup."), Gate("read-only", "No writes.")]
    with pytest.raises(BlockedError, match="2 conditions do not hold in database shop; nothing was changed") as caught:
        raise_if_blocked(gates, "shop")
    assert caught.value.code == "blocked"
    assert caught.value.details == (
        "No way back. Hint: Restore a backup. [downgrade]",
        "No writes. [read-only]",
    )


def test_gates_that_are_overruled_are_not_checked(release: Release) -> None:
    strict = DesiredState(release, 40, (ACME,), Policy(max_window=60))
    easy = Policy(
        allow_live_runtimes=True,
        allow_pooler=True,
        allow_blocking_sessions=True,
        allow_many_locks=True,
        max_window=None,
    )
    asked = {query.code for query in gate_queries(DesiredState(release, 40, (ACME,), easy), live=LIVE)}
    overruled = {"runtime-too-old", "live-runtimes", "pooler", "blocking-session", "lock-table-too-small"}
    assert {query.code for query in gate_queries(strict, live=LIVE)} - asked == overruled | {"window-too-long"}


def test_gates_that_matter_only_to_what_is_pending_are_left_out_otherwise(release: Release) -> None:
    idle = {query.code for query in gate_queries(DesiredState(release, 40, (ACME,)), pending=False, live=LIVE)}
    assert "newer-schema" in idle
    assert "queue-storage-shape" in idle
    assert not idle & {"no-create-privilege", "read-only", "not-owner", "pooler", "blocking-session"}


def test_bundles_get_no_gate_that_only_the_live_engine_can_ask(release: Release) -> None:
    assert not set(codes(DesiredState(release, 40))) & {"pooler", "lock-table-too-small", "window-too-long"}


def test_a_limit_of_the_window_reaches_its_gate(release: Release) -> None:
    text = query_of("window-too-long", release).sql
    assert "WHERE w.seconds > 60 OR 60 = 0" in text
    assert "s.scans * 2.1e-05)" in text


def test_the_history_can_be_asked_for_alone(release: Release) -> None:
    assert history_query() == query_of("history-unreadable", release)


def test_live_runtimes_can_be_asked_for_alone() -> None:
    query = runtime_query()
    assert (query.code, query.needs, query.hints) == ("live-runtime", ("awa.runtime_instances",), False)


def test_notes_have_a_code_and_a_message(release: Release) -> None:
    for name, query in zip(
        sqltext.names("notes"), note_queries(DesiredState(release, 40), LIVE, pending=True), strict=True
    ):
        assert query.code == name.replace("_", "-")
        assert [column.split()[-1] for column in columns(query.sql)] == ["code", "message"]


def test_an_activation_asks_what_is_to_be_known_of_the_version_first(release: Release) -> None:
    assert {query.code for query in version_queries(release)} == VERSION_UNKNOWN | {"newer-schema"}


@pytest.mark.parametrize(
    ("pending", "structure", "asked"), [(True, True, True), (True, False, False), (False, True, False)]
)
def test_who_owns_objects_only_matters_where_something_is_altered_now(
    pending: bool, structure: bool, asked: bool, release: Release
) -> None:
    live = replace(LIVE, structure=structure)
    found = {query.code for query in gate_queries(DesiredState(release, 40), pending=pending, live=live)}
    assert ("objects-other-owner" in found) is asked


def test_gates_about_the_login_are_those_that_another_login_may_pass() -> None:
    assert {"not-owner", "cannot-act-as-owner", "read-only", "pooler", "database-not-creatable"} <= login_gates()
    assert not {*VERSION_UNKNOWN, "runtime-too-old", "newer-schema", "queue-storage-shape"} & login_gates()
