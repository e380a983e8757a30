"""Plans as pages and reports of ``verify`` on odd servers: they say what the text says, and a parser can read them."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from awa_infra.database.target import Target
from tests.database.test_verify_formats import FORMATS, read
from tests.rough.profiles import PASSWORD, Site, install, migrated, profile, statements
from tests.rough.test_structure_script import reader, without_rights
from tests.rough.ways import where
from tests.support.servers import TestServer
from tests.tools.runners import Result, run


def command(site: Site, *words: str) -> Result:
    """Run ``awa-infra`` in the environment of a site."""
    start = [sys.executable, "-c", "from awa_infra.cli.main import main; main()"]
    return run(where(site), [*start, *words], Path(), {"DATABASE_URL": site.url})


def assert_reports(site: Site, status: int, named: str, folder: Path) -> None:
    """Compare the reports with the text of the same verification."""
    text = command(site, "verify")
    assert text.status == status, text.output
    for kind in FORMATS:
        path = folder / f"report.{kind}"
        done = command(site, "verify", "--format", kind, "--output", str(path))
        assert (done.status, done.output) == (text.status, text.output)
        report = path.read_text(encoding="utf-8")
        assert read(kind, report)
        assert PASSWORD not in report
        assert named in report or kind == "prometheus"


@pytest.mark.parametrize("name", ["German", "RDS-like", "SQL_ASCII"])
def test_the_pages_of_a_plan_name_the_database_and_what_blocks(server: TestServer, name: str, tmp_path: Path) -> None:
    odd, page = profile(name), tmp_path / "plan.html"
    code = odd.code_for("engine")
    with odd.make(server) as site:
        markdown = command(site, "plan", "--markdown", "--html", str(page))
        assert markdown.status == (3 if code else 0), markdown.output
        for text in (markdown.output, page.read_text(encoding="utf-8")):
            assert (code or Target.of(site.url).parameters["dbname"]) in text
            assert PASSWORD not in text


@pytest.mark.parametrize("name", ["German", "RDS-like"])
def test_reports_of_a_drift_say_what_the_text_says(server: TestServer, name: str, tmp_path: Path) -> None:
    with profile(name).make(server) as site:
        install(site.url)
        statements(site.admin, "DROP INDEX awa.idx_awa_jobs_hot_dequeue")
        assert_reports(site, 1, "idx_awa_jobs_hot_dequeue", tmp_path)


def test_reports_of_a_role_that_may_read_little_say_so(server: TestServer, tmp_path: Path) -> None:
    little = ("GRANT USAGE ON SCHEMA awa TO {role}", "GRANT SELECT ON awa.schema_version TO {role}")
    with migrated(server) as made, reader(made, *little) as site:
        assert_reports(site, 9, "not-readable", tmp_path)


def test_the_report_of_a_verification_that_is_refused_says_so(server: TestServer, tmp_path: Path) -> None:
    with without_rights(server) as site:
        assert_reports(site, 3, "history-unreadable", tmp_path)
