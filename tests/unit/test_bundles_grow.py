from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
import yaml

from awa_infra.bundles.checking import check
from awa_infra.bundles.contents import Waits
from awa_infra.bundles.existing import ExistingBundle
from awa_infra.bundles.formats import FORMATS
from awa_infra.bundles.lock_file import LOCK_FILE, parsed, sha256, written
from awa_infra.bundles.manifest import CHECKSUMS, checksums
from awa_infra.bundles.package import package
from awa_infra.config import validate
from awa_infra.errors import BundleError, ConfigurationError
from awa_infra.model import DesiredState, Migration, Queue, QueueStorage, Release, Shape
from awa_infra.release import normalised_sha256
from tests.support.bundles import render

every_format = pytest.mark.parametrize("form", FORMATS)

FOLDER = Path("bundle")


def older(release: Release, name: str = "0.6.1", *, until: int = 39) -> Release:
    """Return a made-up earlier release: fewer versions, no patch, and another text of versions 24 and 25."""

    def text(migration: Migration) -> Migration:
        if migration.version not in {24, 25}:
            return migration
        sql = f"-- as it was\n{migration.sql}"
        return replace(migration, sql=sql, sha256=normalised_sha256(sql))

    return Release(name, tuple(text(m) for m in release.migrations if m.version <= until), (), release.provenance)


def existing(form: str, desired: DesiredState) -> ExistingBundle:
    return ExistingBundle(FOLDER, package(form, desired).files)


def upstream(files: Mapping[str, bytes]) -> dict[str, bytes]:
    return {entry["file"]: files[entry["file"]] for entry in json.loads(files["manifest.json"])["migrations"]}


@every_format
def test_a_newer_release_adds_files_and_changes_none_that_was_released(form: str, release: Release) -> None:
    old = existing(form, DesiredState(older(release), 39))
    grown = package(form, DesiredState(release, 40), existing=old)
    before, after = upstream(old.files), upstream(grown.files)
    assert {path: after[path] for path in before} == before
    (added,) = after.keys() - before.keys()
    assert "040" in added
    assert [str(entry) for entry in grown.kept] == [
        f"{path} stays as Awa 0.6.1 released it to this bundle; Awa {release.name} has another text."
        for path in sorted(before)
        if "024" in path or "025" in path
    ]
    readme = grown.files["README.md"].decode()
    assert all(str(entry) in readme for entry in grown.kept)


@every_format
def test_the_lock_says_of_every_file_which_release_it_is_from(form: str, release: Release) -> None:
    old = existing(form, DesiredState(older(release), 39))
    grown = package(form, DesiredState(release, 40, (QueueStorage("acme"),)), existing=old)
    lock = parsed(grown.files[LOCK_FILE], LOCK_FILE)
    assert {entry.release for version, entry in lock.frozen.items() if version <= 39} == {"0.6.1"}
    assert lock.frozen[40].release == release.name
    assert all(sha256(grown.files[entry.file]) == entry.sha256 for entry in (*lock.frozen.values(), *lock.repeatable))
    assert len(lock.repeatable) == len(release.patches) + 1
    manifest = json.loads(grown.files["manifest.json"])
    assert [m["release"] for m in manifest["migrations"][-2:]] == ["0.6.1", release.name]
    assert written(lock) == grown.files[LOCK_FILE]


@every_format
def test_writing_the_same_again_changes_nothing(form: str, release: Release) -> None:
    old = existing(form, DesiredState(older(release), 39))
    grown = package(form, DesiredState(release, 40), existing=old)
    again = package(form, DesiredState(release, 40), existing=ExistingBundle(FOLDER, grown.files))
    assert again == grown


@pytest.mark.parametrize("form", ["flyway", "liquibase"])
def test_a_patch_runs_again_after_a_later_migration(form: str, release: Release) -> None:
    later = replace(release, migrations=(*release.migrations, Migration(41, "more", "SELECT 1", "")))
    old = existing(form, DesiredState(release, 40))
    grown = package(form, DesiredState(later, 41), existing=old)
    names = [text.decode() + path for path, text in grown.files.items() if path == "changelog.yaml" or "R__" in path]
    # Under another name: tools run a repeatable file again only if something about it changed.
    assert any("v041" in name for name in names)
    assert not any("dirty_marks-v040" in name or "v040_wait" in name for name in names)


