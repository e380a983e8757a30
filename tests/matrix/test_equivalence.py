"""Every way from every start ends in the same schema, and keeps every job."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path

import pytest

from tests.matrix.starts import STARTS, Start, Starts, jobs, named
from tests.matrix.ways import WAYS, Refused, Way
from tests.support.servers import Database
from tests.support.tools import fingerprints

ALL = os.environ.get("AWA_INFRA_MATRIX") == "all"
FEW = ("empty", "bare-schema", "0.3.0", "0.6.2-custom")
QUICK_WAYS = ("engine", "engine, interrupted", "engine, each", "psql bundle")
CELLS = [
    (start, way)
    for start in (STARTS if ALL else map(named, FEW))
    for way in WAYS
    if way.name != "awa migrate" and (ALL or way.name in QUICK_WAYS)
]
RESULTS = os.environ.get("AWA_INFRA_MATRIX_RESULTS")
"""A file that gets one line of JSON per cell; the table in the docs is made of it."""


class References:
    """What Awa's own command makes of each start."""

    def __init__(self, starts: Starts) -> None:
        self._starts = starts
        self._known: dict[Start, dict[str, str]] = {}

    def of(self, start: Start) -> dict[str, str]:
        """Return the fingerprint of each schema after ``awa migrate``."""
        if start not in self._known:
            copy = self._starts.copy(start)
            try:
                WAYS[0].run(start, copy.url)
                self._known[start] = fingerprints(copy.url, ("awa", *start.custom_schemas))
            finally:
                self._starts.server.drop(copy)
        return self._known[start]


@pytest.fixture(scope="module")
def references(starts: Starts) -> References:
    return References(starts)


@pytest.mark.parametrize(("start", "way"), CELLS, ids=lambda part: str(part).replace(" ", "-"))
def test_every_way_from_every_start_ends_in_the_same_schema_and_keeps_every_job(
    starts: Starts, references: References, start: Start, way: Way
) -> None:
    expected = references.of(start)
    assert expected["awa"] == references.of(named("empty"))["awa"]
    before = starts.jobs(start)
    copy = starts.copy(start)
    began = time.monotonic()
    try:
        transition = copy.transition() if start.release and start.release >= "0.6.0" else None
        try:
            way.run(start, copy.url)
            outcome = "same"
        except Refused as exc:
            outcome = str(exc)
        else:
            assert fingerprints(copy.url, ("awa", *start.custom_schemas)) == expected
            assert transition is None or copy.transition() == transition
        assert sorted(map(str, jobs(copy.url))) == sorted(map(str, before))
        record(copy, start, way, outcome, time.monotonic() - began)
    finally:
        starts.server.drop(copy)


def record(database: Database, start: Start, way: Way, outcome: str, seconds: float) -> None:
    if RESULTS:
        major = int(database.rows("SHOW server_version_num")[0]["server_version_num"]) // 10000
        line = {
            "major": major,
            "start": start.name,
            "way": way.name,
            "outcome": outcome,
            "seconds": round(seconds, 1),
        }
        with Path(RESULTS).open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")
