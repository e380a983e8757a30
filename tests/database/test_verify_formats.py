from __future__ import annotations

import json
import stat
import sys
from pathlib import Path

import pytest
from junitparser import JUnitXml
from prometheus_client.parser import text_string_to_metric_families

from awa_infra.database.target import Target
from awa_infra.naming import quote
from tests.support.command import Run
from tests.support.servers import Database

FORMATS = ("json", "junit", "sarif", "prometheus")


def read(kind: str, text: str) -> object:
    """Read a report with a parser of its format."""
    if kind == "junit":
        return JUnitXml.fromstring(text.encode())
    return list(text_string_to_metric_families(text)) if kind == "prometheus" else json.loads(text)


def test_each_format_says_the_same_as_the_text_and_exits_like_it(
    awa_database: Database, run: Run, tmp_path: Path
) -> None:
    healthy = run("verify", url=awa_database.url)
    assert healthy.status == 0
    for kind in FORMATS:
        outcome = run("verify", "--format", kind, url=awa_database.url)
        assert (outcome.status, outcome.err) == (0, "")
        assert read(kind, outcome.out)
    awa_database.rows("DROP INDEX awa.idx_awa_jobs_hot_dequeue")
    drifted = run("verify", url=awa_database.url)
    assert drifted.status == 1
    secret = Target.of(awa_database.url).parameters.get("password") or "no password here"
    for kind in FORMATS:
        target = tmp_path / f"report.{kind}"
        outcome = run("verify", "--format", kind, url=awa_database.url)
        assert outcome.status == 1
        assert "idx_awa_jobs_hot_dequeue" in outcome.out or kind == "prometheus"
        assert secret not in outcome.out
        for _ in range(2):
            written = run("verify", "--format", kind, "--output", str(target), url=awa_database.url)
            assert (written.status, written.out) == (1, drifted.out)
            assert read(kind, target.read_text())
        assert stat.S_IMODE(target.stat().st_mode) & 0o200
    assert run("verify", "--json", url=awa_database.url).out == run("verify", "--format=json", url=awa_database.url).out


def test_no_report_takes_the_place_of_a_file_of_others(run: Run, tmp_path: Path) -> None:
    target = tmp_path / "notes.xml"
    target.write_text("<mine/>")
    for kind in FORMATS:
        outcome = run("verify", "--format", kind, "--output", str(target), url="postgresql://nowhere.invalid/db")
        assert outcome.status == 3
        assert "[not-ours]" in outcome.err
    assert target.read_text() == "<mine/>"


@pytest.mark.parametrize(
    "words",
    [
        ("--json", "--format", "sarif"),
        ("--output", "report.xml"),
        ("--format", "junit", "--repair", "--dry-run"),
        ("--format", "html"),
        ("--format", "json", "--output", "."),
    ],
)
def test_formats_that_do_not_go_together_are_refused_before_anything_runs(run: Run, words: tuple[str, ...]) -> None:
    assert run("verify", *words, url="postgresql://nowhere.invalid/db").status == 2


def test_a_failure_is_one_document_for_format_json_too(run: Run) -> None:
    for words in (("--json",), ("--format", "json"), ("--format=json",)):
        outcome = run("verify", *words, url="postgresql://127.0.0.1:1/db")
        assert outcome.status == 4
        assert outcome.data["error"]["code"] == "connection-failed"


@pytest.mark.parametrize(("kind", "package"), [("junit", "junitparser"), ("prometheus", "prometheus_client")])
def test_a_missing_package_is_named_with_the_extra_that_has_it(
    run: Run, monkeypatch: pytest.MonkeyPatch, kind: str, package: str
) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    outcome = run("verify", "--format", kind, url="postgresql://nowhere.invalid/db")
    assert outcome.status == 2
    assert package in outcome.err
    assert "pip install 'awa-infra[formats]'" in outcome.err


# What could not be checked


def gauges(text: str) -> dict[str, float]:
    """Return the value of each gauge that every run has."""
    found = {s.name: s.value for family in text_string_to_metric_families(text) for s in family.samples}
    return {name: value for name, value in found.items() if name != "awa_verify_timestamp_seconds"}


def assert_says_that_nothing_was_checked(kind: str, text: str, status: int, code: str, database: str) -> None:
    """Read a document as its consumers do: it is valid, says why, and nowhere that all is well."""
    if kind == "json":
        error = json.loads(text)["error"]
        assert (error["code"], error["exit_status"]) == (code, status)
    elif kind == "junit":
        read = JUnitXml.fromstring(text.encode())
        assert (read.tests, read.errors, read.failures, read.skipped) == (1, 1, 0, 0)
        [[case]] = read
        [error] = case.result
        assert (error.type, case.classname) == (code, f"awa.{database}")
        assert f"[{code}]" in error.text
        assert "Hint: " in error.text
    elif kind == "sarif":
        [report] = json.loads(text)["runs"]
        [invocation] = report["invocations"]
        assert (invocation["executionSuccessful"], invocation["exitCode"]) == (False, status)
        [notification] = invocation["toolExecutionNotifications"]
        assert (notification["level"], notification["descriptor"]["id"]) == ("error", code)
        assert "results" not in report  # an empty list would close what earlier runs found
        assert report["properties"]["healthy"] is False
    else:
        assert gauges(text) == {"awa_verify_up": 0, "awa_verify_healthy": 0}
        assert f'awa_verify_up{{database="{database}"}} 0.0' in text


