"""Record the quick tour on a real terminal and a real database, as ``docs/terminal.svg``.

The commands run in a pseudo-terminal; what its screen shows at the end is the picture, in letters that any machine has.
Durations are those of the run. A long output is shortened in the middle, and the picture says so.
"""

from __future__ import annotations

import fcntl
import html
import io
import os
import pty
import re
import shlex
import struct
import subprocess
import sys
import tempfile
import termios
from collections.abc import Mapping, Sequence
from itertools import groupby
from pathlib import Path

import pyte
from pyte.screens import Char
from rich.console import Console
from rich.style import Style
from rich.terminal_theme import TerminalTheme
from rich.text import Text

from devtools import postgres
from devtools.docs_shown import environment
from devtools.progress import ToolError, note, run_cli, tail

ROOT = Path(__file__).resolve().parent.parent
PICTURE = ROOT / "docs" / "terminal.svg"
DATABASE = "shop"
COLUMNS = 100
ROWS = 400
"""More than every command prints: nothing is scrolled away."""
FIRST, LAST = 8, 4
"""Lines that are left of an output that is longer than both together and a few."""

TOUR = (
    "awa-infra plan",
    "awa-infra apply",
    "awa-infra status",
    "awa-infra verify",
    "awa-infra package --format flyway --out bundle",
)

_LETTER = 12.2
"""Width of a letter in what rich draws: 0.61 of its height, 20."""
_FAINT = "9198a1"
_COLOURS = {
    "black": "6e7681",
    "red": "ff7b72",
    "green": "3fb950",
    "brown": "d29922",
    "blue": "79c0ff",
    "magenta": "d2a8ff",
    "cyan": "56d4dd",
    "white": "e6edf3",
}
_THEME = TerminalTheme((22, 27, 34), (230, 237, 243), [(110, 118, 129)] * 8)

_FORMAT = """<svg class="terminal" width="{width}" height="{height}" viewBox="0 0 {width} {height}" xmlns="http://www.w3.org/2000/svg">
<style>
.{unique_id}-matrix{{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace;\
font-size:{char_height}px;line-height:{line_height}px}}
{styles}
</style>
<defs>
<clipPath id="{unique_id}-clip-terminal"><rect width="{terminal_width}" height="{terminal_height}"/></clipPath>
{lines}
</defs>
{chrome}
<g transform="translate({terminal_x}, {terminal_y})" clip-path="url(#{unique_id}-clip-terminal)">
{backgrounds}
<g class="{unique_id}-matrix">
{matrix}
</g>
</g>
</svg>
"""


class _Screen(pyte.Screen):
    """A screen that also knows faint letters."""

    def select_graphic_rendition(self, *attributes: int) -> None:
        """Set how the next letters look."""
        super().select_graphic_rendition(*attributes)
        if 2 in attributes:  # noqa: PLR2004  the number of "faint" in ECMA-48
            self.cursor.attrs = self.cursor.attrs._replace(fg=_FAINT)


def run(command: str, folder: Path, variables: Mapping[str, str]) -> list[Text]:
    """Run a command in a pseudo-terminal and return the lines that its screen shows at the end.

    Args:
        command: its words as a shell would read them; no shell is started.
        folder: where.
        variables: the environment.

    Raises:
        ToolError: if it ends with another status than 0.
    """
    screen = _Screen(COLUMNS, ROWS)
    stream = pyte.ByteStream(screen)
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
    known = {**variables, "TERM": "xterm-256color", "COLUMNS": str(COLUMNS), "LINES": str(ROWS)}
    with subprocess.Popen(
        shlex.split(command), cwd=folder, env=known, stdin=theirs, stdout=theirs, stderr=theirs, close_fds=True
    ) as process:
        os.close(theirs)
        while data := _read(ours):
            stream.feed(data)
    os.close(ours)
    lines = [_line(screen.buffer[row]) for row in range(ROWS)]
    while lines and not lines[-1].plain:
        lines.pop()
    if process.returncode:
        printed = "\n".join(map(str, lines))
        raise ToolError(f"{command} ended with status {process.returncode}:\n{tail(printed)}")
    return lines


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 65536)
    except OSError:  # on Linux, when the last program has closed the terminal
        return b""


def _line(cells: Mapping[int, Char]) -> Text:
    line = Text()
    for (colour, bold), run_of in groupby((cells[column] for column in range(COLUMNS)), lambda c: (c.fg, c.bold)):
        known = _COLOURS.get(colour.removeprefix("bright"), colour)
        style = Style(color=None if known == "default" else f"#{known}", bold=bold)
        line.append("".join(cell.data for cell in run_of), style)
    line.rstrip()
    return line


def shortened(lines: Sequence[Text]) -> list[Text]:
    """Return the lines of an output, without its middle if it is long."""
    left_out = len(lines) - FIRST - LAST
    if left_out < FIRST:
        return list(lines)
    return [
        *lines[:FIRST],
        Text(f"  ... {left_out} more lines", Style(color=f"#{_FAINT}", italic=True)),
        *lines[-LAST:],
    ]


def record(folder: Path, variables: Mapping[str, str]) -> list[Text]:
    """Run the tour and return what a person would have seen.

    Args:
        folder: an empty one, where the tour works.
        variables: the environment; ``DATABASE_URL`` names an empty database.
    """
    seen: list[Text] = []
    for command in TOUR:
        prompt = Text.assemble(("$ ", f"#{_COLOURS['green']}"), (command, "bold"))
        seen += [prompt, *shortened(run(command, folder, variables)), Text()]
    return seen[:-1]


def drawn(lines: Sequence[Text]) -> str:
    """Return lines as SVG, which loads nothing."""
    console = Console(width=COLUMNS, record=True, file=io.StringIO(), force_terminal=True, color_system="truecolor")
    for line in lines:
        console.print(line, overflow="crop", no_wrap=True, crop=True)
    svg = console.export_svg(title="awa-infra", theme=_THEME, code_format=_FORMAT, unique_id="terminal")
    return re.sub(r"[ \t]+$", "", svg, flags=re.MULTILINE)


def words(svg: str) -> list[str]:
    """Return the lines that a picture shows."""
    rows: dict[float, str] = {}
    for x, y, text in re.findall(r'<text class="terminal-r\d+" x="([\d.]+)" y="([\d.]+)"[^>]*>([^<]*)</text>', svg):
        # Blanks between two styles are no text of their own, only a distance.
        rows[float(y)] = rows.get(float(y), "").ljust(round(float(x) / _LETTER)) + html.unescape(text)
    return [text.replace("\N{NO-BREAK SPACE}", " ").rstrip() for _, text in sorted(rows.items())]


def _main() -> int:
    with tempfile.TemporaryDirectory() as work:
        folder = Path(work)
        server = postgres.start(folder / "server")
        try:
            url = server.url_for(DATABASE)
            subprocess.run([str(server.bin_dir / "createdb"), f"--maintenance-db={server.url}", DATABASE], check=True)
            (folder / "tour").mkdir()
            lines = record(folder / "tour", environment(Path(sys.executable).parent, DATABASE_URL=url))
        finally:
            postgres.destroy(folder / "server")
    PICTURE.write_text(drawn(lines), encoding="utf-8")
    note(f"terminal: wrote {PICTURE.relative_to(ROOT)}")
    return 0


if __name__ == "__main__":
    sys.exit(run_cli(_main))
