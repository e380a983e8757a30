"""A client whose machine vanished: the server gets neither FIN nor RST. In a network of its own, to drop packets."""

from __future__ import annotations

import ctypes
import shutil
import socket
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psycopg
import pytest

from awa_infra.database.connection import connect
from awa_infra.database.session import session
from tests.rough.servers import own_server

_NEW_NETWORK = 0x40000000  # CLONE_NEWNET of <linux/sched.h>: what a thread starts then is in that network as well
_OURS, _OTHERS = 4708303813013489490, 1
_LIMIT = 150.0


def test_a_client_whose_machine_vanished_holds_the_migration_lock_for_a_minute() -> None:
    with ThreadPoolExecutor(1) as thread:
        seconds, held = thread.submit(_lose_two_clients).result()
    # The server waits for 30 s, and then for three answers, 10 s each; the rest is for a busy machine.
    assert 25 < seconds < 100
    # A session without the settings of ours still holds its lock: the default is two hours.
    assert held == [_OTHERS]


def _lose_two_clients() -> tuple[float, list[int]]:
    """Return after how many seconds our lock was free, and which locks were held then."""
    _enter_own_network()
    with (
        own_server() as server,
        psycopg.connect(server.url, autocommit=True) as observer,
        psycopg.connect(server.url, autocommit=True) as other,
        connect(server.url) as ours,
        session(ours, 3),
    ):
        ours.execute("SELECT pg_advisory_lock(%s)", [_OURS])
        other.execute("SELECT pg_advisory_lock(%s)", [_OTHERS])
        assert _held(observer) == [_OTHERS, _OURS]
        for lost in (ours, other):
            _drop_packets(lost)
            lost.close()
        began = time.monotonic()
        while _OURS in (held := _held(observer)) and time.monotonic() - began < _LIMIT:
            time.sleep(0.5)
        return time.monotonic() - began, held


def _enter_own_network() -> None:
    """Leave the machine's network for one that has nothing but a loopback of its own, or skip the test."""
    if shutil.which("ip") is None or shutil.which("iptables") is None:
        pytest.skip("there is no ip or no iptables here (apt install iproute2 iptables)")
    libc = ctypes.CDLL(None, use_errno=True)
    if not hasattr(libc, "unshare") or libc.unshare(_NEW_NETWORK) != 0:
        pytest.skip("this account may not make a network namespace")
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    if subprocess.run(["iptables", "--list"], capture_output=True, check=False).returncode != 0:
        pytest.skip("iptables does not work in a network namespace here")


def _drop_packets(connection: psycopg.Connection[Any]) -> None:
    """Lose whatever one client sends and gets from now on, the end of its connection as well."""
    with socket.socket(fileno=connection.fileno()) as used:
        port = used.getsockname()[1]
        used.detach()
    for direction in ("--sport", "--dport"):
        words = ["iptables", "--append", "INPUT", "--protocol", "tcp", direction, str(port), "--jump", "DROP"]
        subprocess.run(words, check=True)


def _held(observer: psycopg.Connection[Any]) -> list[int]:
    rows = observer.execute("SELECT (classid::bigint << 32) + objid::bigint FROM pg_locks WHERE locktype = 'advisory'")
    return sorted(key for (key,) in rows)
