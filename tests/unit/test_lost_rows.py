from __future__ import annotations

from dataclasses import replace

from awa_infra.facts.catalog import CatalogFacts
from awa_infra.model import (
    DesiredState,
    LostRows,
    Migration,
    ObservedState,
    Plan,
    Provenance,
    Release,
    Shape,
    Step,
    StepKind,
    StorageTransition,
    Substrate,
    Unseen,
)
from awa_infra.planning.activation import make_activation
from awa_infra.planning.gates import gate_queries
from awa_infra.planning.pure_gates import pure_gates, state_row_gates
from awa_infra.planning.removal import make_removal
from awa_infra.verification.advice import with_repairs
from awa_infra.verification.catalog import SchemaName
from awa_infra.verification.checks import Health, release_findings
from awa_infra.verification.drift import ObservedSchema, Subject, examine
from awa_infra.verification.findings import OBJECT_CODES, Finding, FindingKind
from awa_infra.verification.lost_rows import state_row_findings
from awa_infra.verification.reference import facts_from
from awa_infra.verification.repair import made_canonical, make_repair, with_history

EMPTY_FACTS = CatalogFacts({}, {}, {}, frozenset(), "")
ROW = "INSERT INTO awa.schema_version (version, description) VALUES (1, 'one') ON CONFLICT (version) DO NOTHING;"
RELEASE = Release("0.6.9", (Migration(1, "", ROW, ""),), (), Provenance.KNOWN)
RING = LostRows("acme", "queue_ring_state", 0, 1)
ROUTE = LostRows("awa", "storage_transition_state", 0, 1)
EMPTY = {"awa": Health({}), "acme": Health({})}
CANONICAL = StorageTransition("canonical", "canonical", None, 0, "{}", None, None)
STATE = ObservedState(
    versions=frozenset({40}), database="app", substrates=(Substrate("acme", Shape(), "o", 1, 1, 8, 2, 0),)
)


def test_rings_are_made_anew_only_in_a_schema_without_rows() -> None:
    observed = replace(STATE, lost_rows=(RING,))
    [finding] = state_row_findings("acme", observed, EMPTY)
    assert (finding.code, finding.step) == ("state-rows-missing", "install:acme")
    [finding] = state_row_findings("acme", observed, {"acme": Health({}, holding=("leases", *"abcdefgh"))})
    assert finding.step is None
    assert "g and 1 more" in finding.repair
    assert state_row_findings("awa", observed, EMPTY) == []


def test_the_transition_row_is_put_back_only_where_nothing_says_that_queue_storage_was_active() -> None:
    observed = replace(STATE, lost_rows=(ROUTE,))
    [finding] = state_row_findings("awa", observed, EMPTY)
    assert finding.step == "transition"
    for worse, healths in (
        (replace(observed, marker_schema="acme"), EMPTY),
        (observed, {"acme": Health({}, holding=("leases",))}),
        (replace(observed, unseen=(Unseen("b", "o", receipts=True, damaged=False),)), EMPTY),
    ):
        [finding] = state_row_findings("awa", worse, healths)
        assert finding.step is None
    [step] = make_repair(
        with_repairs(state_row_findings("awa", observed, EMPTY), RELEASE, [], known=True), RELEASE, observed, {}
    ).steps
    assert "ON CONFLICT (singleton) DO NOTHING" in step.sql
    assert made_canonical(observed, replace(observed, transition=CANONICAL))
    assert not made_canonical(replace(observed, transition=CANONICAL), observed)


def test_what_relies_on_lost_rows_is_gated() -> None:
    assert state_row_gates(ObservedState(database="app")) == ()
    observed = replace(STATE, lost_rows=(RING, ROUTE))
    codes = [gate.code for gate in pure_gates(DesiredState(RELEASE, 40), observed)]
    assert "state-rows-missing" in codes
    assert pure_gates(DesiredState(RELEASE, None), replace(observed, versions=frozenset())) == ()
    [gate] = make_removal("acme", observed).gates
    assert gate.code == "state-rows-missing"
    gates = [gate.code for gate in make_activation("acme", observed).gates]
    assert "state-rows-missing" in gates


def test_only_migrations_could_skip_a_damaged_schema() -> None:
    asked = {target: [q.code for q in gate_queries(DesiredState(RELEASE, target))] for target in (40, None)}
    assert "queue-storage-damaged" in asked[40]
    assert "queue-storage-damaged" not in asked[None]


def test_an_empty_history_is_put_back_only_where_every_object_is_the_releases() -> None:
    empty = ObservedState(history_empty=True, schema_exists=True)
    [finding] = release_findings(RELEASE, empty)
    assert finding.step == "version-rows"
    [kept] = with_repairs([finding], RELEASE, [], known=True)
    assert kept.repairable
    changed = Finding(FindingKind.EXTRA, OBJECT_CODES[FindingKind.EXTRA], "awa", "relation", "mine")
    lost = with_repairs([finding, changed], RELEASE, [], known=True)[0]
    assert (lost.repairable, "backup" in lost.repair) == (False, True)
    draft = Plan(0, 0, steps=(Step(StepKind.REPAIR, "version-rows", "", ""),))
    gated = replace(draft, steps=(), gates=state_row_gates(ObservedState(database="app", lost_rows=(ROUTE,))))
    assert with_history(gated, draft).steps == draft.steps
    assert with_history(gated, Plan(0, 0)) is gated


def test_an_empty_history_is_compared_where_awas_objects_are_there() -> None:
    name, catalog = SchemaName("awa", "awa"), {("type", "job_state"): "enum", ("relation", "jobs"): "table"}
    facts = facts_from({"awa": (name, catalog)}, {"awa": True}, EMPTY_FACTS)
    empty = ObservedState(history_empty=True, schema_exists=True)
    full = Subject(RELEASE, facts, facts, empty, {"awa": ObservedSchema(name, catalog, Health({}))})
    assert [f.code for f in examine(full, ["awa"]).findings] == ["version-rows-missing"]
    bare = replace(full, existing={"awa": ObservedSchema(name, {("relation", "schema_version"): "table"}, Health({}))})
    assert [f.code for f in examine(bare, ["awa"]).findings] == ["version-rows-missing", "not-compared"]


def test_a_ring_is_at_one_of_its_slots() -> None:
    observed = ObservedState(substrates=(Substrate("acme", Shape(4, 2, 2), "o", 1, 1, 8, 2, 0),))
    for position, said in ((3, []), (4, ["the queue ring is at slot 4, but its slots are 0 to 3"])):
        found = state_row_findings("acme", observed, {"acme": Health({"queue_position": position})})
        assert [finding.message for finding in found] == said
