"""A real Chromium, and what it says of how a page looks."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, Page, sync_playwright

from tests.support.tools import missing

NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")

_LOOK = """
() => {
  const shown = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const node = walker.currentNode;
    if (!node.textContent.trim() || !node.parentElement.checkVisibility({contentVisibilityAuto: true})) continue;
    const range = document.createRange();
    range.selectNodeContents(node);
    shown.push([node.parentElement, range.getBoundingClientRect(), node.textContent.trim().slice(0, 40)]);
  }
  const channels = colour => colour.match(/[0-9.]+/g).map(Number);
  const luminance = colour => {
    const linear = c => c <= .04045 ? c / 12.92 : ((c + .055) / 1.055) ** 2.4;
    const [r, g, b] = channels(colour).map(c => linear(c / 255));
    return .2126 * r + .7152 * g + .0722 * b;
  };
  const behind = element => {
    for (; element; element = element.parentElement) {
      const colour = getComputedStyle(element).backgroundColor;
      if (channels(colour).length < 4 || channels(colour)[3] === 1) return colour;
    }
    return 'rgb(255, 255, 255)';
  };
  const found = [];
  if (document.documentElement.scrollWidth > innerWidth) found.push('the page is wider than the window');
  for (const [element, place, text] of shown) {
    if (place.left < 0 || place.right > innerWidth + .5) found.push(`cut off: ${text}`);
    for (let around = element; around; around = around.parentElement) {
      const style = getComputedStyle(around);
      if (style.overflowX !== 'visible' && around !== document.documentElement && around !== document.body
          && around.scrollWidth > around.clientWidth) found.push(`hidden in ${around.tagName}: ${text}`);
    }
    const style = getComputedStyle(element);
    const pair = [luminance(style.color), luminance(behind(element))].sort((a, b) => b - a);
    const ratio = (pair[0] + .05) / (pair[1] + .05);
    const size = parseFloat(style.fontSize);
    const large = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
    if (ratio < (large ? 3 : 4.5)) found.push(`contrast ${ratio.toFixed(2)}: ${text}`);
    if (size < 11) found.push(`${size} px: ${text}`);
  }
  return [shown.length, found];
}
"""


@contextmanager
def chromium() -> Iterator[Browser]:
    """Give a running browser; skip the test where there is none."""
    found = os.environ.get("AWA_INFRA_CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)
    if found is None:
        missing("there is no Chromium to look at pages with (Debian: apt-get install chromium)")
    with sync_playwright() as playwright:
        # As root, as in CI, Chromium starts only without its sandbox; it reads nothing but pages of ours.
        browser = playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])
        yield browser
        browser.close()


def flaws(page: Page) -> list[str]:
    """Return what is wrong with how a page looks now: what is cut off, too pale (WCAG 2, level AA) or too small."""
    texts, found = page.evaluate(_LOOK)
    assert texts, "nothing is shown"
    return list(found)
