from __future__ import annotations

import json
import stat
import sys
from pathlib import Path

import pytest
from junitparser import JUnitXml
from prometheus_client.parser import text_string_to_metric_families

from awa_infra.database.target import Target
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
