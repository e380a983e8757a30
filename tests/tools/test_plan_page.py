"""The page of a plan in a real browser: wide and narrow, light and dark, folded and unfolded, on paper."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Browser, Page

from awa_infra.model import DesiredState, Gate, Note, ObservedState, Plan, QueueStorage, Release, Shape
from awa_infra.planning.page import plan_page
from awa_infra.planning.planner import make_plan
from awa_infra.planning.summary import summary_of
from tests.support.browser import chromium, flaws

LONGEST = "x" * 63
GATES = (
    Gate(
        "blocking-session",
        f"Session 4711 of role {LONGEST} holds ACCESS SHARE on awa.jobs_hot for 312 s.",
        "End it with SELECT pg_terminate_backend(4711); or wait, or overrule with --allow-blocking-sessions.",
    ),
    Gate("publication-without-identity", "ص" * 63, ""),
)
NOTES = (Note("duration", "About 3.2 s on this database: " + "3.2 s for the steps themselves, " * 6),)

SIZES = ((1280, 900), (390, 844))
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as found:
        yield found


@pytest.fixture(scope="module")
def wanted(release: Release) -> DesiredState:
    return DesiredState(release, release.schema_version, (QueueStorage(LONGEST[:40], Shape(4, 2, 2)),))


@pytest.fixture(scope="module")
def plan(wanted: DesiredState) -> Plan:
    checked = ("blocking-session", "runtime-too-old", "server-too-old")
    return replace(make_plan(wanted, ObservedState(database="shop")), notes=NOTES, checked=checked)


def opened(browser: Browser, folder: Path, plan: Plan, wanted: DesiredState, name: str = "shop") -> Page:
    """Open the page of a plan; anything that it would load or complain about is an error."""
    file = folder / "plan.html"
    text = plan_page(summary_of(name, plan, wanted), made_at=datetime.now(UTC), made_by="awa-infra test")
    file.write_text(text, encoding="utf-8")
    page = browser.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: pytest.fail(message.text))
    page.goto(file.as_uri())
    assert asked == [file.as_uri()]
    return page


def looked_at(page: Page) -> dict[str, list[str]]:
    """Return what is wrong in each of the four ways to look at a page."""
    found = {}
    for width, height in SIZES:
        for scheme in SCHEMES:
            page.set_viewport_size({"width": width, "height": height})
            page.emulate_media(color_scheme=scheme)
            found[f"{width} px, {scheme}"] = flaws(page)
    return {way: wrong for way, wrong in found.items() if wrong}


def test_a_plan_from_an_empty_database_can_be_read_unfolded_and_printed(
    browser: Browser, tmp_path: Path, plan: Plan, wanted: DesiredState
) -> None:
    page = opened(browser, tmp_path, plan, wanted)
    assert looked_at(page) == {}
    texts = page.locator("pre")
    assert texts.count() == len(plan.steps)
    assert not texts.first.is_visible()
    paper = pages(page.pdf())
    page.locator("ol.steps summary").first.click()
    assert texts.first.is_visible()
    assert not texts.nth(1).is_visible()
    assert texts.first.text_content() == plan.steps[0].sql
    assert looked_at(page) == {}
    # What is shown is printed: one text takes a few pages, all of them take many.
    assert paper < pages(page.pdf()) < 3 * paper
    page.get_by_label("Show the SQL of every step").check()
    assert texts.nth(1).is_visible()
    assert texts.last.is_visible()
    assert flaws(page) == []
    assert pages(page.pdf()) > 10 * paper


def test_red_conditions_and_long_names_can_be_read(
    browser: Browser, tmp_path: Path, plan: Plan, wanted: DesiredState
) -> None:
    few = replace(plan, steps=plan.steps[-3:], gates=GATES, from_version=39)
    page = opened(browser, tmp_path, few, wanted, name=LONGEST)
    assert looked_at(page) == {}
    assert page.get_by_text("Blocked: 2 conditions do not hold.").is_visible()
    page.locator("details.held summary").click()
    assert page.get_by_text("runtime-too-old").is_visible()
    assert looked_at(page) == {}
    page.emulate_media(media="print")
    assert flaws(page) == []


def test_a_plan_with_nothing_to_do_can_be_read(
    browser: Browser, tmp_path: Path, plan: Plan, wanted: DesiredState
) -> None:
    page = opened(browser, tmp_path, replace(plan, steps=(), notes=(), from_version=40), wanted)
    assert looked_at(page) == {}
    assert page.get_by_text("Nothing to do.").is_visible()
    assert pages(page.pdf()) == 1


def test_what_would_be_wrong_is_noticed(browser: Browser, tmp_path: Path, plan: Plan, wanted: DesiredState) -> None:
    page = opened(browser, tmp_path, replace(plan, steps=()), wanted)
    page.evaluate("document.querySelector('.lead').style.color = '#aaa'")
    page.evaluate("document.querySelector('h1').style.whiteSpace = 'nowrap'")
    page.evaluate("document.querySelector('h1').style.fontSize = '300px'")
    found = looked_at(page)
    assert len(found) == 4
    assert any(line.startswith("contrast 2.3") for line in found["390 px, light"])
    assert all("the page is wider than the window" in wrong for wrong in found.values())


def pages(document: bytes) -> int:
    """Return how many pages a PDF has."""
    return len(re.findall(rb"/Type\s*/Page\b(?!s)", document))
