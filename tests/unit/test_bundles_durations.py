from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

import pytest

from awa_infra.bundles.formats import FORMATS
from awa_infra.facts.durations import duration_facts
from awa_infra.facts.measured import shape_locks
from awa_infra.model import DesiredState, Migration, Queue, QueueStorage, Release, Shape
from awa_infra.release import normalised_sha256
from tests.support.bundles import render

Desired = Callable[..., DesiredState]

SMALL = QueueStorage("small", Shape(4, 2, 2), queues=(Queue("emails"),))
LARGE = QueueStorage("large", Shape(64, 8, 8))


def table(files: dict[str, bytes]) -> dict[str, list[str]]:
    """Return the cells of every row of the README's table by the path of the file."""
    rows = re.findall(r"^\| `(\S+\.sql)` \| (.*) \|$", files["README.md"].decode(), flags=re.MULTILINE)
    return {path: [cell.strip() for cell in cells.split(" | ")] for path, cells in rows}


@pytest.mark.parametrize("form", FORMATS)
def test_the_readme_says_of_every_file_what_it_locks_and_how_long_it_takes(form: str, desired: Desired) -> None:
    files = render(form, desired(SMALL, LARGE))
    found = table(files)
    texts = [path for path in files if re.search(r"(upstream|migrations|^sql)/", path) and path.endswith(".sql")]
    assert set(texts) <= set(found)
    assert all(float(cells[1]) > 0 for cells in found.values())
    assert "not measured" not in files["README.md"].decode()


def test_files_that_replay_the_installer_say_what_jobs_cost(desired: Desired) -> None:
    found = table(render("liquibase", desired()))
    replays = {path for path, cells in found.items() if cells[3] == "21"}
    assert {"upstream/V036.sql", "upstream/V039.sql"} <= replays
    assert "upstream/V040.sql" not in replays
    assert found["upstream/V039.sql"][0].startswith("`ACCESS EXCLUSIVE` on ")
    assert found["upstream/V001.sql"][0] == "none"
    # It rewrites the jobs themselves.
    assert float(found["upstream/V006.sql"][2]) > 0


def test_a_larger_schema_takes_longer(desired: Desired) -> None:
    found = table(render("liquibase", desired(SMALL, LARGE)))
    small, large = (float(found[f"awa_infra/queue_storage_{name}.sql"][1]) for name in ("small", "large"))
    assert large / small == pytest.approx(shape_locks(LARGE.shape) / shape_locks(SMALL.shape), rel=0.05)


def test_a_text_that_nobody_has_measured_is_reported_as_such(release: Release) -> None:
    last = release.migrations[-1]
    text = last.sql + "-- another text\n"
    other = Migration(last.version, last.description, text, normalised_sha256(text))
    unknown = replace(release, name="9.9.9", migrations=(*release.migrations[:-1], other))
    found = table(render("psql", DesiredState(unknown, last.version)))
    assert found[f"upstream/V{last.version:03d}.sql"][:3] == ["not measured"] * 3
    assert "not measured" not in found["upstream/V001.sql"]


def test_every_text_of_the_release_was_measured(release: Release) -> None:
    facts = duration_facts()
    hashes = {*(m.sha256 for m in release.migrations), *(p.sha256 for p in release.patches)}
    assert hashes <= facts.texts.keys()
    assert facts.objects == shape_locks(Shape())
    assert re.match(r"PostgreSQL \d+ ", facts.reference)
