"""TCP proxies in front of PostgreSQL: one loses the connection around COMMIT, one pools transactions."""

from __future__ import annotations

import itertools
import os
import select
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import ExitStack, suppress
from functools import partial
from typing import Literal, Self

import psycopg

from awa_infra.database.target import Target

_COMMIT = b"COMMIT\x00"
_STATUS_PARAMETERS = ("server_version", "server_encoding", "client_encoding", "standard_conforming_strings", "TimeZone")
_GOODBYE = b"X\x00\x00\x00\x04"
_READY_FOR_QUERY = b"Z\x00\x00\x00\x05"
"""What the server sends at the end of every answer (PostgreSQL's protocol, version 3)."""

_NUMBER_OF_ITS_OWN = (1 << 31) - 1
"""What the pooler announces as the server process; no operating system has one of that number."""


class _Proxy:
    """Listens in front of a server, and does with each client what its kind does.

    Args:
        url: the server behind.

    Attributes:
        url: for the clients.
    """

    def __init__(self, url: str) -> None:
        found = Target.of(url).parameters
        self._target = (found["host"], int(found["port"]))
        self._listener = socket.create_server(("127.0.0.1", 0))
        place = f"127.0.0.1:{self._listener.getsockname()[1]}"
        # Else the client would ask for encryption before it logs in.
        self.url = f"{url.replace(f'{self._target[0]}:{self._target[1]}', place)}?sslmode=disable&gssencmode=disable"

    def __enter__(self) -> Self:
        """Accept clients until the end of the block."""
        threading.Thread(target=self._serve, daemon=True).start()
        return self

    def __exit__(self, *_exc: object) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                client, _address = self._listener.accept()
                for work in self._accepted(client):
                    threading.Thread(target=work, daemon=True).start()

    def _accepted(self, client: socket.socket) -> Iterable[Callable[[], None]]:
        """Return what is done with a client, each in a thread of its own."""
        server = socket.create_connection(self._target)
        return self._connected(client, server)

    def _connected(self, client: socket.socket, server: socket.socket) -> Iterable[Callable[[], None]]:
        """Return the same for what has a connection to the server for each client."""
        raise NotImplementedError


class LossyProxy(_Proxy):
    """Forwards everything, until a client sends COMMIT.

    Args:
        url: the server behind.
        lose: the ``answer`` (the server commits, the client never hears) or the ``question`` (the server never
            hears, and rolls back when the connection ends).
    """

    def __init__(self, url: str, lose: Literal["answer", "question"]) -> None:
        super().__init__(url)
        self._lose = lose

    def _connected(self, client: socket.socket, server: socket.socket) -> Iterable[Callable[[], None]]:
        lost = threading.Event()
        yield partial(self._questions, client, server, lost)
        yield partial(self._answers, client, server, lost)

    def _questions(self, client: socket.socket, server: socket.socket, lost: threading.Event) -> None:
        while data := _receive(client):
            if data.endswith(_COMMIT):
                lost.set()
                if self._lose == "question":
                    break
            server.sendall(data)
        _close(server if self._lose == "question" else None)
        _close(client if lost.is_set() else server)

    def _answers(self, client: socket.socket, server: socket.socket, lost: threading.Event) -> None:
        while data := _receive(server):
            if lost.is_set():
                break
            client.sendall(data)
        _close(client)
        _close(server)


class Meter(_Proxy):
    """Forwards everything, and counts what clients do.

    Attributes:
        logins: connections so far.
        most: how many were open at the same time, so far.
        delay: seconds that every message of a client takes from now on.
    """

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self.logins = self.most = 0
        self.delay = 0.0
        self._open: set[object] = set()
        self._answers: list[bytearray] = []

    @property
    def round_trips(self) -> int:
        """How often a client waited for the server, logins not counted."""
        return sum(bytes(seen).count(_READY_FOR_QUERY) - 1 for seen in self._answers)

    @property
    def received(self) -> int:
        """How many bytes the server sent."""
        return sum(len(seen) for seen in self._answers)

    def _connected(self, client: socket.socket, server: socket.socket) -> Iterable[Callable[[], None]]:
        self.logins += 1
        self._open.add(client)
        self.most = max(self.most, len(self._open))
        answers = bytearray()
        self._answers.append(answers)
        yield partial(self._pump, client, server, bytearray(), lambda: self.delay)
        yield partial(self._pump, server, client, answers)

    def _pump(
        self, source: socket.socket, target: socket.socket, seen: bytearray, delay: Callable[[], float] = float
    ) -> None:
        with suppress(OSError):
            while data := _receive(source):
                seen.extend(data)
                time.sleep(delay())
                target.sendall(data)
        # The client learns of the end only now.
        self._open -= {source, target}
        _close(target)
        _close(source)


