"""A TCP proxy in front of PostgreSQL that loses the connection around COMMIT."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Literal

from awa_infra.database.url import parameters

_COMMIT = b"COMMIT\x00"


class LossyProxy:
    """Forwards everything, until a client sends COMMIT.

    Args:
        url: the server behind.
        lose: the ``answer`` (the server commits, the client never hears) or the ``question`` (the server never
            hears, and rolls back when the connection ends).
    """

    def __init__(self, url: str, lose: Literal["answer", "question"]) -> None:
        found = parameters(url)
        self._target = (found["host"], int(found["port"]))
        self._lose = lose
        self._listener = socket.create_server(("127.0.0.1", 0))
        where = f"127.0.0.1:{self._listener.getsockname()[1]}"
        self.url = url.replace(f"{found['host']}:{found['port']}", where)

    def serve(self) -> None:
        """Accept clients until the proxy is closed."""
        while True:
            try:
                client, _address = self._listener.accept()
            except OSError:
                return
            server = socket.create_connection(self._target)
            answers = threading.Event()
            threading.Thread(target=self._questions, args=(client, server, answers), daemon=True).start()
            threading.Thread(target=self._answers, args=(client, server, answers), daemon=True).start()

    def close(self) -> None:
        """Accept no more clients."""
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

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


@contextmanager
def lossy_proxy(url: str, lose: Literal["answer", "question"]) -> Iterator[str]:
    """Give the URL of a server that loses the connection around COMMIT."""
    proxy = LossyProxy(url, lose)
    threading.Thread(target=proxy.serve, daemon=True).start()
    try:
        yield proxy.url
    finally:
        proxy.close()


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