@pytest.mark.parametrize("kind", FORMATS)
def test_a_server_that_does_not_answer_is_reported_in_the_format_that_was_asked_for(
    run: Run, tmp_path: Path, kind: str
) -> None:
    url = "postgresql://jo:secret@127.0.0.1:1/shop"
    outcome = run("verify", "--format", kind, url=url)
    assert outcome.status == 4
    assert outcome.err == run("verify", url=url).err
    assert_says_that_nothing_was_checked(kind, outcome.out, 4, "connection-failed", "shop")
    assert "secret" not in outcome.out
    target = tmp_path / "report"
    target.write_text(outcome.out)
    written = run("verify", "--format", kind, "--output", str(target), "--quiet", url=url)
    assert (written.status, written.out, written.err) == (4, "", outcome.err)
    assert_says_that_nothing_was_checked(kind, target.read_text(), 4, "connection-failed", "shop")


@pytest.mark.parametrize("kind", FORMATS)
def test_the_report_of_yesterday_does_not_stay_where_today_nothing_could_be_checked(
    run: Run, awa_database: Database, tmp_path: Path, kind: str
) -> None:
    target = str(tmp_path / "report")
    assert run("verify", "--format", kind, "--output", target, url=awa_database.url).status == 0
    away = Target.of(awa_database.url).with_login("nobody_of_this_name", "wrong")
    assert run("verify", "--format", kind, "--output", target, url=away).status == 4
    text = Path(target).read_text()
    assert_says_that_nothing_was_checked(kind, text, 4, "connection-failed", awa_database.name)


@pytest.mark.parametrize("kind", FORMATS)
def test_a_login_that_may_not_read_the_schema_learns_it_from_the_document(
    run: Run, awa_database: Database, kind: str
) -> None:
    role = f"blind_{awa_database.name}"
    awa_database.rows(f"CREATE ROLE {role} LOGIN PASSWORD 'pw'")
    try:
        outcome = run("verify", "--format", kind, url=Target.of(awa_database.url).with_login(role, "pw"))
    finally:
        awa_database.rows(f"DROP ROLE {role}")
    assert outcome.status == 3
    code = outcome.err.rpartition("[")[2].partition("]")[0]
    assert_says_that_nothing_was_checked(kind, outcome.out, 3, code, awa_database.name)


@pytest.mark.parametrize("kind", FORMATS)
def test_a_configuration_that_cannot_be_read_is_reported_in_the_format_too(run: Run, kind: str) -> None:
    outcome = run("verify", "--format", kind, "--config", "nowhere/Pulumi.dev.yaml", url="postgresql://127.0.0.1:1/db")
    assert outcome.status == 2
    assert read(kind, outcome.out)
    assert "config-invalid" in outcome.out or kind == "prometheus"


def test_a_failure_whose_document_cannot_be_written_keeps_its_status_and_says_both(run: Run, tmp_path: Path) -> None:
    target = tmp_path / "nowhere" / "report.xml"
    outcome = run("verify", "--format", "junit", "--output", str(target), url="postgresql://127.0.0.1:1/db")
    assert outcome.status == 4
    assert "[connection-failed]" in outcome.err
    assert f"Cannot write {target}" in outcome.err


def test_prometheus_shows_that_a_database_could_be_checked(run: Run, awa_database: Database) -> None:
    found = gauges(run("verify", "--format", "prometheus", url=awa_database.url).out)
    assert (found["awa_verify_up"], found["awa_verify_healthy"]) == (1, 1)


NAMES = (
    "a\x01b",
    "q\"u'o`te",
    "new\nDatabase shop, Awa 0.6.9: healthy.\r\ttab",
    "ü" * 31,
    "\x7f\x1b[31mred",
    "]]>&<x",
    "\ufffe",
    "a{b}\\c,d",
    "%s %(x)s",
    "\U0001f600" * 15,
    "$awa_infra$",
)


def test_whatever_objects_and_roles_are_called_each_document_is_whole_and_the_text_has_a_line_for_each(
    run: Run, awa_database: Database
) -> None:
    quoted = [quote(name) for name in NAMES]
    for name in quoted:
        awa_database.rows(f"CREATE TABLE awa.{name} (id int)")
        awa_database.rows(f"ALTER TABLE awa.queue_meta ADD COLUMN {name} int")
        awa_database.rows(f"CREATE FUNCTION awa.{name}() RETURNS int LANGUAGE sql AS 'SELECT 1'")
        awa_database.rows(f"CREATE PUBLICATION {name} FOR TABLE awa.job_unique_claims")
        awa_database.rows(f"CREATE ROLE {name}")
        awa_database.rows(f"GRANT INSERT ON awa.jobs_hot TO {name}")
    try:
        text = run("verify", url=awa_database.url)
        assert [line for line in text.out.splitlines() if line.startswith("Database ")] == [text.out.splitlines()[-1]]
        assert not set(text.out) & {chr(code) for code in range(32)} - {"\n", "\t"}
        # So do notes and gates.
        assert "\\x7f\\x1b[31mred" in run("plan", url=awa_database.url).err
        for kind in FORMATS:
            outcome = run("verify", "--format", kind, url=awa_database.url)
            assert (outcome.status, outcome.err) == (1, "")
            assert read(kind, outcome.out)
    finally:
        for name in quoted:
            awa_database.rows(f"DROP OWNED BY {name}")
            awa_database.rows(f"DROP ROLE {name}")
