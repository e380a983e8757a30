"""Run psql in the foreground, on one database and no other."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from awa_infra.database.target import Target

_VARIABLES = {"host": "PGHOST", "port": "PGPORT", "user": "PGUSER", "password": "PGPASSWORD", "dbname": "PGDATABASE"}
_BY_SIGNAL = 128
"""What a shell adds to the number of the signal that ended a program."""


@contextmanager
def without_libpq_variables() -> Iterator[None]:
    """Hide the ``PG*`` variables of the user: they are for another server, and could lead there."""
    hidden = {name: os.environ.pop(name) for name in tuple(os.environ) if name.startswith("PG")}
    try:
        yield
    finally:
        os.environ.update(hidden)


def run_psql(program: str, url: str, arguments: Sequence[str]) -> int:
    """Run psql on the database of a connection string, and return its exit status as a shell would.

    No ``PG*`` variable of the user reaches it: PGSERVICE, PGHOSTADDR or PGOPTIONS could lead to another server.
    """
    # In the environment: all users can see the arguments of a process.
    given = Target.of(url).parameters
    with without_libpq_variables(), _interrupts_are_its_own():
        environment = {**os.environ, **{variable: given[key] for key, variable in _VARIABLES.items()}}
        status = subprocess.run([program, *arguments], env=environment, check=False).returncode  # noqa: S603
    return status if status >= 0 else _BY_SIGNAL - status


@contextmanager
def _interrupts_are_its_own() -> Iterator[None]:
    """Leave Ctrl-C to psql, which then cancels its query and keeps running.

    With a handler that does nothing: a child process inherits an ignored signal, but not a handler.
    """
    before = signal.signal(signal.SIGINT, lambda _signal, _frame: None)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
