"""Read what a server reports about itself: version, settings, role."""

from __future__ import annotations

from dataclasses import dataclass, field

from awa_infra import sqltext
from awa_infra.database.connection import Connection
from awa_infra.database.look import look
from awa_infra.database.observe import ask
from awa_infra.database.reading import read
from awa_infra.database.session import BEGIN_READ, END, READ_SETTINGS, apply_settings, with_role
from awa_infra.planning.gates import runtime_query


@dataclass(frozen=True, slots=True)
class Server:
    """A server, a database and a session.

    Attributes:
        version: as ``server_version`` has it.
        standby: whether it is one.
        login: who connected.
        role: who acts.
        attributes: of the role: ``superuser``, ``CREATEROLE``, ``CREATEDB``.
        database: its name.
        size: of the database, for people.
        sessions: how many are open.
        allowed: ``max_connections``.
        settings: what is set for the database or the role, as ``name = value``.
        encrypted: whether the connection is.
        verified: whether the server's name and certificate were (``sslmode=verify-full``).
        local: whether the connection is a socket's or stays on this machine.
        runtimes: one line for each live runtime of Awa, as far as the role may read them.
    """

    version: str
    standby: bool
    login: str
    role: str
    attributes: tuple[str, ...]
    database: str
    size: str
    sessions: int
    allowed: int
    settings: tuple[str, ...]
    encrypted: bool
    verified: bool
    local: bool
    runtimes: tuple[str, ...] = field(default=())


def read_server(url: str, *, role: str | None = None) -> Server:
    """Read it in one read-only transaction.

    Raises:
        AwaInfraError: see :func:`awa_infra.database.connection.connect`.
    """

    def work(connection: Connection) -> Server:
        # Before our own settings are made: this reads those of the role and the database.
        connection.execute(BEGIN_READ.encode())
        facts = connection.execute(sqltext.load("observe/server.sql").encode()).fetchone() or {}
        apply_settings(connection, with_role(READ_SETTINGS, role))
        acting = connection.execute(b"SELECT current_user::text AS role").fetchone() or {}
        seen = look(connection)
        live = ask(connection, [runtime_query()], seen.readable)
        connection.execute(END)
        mode = {option.keyword: option.val for option in connection.pgconn.info}.get(b"sslmode")
        return Server(
            **{**facts, **acting, "attributes": tuple(facts["attributes"]), "settings": tuple(facts["settings"])},
            encrypted=connection.pgconn.ssl_in_use,
            verified=mode == b"verify-full",
            local=_is_local(connection.info.host, connection.info.hostaddr),
            runtimes=tuple(row["message"] for row in live),
        )

    return read(url, work)


def _is_local(host: str, address: str) -> bool:
    return host.startswith(("/", "@")) or not address or address == "::1" or address.startswith("127.")
