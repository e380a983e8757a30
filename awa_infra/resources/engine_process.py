"""Run the Pulumi command as its own process group, which gets an interruption exactly once.

The SDK runs the command in the group of the terminal and gives up on it at Ctrl-C: the stack stays locked and a
traceback of its reading thread is all that is seen. Here the command is asked to stop, and waited for.
"""

from __future__ import annotations

import os
import signal
import subprocess
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType
from typing import IO, Any

from pulumi import automation
from pulumi.automation.errors import create_command_error

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


class EngineCommand(automation.PulumiCommand):
    """Runs the Pulumi command."""

    def run(
        self,
        args: list[str],
        cwd: str,
        additional_env: Mapping[str, str],
        on_output: Callable[[str], Any] | None = None,
        on_error: Callable[[str], Any] | None = None,
    ) -> automation.CommandResult:
        """Run it to its end, interrupted or not.

        Raises:
            automation.CommandError: it failed.
            KeyboardInterrupt: it failed because of a signal; or whatever the handler of that signal raises.
        """
        path = os.pathsep.join([str(Path(self.command).parent), os.environ.get("PATH", "")])
        environment = {**os.environ, "PATH": path, **additional_env, "PULUMI_AUTOMATION_API": "true"}
        process = subprocess.Popen(  # noqa: S603  the command that the SDK found
            [self.command, "--non-interactive", *args],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=cwd,
            env=environment,
            encoding="utf-8",
            errors="replace",
            process_group=0,
        )
        with _passing_on(process) as received, process:
            printed: list[str] = []
            error_lines: list[str] = []
            readers = [
                threading.Thread(target=_read, args=(process.stdout, on_output, printed)),
                threading.Thread(target=_read, args=(process.stderr, on_error, error_lines)),
            ]
            for reader in readers:
                reader.start()
            for reader in readers:
                reader.join()
            code = process.wait()
        result = automation.CommandResult(stdout="\n".join(printed), stderr="\n".join(error_lines), code=code)
        if code != 0:
            if received:
                _raise_as_before(received[0])
            raise create_command_error(result)
        return result


@contextmanager
def _passing_on(process: subprocess.Popen[str]) -> Iterator[list[signal.Signals]]:
    """Pass signals on to the process: the first makes it stop after what is being done, the second at once."""
    received: list[signal.Signals] = []
    if threading.current_thread() is not threading.main_thread():  # Python lets only that one have handlers
        yield received
        return

    def pass_on(number: int, _frame: FrameType | None) -> None:
        received.append(signal.Signals(number))
        with suppress(ProcessLookupError):
            process.send_signal(signal.SIGINT)

    before = {number: signal.signal(number, pass_on) for number in _SIGNALS}
    try:
        yield received
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _raise_as_before(number: signal.Signals) -> None:
    handler = signal.getsignal(number)
    if callable(handler):
        handler(number, None)
    raise KeyboardInterrupt


def _read(stream: IO[str], callback: Callable[[str], Any] | None, lines: list[str]) -> None:
    for line in stream:
        text = line.rstrip()
        if callback:
            callback(text)
        lines.append(text)
