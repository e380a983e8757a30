"""Print a failure: lines on standard error, and with ``--json`` one document on standard output."""

from __future__ import annotations

import io
import os
import re
import traceback
from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import click

from awa_infra.cli.output import print_error, print_json, visible
from awa_infra.errors import AwaInfraError, BlockedError, ConfigurationError, InterruptionError

if TYPE_CHECKING:
    from awa_infra.model import Gate, Note  # thirty dataclasses, which --help need not make


def asks_for_json(arguments: Sequence[str]) -> bool:
    """Whether a command line has ``--json`` or ``--format json``; it may be too wrong for click to say so."""
    return "--json" in arguments or "--format=json" in arguments or ("--format", "json") in pairwise(arguments)


FAILURE_DOCUMENT = "awa_infra.failure_document"
"""Where a context keeps what writes a failure in the format for programs that the command line requests."""

FailureWriter = Callable[[AwaInfraError], None]


def show_error(error: AwaInfraError, *, as_json: bool, write: FailureWriter | None = None) -> int:
    """Show one failure and return its exit status."""
    print_failure(error)
    if write is not None:
        write(error)
    elif as_json:
        print_json({"error": error_data(error)})
    return error.exit_status


def show_usage_error(error: click.ClickException, *, as_json: bool) -> int:
    """Show that a command line is wrong, as click does, and return the exit status."""
    shown = io.StringIO()
    error.show(shown)
    print_error(hide_passwords(shown.getvalue()).rstrip("\n"))
    if as_json:
        usage = ConfigurationError(hide_passwords(error.format_message()))
        print_json({"error": error_data(usage) | {"exit_status": error.exit_code}})
    return error.exit_code


def print_failure(error: AwaInfraError) -> None:
    """Write a failure to standard error: what, each detail on a line of its own, what to do, and its code."""
    if isinstance(error, InterruptionError):
        print_error(error.message)
        return
    label = "Blocked:" if isinstance(error, BlockedError) and error.code != BlockedError.code else "Error:"
    print_error(f"{click.style(label, fg='red', bold=True)} {_shown(error.headline)} [{error.code}]")
    parts = error.parts if isinstance(error, BlockedError) else ()
    for detail in () if parts else error.details:
        print_error(f"  - {_shown(detail)}")
    if error.hint:
        print_error(f"{click.style('Hint:', bold=True)} {visible(error.hint)}")
    for part in parts:
        print_failure(part)


def print_gates(gates: Iterable[Gate]) -> None:
    """Write gates to standard error in the same form as a failure that they cause."""
    for gate in gates:
        print_failure(BlockedError(gate.message, hint=gate.hint, gate=gate.code))


def print_note(note: Note) -> None:
    """Write what is worth knowing to standard error, one line."""
    print_error(f"{click.style('Note:', bold=True)} {_shown(note.message)} [{note.code}]")


def error_data(error: AwaInfraError) -> dict[str, Any]:
    """Return a failure as JSON data."""
    data: dict[str, Any] = {
        "code": error.code,
        "message": hide_passwords(error.message),
        "hint": error.hint,
        "details": [hide_passwords(detail) for detail in error.details],
        "sqlstate": error.sqlstate,
        "exit_status": error.exit_status,
    }
    if isinstance(error, BlockedError):
        gates = error.parts or ((error,) if error.code != BlockedError.code else ())
        data["gates"] = [{"code": gate.code, "message": gate.message, "hint": gate.hint} for gate in gates]
    return data


def internal_error(exc: Exception) -> AwaInfraError:
    """Return what an unexpected exception is reported as; its text could hold a password."""
    if os.environ.get("AWA_INFRA_DEBUG"):
        print_error("".join(traceback.format_exception(exc)).rstrip("\n"))
    return AwaInfraError(
        f"internal error, {type(exc).__name__}.", hint="Run it again with AWA_INFRA_DEBUG=1 and report the traceback."
    )


def hide_passwords(text: str) -> str:
    """Return the text with the password of every URL in it hidden, wherever it was typed."""
    return re.sub(r"(:/{1,2}[^\s:@/]*:)\S*@", r"\1***@", text)


def _shown(text: str) -> str:
    return visible(hide_passwords(text))
