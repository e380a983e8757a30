"""Wait for what another run holds: not for ever, and not silently."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

from awa_infra.errors import LockTimeoutError

WAIT = 300.0
"""Seconds to wait at most for another run. What it does meanwhile takes seconds: it starts or removes a server, or
makes a template. A run that needs longer is stopped, in a debugger, or is itself waiting."""

SILENT = 3.0
"""Seconds after which a wait is reported: longer than it takes to start a server."""

_PAUSE = 0.1
"""Seconds between two tries."""

_report = logging.getLogger(__name__).warning


def wait_until(done: Callable[[], bool], waiting_for: str, hint: str, seconds: float | None = None) -> None:
    """Try until it succeeds; report once that another run takes long.

    Args:
        done: tries once, without waiting, and returns whether it succeeded.
        waiting_for: what the other run does or holds, for messages.
        hint: how to find the other run, for the error.
        seconds: to wait at most. Default: ``WAIT``.

    Raises:
        LockTimeoutError: the other run did not finish in time.
    """
    longest = WAIT if seconds is None else seconds
    begun, reported = time.monotonic(), False
    while not done():
        waited = time.monotonic() - begun
        if waited >= longest:
            raise LockTimeoutError(f"Another run did not finish within {longest:g} s: {waiting_for}.", hint=hint)
        if waited >= SILENT and not reported:
            _report("waiting for another run, up to %.0f s more: %s", longest - waited, waiting_for)
            reported = True
        time.sleep(_PAUSE)
