from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace

import pytest

from awa_infra.model import (
    DesiredState,
    Missing,
    ObservedState,
    Queue,
    QueueStorage,
    Roles,
    Shape,
    StepKind,
    Stranger,
    Substrate,
)
from awa_infra.planning.access import excess_query, missing_queries, missing_roles, roles_values
from awa_infra.planning.gates import gate_queries, special_queries
from awa_infra.planning.ownership import hand_over_query, ownership_notes
from awa_infra.planning.planner import make_plan

Desired = Callable[..., DesiredState]
ROLES = Roles("awa_owner", "awa_migrator", "awa_runtime", "awa_observer", ("acme",), ("acme",))
ACME = QueueStorage("acme", Shape(), (Queue("emails", (1, 2), shards=2, stripes=3), Queue("reports")))
STANDING = Substrate("acme", Shape(), "awa_owner", 184, 525, 8, 2, 0)


def keys(desired: DesiredState, observed: ObservedState) -> list[str]:
    return [step.key for step in make_plan(desired, observed).steps]


@pytest.fixture
def wanted(desired: Desired) -> DesiredState:
    return replace(desired(ACME, target=None), roles=ROLES)


@pytest.fixture
def existing(release_versions: frozenset[int]) -> ObservedState:
    return ObservedState(versions=release_versions, substrates=(STANDING,), missing=())


@pytest.fixture
def release_versions(desired: Desired) -> frozenset[int]:
    return desired().release.versions


def test_roles_come_first_then_everything_is_made_as_the_owner(wanted: DesiredState) -> None:
    steps = make_plan(wanted, ObservedState()).steps
    assert [s.key for s in steps] == [
        "roles", "act-as", "access:awa", "access:acme", "queue-storage:acme", "lanes:acme",
    ]  # fmt: skip
    assert steps[0].title == "roles awa_owner, awa_migrator, awa_runtime, awa_observer"
    assert steps[1].sql.endswith('SET LOCAL ROLE "awa_owner"\n')


def test_nothing_is_to_do_where_nothing_is_lacking(wanted: DesiredState, existing: ObservedState) -> None:
    assert keys(wanted, existing) == []


@pytest.mark.parametrize(
    ("lacking", "expected"),
    [
        ("roles", ["roles"]),
        ("access:awa", ["act-as", "access:awa"]),
        ("access:acme", ["act-as", "access:acme"]),
        ("lanes:acme", ["act-as", "lanes:acme"]),
    ],
)
def test_only_what_is_lacking_is_made(
    wanted: DesiredState, existing: ObservedState, lacking: str, expected: list[str]
) -> None:
    assert keys(wanted, replace(existing, missing=(Missing(lacking, ""),))) == expected


@pytest.mark.parametrize(
    ("reported", "title"),
    [
        ("reports", "lanes of reports in acme; enqueue shards"),
        ("emails", "lanes of emails in acme; enqueue shards: emails 2 "),
        ("", "lanes of emails, reports in acme"),
    ],
)
def test_pending_lanes_are_those_of_queues_that_lack_some(
    wanted: DesiredState, existing: ObservedState, reported: str, title: str
) -> None:
    steps = make_plan(wanted, replace(existing, missing=(Missing("lanes:acme", "queue lacks lanes", reported),))).steps
    assert steps[-1].title.startswith(title.removesuffix("; enqueue shards"))
    assert ("reports" in steps[-1].sql) == ("reports" in title)


@pytest.mark.parametrize(
    ("reported", "title"),
    [
        (["awa_observer"], "roles awa_observer"),
        (["awa_migrator"], "roles awa_migrator"),
        (["awa_owner"], "roles awa_owner, awa_migrator, awa_runtime, awa_observer"),
        (["awa_runtime", "awa_observer"], "roles awa_runtime, awa_observer"),
    ],
)
def test_pending_roles_are_those_that_are_not_as_they_should_be(
    wanted: DesiredState, existing: ObservedState, reported: list[str], title: str
) -> None:
    missing = tuple(Missing("roles", "lacks something", name) for name in reported)
    (step,) = make_plan(wanted, replace(existing, missing=missing)).steps
    assert step.title == title
    both = (*missing, Missing("act-as", "role rita is not yet able"))
    as_another = make_plan(wanted, replace(existing, missing=both))
    assert "awa_owner" in as_another.steps[0].title


