from __future__ import annotations

import socket
import threading
from collections.abc import Callable

from awa_infra.database.apply import apply
from awa_infra.database.target import Target
from awa_infra.model import DesiredState
from tests.support.schemas import ACME
from tests.support.servers import Database

READY_FOR_QUERY = b"Z\x00\x00\x00\x05"
"""What the server sends at the end of every answer (PostgreSQL's protocol, version 3)."""


def counted(database: Database, work: Callable[[str], object]) -> int:
    """Return how many answers the server gave to one client, the one to the login not counted."""
    found = Target.of(database.url).parameters
    listener = socket.create_server(("127.0.0.1", 0))
    answers = bytearray()

    def pump(source: socket.socket, target: socket.socket, seen: bytearray | None) -> None:
        while data := source.recv(65536):
            if seen is not None:
                seen.extend(data)
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)

    def serve() -> None:
        client, _address = listener.accept()
        with client, socket.create_connection((found["host"], int(found["port"]))) as server:
            upward = threading.Thread(target=pump, args=(client, server, None))
            upward.start()
            pump(server, client, answers)
            upward.join()

    serving = threading.Thread(target=serve)
    serving.start()
    port = listener.getsockname()[1]
    work(database.url.replace(f"{found['host']}:{found['port']}", f"127.0.0.1:{port}"))
    serving.join(timeout=60)
    listener.close()
    return bytes(answers).count(READY_FOR_QUERY) - 1


def test_finding_that_nothing_is_to_be_done_takes_three_round_trips(
    awa_database: Database, desired: Callable[..., DesiredState]
) -> None:
    apply(awa_database.url, desired(ACME))
    assert counted(awa_database, lambda url: apply(url, desired(ACME))) == 3
