"""Check the network: the addresses of the server's name, and whether a server listens there."""

from __future__ import annotations

import socket
import threading
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from awa_infra.doctor.checks import Area, Check, Outcome

_NAME = "name"
"""Of the check that says nothing of a server."""

PATIENCE = 10.0
"""Seconds for a name to be looked up, and for each address to answer."""


def network_checks(places: Sequence[tuple[str, int]]) -> list[Check]:
    """Return the checks of every host: that its name is known, and that something listens.

    Where one address answers, what is wrong with others is a note: libpq takes the first that answers. A host that
    begins with a slash is the folder of a socket.
    """
    found = [check for host, port in places for check in _host(host, port)]
    if not any(check.outcome is Outcome.OK and check.name != _NAME for check in found):
        return found
    hint = "Another address answers, and is used instead; each attempt takes time."
    return [
        check if check.outcome is Outcome.OK else replace(check, outcome=Outcome.NOTE, hint=hint) for check in found
    ]


def _host(host: str, port: int) -> list[Check]:
    if host.startswith(("/", "@")):
        return [_socket(host, port)]
    addresses = _addresses(host, port)
    if isinstance(addresses, str):
        hint = "Check the host of the database URL, and the name servers of this machine."
        return [Check(Area.NETWORK, _NAME, Outcome.PROBLEM, f"{host}: {addresses}", hint)]
    known = Check(Area.NETWORK, _NAME, Outcome.OK, f"{host} is {', '.join(addresses)}")
    return [known, *(_listening(address, port) for address in addresses)]


def _addresses(host: str, port: int) -> list[str] | str:
    """Return the addresses of a name, or why there are none. The system's resolver has no time limit."""
    answer: list[list[str] | str] = []

    def ask() -> None:
        try:
            addresses = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as exc:
            answer.append(exc.strerror if isinstance(exc, OSError) and exc.strerror else "is not a host name")
        else:
            answer.append(list(dict.fromkeys(str(entry[4][0]) for entry in addresses)))

    asking = threading.Thread(target=ask, daemon=True)
    asking.start()
    asking.join(PATIENCE)
    return answer[0] if answer else f"no answer from the name servers within {PATIENCE:g} s"


def _listening(address: str, port: int) -> Check:
    try:
        with socket.create_connection((address, port), timeout=PATIENCE):
            return Check(Area.NETWORK, "port", Outcome.OK, f"{address}, port {port} answers")
    except TimeoutError:
        reason, hint = f"no answer within {PATIENCE:g} s", "A firewall or a route may block it."
    except OSError as exc:
        reason, hint = (exc.strerror or type(exc).__name__).lower(), "Check that the server runs, and host and port."
    return Check(Area.NETWORK, "port", Outcome.PROBLEM, f"{address}, port {port}: {reason}", hint)


def _socket(folder: str, port: int) -> Check:
    path = f"{folder}/.s.PGSQL.{port}"
    if folder.startswith("@"):
        path = f"\0{path[1:]}"
    with suppress(OSError), socket.socket(socket.AF_UNIX) as trying:
        trying.settimeout(PATIENCE)
        trying.connect(path)
        return Check(Area.NETWORK, "socket", Outcome.OK, f"{folder}, port {port} answers")
    what = "no server listens" if Path(path.replace("\0", "@")).exists() else "there is no socket"
    hint = "Check that the server runs, and host and port of the database URL."
    return Check(Area.NETWORK, "socket", Outcome.PROBLEM, f"{folder}, port {port}: {what}", hint)
