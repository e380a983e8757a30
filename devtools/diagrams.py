"""Draw ``docs/diagrams/*.dot`` as SVG that can be read in the light and in the dark. ``make docs`` writes them.

The drawings are committed: the code host runs nothing. The wheel of Graphviz measures letters by tables of its own, so
the same source gives the same bytes on every machine.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from devtools.progress import ToolError, tail

DIAGRAMS = Path(__file__).resolve().parent.parent / "docs" / "diagrams"

_LIGHT = "--ink:#1b1f24;--line:#57606a;--actor:#dbe9fb;--schema:#f0f2f5;--choice:#fdeecb;--stop:#fbe0dd;--edge:#8c959f"
_DARK = "--ink:#e6e9ed;--line:#a2a8b0;--actor:#1d3a5f;--schema:#2b3036;--choice:#51401a;--stop:#5a2723;--edge:#767d86"

_STYLE = f"""<style>
svg.diagram{{{_LIGHT}}}
@media (prefers-color-scheme:dark){{svg.diagram{{{_DARK}}}}}
body[data-theme="light"] svg.diagram{{{_LIGHT}}}
body[data-theme="dark"] svg.diagram{{{_DARK}}}
svg.diagram text{{fill:var(--ink);font-family:Helvetica,Arial,"Liberation Sans",sans-serif;font-size:14px}}
svg.diagram .edge text{{font-size:13px}}
svg.diagram .node.title text:first-of-type{{font-weight:700}}
svg.diagram .node path{{fill:var(--schema);stroke:var(--edge)}}
svg.diagram .node.actor path{{fill:var(--actor)}}
svg.diagram .node.choice path{{fill:var(--choice)}}
svg.diagram .node.stop path{{fill:var(--stop)}}
svg.diagram .edge path{{stroke:var(--line)}}
svg.diagram .edge polygon{{fill:var(--line);stroke:var(--line)}}
svg.diagram .edge.back path{{stroke-dasharray:5 3}}
svg.diagram .cluster path,svg.diagram .cluster polygon{{stroke:var(--edge);fill:none}}
</style>"""

# Letters are measured larger than they are drawn: without Helvetica a reader's machine takes wider ones.
_OPTIONS = (
    *("-Gfontname=Helvetica", "-Gfontsize=14", "-Gbgcolor=transparent", "-Gnodesep=0.3", "-Granksep=0.45"),
    *("-Gstyle=rounded", "-Gpad=0.1"),
    *("-Nfontname=Helvetica", "-Nfontsize=16", "-Nshape=box", "-Nstyle=rounded,filled", "-Nmargin=0.2,0.08"),
    *("-Efontname=Helvetica", "-Efontsize=15"),
)


def names() -> list[str]:
    """Return the name of each drawing."""
    return sorted(path.stem for path in DIAGRAMS.glob("*.dot"))


def draw(name: str) -> str:
    """Return a drawing as SVG.

    Args:
        name: of its source in ``docs/diagrams``, without ``.dot``.

    Raises:
        ToolError: what Graphviz says of the source.
    """
    graphviz = Path(sys.executable).with_name("graphviz-pure")
    words = [str(graphviz), "-Tsvg", *_OPTIONS, str(DIAGRAMS / f"{name}.dot")]
    done = subprocess.run(words, capture_output=True, text=True, encoding="utf-8", check=False)
    if done.returncode or done.stderr:
        raise ToolError(f"{name}.dot cannot be drawn:\n{tail(done.stderr)}")
    return styled(name, done.stdout)


def styled(name: str, svg: str) -> str:
    """Return what Graphviz drew, with colours for the light and the dark and no anchor that another drawing has."""
    text = svg[svg.index("<svg ") :]
    text = re.sub(r"<!--.*?-->\n?", "", text, flags=re.DOTALL)
    text = re.sub(r"<title>.*?</title>\n?", "", text)
    text = re.sub(r' id="(\w+)"', rf' id="{name}-\1"', text)
    text = re.sub(
        r' (?:fill="(?!none)[^"]*"|stroke="[^"]*"|font-(?:family|size)="[^"]*"|xml:space="preserve")', "", text
    )
    size = re.search(r'viewBox="\S+ \S+ (\S+) (\S+)"', text)
    if size is None:
        raise ToolError(f"the drawing of {name}.dot has no size")
    width, height = (f"{float(found):.0f}" for found in size.groups())
    head = f'<svg class="diagram" width="{width}" height="{height}" {size.group()} xmlns="http://www.w3.org/2000/svg">'
    return re.sub(r"<svg [^>]*>", lambda _found: f"{head}\n{_STYLE}", text, count=1)