def test_a_repeatable_file_keeps_every_text_that_it_ever_had(release: Release) -> None:
    old = existing("flyway", DesiredState(release, 40))
    patch = replace(release.patches[0], sql=release.patches[0].sql + "-- more\n")
    newer = replace(release, name="0.6.10", patches=(patch,))
    lock = parsed(package("flyway", DesiredState(newer, 40), existing=old).files[LOCK_FILE], LOCK_FILE)
    assert [entry.release for entry in lock.repeatable] == [release.name, "0.6.10"]
    assert len({entry.file for entry in lock.repeatable}) == 1


def test_a_schema_that_left_and_came_back_has_the_shape_that_it_had(release: Release) -> None:
    acme = QueueStorage("acme")
    first = existing("flyway", DesiredState(release, 40, (acme,)))
    second = ExistingBundle(FOLDER, package("flyway", DesiredState(release, 40), existing=first).files)
    assert not [path for path in second.files if "acme" in path]
    other = QueueStorage("acme", Shape(32, 8, 8))
    with pytest.raises(BundleError, match=r"released queue-storage schema acme with 16/8/8 .*, and 32/8/8 "):
        package("flyway", DesiredState(release, 40, (other,)), existing=second)
    third = package("flyway", DesiredState(release, 40, (acme,)), existing=second)
    shapes = [json.loads(files["manifest.json"])["queue_storage"][0] for files in (first.files, third.files)]
    assert {**shapes[0], "file": ""} == {**shapes[1], "file": ""}


@pytest.mark.parametrize(
    ("form", "target", "said"),
    [
        ("liquibase", 40, "holds a flyway bundle, and a liquibase bundle was requested"),
        ("flyway", 39, "has released version 40, and only 39 was requested"),
    ],
)
def test_a_bundle_does_not_become_something_else(form: str, target: int, said: str, release: Release) -> None:
    old = existing("flyway", DesiredState(release, 40))
    with pytest.raises(BundleError, match=said):
        package(form, DesiredState(release, target), existing=old)


def test_a_bundle_does_not_start_from_another_version_when_it_grows(release: Release) -> None:
    old = existing("flyway", DesiredState(release, 40))
    with pytest.raises(ConfigurationError, match="The bundle starts after version 0, and --from 30 was given"):
        package("flyway", DesiredState(release, 40), from_version=30, existing=old)


def test_a_version_that_the_release_does_not_have_is_not_lost(release: Release) -> None:
    ahead = replace(release, migrations=(*release.migrations, Migration(41, "more", "SELECT 1", "")))
    old = existing("flyway", DesiredState(ahead, 41))
    beside = (*release.migrations, Migration(42, "most", "SELECT 1", ""))
    with pytest.raises(BundleError, match=f"has released version 41, which Awa {release.name} does not have"):
        package("flyway", DesiredState(replace(release, migrations=beside), 42), existing=old)


def test_a_version_below_what_was_released_is_refused(release: Release) -> None:
    old = existing("flyway", DesiredState(release, 40))
    filled = sorted((*release.migrations, Migration(8, "late", "SELECT 1", "")), key=lambda m: m.version)
    with pytest.raises(BundleError, match="has a version 8, below the 40"):
        package("flyway", DesiredState(replace(release, migrations=tuple(filled)), 40), existing=old)


def test_a_released_file_with_another_hash_is_refused_even_if_the_sums_agree(release: Release) -> None:
    files = dict(package("psql", DesiredState(release, 40)).files)
    files["upstream/V017.sql"] += b"-- mine\n"
    files[CHECKSUMS] = checksums({path: text for path, text in files.items() if path != CHECKSUMS})
    with pytest.raises(BundleError, match=r"bundle/upstream/V017\.sql is not what this bundle released"):
        package("psql", DesiredState(release, 40), existing=ExistingBundle(FOLDER, files))


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "has lost its file awa-infra.lock"),
        (b"{", "is no lock file of awa-infra, or is damaged"),
        (b"[]", "is no lock file"),
        (b'{"layout": 1}', "is no lock file"),
        (b'{"layout": 99}', "was written by a newer awa-infra"),
    ],
)
def test_without_a_lock_that_can_be_read_nothing_is_written(content: bytes | None, said: str, release: Release) -> None:
    files = dict(package("psql", DesiredState(release, 40)).files)
    del files[LOCK_FILE]
    if content is not None:
        files[LOCK_FILE] = content
    with pytest.raises(BundleError, match=said):
        package("psql", DesiredState(release, 40), existing=ExistingBundle(FOLDER, files))


