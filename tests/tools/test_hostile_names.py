"""Names of queues that could end a quote, a body or a line, as real tools and a real server take them."""

from __future__ import annotations

from pathlib import Path

import pytest

from awa_infra.bundles.writing import write
from awa_infra.model import DesiredState, Queue, QueueStorage, Release, Shape
from tests.support.bundles import render
from tests.support.servers import Database
from tests.tools.bundle_tools import unverified
from tests.tools.runners import psql

NAMES = (
    "x$awa_infra$y",
    "$awa_infra_2$",
    "$$; DROP SCHEMA awa CASCADE; $$",
    "it's",
    'a"b',
    "back\\slash",
    ":awa_version",
    "100%s",
    "--x",
    "/* x",
    "{schema}",
    "-- (conditions)",
    "`x`|y",
    "gr\u00fc\u00df\u2603",
    ", or overrule with --allow-pooler",
)

LANES = "SELECT DISTINCT queue FROM acme.queue_lanes ORDER BY 1"


@pytest.mark.parametrize("form", ["psql", "goose"])
def test_queues_have_the_names_that_were_declared(
    form: str, awa_database: Database, release: Release, tmp_path: Path
) -> None:
    bundle = tmp_path / "bundle"
    acme = QueueStorage("acme", Shape(4, 2, 2), tuple(Queue(name, priorities=(1,)) for name in NAMES))
    write(render(form, DesiredState(release, release.schema_version, (acme,))), bundle)
    # A tool that runs numbered files sends them as they are, as psql does.
    files = [bundle / "apply.sql"] if form == "psql" else sorted((bundle / "migrations").glob("04000[23]_*.sql"))
    for path in (*files, *files):
        done = psql(awa_database.url, path, "-1")
        assert done.status == 0, done.output
    assert {row["queue"] for row in awa_database.rows(LANES)} == set(NAMES)
    assert unverified(awa_database, bundle) == []
