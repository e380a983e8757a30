"""The documentation site in a real browser: every page, wide and narrow, light and dark, and its search."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Browser, Page

from awa_infra import __version__
from devtools import site
from tests.support.browser import chromium, flaws
from tests.support.site import OLDER, built

SIZES = ((1280, 900), (390, 844))
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
SCROLLED = ".table-wrapper, .highlight pre, .drawing"
DRAWERS = ".sidebar-drawer, .toc-drawer"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return built(tmp_path_factory)


@pytest.fixture(scope="module")
def address(folder: Path) -> Iterator[str]:
    server = site.serve(folder.parent, port=0)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/{folder.name}/"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as found:
        yield found


@pytest.fixture
def page(browser: Browser, address: str) -> Iterator[Page]:
    """A page that may load nothing from elsewhere, and must not complain."""
    wrong: list[str] = []
    page = browser.new_page()
    host = address.removesuffix(f"{__version__}/")
    page.on("request", lambda request: None if request.url.startswith(host) else wrong.append(request.url))
    page.on("console", lambda message: wrong.append(message.text) if message.type in {"error", "warning"} else None)
    page.on("pageerror", lambda error: wrong.append(str(error)))
    yield page
    page.close()
    assert wrong == []


def looked_at(page: Page) -> dict[str, list[str]]:
    """Return what is wrong in each of the four ways to look at a page."""
    found = {}
    for width, height in SIZES:
        page.set_viewport_size({"width": width, "height": height})
        for scheme in SCHEMES:
            page.emulate_media(color_scheme=scheme)
            found[f"{width} px, {scheme}"] = flaws(page, scrolled=SCROLLED, drawers=DRAWERS)
    return {way: wrong for way, wrong in found.items() if wrong}


def test_every_page_can_be_read_on_a_desk_and_on_a_phone_in_the_light_and_in_the_dark(
    page: Page, folder: Path, address: str
) -> None:
    found = {}
    pages = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*.html"))
    for name in pages:
        page.goto(address + name)
        wrong = looked_at(page)
        if wrong:
            found[name] = wrong
    assert len(pages) > 50
    assert found == {}


def test_the_search_finds_a_word(page: Page, address: str) -> None:
    page.goto(address + "index.html")
    page.get_by_role("textbox", name="Search").fill("interruptions")
    page.keyboard.press("Enter")
    page.locator("#search-results li").first.wait_for()
    hrefs = page.locator("#search-results li a").evaluate_all("links => links.map(link => link.href)")
    assert any("explanation/interruptions.html" in href for href in hrefs)
    page.wait_for_load_state("networkidle")
    assert looked_at(page) == {}


def test_the_dark_mode_has_a_switch_that_is_remembered(page: Page, address: str) -> None:
    page.emulate_media(color_scheme="light")
    page.goto(address + "explanation/ownership.html")
    ground = "getComputedStyle(document.body).backgroundColor"
    light = page.evaluate(ground)
    for _ in range(3):
        if page.evaluate(ground) != light:
            break
        page.locator(".theme-toggle:visible").first.click()
    dark = page.evaluate(ground)
    assert dark != light
    assert flaws(page, scrolled=SCROLLED, drawers=DRAWERS) == []
    page.goto(address + "explanation/plan.html")
    assert page.evaluate(ground) == dark
    assert flaws(page, scrolled=SCROLLED, drawers=DRAWERS) == []


def test_the_navigation_opens_on_a_phone_and_can_be_read(page: Page, address: str) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(address + "reference/cli.html")
    link = page.get_by_role("link", name="Quickstart", exact=True)
    page.locator("label[for=__navigation]:visible").first.click()
    page.wait_for_timeout(400)  # the drawer slides in
    assert link.is_visible()
    assert flaws(page, scrolled=SCROLLED, drawers=".toc-drawer") == []
    link.click()
    assert page.url == address + "tutorial/quickstart.html"


def test_another_version_is_chosen_on_the_same_page_if_it_has_it(page: Page, address: str) -> None:
    host = address.removesuffix(f"{__version__}/")
    page.goto(host)
    page.wait_for_url(address + "index.html")
    page.goto(address + "explanation/plan.html")
    choice = page.get_by_label("Version")
    page.wait_for_function("document.querySelectorAll('#versions-select option').length === 2")
    assert choice.locator("option").all_text_contents() == [f"{__version__} (newest)", OLDER]
    assert choice.input_value() == __version__
    choice.select_option(OLDER)
    page.wait_for_url(f"{host}{OLDER}/explanation/plan.html")


def test_an_older_version_says_that_it_is_one(browser: Browser, address: str) -> None:
    host = address.removesuffix(f"{__version__}/")
    newer = {"newest": "9.9.9", "versions": ["9.9.9", __version__, OLDER, "dev"]}
    page = browser.new_page(color_scheme="dark")
    page.route("**/versions.json", lambda route: route.fulfill(json=newer))
    page.goto(address + "reference/cli.html")
    link = page.get_by_text(f"This is version {__version__}. The newest is").get_by_role("link")
    assert link.evaluate("link => link.href") == f"{host}9.9.9/index.html"
    assert looked_at(page) == {}
    page.get_by_label("Version").select_option(OLDER)  # has no such page
    page.wait_for_url(f"{host}{OLDER}/index.html")
    page.close()


def test_what_would_be_wrong_is_noticed(page: Page, address: str) -> None:
    page.goto(address + "index.html")
    page.evaluate("document.querySelector('article p').style.color = '#aaa'")
    page.evaluate("document.querySelector('article p').style.width = '1400px'")
    found = looked_at(page)
    wide = ("the page is wider than the window", "hidden in DIV: awa-infra brings")  # the theme's box on a phone
    assert len(found) == 4
    assert all(any(line.startswith(wide) for line in wrong) for wrong in found.values())
    assert any(line.startswith("contrast 2.") for line in found["390 px, light"])
