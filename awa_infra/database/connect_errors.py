"""Explain a failed attempt to connect: the address that was tried, the reason, and what to do."""

from __future__ import annotations

import re
from collections.abc import Callable

import psycopg

from awa_infra.database.target import Target, redact
from awa_infra.errors import ConnectionFailedError, DatabaseMissingError

INVALID_CATALOG_NAME = "3D000"

_ATTEMPT = re.compile(r"(?:connection failed: )?connection to server (?:at|on) .*? failed: (.*)", re.DOTALL)
"""How libpq begins: what follows is the reason, which can hold the word "failed" itself."""

_OF_SEVERAL = re.compile(r"^- host: (?:'([^']*)'|None), port: (?:'([^']*)'|None)[^\n]*?: (?=connection)", re.MULTILINE)
"""How psycopg lists the attempts where there were several."""

_HINTS = (
    (
        r"too many clients|remaining connection slots|too many connections|no more connections allowed",
        "There is no free connection. End idle ones, which pg_stat_activity lists, or raise the limit, and run again.",
    ),
    (
        r"query_wait_timeout|server_login_retry|server login|server_connect_timeout",
        "PgBouncer answers, and has no connection to the server behind it. Its log says why; or connect to the server.",
    ),
    (
        r"bouncer config error|no such database|no such user|unsupported startup parameter",
        "PgBouncer answers, and refuses this by its configuration. Correct it there, or connect to the server itself.",
    ),
    (r"password authentication failed|no password supplied", "Check user and password of the database URL."),
    (
        r"no pg_hba\.conf entry",
        "The server's pg_hba.conf does not allow this login from here. Try sslmode=require, or have an entry added.",
    ),
    (
        r"database system is (?:starting up|not yet accepting|in recovery mode|shutting down)",
        "The server is just starting or stopping. Run again in a moment.",
    ),
    (
        r"not currently accepting connections",
        (
            "The database allows no connections: a template, or one that is moved. Its owner ends that, connected to "
            "another database: ALTER DATABASE ... WITH ALLOW_CONNECTIONS true."
        ),
    ),
    (
        r"connect to invalid database",
        "A DROP DATABASE of it was interrupted: nothing in it can be read. Its owner drops it, and makes it anew.",
    ),
    (r"permission denied for database", "Its owner has to allow this login to connect: GRANT CONNECT ON DATABASE ..."),
    (r"is not permitted to log in", "An administrator has to allow it: ALTER ROLE ... LOGIN. Or use another login."),
    (
        r"could not (?:access file|load library)",
        (
            "A library that the server loads for every session is missing there: session_preload_libraries or "
            "local_preload_libraries, of the server, the database or the role."
        ),
    ),
    (
        r"server does not support SSL",
        (
            "The URL, or PGSSLMODE, asks for TLS, and the server has it off. Turn it on; or, in a network you trust, "
            "sslmode=disable."
        ),
    ),
    (
        r"definition of service|service file",
        (
            "The URL, or PGSERVICE, names a service that no file of services (PGSERVICEFILE, ~/.pg_service.conf) has."
            " Correct it, or unset PGSERVICE."
        ),
    ),
    (
        r"certificate verify failed|root certificate (?:file|store)|sslrootcert|does not match host name",
        (
            "sslrootcert names the file with the certificate of the authority that signed the server's; "
            "sslrootcert=system stands for those that this machine trusts. The certificate has to "
            "be for the host of the URL."
        ),
    ),
    (
        r"client certificate|private key file",
        (
            "sslcert and sslkey of the URL name the certificate of this login and its key. Only you may read the key "
            "(chmod 600), and sslpassword opens it if it is encrypted."
        ),
    ),
    (
        r"could not translate host name|[Nn]ame or service not known",
        "Check the host of the database URL; the name of a new server may need minutes.",
    ),
)

_HINT = "Check that the server runs, and host, port, user and password of the database URL."


def hint_for(reason: str, otherwise: str = _HINT) -> str:
    """Return what to do about a reason that the server or a pooler gave."""
    return next((hint for pattern, hint in _HINTS if re.search(pattern, reason)), otherwise)


def connection_error(
    exc: psycopg.Error | UnicodeError, url: str, exists: Callable[[str], bool | None]
) -> ConnectionFailedError:
    """Return what a failed attempt means.

    Args:
        exc: what psycopg raised.
        url: the connection string, hidden from every message.
        exists: asks the server, in another database, whether there is one of a name; ``None`` if it does not answer.
    """
    tried = _tried(exc)
    attempts = _attempts(redact(str(exc), url))
    database = tried.get("dbname", "")
    reason = attempts[-1][1]
    where = Target.of(url).describe(tried if len(attempts) == 1 else {})
    if database and all(_says_missing(said, database, exists) for _place, said in attempts):
        return DatabaseMissingError(
            f"Database {database} does not exist on {where.rpartition('/')[0]}.",
            hint="Create it (resource AwaDatabase, key awa:database, or CREATE DATABASE), or correct the URL.",
            sqlstate=INVALID_CATALOG_NAME,
        )
    return ConnectionFailedError(
        f"Cannot connect to {where}: {reason}.",
        hint=hint_for(reason),
        details=[f"{place}: {said}." for place, said in attempts] if len(attempts) > 1 else (),
        sqlstate=exc.sqlstate if isinstance(exc, psycopg.Error) else None,
    )


def _tried(exc: Exception) -> dict[str, str]:
    """Return the parameters of the last attempt, the environment and service files included."""
    connection = exc.pgconn if isinstance(exc, psycopg.Error) else None
    if connection is None:
        return {}
    found = {"host": connection.host, "port": connection.port, "dbname": connection.db, "user": connection.user}
    return {key: value.decode(errors="replace") for key, value in found.items() if value}


def _attempts(text: str) -> list[tuple[str, str]]:
    """Return the place and the reason of each attempt; the place is empty where there was one only."""
    parts = _OF_SEVERAL.split(text)[1:]
    listed = [
        (f"{host or '[local]'}:{port or 5432}", _reason(reason))
        for host, port, reason in zip(parts[::3], parts[1::3], parts[2::3], strict=True)
    ]
    return listed or [("", _reason(text))]


def _reason(text: str) -> str:
    """Return what was wrong, without where and without libpq's questions in the lines after it."""
    found = _ATTEMPT.match(text.strip())
    lines = (found[1] if found else text).strip().splitlines() or ["no reason given"]
    return re.sub(r"^[^\s:]+:  ", "", lines[0]).strip(" .")


def _says_missing(reason: str, database: str, exists: Callable[[str], bool | None]) -> bool:
    """Whether the server says that the database does not exist.

    There is no SQLSTATE for a failed login. The English words are believed in their exact form only. Words of another
    language that name the database are a reason to ask the server, which proves it.
    """
    if reason == f'database "{database}" does not exist':
        return True
    if any(re.search(pattern, reason) for pattern, _hint in _HINTS):
        return False
    # A name that is not ASCII may be garbled: the server has not been told of an encoding yet.
    named = database in reason or not database.isascii()
    return named and exists(database) is False
