from __future__ import annotations

from dataclasses import replace

import pytest

from awa_infra.model import (
    ObservedState,
    Shape,
    StepKind,
    StorageTransition,
)
from awa_infra.verification.advice import with_repairs
from awa_infra.verification.catalog import Key, SchemaName
from awa_infra.verification.checks import Health
from awa_infra.verification.drift import ObservedSchema
from awa_infra.verification.findings import OBJECT_CODES, Finding, FindingKind, state
from awa_infra.verification.repair import make_repair
from awa_infra.verification.sequences import Behind, sequence_findings
from tests.support.releases import release_of

ROW = (
    "INSERT INTO awa.schema_version (version, description)\nVALUES ({}, 'step; {}')\nON CONFLICT (version) DO NOTHING;"
)
V1 = "CREATE TABLE awa.jobs (a int); CREATE FUNCTION awa.first() RETURNS int AS $$ $$;" + ROW.format(1, "one")
V2 = (
    "CREATE OR REPLACE FUNCTION awa.second() RETURNS int AS $$ $$;"
    "CREATE INDEX IF NOT EXISTS idx_second ON awa.jobs (a);"
    "CREATE TRIGGER trg BEFORE INSERT ON awa.jobs; ALTER TABLE awa.jobs SET (fillfactor = 70);"
    "ALTER TABLE awa.jobs ADD CONSTRAINT positive CHECK (a > 0); EXECUTE 'ALTER TABLE %I.x ADD CONSTRAINT known';"
    "CREATE OR REPLACE VIEW awa.seen AS SELECT 1;"
) + ROW.format(2, "two")
V3 = "CREATE TABLE IF NOT EXISTS awa.later (a int);" + ROW.format(2, "again") + ROW.format(3, "three")
PATCH = "CREATE TABLE IF NOT EXISTS awa.marks (a int); CREATE OR REPLACE FUNCTION awa.marked() RETURNS int AS $$ $$"
RELEASE = release_of(V1, V2, V3, patch=PATCH)
TEMPLATE: list[Key] = [
    ("relation", "leases"),
    ("relation", "lease_claims"),
    ("relation", "heads"),
    ("function", "claim()"),
]
STATE = ObservedState(
    versions=frozenset({1, 3}),
    transition=StorageTransition("active", "queue_storage", None, 1, "", "acme", None),
)
MISSING, EXTRA, CHANGED = FindingKind.MISSING, FindingKind.EXTRA, FindingKind.CHANGED


def finding(kind: FindingKind, part: str, name: str, expected: str = "", schema: str = "awa") -> Finding:
    return Finding(kind, OBJECT_CODES[kind], schema, part, name, expected=expected, found="x")


def judged(*findings: Finding, known: bool = True) -> tuple[Finding, ...]:
    return with_repairs(findings, RELEASE, TEMPLATE, known=known)


@pytest.mark.parametrize(
    ("kind", "part", "name", "expected", "step"),
    [
        (MISSING, "function", "second()", "", "replay"),
        (CHANGED, "body", "second()", "", "replay"),
        (CHANGED, "body", "first()", "", None),
        (MISSING, "function", "unheard()", "", None),
        (CHANGED, "body", "marked()", "", "patch:fix"),
        (MISSING, "relation", "marks", "", "patch:fix"),
        (MISSING, "relation", "jobs", "", None),
        (MISSING, "relation", "later", "", None),
        (MISSING, "index", "idx_second", "btree on jobs (a int4_ops)", "replay"),
        (CHANGED, "index", "idx_second", "btree on jobs (a int4_ops)", None),
        (MISSING, "trigger", "jobs.trg", "", "replay"),
        (CHANGED, "storage", "jobs", "", "replay"),
        (MISSING, "constraint", "jobs.positive", "", "replay"),
        (CHANGED, "constraint", "jobs.positive", "", None),
        (CHANGED, "view", "seen", "", "replay"),
        (MISSING, "partition", "jobs", "", None),
        (MISSING, "column", "jobs.a", "", None),
        (CHANGED, "column", "jobs.a", "", None),
        (MISSING, "sequence", "jobs_id_seq", "", None),
        (MISSING, "type", "job_state", "", None),
        (EXTRA, "relation", "mine", "", None),
        (CHANGED, "body", "claim()", "", "install:awa"),
        (MISSING, "relation", "leases_3", "", "install:awa"),
        (MISSING, "relation", "leases_*", "", "install:awa"),
        (MISSING, "relation", "heads", "", None),
        (MISSING, "partition", "leases_3", "", None),
        (MISSING, "constraint", "leases.known", "", "install:awa"),
        (MISSING, "constraint", "leases.unknown", "", None),
        (MISSING, "storage", "lease_claims_*", "", "fillfactor:awa"),
        (CHANGED, "storage", "leases_3", "", "fillfactor:awa"),
        (CHANGED, "storage", "heads", "", "install:awa"),
        (MISSING, "index", "i", "btree on leases_* (a int4_ops)", "install:awa"),
    ],
)
def test_what_repairs_what(kind: FindingKind, part: str, name: str, expected: str, step: str | None) -> None:
    [found] = judged(finding(kind, part, name, expected))
    assert found.step == step
    assert found.repair
    [unknown] = judged(finding(kind, part, name, expected), known=False)
    assert unknown.step is None


