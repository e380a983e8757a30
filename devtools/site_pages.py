"""A Sphinx extension: what the pages of ``docs`` need to become a site, without a word in them that is for Sphinx.

- The navigation is added here: the pages are also read on the code host, which would show a ``toctree`` as text.
- A link to a file outside ``docs`` leads to the repository; where no repository is known, its text remains.
- A picture in SVG becomes a part of the page: it follows the switch of dark mode, and its words are found.
"""

from __future__ import annotations

import html
import re
from pathlib import Path
from typing import Any

from docutils import nodes
from pygments.lexers.sql import PostgresLexer
from sphinx import addnodes
from sphinx.application import Sphinx

from devtools import site_settings
from devtools.progress import ToolError
from devtools.site_navigation import NAVIGATION

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"

_FIRST = 100
"""Before Sphinx collects pictures and files to copy (priority 500)."""
_PROLOG = re.compile(r"^.*?(?=<svg)", re.DOTALL)


def toctree(pages: tuple[str, ...], caption: str = "") -> str:
    """Return the text that puts pages into the navigation."""
    options = [":hidden:", ":titlesonly:", *([f":caption: {caption}"] if caption else [])]
    return "\n".join(["", "```{toctree}", *options, "", *pages, "```", ""])


def _navigation(_app: Sphinx, page: str, source: list[str]) -> None:
    if page == "index":
        source[0] += "".join(toctree(pages, caption) for caption, pages in NAVIGATION.items())
    if page == "adr/README":
        source[0] += toctree(tuple(sorted(path.stem for path in (DOCS / "adr").glob("0*.md"))))


def _outside(node: nodes.Element, page: str) -> Path | None:
    """Return the file of the repository that a link leads to, if it is none of the pages."""
    if isinstance(node, addnodes.pending_xref):
        target = str(node["reftarget"]) + (".md" if node["refdomain"] == "doc" else "")
    else:
        target = str(node["reftarget"])
    path = (DOCS / page).parent.joinpath(target).resolve()
    return path if path.exists() and path.is_relative_to(ROOT) and not path.is_relative_to(DOCS) else None


def link_repository(app: Sphinx, doctree: nodes.document) -> None:
    """Make links to files outside ``docs`` lead to the repository; where it is not known, their words remain."""
    settings = site_settings.read()
    for node in list(doctree.findall(nodes.Element)):
        if not isinstance(node, addnodes.pending_xref | addnodes.download_reference) or node["reftype"] != "myst":
            continue
        path = _outside(node, app.env.docname)
        if path is None:
            continue
        address = settings.file(path.relative_to(ROOT).as_posix(), folder=path.is_dir())
        anchor = node.get("reftargetid")
        new: nodes.Element = nodes.inline()
        if address:
            new = nodes.reference(refuri=f"{address}#{anchor}" if anchor else address, internal=False)
        new += node.children
        node.replace_self(new)


def inline_svg(path: Path, words: str) -> str:
    """Return a drawing as a part of a page.

    Args:
        path: a file of ``devtools.diagrams`` or ``devtools.terminal``.
        words: what is read to people who do not see it.

    Raises:
        ToolError: if the file is no such drawing.
    """
    text = path.read_text(encoding="utf-8")
    if "<svg " not in text:
        raise ToolError(f"{path} has no <svg> element; run make docs")
    drawing = _PROLOG.sub("", text).replace("<svg ", f'<svg role="img" aria-label="{html.escape(words)}" ', 1)
    # A box that scrolls is reached with the keyboard.
    return f'<span class="drawing" tabindex="0">{drawing.strip()}</span>'


def _pictures(app: Sphinx, doctree: nodes.document) -> None:
    for node in list(doctree.findall(nodes.image)):
        path = (DOCS / app.env.docname).parent.joinpath(node["uri"]).resolve()
        if path.suffix == ".svg" and path.is_file():
            app.env.note_dependency(str(path))
            node.replace_self(nodes.raw("", inline_svg(path, node.get("alt", "")), format="html"))


def setup(app: Sphinx) -> dict[str, Any]:
    """Connect everything with Sphinx."""
    # "sql" means PostgreSQL's here, which has functions in dollar quotes.
    app.add_lexer("sql", PostgresLexer)
    app.connect("source-read", _navigation)
    app.connect("doctree-read", link_repository, priority=_FIRST)
    app.connect("doctree-read", _pictures, priority=_FIRST)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
