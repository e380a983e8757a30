from __future__ import annotations

from dataclasses import replace

import pytest

from awa_infra.model import (
    DesiredState,
    Gate,
    ObservedState,
    Plan,
    QueueStorage,
    Release,
    Roles,
    Step,
    StepKind,
    StorageTransition,
)
from awa_infra.planning.planner import make_plan
from awa_infra.verification.declared import with_declared
from awa_infra.verification.drift import Examination
from awa_infra.verification.findings import FindingKind, state, unknown
from awa_infra.verification.obstacles import Privilege

NOTHING = Examination((), ())


@pytest.fixture
def observed(release: Release) -> ObservedState:
    return ObservedState(
        database="shop",
        schema_exists=True,
        versions=release.versions,
        patches=frozenset(patch.name for patch in release.patches),
    )


def codes(found: Examination) -> list[tuple[str, str, str]]:
    return [(finding.code, finding.schema, finding.object) for finding in found.findings]


def test_a_database_that_is_as_declared_stays_healthy(release: Release, observed: ObservedState) -> None:
    wanted = DesiredState(release, release.schema_version)
    assert with_declared(NOTHING, observed, Plan(40, 40), wanted, None).healthy


def test_whatever_is_declared_and_missing_is_drift(release: Release, observed: ObservedState) -> None:
    wanted = DesiredState(
        release, release.schema_version, (QueueStorage("acme"),), roles=Roles("own"), guarded=("awa",)
    )
    plan = make_plan(wanted, observed)
    found = with_declared(NOTHING, observed, plan, wanted, "acme")
    assert ("declared-missing", "acme", "queue-storage:acme") in codes(found)
    assert ("declared-missing", "awa", "activation") in codes(found)
    assert not found.healthy
    assert all("declared, and missing: " in finding.message for finding in found.findings)
    # A schema that was asked for by name is reported once.
    asked = replace(NOTHING, findings=(state("schema-missing", "acme", "schema", "there is none", "Apply."),))
    assert ("declared-missing", "acme", "queue-storage:acme") not in codes(
        with_declared(asked, observed, plan, wanted, None)
    )


def test_what_the_release_misses_is_no_second_finding(release: Release, observed: ObservedState) -> None:
    steps = (Step(StepKind.MIGRATION, "V040", "", ""), Step(StepKind.PATCH, "patch:x", "", ""))
    wanted = DesiredState(release, release.schema_version)
    assert with_declared(NOTHING, observed, Plan(39, 40, steps=steps), wanted, None).healthy


def test_an_active_schema_that_is_declared_is_no_finding(release: Release, observed: ObservedState) -> None:
    active = replace(
        observed,
        transition=StorageTransition(
            state="active",
            current_engine="queue_storage",
            prepared_engine=None,
            epoch=3,
            details_schema="acme",
            details="",
            marker_schema="acme",
        ),
    )
    wanted = DesiredState(release, release.schema_version)
    assert with_declared(NOTHING, active, Plan(40, 40), wanted, "acme").healthy


def test_what_contradicts_the_declaration_is_drift_and_what_is_in_the_way_of_a_migration_is_not(
    release: Release, observed: ObservedState
) -> None:
    gates = (Gate("queue-storage-shape", "Schema acme has 4 slots.", "Declare them."), Gate("read-only", "x", "y"))
    wanted = DesiredState(release, release.schema_version)
    (finding,) = with_declared(NOTHING, observed, Plan(40, 40, gates=gates), wanted, None).findings
    assert (finding.message, finding.repair) == ("not as declared: Schema acme has 4 slots.", "Declare them.")
    assert finding.is_drift


@pytest.mark.parametrize("declared", [3, 40])
def test_an_earlier_version_is_no_drift_where_it_is_declared_and_is_not_called_healthy(
    declared: int, release: Release, observed: ObservedState
) -> None:
    early = replace(observed, versions=frozenset({1, 2, 3}))
    found = replace(
        NOTHING,
        findings=(
            state("sequences-behind", "awa", "jobs_id_seq", "behind its rows", "Run setval."),
            state("pending", "awa", "version", "version 3", "Run awa-infra apply."),
            unknown("not-compared", "awa", "catalog", "not compared", "Apply."),
        ),
    )
    result = with_declared(found, early, Plan(3, declared), DesiredState(release, declared), None)
    drifted = [finding.code for finding in result.drift]
    assert drifted == (["sequences-behind"] if declared == 3 else ["sequences-behind", "pending"])
    assert result.findings[0].repair == "Run setval."
    assert [finding.kind for finding in result.findings][-1] is FindingKind.UNKNOWN
    assert ("declares this version" in result.findings[-1].repair) is (declared == 3)
    assert not result.healthy


def test_what_roles_have_beyond_their_declaration_is_drift_and_an_observer_lacks_nothing_of_a_worker(
    release: Release, observed: ObservedState
) -> None:
    lacks = [state("privileges-missing", "awa", f"{role} table", "lacks", "Grant.") for role in ("see", "work")]
    found = Examination((*lacks, state("sequences-without-update", "awa", "see", "lacks", "Grant.")), ())
    given = [Privilege("see", "INSERT", "TABLE", "awa.jobs_hot", "awa", "observer")]
    declared = DesiredState(release, release.schema_version, roles=Roles("own", None, "work", "see"))
    result = with_declared(found, observed, Plan(40, 40), declared, None, given)
    assert codes(result) == [("privileges-missing", "awa", "work table"), ("privileges-extra", "awa", "see table")]
    alone = replace(declared, roles=Roles("own"))
    assert len(with_declared(found, observed, Plan(40, 40), alone, None).findings) == 3
