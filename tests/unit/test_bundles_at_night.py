"""What a DBA finds in a bundle at night: how to run it first, what can be mended by whom, what a script touches."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from awa_infra.bundles.conditions import WHO, corrected_by
from awa_infra.bundles.existing import ExistingBundle
from awa_infra.bundles.formats import FORMATS
from awa_infra.bundles.package import contents_of, package
from awa_infra.bundles.preflight import asked_of
from awa_infra.bundles.script_headers import with_headers
from awa_infra.model import DesiredState, QueueStorage, Release, Roles, Shape
from tests.support.bundles import render

SMALL = QueueStorage("small", Shape(4, 2, 2))
ROLES = Roles("boss", "migrator", "workers", "reader", schemas=("small",))
COMMANDS = {
    "flyway": "    flyway migrate",
    "liquibase": "    liquibase update",
    "psql": "    psql -X -v ON_ERROR_STOP=1 -h HOST -U ROLE -d DATABASE -f apply.sql",
    "alembic": "    alembic upgrade head",
    "goose": "    goose -dir migrations -table awa_migrations.goose_db_version postgres",
    "golang-migrate": '    migrate -path migrations -database "postgres://ROLE@HOST:5432/DATABASE?$TABLE" up',
    "dbmate": "    dbmate",
    "sqitch": "    sqitch deploy db:pg://ROLE@HOST:5432/DATABASE",
}
every_format = pytest.mark.parametrize("form", FORMATS)


def readme(form: str, desired: DesiredState, **options: int) -> str:
    return package(form, desired, **options).files["README.md"].decode()  # type: ignore[arg-type]


@every_format
def test_the_first_screen_of_a_readme_is_the_run_itself_and_long_tables_come_last(form: str, release: Release) -> None:
    lines = readme(form, DesiredState(release, 40, (SMALL,), roles=ROLES)).splitlines()
    first = lines[:40]
    assert lines[5] == "## Run it"
    assert "1. `roles.sql`: once, by an administrator, see below." in first
    assert any(line.startswith(COMMANDS[form]) for line in first)
    headings = [line for line in lines if line.startswith("## ")]
    assert headings[-2:] == ["## What it checks first", "## What each file locks, and for how long"]
    assert "| File |" not in "\n".join(lines[: lines.index("## What it checks first")])


@every_format
def test_a_readme_says_how_long_its_own_start_takes_how_to_watch_to_stop_and_to_go_back(
    form: str, release: Release
) -> None:
    whole, late = readme(form, DesiredState(release, 40)), readme(form, DesiredState(release, 40), from_version=39)
    seconds = [re.search(r"From (.*?) about ([0-9.]+) s,", text.replace("\n", " ")) for text in (whole, late)]
    assert [found[1] for found in seconds if found] == ["an empty database", "version 39"]
    assert [float(found[2]) for found in seconds if found] == [1.8, 0.1]
    assert "189 s for every million ready or finished jobs" in " ".join(whole.split())
    assert "AS jobs" in whole
    assert "AS jobs" not in late
    for text in (whole, late):
        run = text.partition("## Before the first run")[0]
        assert "pg_blocking_pids(a.pid) AS waits_for" in run
        assert "SELECT pg_cancel_backend(PID);" in run
        assert "**If the release is bad.** First deploy the earlier application" in " ".join(run.split())
        remains = "Nothing was changed" if FORMATS[form].one_transaction else "stay committed"
        assert remains in " ".join(run.split())


def test_a_release_that_old_workers_cannot_live_with_says_so(release: Release) -> None:
    later = replace(
        release,
        migrations=(*release.migrations, *(replace(release.migrations[-1], version=v) for v in (41, 42, 43))),
    )
    text = " ".join(readme("psql", DesiredState(later, 43)).split())
    assert "Workers of Awa 0.6.2 and newer run on version 43; older ones do not." in text
    codes = {query.code for query in asked_of(contents_of(DesiredState(later, 43)))}
    assert {"runtime-too-old", "minor-skipped", "storage-not-finalized"} <= codes


@every_format
def test_conditions_that_no_database_could_fail_are_left_out(form: str, release: Release) -> None:
    files = render(form, DesiredState(release, 40, (SMALL,)))
    texts = b"".join(content for path, content in files.items() if path.endswith((".sql", ".md")))
    for code in ("minor-skipped", "storage-not-finalized", "live-runtimes", "runtime-too-old"):
        assert code.encode() not in texts
    assert b"'downgrade' AS code" not in texts
    assert b"`downgrade`" not in files["README.md"]
    assert b">= 41" not in texts
    assert b"downgrade" in render(form, DesiredState(release, 39))["README.md"]


def test_conditions_are_grouped_by_who_can_mend_them(release: Release) -> None:
    files = render("psql", DesiredState(release, 40, (SMALL,), roles=ROLES))
    text = files["README.md"].decode()
    heads = [f"**{who}**" for who in WHO if f"**{who}**" in text]
    assert [text.index(head) for head in heads] == sorted(text.index(head) for head in heads)
    assert heads == [f"**{WHO[place]}**" for place in (0, 1, 3, 4)]
    backups = text.partition("**The administrator of the backups**")[2]
    assert "| `lost-history` |" in backups
    assert "| `lock-table-too-small` |" not in backups
    codes = re.findall(r"^    -- '([a-z-]+), for ([a-z ]+)'", files["awa_infra/preflight.sql"].decode(), re.MULTILINE)
    groups = [corrected_by(code) for code, _who in codes]
    assert groups == sorted(groups)
    assert all(WHO[corrected_by(code)].lower() == who for code, who in codes)
    assert corrected_by("a-code-of-tomorrow") == WHO.index("The administrator of the server")


@every_format
def test_each_script_says_what_it_changes_and_what_it_never_touches(form: str, release: Release) -> None:
    files = render(form, DesiredState(release, 40, (SMALL,), roles=ROLES, guarded=("awa",)))
    known = set(re.findall(r'"file": "([^"]+)"', files["awa-infra.lock"].decode()))
    ours = [path for path in files if path.endswith(".sql") and path not in known]
    ours = [path for path in ours if not path.startswith(("upstream/", "migrations/", "deploy/", "revert/", "verify/"))]
    assert {"verify.sql", "roles.sql", "guard.sql"} <= set(ours)
    silent = [p for p in ours if not re.match(rb"-- [A-Z][^\n]*\.\n-- Never touches [^\n]*\.\n", files[p])]
    assert silent == []


@every_format
def test_a_bundle_of_before_grows_without_a_changed_byte_in_what_it_released(form: str, release: Release) -> None:
    old = package(form, DesiredState(release, 39, (SMALL,)))
    grown = package(
        form, DesiredState(release, 40, (SMALL,)), existing=ExistingBundle(__import__("pathlib").Path("b"), old.files)
    )
    released = set(re.findall(r'"file": "([^"]+)"', old.files["awa-infra.lock"].decode()))
    assert released
    assert {path for path in released if path in grown.files and grown.files[path] != old.files[path]} == set()


def test_a_file_of_which_nothing_is_known_is_left_as_it_is() -> None:
    assert with_headers({"env.py": b"x", "sql/V001.sql": b"y"}) == {"env.py": b"x", "sql/V001.sql": b"y"}