def test_a_bundle_from_the_middle_says_where_it_starts(release: Release) -> None:
    files = package("flyway", DesiredState(release, 40), from_version=30).files
    assert b"that has reached version 30 to version 40" in files["README.md"]
    assert b"start-not-reached" in files["README.md"]
    assert b"start-not-reached" in files["callbacks/beforeMigrate__awa_infra_preflight.sql"]
    assert json.loads(files["manifest.json"])["from_version"] == 30
    assert not [path for path in files if "V030" in path]
    assert b"start-not-reached" not in render("flyway", DesiredState(release, 40))["README.md"]


@pytest.mark.parametrize(
    ("start", "said"), [(8, "has no version 8 that a bundle could start after"), (40, "from version 40 to 40 holds no")]
)
def test_a_range_without_a_beginning_or_an_end_is_refused(start: int, said: str, release: Release) -> None:
    with pytest.raises(ConfigurationError, match=said):
        package("psql", DesiredState(release, 40), from_version=start)


@every_format
def test_an_older_release_never_rewrites_a_bundle_of_a_newer_one(form: str, release: Release) -> None:
    # The same versions: only the patch, the texts and the README would go back.
    before = replace(release, name="0.6.8", patches=())
    old = existing(form, DesiredState(release, 40))
    said = rf"was written with Awa {release.name}, and Awa 0\.6\.8 is installed"
    with pytest.raises(BundleError, match=said) as refused:
        package(form, DesiredState(before, 40), existing=old)
    assert f"pip install 'awa-pg>={release.name}'" in refused.value.hint


@every_format
def test_a_newer_release_that_added_no_text_is_not_forgotten(form: str, release: Release) -> None:
    newer = replace(release, name="0.6.10")
    grown = package(form, DesiredState(newer, 40), existing=existing(form, DesiredState(release, 40)))
    with pytest.raises(BundleError, match=r"was written with Awa 0\.6\.10"):
        package(form, DesiredState(release, 40), existing=ExistingBundle(FOLDER, grown.files))


def test_a_release_without_a_version_for_a_name_is_older_than_all(release: Release) -> None:
    files = dict(existing("psql", DesiredState(release, 40)).files)
    named = f'"awa_release": "{release.name}"'.encode()
    files["manifest.json"] = files["manifest.json"].replace(named, b'"awa_release": "?"')
    assert ExistingBundle(FOLDER, files).release == release.name
    del files["manifest.json"]
    with pytest.raises(BundleError, match=r"has lost its file manifest\.json"):
        _ = ExistingBundle(FOLDER, files).release


def scripts_of(files: Mapping[str, bytes], schema: str) -> list[str]:
    """Return where a tool looks for the scripts of a schema: files of Flyway, changesets of Liquibase."""
    if "changelog.yaml" in files:
        sets = yaml.safe_load(files["changelog.yaml"])["databaseChangeLog"]
        return [entry["changeSet"]["id"] for entry in sets if schema in entry["changeSet"]["id"]]
    return [Path(path).stem for path in files if schema in path and path.endswith(".sql")]


@pytest.mark.parametrize("form", ["flyway", "liquibase"])
def test_a_schema_that_comes_back_is_run_again_and_once(form: str, release: Release) -> None:
    acme = QueueStorage("acme", queues=(Queue("emails"),))
    beside = QueueStorage("acme_2")

    def then(before: Mapping[str, bytes], *wanted: QueueStorage) -> Mapping[str, bytes]:
        return package(form, DesiredState(release, 40, wanted), existing=ExistingBundle(FOLDER, before)).files

    files = package(form, DesiredState(release, 40, (acme, beside))).files
    seen = [set(scripts_of(files, "acme"))]
    for _ in range(2):
        files = then(files, beside)
        files = then(files, acme, beside)
        seen.append(set(scripts_of(files, "acme")))
        assert then(files, acme, beside) == files
    # Both scripts of one schema, each time under a name that the tool has not run; the other schema's stays.
    assert [len(names - before) for before, names in pairwise(seen)] == [2, 2]
    assert len(seen[0] & seen[2]) == 1
    assert check(ExistingBundle(FOLDER, files)) == ()


