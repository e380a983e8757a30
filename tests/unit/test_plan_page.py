"""The page of a plan: what is in it, and that nothing in it is markup of others. A browser looks at it elsewhere."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from html.parser import HTMLParser

import pytest

from awa_infra.model import DesiredState, Gate, Note, ObservedState, Plan, QueueStorage, Release, Shape
from awa_infra.planning.page import GENERATOR, plan_page
from awa_infra.planning.planner import make_plan
from awa_infra.planning.summary import summary_of

HOSTILE = "</pre></style><script>alert(1)</script><img src=http://x onerror=alert(1)>\" ' & {{ 7*7 }}"
WHEN = datetime(2026, 11, 26, 9, 5, tzinfo=UTC)

Written = Callable[..., str]


class Page(HTMLParser):
    """Everything that a page has: elements, the texts in ``pre``, and all text."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.sql: list[str] = []
        self.text = ""
        self._inside = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        self._inside = tag
        if tag == "pre":
            self.sql.append("")

    def handle_endtag(self, tag: str) -> None:
        if tag == self._inside:
            self._inside = ""

    def handle_data(self, data: str) -> None:
        self.text += data
        if self._inside == "pre":
            self.sql[-1] += data


@pytest.fixture
def wanted(release: Release) -> DesiredState:
    return DesiredState(release, 40, (QueueStorage("small", Shape(4, 2, 2)),))


@pytest.fixture
def plan(wanted: DesiredState) -> Plan:
    return replace(make_plan(wanted, ObservedState(database="shop")), checked=("read-only", "runtime-too-old"))


@pytest.fixture
def written(wanted: DesiredState) -> Written:
    def write(plan: Plan, database: str = "shop") -> str:
        return plan_page(summary_of(database, plan, wanted), made_at=WHEN, made_by="awa-infra 0.1.0")

    return write


def test_a_page_has_every_step_in_order_with_exactly_the_sql_that_apply_runs(plan: Plan, written: Written) -> None:
    page = Page(written(plan))
    # A browser drops the line end that follows the tag.
    assert [text.removeprefix("\n") for text in page.sql] == [step.sql for step in plan.steps]
    assert plan.digest in page.text
    assert "Made 2026-11-26 09:05 UTC by awa-infra 0.1.0." in page.text
    places = [page.text.index(step.title) for step in plan.steps]
    assert places == sorted(places)


def test_a_page_loads_nothing_and_runs_nothing(plan: Plan, written: Written) -> None:
    text = written(plan)
    page = Page(text)
    tags = {tag for tag, _ in page.elements}
    assert not tags & {"script", "link", "img", "iframe", "object", "form", "a", "base"}
    assert not [name for _, attributes in page.elements for name in attributes if name.startswith("on")]
    policies = [a["content"] for tag, a in page.elements if a.get("http-equiv") == "Content-Security-Policy"]
    assert len(policies) == 1
    assert str(policies[0]).startswith("default-src 'none'; style-src 'sha256-")
    assert GENERATOR in text[:1000]


def test_names_and_texts_are_shown_as_they_are_and_never_as_markup(plan: Plan, written: Written) -> None:
    step = replace(plan.steps[0], title=HOSTILE, locks=HOSTILE, sql=HOSTILE)
    gate, note = Gate(HOSTILE, HOSTILE, HOSTILE), Note(HOSTILE, HOSTILE)
    page = Page(written(replace(plan, steps=(step,), gates=(gate,), notes=(note,)), HOSTILE))
    plain = Page(written(replace(plan, steps=plan.steps[:1], gates=(Gate("a", "b", "c"),), notes=(Note("d", "e"),))))
    assert [tag for tag, _ in page.elements] == [tag for tag, _ in plain.elements]
    assert page.text.count(HOSTILE) == 10
    assert page.sql == ["\n" + HOSTILE]


def test_a_name_cannot_turn_the_direction_of_what_people_read(plan: Plan, written: Written) -> None:
    page = Page(written(plan, "pr\u202edo"))
    assert "pr?do" in page.text
    assert "\u202e" not in page.text


def test_conditions_are_red_with_what_to_do_or_green_and_listed(plan: Plan, written: Written) -> None:
    green = Page(written(plan))
    assert "All conditions hold." in green.text
    assert "runtime-too-old" in green.text
    assert ("p", {"class": "verdict ready"}) in green.elements
    red = Page(written(replace(plan, gates=(Gate("runtime-too-old", "A worker is too old.", "Deploy."),))))
    assert "Blocked: 1 condition does not hold." in red.text
    assert "A worker is too old. runtime-too-old" in red.text
    assert red.text.count("runtime-too-old") == 1
    assert "1 condition holds" in red.text
    assert "hold" not in Page(written(replace(plan, steps=(), checked=()))).text.replace("All conditions hold.", "")
    assert ("p", {"class": "verdict blocked"}) in red.elements


def test_a_database_that_is_as_desired_has_a_page_without_steps(plan: Plan, written: Written) -> None:
    page = Page(written(replace(plan, from_version=40, steps=(), notes=())))
    assert "As desired: schema awa is at version 40 of Awa 0.6.9. Nothing to do." in page.text
    assert ("p", {"class": "verdict done"}) in page.elements
    assert page.sql == []
    assert "Digest" not in page.text
