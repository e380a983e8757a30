from __future__ import annotations

import ast
import json
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest

from awa_infra.bundles.checking import applied_files, check
from awa_infra.bundles.contents import Waits
from awa_infra.bundles.existing import ExistingBundle
from awa_infra.bundles.formats import FORMATS
from awa_infra.bundles.package import Bundle, package
from awa_infra.model import DesiredState, History, HistoryRow, Migration, Queue, QueueStorage, Release

NUMBERED = [name for name, form in FORMATS.items() if form.appends]
every_numbered_format = pytest.mark.parametrize("form", NUMBERED)

FIRST = QueueStorage("acme", queues=(Queue("emails"),))
SECOND = QueueStorage("acme", queues=(Queue("emails"), Queue("reports")))


def grown(form: str, release: Release, *wanted: QueueStorage) -> Bundle:
    """Return a bundle that was written once for each wish, one after the other."""
    bundle = package(form, DesiredState(release, release.schema_version))
    for one in wanted:
        existing = ExistingBundle(Path("b"), bundle.files)
        bundle = package(form, DesiredState(release, release.schema_version, (one,)), existing=existing)
    return bundle


def names(bundle: Bundle) -> list[str]:
    return sorted(Path(path).name for path in bundle.files if path.startswith(("migrations/", "sql/", "deploy/")))


def test_the_formats_without_repeatable_files_are_these() -> None:
    assert NUMBERED == ["alembic", "golang-migrate", "goose", "dbmate", "sqitch"]


@every_numbered_format
def test_what_changes_comes_again_under_a_new_number(form: str, release: Release) -> None:
    once, twice, back = (
        grown(form, release, *wanted) for wanted in ((FIRST,), (FIRST, SECOND), (FIRST, SECOND, FIRST))
    )
    assert [name.partition(".")[0] for name in names(once)][-4:] == [
        "040000_awa_v040",
        "040001_patch_wait_free_dirty_marks",
        "040002_queue_storage_acme",
        "040003_lanes_acme",
    ]
    assert [name.partition(".")[0] for name in names(twice)][-1] == "040004_lanes_acme"
    # What was right before the last change is not what ran last.
    assert [name.partition(".")[0] for name in names(back)][-1] == "040005_lanes_acme"
    released = {path for path in once.files if path.startswith(("migrations/", "sql/", "versions/", "deploy/"))}
    assert all(back.files[path] == once.files[path] for path in released)
    assert check(ExistingBundle(Path("b"), back.files)) == ()


@every_numbered_format
def test_what_is_run_again_comes_again_after_a_later_migration(form: str, release: Release) -> None:
    later = replace(release, name="9.9.9", migrations=(*release.migrations, Migration(41, "more", "SELECT 1", "")))
    old = ExistingBundle(Path("b"), grown(form, release, FIRST).files)
    bundle = package(form, DesiredState(later, 41, (FIRST,)), existing=old)
    # Where a database is taken over at version 41, everything below 041000 is taken as run.
    assert [name.partition(".")[0] for name in names(bundle)][-5:] == [
        "040003_lanes_acme",
        "041000_awa_v041",
        "041001_patch_wait_free_dirty_marks",
        "041002_queue_storage_acme",
        "041003_lanes_acme",
    ]


@every_numbered_format
def test_other_waits_or_another_awa_infra_bring_no_script_again(form: str, release: Release) -> None:
    once = grown(form, release, FIRST)
    desired = DesiredState(release, 40, (FIRST,))
    other = package(form, desired, existing=ExistingBundle(Path("b"), once.files), waits=Waits(table_lock=5))
    assert names(other) == names(once)
    assert {path: other.files[path] for path in once.files if path.startswith(("migrations/", "deploy/"))} == {
        path: text for path, text in once.files.items() if path.startswith(("migrations/", "deploy/"))
    }


@every_numbered_format
def test_a_script_that_was_lost_is_no_reason_to_fail(form: str, release: Release) -> None:
    files = dict(grown(form, release, FIRST).files)
    [lost] = [path for path in files if Path(path).name.startswith("040003") and "verify/" not in path][:1]
    del files[lost]
    again = package(form, DesiredState(release, 40, (FIRST,)), existing=ExistingBundle(Path("b"), files))
    assert [name.partition(".")[0] for name in names(again)][-1].startswith("040004_lanes_acme")


@pytest.mark.parametrize("form", ["goose", "golang-migrate", "dbmate"])
def test_a_database_is_taken_over_by_the_numbers_that_are_in_the_bundle(form: str, release: Release) -> None:
    files = grown(form, release, FIRST).files
    numbers = sorted(int(Path(path).name.partition("_")[0]) for path in files if path.startswith("migrations/"))
    assert f"'{json.dumps(numbers)}'" in files["adopt.sql"].decode()


@every_numbered_format
def test_a_schema_that_leaves_the_configuration_stays_in_the_bundle(form: str, release: Release) -> None:
    bundle = grown(form, release, FIRST)
    without = package(form, DesiredState(release, 40), existing=ExistingBundle(Path("b"), bundle.files))
    assert names(without) == names(bundle)


def test_no_two_scripts_of_sqitch_have_the_same_bytes(release: Release) -> None:
    # Its registry has one row for each hash.
    later = replace(release, name="9.9.9", migrations=(*release.migrations, Migration(41, "more", "SELECT 1", "")))
    old = ExistingBundle(Path("b"), grown("sqitch", release, FIRST, SECOND, FIRST).files)
    files = package("sqitch", DesiredState(later, 41, (FIRST,)), existing=old).files
    scripts = [text for path, text in files.items() if path.startswith("deploy/")]
    assert len(set(scripts)) == len(scripts)