class Translator(_Proxy):
    """Forwards everything, with the errors of a failed login in another language, as lc_messages makes them.

    Args:
        url: the server behind.
        words: what the server says, and what the client is to read.
    """

    def __init__(self, url: str, words: Mapping[str, str]) -> None:
        super().__init__(url)
        self._words = words

    def _connected(self, client: socket.socket, server: socket.socket) -> Iterable[Callable[[], None]]:
        yield partial(self._forward, client, server)
        yield partial(self._translate, server, client)

    def _forward(self, source: socket.socket, target: socket.socket) -> None:
        with suppress(OSError):
            while data := _receive(source):
                target.sendall(data)
        _close(target)

    def _translate(self, server: socket.socket, client: socket.socket) -> None:
        pending = b""
        with suppress(OSError):
            while data := _receive(server):
                pending += data
                while len(pending) > 4 and len(pending) > (size := struct.unpack("!i", pending[1:5])[0]):
                    kind, body, pending = pending[:1], pending[5 : size + 1], pending[size + 1 :]
                    if kind == b"E":
                        for said, read in self._words.items():
                            body = body.replace(said.encode(), read.encode())
                    client.sendall(kind + struct.pack("!i", len(body) + 4) + body)
        _close(client)


class TransactionPooler(_Proxy):
    """Does what PgBouncer does in transaction mode.

    It answers the login itself, with a process number and a key of its own, and gives every transaction of a client
    the next of two sessions that it has on the server.
    """

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self._sessions_at = url

    def _accepted(self, client: socket.socket) -> Iterable[Callable[[], None]]:
        return [partial(self._pool, client)]

    def _pool(self, client: socket.socket) -> None:
        with ExitStack() as stack:
            stack.callback(_close, client)
            sessions = [stack.enter_context(psycopg.connect(self._sessions_at)) for _ in range(2)]
            # Past the login the protocol is the same for everybody: no need for libpq.
            raw = [stack.enter_context(socket.socket(fileno=os.dup(session.pgconn.socket))) for session in sessions]
            for server in raw:
                server.setblocking(True)  # noqa: FBT003  named like that by Python
            _receive(client)
            client.sendall(_greeting(sessions[0]))
            _alternate(client, raw)


def _alternate(client: socket.socket, servers: Sequence[socket.socket]) -> None:
    turns = itertools.cycle(servers)
    server, half = next(turns), b""
    while True:
        ready, _, _ = select.select([client, server], [], [])
        if client in ready:
            asked = _receive(client)
            if asked in {b"", _GOODBYE}:
                return
            server.sendall(asked)
        else:
            answer = _receive(server)
            if not answer:
                return
            client.sendall(answer)
            half, over = _transaction_is_over(half + answer)
            server = next(turns) if over else server


def _greeting(connection: psycopg.Connection) -> bytes:
    """Return what a server answers to a login that needs no password."""
    messages = [(b"R", struct.pack("!i", 0))]
    for name in _STATUS_PARAMETERS:
        value = connection.pgconn.parameter_status(name.encode()) or b""
        messages.append((b"S", name.encode() + b"\x00" + value + b"\x00"))
    messages += [(b"K", struct.pack("!iI", _NUMBER_OF_ITS_OWN, 0)), (b"Z", b"I")]
    return b"".join(kind + struct.pack("!i", len(body) + 4) + body for kind, body in messages)


def _transaction_is_over(received: bytes) -> tuple[bytes, bool]:
    """Return the half message at the end of an answer, and whether the last whole one was "ready, no transaction"."""
    over = False
    while len(received) > 4:
        length = 1 + int(struct.unpack("!i", received[1:5])[0])
        if len(received) < length:
            break
        over = received[:length] == b"Z\x00\x00\x00\x05I"
        received = received[length:]
    return received, over


def _receive(source: socket.socket) -> bytes:
    try:
        return source.recv(65536)
    except OSError:
        return b""


def _close(end: socket.socket | None) -> None:
    if end is None:
        return
    with suppress(OSError):
        end.shutdown(socket.SHUT_RDWR)
    end.close()
