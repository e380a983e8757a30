from __future__ import annotations

from awa_infra.facts.durations import duration_facts
from awa_infra.model import Release
from awa_infra.release import normalised_sha256
from devtools.duration_facts import Held, locks, seconds, steps_of
from tests.support.servers import Database, TestServer


def test_the_locks_that_a_readme_tells_are_those_that_the_files_take(database: Database, release: Release) -> None:
    steps = steps_of(release)
    found = {step.sql: held for step, held in zip(steps, locks(database.url, steps).values(), strict=True)}
    facts = duration_facts()
    known = {step.sql: facts.texts.get(normalised_sha256(step.sql)) for step in steps}
    told = {text: Held(dict(d.locks), d.waiting, dict(d.named)) for text, d in known.items() if d}
    assert len(told) == len(release.migrations) + len(release.patches)
    assert {text: held for text, held in found.items() if text in told} == told
    installation, lanes = (found[step.sql] for step in steps[-2:])
    assert installation == Held(dict(facts.installation.locks), facts.installation.waiting, {})
    assert lanes == Held(dict(facts.lanes.locks), facts.lanes.waiting, {})


def test_durations_can_be_measured_with_jobs_that_are_there(server: TestServer, release: Release) -> None:
    made = server.create()
    try:
        steps = steps_of(release)
        found = seconds(made.url, steps, jobs=1000)
        assert list(found) == [step.key for step in steps]
        assert made.rows("SELECT count(*) FROM awa.jobs") == [{"count": 1000}]
    finally:
        server.drop(made)