def test_an_index_that_differs_is_for_an_operator_to_drop() -> None:
    [plain, hostile] = judged(
        finding(CHANGED, "index", "idx_second", "btree on jobs (a int4_ops)"),
        replace(finding(CHANGED, "index", 'idx_x"; DROP TABLE "y', "btree on jobs (a int4_ops)"), schema="Select"),
    )
    assert plain.sql == ('DROP INDEX "awa"."idx_second";',)
    assert hostile.sql == ('DROP INDEX "Select"."idx_x""; DROP TABLE ""y";',)


def test_a_storage_parameter_too_many_is_no_work_for_awas_texts() -> None:
    more = replace(
        finding(CHANGED, "storage", "leases_3", "fillfactor=50"), found="autovacuum_enabled=off, fillfactor=50"
    )
    less = replace(finding(CHANGED, "storage", "leases_3", "fillfactor=50"), found="fillfactor=90")
    [kept, repaired] = judged(more, less)
    assert (kept.step, kept.sql) == (None, ('ALTER TABLE "awa"."leases_3" RESET (autovacuum_enabled);',))
    assert (repaired.step, repaired.sql) == ("fillfactor:awa", ('ALTER TABLE "awa"."leases_3" SET (fillfactor=50);',))
    assert repaired.repair.endswith("Or run the statement.")


def test_nothing_makes_a_partition_anew_that_is_in_another_schema() -> None:
    elsewhere = replace(finding(EXTRA, "inheritance", "leases.leases_1"), found="partition public.leases_1 DEFAULT")
    _, index, function, patch = judged(
        elsewhere,
        finding(MISSING, "index", "i", "btree on leases_* (a int4_ops)"),
        finding(CHANGED, "body", "second()"),
        finding(MISSING, "relation", "marks"),
    )
    assert (index.step, function.step, patch.step) == (None, None, "patch:fix")


def test_what_can_stop_a_worker_is_for_an_operator_to_drop() -> None:
    rule, key, mine = judged(
        finding(EXTRA, "rule", "jobs.quiet"),
        finding(EXTRA, "reference", "jobs.of_mine"),
        finding(EXTRA, "relation", "mine"),
    )
    assert rule.sql == ('DROP RULE "quiet" ON "awa"."jobs";',)
    assert "plain ids" in key.repair
    assert (key.sql, mine.sql) == ((), ())


def test_what_a_patch_makes_goes_with_the_patch() -> None:
    patch = state("patch-missing", "awa", "fix", "m", "", step="patch:fix")
    marks = replace(finding(MISSING, "relation", "marks"), also=3)
    [found] = judged(patch, marks, finding(CHANGED, "body", "marked()"))
    assert (found.code, found.also) == ("patch-missing", 5)
    other = finding(CHANGED, "body", "second()")
    assert [f.code for f in judged(patch, other)] == ["patch-missing", "object-changed"]


def test_version_rows_wait_for_what_cannot_be_repaired() -> None:
    rows = state("version-rows-missing", "awa", "schema_version", "m", "", step="version-rows")
    assert judged(rows)[0].step == "version-rows"
    assert judged(rows, finding(MISSING, "column", "x.a", schema="acme"))[0].step == "version-rows"
    assert judged(rows, finding(CHANGED, "body", "second()"))[0].step == "version-rows"
    assert judged(rows, finding(MISSING, "column", "jobs.a"))[0].step is None
    assert judged(rows, known=False)[0].step is None


def steps(*findings: Finding, **shapes: Shape) -> list[str]:
    return [s.key for s in make_repair(judged(*findings), RELEASE, STATE, {"awa": Shape(), **shapes}).steps]


def test_a_replay_is_complete_and_never_has_version_1() -> None:
    plan = make_repair(judged(finding(CHANGED, "body", "second()")), RELEASE, STATE, {"awa": Shape()})
    assert [(s.key, s.sql) for s in plan.steps[1:-1]] == [("V002", V2), ("V003", V3), ("patch:fix", PATCH)]
    assert (plan.steps[0].key, plan.steps[-1].key) == ("keep", "put-back")
    assert 'LOCK TABLE "awa".queue_terminal_live_counts' in plan.steps[0].sql
    assert 'INSERT INTO "awa".queue_terminal_live_counts' in plan.steps[-1].sql
    assert plan.lock_objects > 1000
    assert (plan.from_version, plan.to_version) == (3, 3)


