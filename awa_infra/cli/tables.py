"""Tables on a terminal. Files and pipes get the plain lines of each command, which stay the same for scripts."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import click

from awa_infra.cli.output import no_colour, visible

if TYPE_CHECKING:
    from rich.console import Console, RenderableType
    from rich.text import Text

LEAST = 40
"""Columns: a terminal that has fewer gets plain lines, which it wraps itself."""

Cell = str | Sequence[tuple[str, str]]
"""A text, or several, each with its style as rich names it; a line break begins a new line in the cell."""


def tables() -> Tables | None:
    """Return what draws tables if standard output is a terminal that is wide enough, else ``None``."""
    if not stdout_is_terminal():
        return None
    from rich.console import Console  # noqa: PLC0415  takes as long to import as everything else of a command

    console = Console(file=sys.stdout, force_terminal=True, color_system=None if no_colour() else "auto")
    return Tables(console) if console.width >= LEAST else None


def stdout_is_terminal() -> bool:
    """Whether standard output is a terminal."""
    return sys.stdout is not None and sys.stdout.isatty()


class Tables:
    """Draw tables as wide as the terminal. Cells wrap, and lose nothing."""

    def __init__(self, console: Console) -> None:
        self._console = console

    def table(self, headers: Sequence[str], rows: Iterable[Sequence[Cell]], *, numbered: bool = False) -> None:
        """Print rows below their headers."""
        from rich import box  # noqa: PLC0415  see tables
        from rich.table import Table  # noqa: PLC0415  see tables

        made = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False, header_style="bold")
        for place, header in enumerate(headers):
            number = numbered and place == 0
            made.add_column(header, justify="right" if number else "left", no_wrap=number, overflow="fold")
        for row in rows:
            made.add_row(*map(_text, row))
        self._print(made)

    def rows(self, rows: Iterable[Sequence[Cell]], *, widths: Sequence[int], indent: int = 0) -> None:
        """Print rows without headers: columns of fixed widths in characters, then one that takes the rest of a line."""
        from rich.padding import Padding  # noqa: PLC0415  see tables
        from rich.table import Table  # noqa: PLC0415  see tables

        made = Table.grid(padding=(0, 1))
        for width in widths:
            made.add_column(width=width, overflow="fold")
        made.add_column(overflow="fold")
        for row in rows:
            made.add_row(*map(_text, row))
        self._print(Padding(made, (0, 0, 0, indent)))

    def _print(self, drawn: RenderableType) -> None:
        # By click: rich ends the process itself where the reader of the output has gone.
        with self._console.capture() as captured:
            self._console.print(drawn)
        for line in captured.get().splitlines():
            click.echo(line.rstrip())


def _text(cell: Cell) -> Text:
    """Return a cell as rich takes it: without markup, and with nothing that moves the cursor of a terminal."""
    from rich.text import Text  # noqa: PLC0415  see tables

    parts = [(cell, "")] if isinstance(cell, str) else cell
    return Text.assemble(*((visible(text).replace("\t", "\\x09"), style) for text, style in parts))
