"""Start the command line. Imports nothing before Ctrl-C ends the process without a traceback."""

from __future__ import annotations

import signal


def main() -> None:
    """Import the command line and run it, see :func:`awa_infra.cli.main.main`.

    While modules are imported nothing is open that had to be closed, so Ctrl-C ends the process at once, as it ends a
    program in C: with the signal itself, which a shell shows as status 130. An ignored Ctrl-C, as under nohup, stays
    ignored.
    """
    asked = signal.getsignal(signal.SIGINT)
    if asked is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    from awa_infra.cli.main import main as run  # noqa: PLC0415  see above

    if asked is signal.default_int_handler:
        signal.signal(signal.SIGINT, asked)
    run()
