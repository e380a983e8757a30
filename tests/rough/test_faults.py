"""Killed, disconnected, or many at once, on servers as other people set them up."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import cast

import pytest

from awa_infra.database.apply import apply
from awa_infra.database.observe import read_state
from awa_infra.model import DesiredState, Release, Transaction
from tests.rough.profiles import CUSTOM, Profile, Site, profile
from tests.support.faults import STEPS, apply_many_at_once, kill_before, terminate_before, version_before
from tests.support.servers import TestServer
from tests.support.tools import fingerprints

ALL = os.environ.get("AWA_INFRA_MATRIX") == "all"
PROFILES = tuple(map(profile, ("RDS-like", "timeouts of the role", "serializable")))
SCHEMAS = ("awa", CUSTOM.schema)
PROCESSES = 50 if ALL else 4
BOUNDARIES = range(1, STEPS + 1) if ALL else (23, 40)
"""Steps before which something happens; all of them in the matrix. By turns a process is killed, or its session."""


@pytest.fixture(params=PROFILES, ids=str)
def site(server: TestServer, request: pytest.FixtureRequest) -> Iterator[Site]:
    with cast("Profile", request.param).make(server) as made:
        yield made


@pytest.fixture(scope="module")
def complete(server: TestServer, release: Release) -> dict[str, str]:
    """Return the fingerprints of a tame server to which nothing happened."""
    with profile("tame").make(server) as made:
        apply(made.url, DesiredState(release, release.schema_version, (CUSTOM,)))
        return fingerprints(made.admin, SCHEMAS)


@pytest.mark.parametrize("boundary", BOUNDARIES)
@pytest.mark.parametrize("transaction", Transaction, ids=lambda one: one.value)
def test_an_apply_that_ends_before_any_step_leaves_what_was_committed_and_the_next_run_finishes(
    site: Site, release: Release, complete: dict[str, str], transaction: Transaction, boundary: int
) -> None:
    desired = DesiredState(release, release.schema_version, (CUSTOM,), transaction=transaction)
    each = transaction is Transaction.EACH
    if (boundary % 2 == 0) == each:
        kill_before(site.url, boundary, transaction)
    else:
        terminate_before(site.url, site.admin, boundary, desired)
    assert read_state(site.admin).version == (version_before(boundary) if each else 0)
    assert apply(site.url, desired).changed
    assert fingerprints(site.admin, SCHEMAS) == complete
    assert not apply(site.url, desired).changed


def test_of_many_processes_at_once_one_applies_and_the_others_find_it_done(site: Site) -> None:
    outputs = apply_many_at_once(site.url, PROCESSES)
    assert sum('"changed": true' in output for output, _errors in outputs) == 1
