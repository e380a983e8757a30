"""Run slow outside programs with a limit that ends their children too, which `subprocess` does not."""

from __future__ import annotations

import os
import signal
import subprocess
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from devtools.progress import ToolMissing, note

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

HEARTBEAT = 30.0
GET_UV = Path(__file__).with_name("get-uv")
GET_UV_TIMEOUT = 180.0


def find_uv() -> str:
    """Return the path of uv, which is installed into the checkout's cache if there is none.

    Raises:
        ToolMissing: It cannot be had; the text says why.
    """
    try:
        found = answer_of([GET_UV], GET_UV_TIMEOUT)
        found.check_returncode()
    except (OSError, subprocess.SubprocessError) as error:
        raise ToolMissing(str(getattr(error, "stderr", None) or error)) from error
    return found.stdout.strip()


def answer_of(
    command: Sequence[str | Path],
    timeout: float,
    *,
    cwd: Path | str | None = None,
    env: Mapping[str, str] | None = None,
) -> subprocess.CompletedProcess[str]:
    """Return what a command answers that reads nothing, takes seconds at most, and starts no others."""
    return subprocess.run(
        command,
        cwd=cwd,
        env=env,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )


def run_bounded(
    command: Sequence[str],
    timeout: float,
    *,
    activity: str | None = None,
    cwd: Path | None = None,
    environment: Mapping[str, str] | None = None,
) -> str | None:
    """Run a command; return None on success, else its output as the reason.

    An installer script starts downloads of its own: at the limit the whole
    process group ends, or those would go on. With `activity` a line
    every half minute shows that the work goes on.
    """
    # a file, not a pipe: a child left behind would keep a pipe open
    with tempfile.TemporaryFile("w+", errors="replace") as output:
        process = subprocess.Popen(
            command,
            cwd=cwd,
            env=None if environment is None else dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            finished = _wait(process, timeout, activity)
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
        if process.returncode == 0:
            return None
        output.seek(0)
        text = output.read()
    if not finished:
        return f"{text}\nnot finished within {timeout:.0f} s"
    return text or f"{command[0]} ended with status {process.returncode}"


def _wait(process: subprocess.Popen[bytes], timeout: float, activity: str | None) -> bool:
    begin = time.monotonic()
    while (left := begin + timeout - time.monotonic()) > 0:
        try:
            process.wait(min(left, HEARTBEAT))
        except subprocess.TimeoutExpired:
            if activity is not None:
                note(f"{activity} ({time.monotonic() - begin:.0f} s)")
        else:
            return True
    return False