def test_who_cannot_act_as_the_owner_is_made_a_member_if_there_is_anything_to_do(
    wanted: DesiredState, existing: ObservedState
) -> None:
    stranger = Missing("act-as", "")
    assert keys(wanted, replace(existing, missing=(stranger,))) == []
    lacking = replace(existing, missing=(stranger, Missing("access:awa", "")))
    assert keys(wanted, lacking) == ["roles", "act-as", "access:awa"]


def test_gates_about_whoever_connects_are_left_out_where_the_declared_owner_acts(wanted: DesiredState) -> None:
    about = {"not-owner", "no-create-privilege"}
    assert not about & {q.code for q in gate_queries(wanted)}
    assert about <= {q.code for q in gate_queries(replace(wanted, roles=None))}


def stranger(*, movable: bool) -> Stranger:
    return Stranger(
        "awa", "awa_owner", "rita", "ALTER TABLE awa.jobs OWNER TO awa_owner;", movable, "Run apply as rita."
    )


def test_without_roles_a_plan_acts_as_the_owner_of_the_schema_where_the_session_may(desired: Desired) -> None:
    observed = ObservedState(acting_owner="awa_owner")
    assert keys(desired(), observed)[:2] == ["act-as", "V001"]
    release = desired().release
    names = frozenset(patch.name for patch in release.patches)
    assert keys(desired(), replace(observed, versions=release.versions, patches=names)) == []


def test_what_the_session_may_hand_over_is_handed_over_first(wanted: DesiredState, existing: ObservedState) -> None:
    found = replace(existing, strangers=(stranger(movable=True),) * 2)
    steps = make_plan(wanted, found).steps
    # What was somebody else's could not be granted on before.
    assert [step.key for step in steps] == ["ownership", "act-as", "access:awa"]
    step = steps[0]
    assert step.title == "hand over 2 objects in schema awa from rita to awa_owner"
    assert step.sql.count("OWNER TO") == 2
    lacking = replace(found, missing=(Missing("access:awa", "something"),))
    assert keys(wanted, lacking) == ["ownership", "act-as", "access:awa"]
    assert keys(replace(wanted, roles=None), replace(found, acting_owner="awa_owner")) == ["ownership"]


def test_only_what_awa_made_is_handed_over() -> None:
    text = hand_over_query()
    assert "schema_version" in text
    assert "install_queue_storage_substrate" in text
    assert "GRANT USAGE, SELECT, UPDATE ON SEQUENCE" in text


def test_what_it_may_not_hand_over_is_reported(wanted: DesiredState, existing: ObservedState) -> None:
    found = replace(existing, strangers=(stranger(movable=False),))
    assert keys(wanted, found) == []
    (note,) = ownership_notes(found)
    assert "In schema awa, 1 object belongs to rita, not to awa_owner." in note.message
    assert ownership_notes(existing) == ()


def test_roles_that_are_missing_are_known_by_name(existing: ObservedState) -> None:
    missing = (
        Missing("roles", "role awa_runtime does not exist", "awa_runtime", absent=True),
        Missing("roles", "role awa_migrator is no member of awa_owner", "awa_migrator"),
        Missing("access:awa", "schema awa does not exist", "awa", absent=True),
    )
    assert missing_roles(replace(existing, missing=missing)) == {"awa_runtime"}
    assert missing_roles(ObservedState()) == frozenset()