def test_the_installer_is_run_where_it_is_needed() -> None:
    acme = finding(CHANGED, "body", "claim()", schema="acme")
    awa = finding(CHANGED, "body", "claim()")
    replay = finding(CHANGED, "body", "second()")
    parameters = finding(MISSING, "storage", "leases_*", schema="acme")
    assert steps(acme, awa, acme=Shape(4, 2, 2)) == ["install:acme", "install:awa"]
    assert steps(acme, awa, replay, acme=Shape(4, 2, 2)) == [
        "keep",
        "V002",
        "V003",
        "patch:fix",
        "install:acme",
        "put-back",
    ]
    assert steps(parameters, acme=Shape(4, 2, 2)) == ["fillfactor:acme"]
    assert steps(parameters, acme, acme=Shape(4, 2, 2)) == ["install:acme"]
    assert steps(parameters, replay, acme=Shape(4, 2, 2)) == ["keep", "V002", "V003", "patch:fix", "put-back"]
    [step] = make_repair(judged(acme), RELEASE, STATE, {"acme": Shape(4, 2, 2, receipts=False)}).steps
    assert "awa.install_queue_storage_substrate('acme', 4, 2, 2, false)" in step.sql
    assert "awa.apply_receipt_plane_fillfactor('acme')" in step.sql


def test_version_rows_are_inserted_with_awas_own_statements() -> None:
    rows = state("version-rows-missing", "awa", "schema_version", "m", "", step="version-rows")
    [step] = make_repair(judged(rows), RELEASE, STATE, {}).steps
    assert (step.kind, step.sql) == (StepKind.REPAIR, ROW.format(2, "two"))


def test_the_marker_is_put_back_for_the_schema_of_the_details() -> None:
    marker = state("marker-missing", "awa", "runtime_storage_backends", "m", "", step="marker")
    [step] = make_repair(judged(marker), RELEASE, STATE, {}).steps
    assert "t.details ->> 'schema' = 'acme'" in step.sql
    assert make_repair(judged(marker), RELEASE, replace(STATE, transition=None), {}).steps == ()


def test_lost_data_is_never_made_up() -> None:
    lost = [finding(MISSING, "column", f"jobs.{n}") for n in "abcd"]
    assert make_repair(judged(*lost), RELEASE, STATE, {}).gates == ()
    [gate] = make_repair(judged(*lost, finding(CHANGED, "body", "second()")), RELEASE, STATE, {}).gates
    assert gate.code == "repair-would-invent-data"
    assert " and 1 more" in gate.message
    [gate] = make_repair(judged(lost[0], finding(CHANGED, "body", "second()")), RELEASE, STATE, {}).gates
    assert "more" not in gate.message
    patched = make_repair(judged(*lost, finding(CHANGED, "body", "marked()")), RELEASE, STATE, {})
    assert (patched.gates, [s.key for s in patched.steps]) == ((), ["patch:fix"])


def test_an_installer_that_differs_is_not_run() -> None:
    acme = judged(finding(CHANGED, "body", "claim()", schema="acme"))
    [gate] = make_repair(acme, RELEASE, STATE, {"acme": Shape()}, sound_installer=False).gates
    assert gate.code == "installer-differs"
    replay = judged(finding(CHANGED, "body", "second()"))
    assert make_repair((*acme, *replay), RELEASE, STATE, {"acme": Shape()}, sound_installer=False).gates == ()
    assert make_repair((), RELEASE, STATE, {"acme": Shape()}, sound_installer=False).gates == ()


def test_nothing_to_repair_is_an_empty_plan() -> None:
    assert make_repair(judged(finding(EXTRA, "relation", "mine")), RELEASE, STATE, {"awa": Shape()}).empty


def test_sequences_move_forward_under_the_lock_with_which_awa_takes_numbers() -> None:
    name = SchemaName("acme", "acme")
    health = Health({}, behind=(Behind("job_id_seq", 1, 7, "dlq_entries"),))
    read = {"acme": ObservedSchema(name, {}, health), "other": ObservedSchema(name, {}, health)}
    found = judged(*sequence_findings(name, health.behind))
    assert found[0].repair.startswith("--repair moves the sequences of acme forward")
    plan = make_repair(found, RELEASE, STATE, {}, existing=read)
    [step] = plan.steps
    assert (step.key, step.title) == ("sequences:acme", "1 sequence of schema acme forward to the rows")
    assert step.sql.endswith(
        "SELECT pg_advisory_xact_lock(hashtextextended('acme.job_id_seq', 0));\n"
        "SELECT pg_catalog.setval('acme.job_id_seq', greatest(7, last_value)) FROM acme.job_id_seq;\n"
    )
    assert plan.lock_objects == 1
