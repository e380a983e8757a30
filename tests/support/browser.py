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
([scrolled, drawers]) => {
  const remembered = work => {
    const known = new Map();
    return element => {
      if (!known.has(element)) known.set(element, work(element));
      return known.get(element);
    };
  };
  const style = remembered(getComputedStyle);
  const closed = remembered(element => {
    const place = element.getBoundingClientRect();
    return place.right <= 0 || place.left >= innerWidth;
  });
  const shown = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const node = walker.currentNode;
    if (!node.textContent.trim() || !node.parentElement.checkVisibility({contentVisibilityAuto: true})) continue;
    const drawer = drawers && node.parentElement.closest(drawers);
    if (drawer && closed(drawer)) continue;
    const range = document.createRange();
    range.selectNodeContents(node);
    shown.push([node.parentElement, range.getBoundingClientRect(), node.textContent.trim().slice(0, 40)]);
  }
  const channels = colour => colour.match(/[0-9.]+/g).map(Number);
  const opaque = colour => /^rgb/.test(colour) && (channels(colour).length < 4 || channels(colour)[3] === 1);
  const luminance = colour => {
    const linear = c => c <= .04045 ? c / 12.92 : ((c + .055) / 1.055) ** 2.4;
    const [r, g, b] = channels(colour).map(c => linear(c / 255));
    return .2126 * r + .7152 * g + .0722 * b;
  };
  const behind = remembered(element => {
    if (!element) return 'rgb(255, 255, 255)';
    const colour = style(element).backgroundColor;
    return opaque(colour) ? colour : behind(element.parentElement);
  });
  // In a drawing it is the last filled shape before the text that the middle of the text lies in.
  const drawn = (drawing, text, place) => {
    const [x, y] = [(place.left + place.right) / 2, (place.top + place.bottom) / 2];
    let colour = behind(drawing);
    for (const shape of drawing.querySelectorAll('rect, path, polygon, ellipse, circle')) {
      if (shape.compareDocumentPosition(text) & Node.DOCUMENT_POSITION_PRECEDING) break;
      const around = shape.getBoundingClientRect();
      const fill = style(shape).fill;
      if (opaque(fill) && !shape.closest('defs')
          && around.left <= x && x <= around.right && around.top <= y && y <= around.bottom) colour = fill;
    }
    return colour;
  };
  const boxes = remembered(element => {
    if (!element || element === document.body || element === document.documentElement) return [];
    const wider = style(element).overflowX !== 'visible' && element.scrollWidth > element.clientWidth;
    return wider ? [element, ...boxes(element.parentElement)] : boxes(element.parentElement);
  });
  const found = [];
  if (document.documentElement.scrollWidth > innerWidth) found.push('the page is wider than the window');
  for (const [element, place, text] of shown) {
    const around = boxes(element);
    // A box of one pixel has words for people who do not see the page.
    const hidden = around.filter(box => box.clientWidth > 1 && !(scrolled && box.matches(scrolled)));
    if (!around.length && (place.left < 0 || place.right > innerWidth + .5)) found.push(`cut off: ${text}`);
    for (const box of hidden) found.push(`hidden in ${box.tagName}: ${text}`);
    const drawing = element.closest('svg');
    const colour = drawing ? style(element).fill : style(element).color;
    const ground = drawing ? drawn(drawing, element, place) : behind(element);
    const pair = [luminance(colour), luminance(ground)].sort((a, b) => b - a);
    const ratio = (pair[0] + .05) / (pair[1] + .05);
    const size = parseFloat(style(element).fontSize);
    const large = size >= 24 || (size >= 18.66 && Number(style(element).fontWeight) >= 700);
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


def flaws(page: Page, *, scrolled: str = "", drawers: str = "") -> list[str]:
    """Return what is wrong with how a page looks now: what is cut off, too pale (WCAG 2, level AA) or too small.

    Args:
        page: an open page.
        scrolled: boxes that may be scrolled from side to side, as a selector.
        drawers: boxes that are looked at only while they are open.
    """
    texts, found = page.evaluate(_LOOK, [scrolled, drawers])
    assert texts, "nothing is shown"
    return list(found)
