"""Accept or refuse connection strings in the form of other tools, by name. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType

_BLANKS = " \t\r\n\v\f\u00a0\u200b\ufeff"
"""Around a connection string: what a file, a template or an editor adds. The last one is a byte order mark."""

_SCHEME = re.compile(r"(?:jdbc:)?(postgres(?:ql)?)(?:\+\w+)?://", re.IGNORECASE)
"""With the prefix of JDBC, and with a driver as SQLAlchemy names it."""

_COMMAND = re.compile(r"psql\s+(?=['\"]?postgres)")
"""What some providers offer for copying."""

_OTHER_DATABASE = re.compile(
    r"(?:jdbc:)?(mysql|mariadb|sqlite3?|mongodb|redis|sqlserver|mssql|oracle|https?|file)\b", re.IGNORECASE
)

_PARAMETERS: Mapping[str, str] = MappingProxyType(
    {
        **dict.fromkeys(("schema", "pgbouncer", "connection_limit", "pool_timeout", "socket_timeout"), "Prisma"),
        **dict.fromkeys(("sslaccept", "sslidentity", "statement_cache_size"), "Prisma"),
        **dict.fromkeys(("currentSchema", "prepareThreshold", "reWriteBatchedInserts", "socketTimeout"), "JDBC"),
        **dict.fromkeys(("loginTimeout", "stringtype", "ApplicationName"), "JDBC"),
        **dict.fromkeys(("serverVersion", "charset"), "Doctrine"),
        **dict.fromkeys(("pool", "prepared_statements", "encoding", "checkout_timeout", "reaping_frequency"), "Rails"),
        **dict.fromkeys(("search_path", "pool_max_conns", "pool_min_conns", "default_query_exec_mode"), "pgx"),
        **dict.fromkeys(("x-migrations-table", "x-migrations-table-quoted"), "golang-migrate"),
        **dict.fromkeys(("prepared_statement_cache_size", "async_fallback"), "SQLAlchemy"),
        **dict.fromkeys(("supa",), "Supabase"),
        **dict.fromkeys(("conn_max_age", "conn_health_checks"), "Django"),
    }
)
"""Parameters that PostgreSQL's own library does not have, and who has them. Only these are ever named in a message."""

_SCHEMAS = frozenset({"schema", "currentSchema", "search_path"})


def cleaned(url: str) -> str:
    """Return a connection string without what other tools put around or before it.

    Blanks, line ends, a byte order mark and quotes around it go, and so do ``psql`` and ``jdbc:`` before it and a
    driver in its scheme, as in ``postgresql+asyncpg://``.
    """
    text = _COMMAND.sub("", url.strip(_BLANKS), count=1)
    if len(text) > 1 and text[0] == text[-1] and text[0] in "'\"":
        text = text[1:-1].strip(_BLANKS)
    found = _SCHEME.match(text)
    return f"{found[1].lower()}://{text[found.end() :]}" if found else text


def objection(url: str) -> tuple[str, str] | None:
    """Return what is wrong with a cleaned connection string that PostgreSQL's library refuses, and what to do.

    Only words that are known here are repeated: anything else could be a part of a password.
    """
    other = _OTHER_DATABASE.match(url)
    if other:
        return f"The database URL is one of {other[1].lower()}.", "Give the URL of a PostgreSQL database."
    if not url.startswith(("postgresql://", "postgres://")):
        return None
    if re.search(r"\s", url):
        return (
            "The database URL has a blank or a line break in it.",
            "Remove it, or write %20 for a blank that belongs to a password.",
        )
    for part in url.partition("?")[2].split("&"):
        name = part.partition("=")[0]
        if name in _PARAMETERS:
            about = " Awa's own schema is always named awa." if name in _SCHEMAS else ""
            return (
                f"The database URL has the parameter {name} of {_PARAMETERS[name]}, which PostgreSQL does not know.",
                f"Remove {name}=... from the URL.{about}",
            )
    return None
