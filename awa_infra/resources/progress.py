"""Live progress of an apply, as ephemeral lines of the Pulumi engine."""

from __future__ import annotations

import time

from awa_infra.database.apply import Progress
from awa_infra.model import Report, Step
from awa_infra.resources.engine_call import log

_PAUSE = 1.0
"""Seconds between two lines: where the output is no terminal, the engine prints each on a line of its own."""


def live_progress() -> Progress:
    """Return a callback that shows which step is running; the line goes when the resource is done."""
    last = float("-inf")

    def show(number: int, total: int, step: Step) -> None:
        nonlocal last
        if time.monotonic() - last >= _PAUSE:
            last = time.monotonic()
            log(f"applying {number}/{total}: {step.title}", ephemeral=True)

    return show


def tell_result(report: Report) -> None:
    """Replace the last progress line by what was done."""
    if report.changed:
        done = f"{len(report.applied)} step{'s' if len(report.applied) > 1 else ''} in {report.seconds:.1f} s"
    else:
        done = "already as desired, nothing was written"
    log(f"{done}; schema awa is at version {report.after.version}", ephemeral=True)