@pytest.mark.parametrize("form", [name for name, form in FORMATS.items() if form.appends])
def test_a_schema_that_comes_back_has_new_numbers(form: str, release: Release) -> None:
    acme = QueueStorage("acme", queues=(Queue("emails"),))
    first = existing(form, DesiredState(release, 40, (acme,)))
    without = ExistingBundle(FOLDER, package(form, DesiredState(release, 40), existing=first).files)
    back = package(form, DesiredState(release, 40, (acme,)), existing=without).files
    new = {Path(path).name.partition(".")[0] for path in back.keys() - first.files.keys()}
    assert new == {"040004_queue_storage_acme", "040005_lanes_acme"}
    again = package(form, DesiredState(release, 40, (acme,)), existing=ExistingBundle(FOLDER, back)).files
    assert again == back


@every_format
def test_queues_of_schema_awa_have_lanes_and_no_installation(form: str, release: Release) -> None:
    desired = DesiredState(release, 40, (QueueStorage("awa", queues=(Queue("emails"),)),))
    files = package(form, desired).files
    manifest = json.loads(files["manifest.json"])
    assert manifest["queue_storage"] == []
    assert [entry["schema"] for entry in manifest["lanes"]] == ["awa"]
    assert b"contains no custom queue-storage schema" in files["README.md"]
    assert package(form, desired, existing=ExistingBundle(FOLDER, files)).files == files


@every_format
def test_a_text_that_comes_back_leaves_the_bundle_intact(form: str, release: Release) -> None:
    one = QueueStorage("acme", queues=(Queue("emails"),))
    two = QueueStorage("acme", queues=(Queue("emails"), Queue("reports")))
    files = package(form, DesiredState(release, 40, (one,))).files
    for wanted in (two, one):
        files = package(form, DesiredState(release, 40, (wanted,)), existing=ExistingBundle(FOLDER, files)).files
        assert check(ExistingBundle(FOLDER, files)) == ()


def test_a_lock_that_lists_the_text_that_came_back_first_is_intact_too(release: Release) -> None:
    one = QueueStorage("acme", queues=(Queue("emails"),))
    two = QueueStorage("acme", queues=(Queue("reports"),))
    first = existing("flyway", DesiredState(release, 40, (one,)))
    second = package("flyway", DesiredState(release, 40, (two,)), existing=first).files
    # As earlier versions of awa-infra wrote it: the newest text is not the last one.
    files = {**first.files, LOCK_FILE: second[LOCK_FILE]}
    files[CHECKSUMS] = checksums({path: text for path, text in files.items() if path != CHECKSUMS})
    assert check(ExistingBundle(FOLDER, files)) == ()


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        ({}, Waits()),
        ({"awa:lockTimeout": 0.5}, Waits(table_lock=0.5)),
        ({"awa:lockTimeout": 0, "awa:lockWait": 7}, Waits(table_lock=0, migration_lock=7)),
    ],
)
def test_the_lock_waits_of_a_bundle_are_those_of_the_configuration(keys: dict[str, float], expected: Waits) -> None:
    config, problems = validate({key.removeprefix("awa:"): value for key, value in keys.items()})
    assert not problems
    assert Waits.declared_by(config) == expected
    assert Waits.declared_by(None) == Waits()


@every_format
def test_a_bundle_waits_for_locks_as_long_as_declared(form: str, release: Release) -> None:
    files = package(form, DesiredState(release, 40), waits=Waits(table_lock=2.5, migration_lock=7)).files
    texts = b"".join(files.values()).decode()
    assert "('lock_timeout', '2500ms'" in texts
    assert f"('lock_timeout', '{Waits().lock_timeout}'" not in texts
    assert "was not free within 7 seconds" in files["README.md"].decode()
    assert "at most 2.5 seconds" in files["README.md"].decode()
    endless = package(form, DesiredState(release, 40), waits=Waits(table_lock=0)).files
    assert "without a bound" in endless["README.md"].decode()
