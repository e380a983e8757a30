"""``pulumi-resource-awa``: started by the Pulumi engine, serves one run of it."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from awa_infra.plugin.server import Serve

_USAGE = """\
usage: pulumi-resource-awa [ENGINE]

The Pulumi plugin of package awa. Pulumi starts it when it is on PATH; there is no need to run it by hand.
ENGINE is the address of the engine, as host:port. The plugin prints its own port.
"""

_CANNOT_START = """\
error: pulumi-resource-awa cannot start on this machine: {}
On Linux it needs glibc 2.28 or newer, and libstdc++: apt-get install libstdc++6, or dnf install libstdc++."""

_POLL = 1.0
"""Seconds between two looks at whether the engine is still there."""

_GRACE = 5.0
"""Seconds that calls have to end when the plugin does."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until the engine is gone, and end the process; return the exit status where there was nothing to serve."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    if {"-h", "--help"} & set(given):
        print(_USAGE, end="")  # noqa: T201  requested output
        return 0
    if "--version" in given:
        from awa_infra import __version__  # noqa: PLC0415  starting is what must be fast

        print(__version__)  # noqa: T201  requested output
        return 0
    # The engine passes options for logging and tracing first, its address last.
    address = given[-1] if given and ":" in given[-1] and not given[-1].startswith("-") else ""
    # The engine interrupts its plugins when it is done with them, and kills those that stay.
    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda _number, _frame: ended.set())

    try:
        from awa_infra.plugin import server  # noqa: PLC0415  not for --help
    except ImportError as exc:
        print(_CANNOT_START.format(exc), file=sys.stderr)  # noqa: T201  the engine shows it
        return 1

    parent = os.getppid()
    started, port = server.start(lambda: _load(address))
    print(port, flush=True)  # noqa: T201  this is how the engine learns it
    # An engine that was killed takes nothing with it: without this look the process would stay for ever.
    while not ended.wait(_POLL) and os.getppid() == parent:
        pass
    stopping = started.stop(_GRACE)
    if not stopping.wait(_POLL / 10):
        _cancel()
    stopping.wait(_GRACE + _POLL)
    _finish()
    os._exit(0)


def _cancel() -> None:
    """Roll back what still runs, and report that to the caller."""
    from awa_infra.database.cancellation import running  # noqa: PLC0415  nothing may be loaded yet

    running.cancel()


def _finish() -> None:
    """Do what the interpreter does at its end, except that it waits for all threads.

    A component may wait for an engine that is gone. What ran in a database was rolled back before.
    """
    from awa_infra.database.kept import pool  # noqa: PLC0415  nothing may be loaded yet

    pool.close_idle()
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError):
            stream.flush()


def _load(address: str) -> Serve:
    from awa_infra.plugin.dispatch import serve  # noqa: PLC0415  takes most of a second

    return serve(address)


if __name__ == "__main__":
    sys.exit(main())
