"""What happens to an apply: killed or disconnected before a step, or many of them at once."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import psycopg
import pytest

from awa_infra.database.apply import apply
from awa_infra.database.options import ApplyOptions
from awa_infra.errors import ConnectionFailedError
from awa_infra.model import DesiredState, Step, Transaction
from tests.support.schemas import ACME

STEPS = 41
"""Of an installation of version 40 with one custom schema; V8 does not exist, the patch and the schema come last.

Steps are counted from the first of an empty database, wherever an apply starts.
"""

BEHIND = 35
"""The version from which a test of a late step starts: all that is expensive before is there in a copy."""

PATIENCE = 300.0
"""Seconds; only guards against a hang."""

_APPLY_AND_STOP = f"""
import os, signal, sys
from awa_infra.database.apply import apply
from awa_infra.database.options import ApplyOptions
from awa_infra.model import DesiredState, QueueStorage, Shape, Transaction
from awa_infra.release import installed_release

def stop(number, total, step):
    if number + {STEPS} - total == int(sys.argv[1]):
        os.kill(os.getpid(), signal.SIGKILL)

desired = DesiredState(installed_release(), 40, ({ACME!r},), transaction=Transaction(sys.argv[2]))
apply(os.environ["DATABASE_URL"], desired, options=ApplyOptions(progress=stop))
"""


def kill_before(url: str, boundary: int, transaction: Transaction) -> None:
    """Apply with schema acme_jobs in a process that ends with SIGKILL before a step."""
    command = [sys.executable, "-c", _APPLY_AND_STOP, str(boundary), transaction.value]
    killed = subprocess.run(command, env=_environment(url), capture_output=True, timeout=PATIENCE, check=False)
    assert killed.returncode == -signal.SIGKILL, killed.stderr.decode()


def terminate_before(url: str, admin: str, boundary: int, desired: DesiredState) -> ConnectionFailedError:
    """Apply, and let a superuser terminate its sessions before a step; return what the apply raised."""

    def terminate(number: int, total: int, _step: Step) -> None:
        if number + STEPS - total == boundary:
            with psycopg.connect(admin, autocommit=True) as connection:
                connection.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                    "WHERE application_name = 'awa-infra' AND datname = current_database()"
                )

    with pytest.raises(ConnectionFailedError, match=r"terminating connection|server closed the connection") as caught:
        apply(url, desired, options=ApplyOptions(progress=terminate))
    return caught.value


def start_before(boundary: int) -> int:
    """Return the version from which a test of a step may start: 0, or :data:`BEHIND` where the step comes later."""
    return BEHIND if version_before(boundary) > BEHIND else 0


def version_before(boundary: int) -> int:
    """Return the version that a database has before a step, if every migration is a transaction of its own."""
    migrations = [version for version in range(1, 41) if version != 8]
    done = min(boundary - 1, len(migrations))
    # The patch commits with the last migration.
    return ([0, *migrations])[done - 1 if boundary == 40 else done]


def apply_many_at_once(url: str, processes: int, *arguments: str) -> list[tuple[str, str]]:
    """Run ``awa-infra apply --json`` in many processes that start together; return what each wrote."""
    main = "from awa_infra.cli.main import main; main()"
    command = [sys.executable, "-c", main, "apply", "--json", "--lock-wait=300", *arguments]
    running = [
        subprocess.Popen(command, env=_environment(url), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for _ in range(processes)
    ]
    outputs = [process.communicate(timeout=PATIENCE) for process in running]
    assert [process.returncode for process in running] == [0] * processes, outputs
    return outputs


def _environment(url: str) -> dict[str, str]:
    return {**os.environ, "DATABASE_URL": url, "PYTHONPATH": os.pathsep.join(sys.path)}
