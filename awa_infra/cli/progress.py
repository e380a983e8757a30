"""Progress of an apply on standard error: a bar on a terminal, one line for each step elsewhere."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from awa_infra.cli.output import Loudness, is_dumb, loudness, no_colour, print_error
from awa_infra.database.options import ApplyOptions
from awa_infra.database.retry import retry_line
from awa_infra.model import Step

if TYPE_CHECKING:
    from rich.progress import Progress

_NAMED = 48
"""Characters of a step's title beside the bar, which leave room for the rest in 100 columns."""


@contextmanager
def shown_progress(options: ApplyOptions) -> Iterator[ApplyOptions]:
    """Give the options with callbacks that print progress, waits and retries as the command line requests.

    A bar is drawn if standard error is a terminal that can, without --quiet and --verbose. Waits and the reasons of
    retries are always printed.
    """
    chosen = loudness()
    if chosen is Loudness.QUIET:
        yield _reporting(options, print_error)
    elif chosen is Loudness.NORMAL and _has_bars():
        bar = _bar()
        reporting = _reporting(
            options, lambda text: _draw_safely(lambda: bar.console.print(text, markup=False, highlight=False))
        )
        steps = _Drawn(bar)  # before the start: to add a task to a bar that is shown would draw it
        _draw_safely(bar.start)
        try:
            yield replace(reporting, progress=steps)
        finally:
            _draw_safely(bar.stop)
    else:
        lines = _Lines(each=chosen is Loudness.VERBOSE)
        yield replace(_reporting(options, print_error), progress=lines)
        lines.close()


def _has_bars() -> bool:
    return sys.stderr is not None and sys.stderr.isatty() and not is_dumb()


def _draw_safely(draw: Callable[[], object]) -> None:
    """Draw, if it can be drawn: a closed terminal must never end the apply."""
    with suppress(OSError):
        draw()


def _reporting(options: ApplyOptions, report: Callable[[str], None]) -> ApplyOptions:
    return replace(options, on_wait=report, on_retry=lambda *failed: report(retry_line(*failed)))


def _bar() -> Progress:
    from rich import progress as rich  # noqa: PLC0415  the same
    from rich.console import Console  # noqa: PLC0415  takes as long to import as everything else of a command

    return rich.Progress(
        rich.MofNCompleteColumn(),
        rich.BarColumn(bar_width=24),
        rich.TimeElapsedColumn(),
        rich.TimeRemainingColumn(compact=True),
        rich.TextColumn("{task.description}", markup=False),
        console=Console(stderr=True, no_color=no_colour() or None),
        transient=True,  # the last line of the command says what was done
    )


class _Drawn:
    """Move the bar to the step that begins."""

    def __init__(self, bar: Progress) -> None:
        self.bar = bar
        self.task = bar.add_task("", total=None)

    def __call__(self, number: int, total: int, step: Step) -> None:
        title = step.title if len(step.title) <= _NAMED else f"{step.title[: _NAMED - 1]}…"
        _draw_safely(lambda: self.bar.update(self.task, total=total, completed=number - 1, description=title))


class _Lines:
    """Print a line for each step, with the time since the start; with `each` another with its duration."""

    def __init__(self, *, each: bool) -> None:
        self.each = each
        self.started = self.began = time.monotonic()
        self.running = ""

    def __call__(self, number: int, total: int, step: Step) -> None:
        self.close()
        self.began, self.running = time.monotonic(), step.key
        print_error(f"[{number:>{len(str(total))}}/{total}] {self.began - self.started:6.1f} s  {step.title}")

    def close(self) -> None:
        """Print how long the last step took, with --verbose."""
        if self.each and self.running:
            print_error(f"{self.running} took {time.monotonic() - self.began:.3f} s")
        self.running = ""
