from __future__ import annotations

import re
from itertools import pairwise
from pathlib import Path

import pytest
from packaging.version import Version

from awa_infra import facts as committed
from awa_infra.errors import ReleaseTooOldError
from awa_infra.facts import FLOOR, known_releases, measured_files
from awa_infra.model import Release
from awa_infra.release import build_release


def test_the_floor_and_the_installed_release_are_known(release: Release) -> None:
    assert FLOOR in known_releases()
    assert release.name in known_releases()


def test_the_newest_facts_are_those_of_the_highest_version_not_of_the_last_name(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in ("durations-0.6.9", "durations-0.6.10", "durations-0.10.0", "catalog-0.6.9"):
        (tmp_path / f"{name}.json").write_text(f'{{"of": "{name}"}}')
    monkeypatch.setattr("awa_infra.facts.resources.files", lambda _package: tmp_path)
    found = measured_files.__wrapped__("durations")
    assert [data["of"] for data in found] == ["durations-0.6.9", "durations-0.6.10", "durations-0.10.0"]


def test_a_release_below_the_floor_is_known_by_its_texts_and_migrates_nothing() -> None:
    old = [name for name in known_releases() if Version(name) < Version(FLOOR)]
    assert old == ["0.6.2", "0.6.7"]
    for name in old:
        with pytest.raises(ReleaseTooOldError):
            build_release(name, [], [])


def test_every_fact_is_a_version_or_a_name_with_a_hash() -> None:
    for name, facts in known_releases().items():
        assert str(Version(name)) == name
        versions = [int(version) for version in facts["migrations"]]
        assert versions == sorted(set(versions))
        assert versions[0] == 1
        hashes = [*facts["migrations"].values(), *facts["patches"].values()]
        assert all(re.fullmatch("[0-9a-f]{64}", found) for found in hashes)


def test_a_migration_never_changed_from_one_release_to_the_next_since_the_floor() -> None:
    ordered = sorted(known_releases().items(), key=lambda item: Version(item[0]))
    for (_, older), (_, newer) in pairwise((n, f) for n, f in ordered if Version(n) >= Version(FLOOR)):
        assert older["migrations"].items() <= newer["migrations"].items()


def test_a_bundle_says_which_workers_may_stay_while_it_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(committed, "RUNTIME_FLOORS", {43: "0.6.2", 45: "0.6.10"})
    assert committed.runtime_floor(0, 40) is None
    assert committed.runtime_floor(40, 43) == "0.6.2"
    assert committed.runtime_floor(0, 45) == "0.6.10"
    assert committed.runtime_floor(45, 50) is None
