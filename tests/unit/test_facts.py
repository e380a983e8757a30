from __future__ import annotations

import re
from itertools import pairwise

from packaging.version import Version

from awa_infra.facts import FLOOR, known_releases
from awa_infra.model import Release


def test_the_floor_and_the_installed_release_are_known(release: Release) -> None:
    assert FLOOR in known_releases()
    assert release.name in known_releases()


def test_no_known_release_is_below_the_floor() -> None:
    assert all(Version(name) >= Version(FLOOR) for name in known_releases())


def test_every_fact_is_a_version_or_a_name_with_a_hash() -> None:
    for name, facts in known_releases().items():
        assert str(Version(name)) == name
        versions = [int(version) for version in facts["migrations"]]
        assert versions == sorted(set(versions))
        assert versions[0] == 1
        hashes = [*facts["migrations"].values(), *facts["patches"].values()]
        assert all(re.fullmatch("[0-9a-f]{64}", found) for found in hashes)


def test_a_migration_never_changes_from_one_release_to_the_next() -> None:
    ordered = sorted(known_releases().items(), key=lambda item: Version(item[0]))
    for (_, older), (_, newer) in pairwise(ordered):
        assert older["migrations"].items() <= newer["migrations"].items()