def test_the_revisions_of_alembic_are_a_chain(release: Release) -> None:
    bundle = grown("alembic", release, FIRST, SECOND)
    before = None
    for path in sorted(path for path in bundle.files if path.startswith("versions/")):
        found = {
            target.id: ast.literal_eval(node.value)
            for node in ast.parse(bundle.files[path]).body
            if isinstance(node, ast.Assign)
            for target in node.targets
            if isinstance(target, ast.Name) and target.id != "FILE"
        }
        assert found["down_revision"] == before
        assert found["branch_labels"] == (None if before else ("awa",))
        before = found["revision"]
        assert f"sql/{Path(path).stem}.sql" in bundle.files
    assert before == "awa_040004"


def test_the_plan_of_sqitch_only_becomes_longer(release: Release) -> None:
    bundles = [grown("sqitch", release, *wanted) for wanted in ((), (FIRST,), (FIRST, SECOND))]
    plans = [bundle.files["sqitch.plan"].decode() for bundle in bundles]
    # The id of a change is a hash of its line and of all lines before it.
    assert all(longer.startswith(shorter) for shorter, longer in pairwise(plans))
    listed = [line.partition(" ")[0] for line in plans[-1].splitlines() if "_" in line.partition(" ")[0][6:7]]
    for folder in ("deploy", "verify", "revert"):
        assert {f"{folder}/{change}.sql" for change in listed} == {
            path for path in bundles[-1].files if path.startswith(f"{folder}/")
        }
    # Only the last one can ask for everything.
    everything = [path for path, text in bundles[-1].files.items() if text == b"\\ir ../awa_infra/verified.sql\n"]
    assert everything == [f"verify/{listed[-1]}.sql"]


@pytest.mark.parametrize(
    ("row", "told"),
    [
        (HistoryRow("40001", None, "baseline"), ["applied", "applied", "pending"]),
        (HistoryRow("40001", None, "failed"), ["applied", "failed", "pending"]),
        (HistoryRow("40001", None, "applied"), ["pending", "applied", "pending"]),
    ],
)
def test_a_history_of_one_number_tells_of_all_below_it(row: HistoryRow, told: list[str], release: Release) -> None:
    existing = ExistingBundle(Path("b"), grown("goose", release, FIRST).files)
    states = [entry.state for entry in applied_files(existing, History("shop", (row,)))]
    assert states[-4:-1] == told


BAKED = ["goose", "golang-migrate", "dbmate"]
"""The formats whose files have the lock waits in them."""


@pytest.mark.parametrize("form", BAKED)
def test_files_that_keep_the_lock_waits_of_their_release_are_reported(form: str, release: Release) -> None:
    short = package(form, DesiredState(release, 39))
    desired = DesiredState(release, 40)
    longer = Waits(table_lock=30, migration_lock=300)
    grown_once = package(form, desired, existing=ExistingBundle(Path("b"), short.files), waits=longer)
    [earlier] = grown_once.waits
    assert earlier.waits == Waits()
    assert earlier.newer == longer
    [first, *_, last] = earlier.files
    assert (Path(first).name[:6], Path(last).name[:6]) == ("001000", "039000")
    line = (
        f"{first} to {last} ({len(earlier.files)} files) keep the lock waits of their release: 2 seconds for each "
        "table lock, 60 seconds for another migration. Files written now wait: 30 seconds for each table lock, 300 "
        "seconds for another migration."
    )
    assert str(earlier) == line
    readme = grown_once.files["README.md"].decode()
    assert f"- {line}\n" in readme
    assert "was not free within 300 seconds` or `60 seconds`" in readme
    assert "longer than this waits (at most 30 seconds, or at most 2 seconds in files released before;" in readme
    assert "when a file is packaged first: released files keep theirs" in readme
    # What was released with the longer waits keeps them, too.
    back = package(form, desired, existing=ExistingBundle(Path("b"), grown_once.files))
    [later] = back.waits
    assert [Path(path).name[:6] for path in later.files] == ["040000", "040001"]
    assert package(form, desired, existing=ExistingBundle(Path("b"), short.files)).waits == ()


def test_a_single_file_and_waits_without_a_bound_are_reported(release: Release) -> None:
    for_ever = Waits(table_lock=0)
    one = package("goose", DesiredState(release, 39), from_version=38, waits=for_ever).files
    grown_once = package("goose", DesiredState(release, 40), existing=ExistingBundle(Path("b"), one))
    [earlier] = grown_once.waits
    assert str(earlier) == (
        "migrations/039000_awa_v039.sql keeps the lock waits of its release: without a bound for table locks, 60 "
        "seconds for another migration. Files written now wait: 2 seconds for each table lock, 60 seconds for another "
        "migration."
    )
    readme = grown_once.files["README.md"].decode()
    assert "It waits for a lock at most 2 seconds, or without a bound in files released before;" in readme


@pytest.mark.parametrize("form", [form for form in FORMATS if form not in BAKED])
def test_where_no_released_file_has_lock_waits_in_it_new_ones_hold_everywhere(form: str, release: Release) -> None:
    old = ExistingBundle(Path("b"), package(form, DesiredState(release, 39)).files)
    bundle = package(form, DesiredState(release, 40), existing=old, waits=Waits(table_lock=30))
    assert bundle.waits == ()
    assert "released files keep theirs" not in bundle.files["README.md"].decode()
