"""Live progress of an apply, one line at a time."""

from __future__ import annotations

import time

from awa_infra.database.options import ApplyOptions, OnRetry, Progress
from awa_infra.database.retry import retry_line
from awa_infra.errors import AwaInfraError
from awa_infra.lifecycle.values import Show
from awa_infra.model import Report, Step
from awa_infra.spec.connection import Waiting
from awa_infra.wording import counted

_PAUSE = 1.0
"""Seconds between two lines: where the output is no terminal, an engine prints each on a line of its own."""


def _live_progress(show: Show) -> Progress:
    """Return a callback that shows which step is running; the line goes when the object is done."""
    last = float("-inf")

    def step_begins(number: int, total: int, step: Step) -> None:
        nonlocal last
        if time.monotonic() - last >= _PAUSE:
            last = time.monotonic()
            show(f"applying {number}/{total}: {step.title}", ephemeral=True)

    return step_begins


def _live_retry(show: Show) -> OnRetry:
    """Return a callback that says why a transaction is tried again; once as a warning, then as progress."""

    def tried_again(attempt: int, error: AwaInfraError, pause: float) -> None:
        first = attempt == 1
        show(retry_line(attempt, error, pause), warning=first, ephemeral=not first)

    return tried_again


def apply_options(wanted: Waiting, show: Show) -> ApplyOptions:
    """Return how long to wait for locks, with every line of the run shown at its resource."""
    return ApplyOptions(
        migration_lock=wanted.lock_wait,
        table_lock=wanted.lock_timeout,
        on_wait=show,
        progress=_live_progress(show),
        on_retry=_live_retry(show),
    )


def show_result(report: Report, show: Show, *, drift: int = 0) -> None:
    """Replace the last progress line by what was done."""
    if report.changed:
        done = f"{counted(len(report.applied), 'step')} in {report.seconds:.1f} s"
    elif drift:
        done = f"nothing is pending, nothing was written; {counted(drift, 'finding')} of drift left"
    else:
        done = "already as desired, nothing was written"
    version = f"; schema awa is at version {report.after.version}" if report.after.version else ""
    show(done + version, ephemeral=True)
