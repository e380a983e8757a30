"""Where output goes: standard output and error (encoding, a closed pipe, a full disk), and files of a user."""

from __future__ import annotations

import codecs
import errno
import json
import os
import sys
from contextlib import suppress
from enum import Enum
from io import TextIOWrapper
from pathlib import Path
from typing import Any, TextIO

import click

from awa_infra.errors import ConfigurationError, OutputError

JSON_VERSION = 1
"""Version of the documents of ``--json``. It grows when a field is removed or changes its meaning."""

LOUDNESS = "awa_infra.loudness"
"""Where a context keeps :class:`Loudness`."""

_NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO})
"""Errors of a file system or terminal that cannot take more."""


_CONTROLS = {code: f"\\x{code:02x}" for code in (*range(0x20), *range(0x7F, 0xA0)) if chr(code) not in "\t\n"}
"""Characters that move the cursor of a terminal, each with how it is shown: the name of an object can hold any."""


class Loudness(Enum):
    """How much a command prints beside its failures."""

    QUIET = "quiet"
    NORMAL = "normal"
    VERBOSE = "verbose"


def loudness() -> Loudness:
    """Return the loudness that the command line requests."""
    found: Loudness = click.get_current_context().meta.get(LOUDNESS, Loudness.NORMAL)
    return found


def no_colour() -> bool:
    """Whether colours are off on a terminal too: the user wants none (https://no-color.org), or it has none."""
    return bool(os.environ.get("NO_COLOR")) or is_dumb()


def is_dumb() -> bool:
    """Whether the terminal only prints text, line after line, as that of an editor."""
    return os.environ.get("TERM", "").lower() in {"dumb", "unknown"}


def prepare_streams() -> None:
    """Write UTF-8 into files and pipes, whatever the locale says; a terminal keeps its own encoding.

    SQL, names and messages hold characters that other encodings lack. Where a terminal lacks one, and where an
    argument was no UTF-8, the character is written as its escape.
    """
    for stream in (sys.stdout, sys.stderr):
        if not isinstance(stream, TextIOWrapper):
            continue
        keeps = stream.isatty() and codecs.lookup(stream.encoding).name != "ascii"
        stream.reconfigure(encoding=None if keeps else "utf-8", errors="backslashreplace")


def visible(text: str) -> str:
    """Return a text with nothing that moves the cursor but the ends of its lines and tabs."""
    return text.translate(_CONTROLS)


def one_line(text: str) -> str:
    """Return a text as one line with nothing that moves the cursor: the name of an object can hold anything."""
    return visible(text).replace("\n", "\\n")


def print_json(data: dict[str, Any]) -> None:
    """Print one JSON document, keys in the order given, after the version of its fields."""
    click.echo(json.dumps({"json_version": JSON_VERSION, **data}, indent=2))


def print_error(line: str) -> None:
    """Write one line to standard error, if it can be written: a lost line must never end what is being done."""
    with suppress(OSError):
        click.echo(line, err=True, color=False if no_colour() else None)


def warn(text: str) -> None:
    """Write a warning to standard error, its hint on a line of its own; nothing if there is none."""
    if text:
        message, hint, instruction = text.partition(" Hint: ")
        print_error(f"{click.style('Warning:', fg='yellow', bold=True)} {message}")
        if hint:
            print_error(f"{click.style('Hint:', bold=True)} {instruction}")


def is_about_output(exc: Exception) -> bool:
    """Whether an exception means that the output has no reader, or no room."""
    return isinstance(exc, BrokenPipeError) or (isinstance(exc, OSError) and exc.errno in _NO_ROOM)


def output_error(exc: OSError) -> OutputError:
    """Return what an error in writing the output means."""
    return OutputError(
        f"Cannot write to {exc.filename or 'the output'}: {exc.strerror}.",
        hint="Make room there, or send the output elsewhere, and run the same command again.",
    )


def drop_output() -> None:
    """Send what is not yet written to nowhere, so that Python reports no error about it at the end."""
    _send_nowhere(sys.stdout, sys.stderr)


def drop_lost_errors() -> None:
    """Drop what standard error had no room for: Python 3.13 and newer exit with 120 if it is still there at the end."""
    try:
        if sys.stderr is not None:
            sys.stderr.flush()
    except (OSError, ValueError):
        _send_nowhere(sys.stderr)


def _send_nowhere(*streams: TextIO) -> None:
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream in streams:
        with suppress(OSError, ValueError, AttributeError):
            os.dup2(nowhere, stream.fileno())


def refuse_devices(path: Path) -> None:
    """Raise a ConfigurationError for no plain file, as /dev/stdout or -: reading would block, or it is replaced."""
    if str(path) == "-" or (path.exists() and not path.is_file()):
        raise ConfigurationError(
            f"{path} is no plain file.", hint="Name a file. Standard output takes what is printed without this option."
        )


def write_text(path: Path, text: str) -> None:
    """Write a file, whole or not at all.

    Raises:
        ConfigurationError: it cannot be written there.
    """
    from awa_infra.bundles.writing import replace_file  # noqa: PLC0415  apply needs none of it

    mask = os.umask(0)
    os.umask(mask)
    try:
        replace_file(Path(os.path.realpath(path)), text.encode(), mode=0o666 & ~mask)
    except OSError as exc:
        raise ConfigurationError(
            f"Cannot write {path}: {exc.strerror}.", hint="Name a file in a folder in which you may make files."
        ) from exc