def test_the_installer_is_taken_from_whom_it_was_given_to(wanted: DesiredState, existing: ObservedState) -> None:
    given = replace(existing, missing=(Missing("installer", "role awa_runtime may execute it"),))
    assert keys(wanted, given) == ["act-as", "installer"]
    # Who migrates as the owner, of a stack whose roles are another resource's, finds the default privileges.
    plain = replace(wanted, roles=None, target_version=wanted.release.schema_version, queue_storage=())
    assert "installer" in keys(plain, ObservedState(functions_given=True))
    assert "installer" not in keys(plain, ObservedState())


def test_without_roles_nobody_is_granted_anything(desired: Desired, existing: ObservedState) -> None:
    assert keys(desired(ACME, target=None), replace(existing, missing=None)) == ["lanes:acme"]


def test_a_schema_without_queues_has_no_lanes_made(desired: Desired) -> None:
    wanted = desired(QueueStorage("acme"), target=None)
    assert keys(wanted, ObservedState()) == ["queue-storage:acme"]
    assert missing_queries(wanted) == ()


def test_the_default_schema_is_declared_for_its_queues_and_never_installed(desired: Desired) -> None:
    wanted = desired(QueueStorage("awa", queues=(Queue("emails"),)), target=None)
    assert keys(wanted, ObservedState()) == ["lanes:awa"]


def test_only_declared_roles_are_named_anywhere(wanted: DesiredState) -> None:
    text = "".join(step.sql for step in make_plan(replace(wanted, roles=Roles("boss")), ObservedState()).steps[:3])
    assert '"boss"' in text
    assert "GRANT SELECT" not in text
    assert "None" not in text


def test_the_runtime_role_may_make_lanes_only_where_it_is_said(wanted: DesiredState) -> None:
    access = {step.key: step.sql for step in make_plan(wanted, ObservedState()).steps if step.kind is StepKind.ACCESS}
    create = 'GRANT CREATE ON SCHEMA "{}" TO "awa_runtime"'
    assert create.format("acme") in access["access:acme"]
    assert create.format("awa") not in access["access:awa"]


def test_missing_lanes_are_checked_only_in_their_own_schema(wanted: DesiredState) -> None:
    about_roles, about_lanes = missing_queries(wanted)
    assert about_roles.needs == ""
    assert about_lanes.needs == "acme"
    assert '"stripes": 3' in about_lanes.sql


def test_gates_about_roles_are_checked_only_where_roles_are_declared(wanted: DesiredState) -> None:
    about = {"role-too-powerful", "schema-other-owner", "roles-not-creatable"}
    assert about <= {q.code for q in gate_queries(wanted)}
    assert not about & {q.code for q in gate_queries(replace(wanted, roles=None))}
    assert "roles-not-creatable" not in {q.code for q in gate_queries(wanted, pending=False)}


def test_gates_of_activation_and_removal_are_never_checked_for_anything_else(wanted: DesiredState) -> None:
    special = {q.code for q in special_queries("activation", "acme")}
    special |= {q.code for q in special_queries("removal", "acme")}
    special |= {q.code for q in special_queries("removal-of-nothing", "acme")}
    assert len(special) == 7
    assert not special & {q.code for q in gate_queries(wanted)}


def test_force_overrules_only_the_count_of_jobs() -> None:
    cautious = {q.code for q in special_queries("removal", "acme")}
    assert cautious - {q.code for q in special_queries("removal", "acme", force=True)} == {"removal-live-jobs"}


def test_only_roles_with_a_declared_password_are_asked_about_theirs() -> None:
    asked = json.loads(str(roles_values(Roles("boss", "mover", "worker", passwords=("runtime",)))["roles"]))
    assert [role["name"] for role in asked if role.get("password")] == ["worker"]


def test_what_roles_have_too_much_is_asked_with_the_schema_that_jobs_go_to() -> None:
    roles = Roles("own", None, "work", "see", schemas=("acme",))
    assert "w.name = 'acme' AS creates" in excess_query(roles, "acme")
    assert "w.name = '' AS creates" in excess_query(roles, None)
