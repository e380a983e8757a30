"""Print one-line progress messages, and expected failures as one line that says what to do."""

from __future__ import annotations

import logging
import sys
from typing import TYPE_CHECKING

from awa_infra.errors import AwaInfraError

if TYPE_CHECKING:
    from collections.abc import Callable


class ToolError(Exception):
    """An expected failure; its text alone must tell the user what to do."""


class ToolMissing(ToolError):  # noqa: N818 - tests read `except ToolMissing`
    """A program needed for an optional step is absent; tests skip on this."""


def note(message: str) -> None:
    """Print what happens, on stderr because stdout carries results."""
    print(f"· {message}", file=sys.stderr, flush=True)


class _Notes(logging.Handler):
    """What the package says of its own server, in the same form."""

    def emit(self, record: logging.LogRecord) -> None:
        """Print it."""
        note(record.getMessage())


def _hear() -> None:
    log = logging.getLogger("awa_infra.localserver")
    log.setLevel(logging.INFO)
    log.propagate = False
    log.addHandler(_Notes())


_hear()


def run_cli(main: Callable[[], int]) -> int:
    """Run a command line, turning expected failures into one clean message."""
    try:
        return main()
    except (ToolError, AwaInfraError, OSError) as error:  # such as a directory of another user
        print(f"error: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return 130


def tail(text: str, lines: int = 12) -> str:
    """Return the last non-empty lines, indented, to be printed below a message."""
    kept = [line for line in text.splitlines() if line.strip()][-lines:]
    return "\n".join(f"    {line}" for line in kept)
