"""Connection strings: parsing, naming without secrets, and pointing one at another database."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from types import MappingProxyType
from urllib.parse import quote, unquote

import psycopg
from psycopg import conninfo, pq

from awa_infra.database.url_forms import cleaned, objection
from awa_infra.errors import ConfigurationError

_SECRET_KEYS = ("password", "sslpassword", "passfile", "oauth_client_secret", "scram_client_key")
_HIDDEN = "***"
_LOCAL = "[local]"
"""The server's socket, as psql's prompt names it."""
_LINE_END = re.compile(r"[\r\n]")
_AUTHORITY = re.compile(r"[\w+:]+://[^:@/]*:(.*)@", re.DOTALL | re.IGNORECASE)
# A parameter with a dot is an application's own, and PostgreSQL repeats its value where anybody asks.
_OWN_OPTION = re.compile(r"(?:-c\s*|--)[\w-]+\.[\w.-]+=((?:\\.|\S)+)")
# As libpq splits a URL: urllib splits at ? and # in a password, drops an empty host, and knows IPv6.
_URL = re.compile(r"(postgres(?:ql)?://(?:[^@/]*@)?)([^/?]*)(/[^?]*)?(?:\?(.*))?", re.DOTALL)


def parameters(url: str) -> dict[str, str]:
    """Return the connection parameters of a URL or key=value string.

    Raises:
        ConfigurationError: it is not a connection string. The text is not repeated, it may hold a password.
    """
    url = cleaned(url)
    try:
        parsed = conninfo.conninfo_to_dict(url)
    except (psycopg.ProgrammingError, UnicodeError):
        # Without a cause on purpose: libpq's message quotes the part that it did not understand.
        raise _not_understood(url) from None
    split = _URL.fullmatch(url)
    if split and ("@" in split[2] + (split[3] or "") or _LINE_END.search(url)):
        # An @ or / in the password that is not encoded: libpq takes the rest of it for a host or a database.
        raise _not_understood(url)
    return {key: str(value) for key, value in parsed.items() if value is not None}


def _not_understood(url: str) -> ConfigurationError:
    known = objection(url)
    if known:
        return ConfigurationError(known[0], hint=known[1])
    return ConfigurationError(
        "The database URL is not a connection string that PostgreSQL understands.",
        hint="Write postgresql://user:password@host:5432/database, special characters percent-encoded.",
    )


def describe(url: str, tried: Mapping[str, str] = MappingProxyType({})) -> str:
    """Return where a connection string points, without any secret: ``user@host:port/database``.

    What it leaves out is what PostgreSQL's library takes from the environment (``PGHOST`` and so on). A service is
    named, because only its file says where it is. Several hosts are named each with its port.

    Args:
        url: the connection string.
        tried: parameters with which a connection was tried; they win.
    """
    defaults = {o.keyword.decode(): (o.val or b"").decode(errors="replace") for o in pq.Conninfo.get_defaults()}
    named = parameters(url)
    environment = {key: value for key, value in defaults.items() if value and (key != "user" or "PGUSER" in os.environ)}
    found = environment | named | {key: value for key, value in tried.items() if value}
    user = found.get("user", "")
    database = found.get("dbname", user)
    before = f"{user}@" if user else ""
    if "service" in named and not {"host", "hostaddr"} & {*named, *tried}:
        return f"{before}service {named['service']}" + (f"/{named['dbname']}" if "dbname" in named else "")
    if "hostaddr" in named and "host" not in named:
        found["host"] = named["hostaddr"]
    hosts = (found.get("host") or found.get("hostaddr") or _LOCAL).split(",")
    ports = found.get("port", "5432").split(",")
    if len(ports) != len(hosts):
        ports = ports[:1] * len(hosts)
    places = ",".join(f"{host or _LOCAL}:{port or 5432}" for host, port in zip(hosts, ports, strict=True))
    return f"{before}{places}/{database}"


def place(url: str) -> tuple[str, str]:
    """Return the server that a connection string leads to, as :func:`describe` names it, and the database."""
    server, _, database = describe(url).rpartition("@")[2].rpartition("/")
    return server, database


def secrets_of(url: str) -> tuple[str, ...]:
    """Return every secret in a connection string, as written and as decoded, longest first."""
    try:
        found = conninfo.conninfo_to_dict(cleaned(url))
    except (psycopg.ProgrammingError, UnicodeError):
        found = {}
    values = {str(found[key]) for key in _SECRET_KEYS if found.get(key)}
    values |= {re.sub(r"\\(.)", r"\1", value) for value in _OWN_OPTION.findall(str(found.get("options") or ""))}
    for authority in filter(None, (_AUTHORITY.match(url), _AUTHORITY.match(cleaned(url)))):
        values |= {authority[1], unquote(authority[1])}
    values |= {quote(value, safe="") for value in set(values)}
    return tuple(sorted((v for v in values if v), key=len, reverse=True))


def redact(text: str, url: str) -> str:
    """Return the text with the connection string and every secret of it hidden."""
    for written in (url, cleaned(url)) if url else ():
        text = text.replace(written, describe_or_hide(url)) if written else text
    for secret in secrets_of(url):
        text = text.replace(secret, _HIDDEN)
    return text


def describe_or_hide(url: str) -> str:
    """Return :func:`describe`, or a placeholder for what is no connection string."""
    try:
        return describe(url)
    except ConfigurationError:
        return "<unreadable database URL>"


def with_database(url: str, database: str) -> str:
    """Return the same connection string for another database of the same server."""
    parameters(url)
    url = cleaned(url)
    split = _URL.fullmatch(url)
    if split is None:
        return conninfo.make_conninfo(url, dbname=database)
    # A dbname among the query parameters would win over the path.
    query = "&".join(p for p in (split[4] or "").split("&") if p and not p.startswith("dbname="))
    return f"{split[1]}{split[2]}/{quote(database, safe='')}{'?' if query else ''}{query}"


def with_login(url: str, user: str, password: str | None) -> str:
    """Return the same connection string with another user, and with its password if there is one."""
    parameters(url)
    url = cleaned(url)
    split = _URL.fullmatch(url)
    if split is None:
        without = {k: v for k, v in parameters(url).items() if k not in {"user", "password"}}
        login = {"user": user} | ({} if password is None else {"password": password})
        return conninfo.make_conninfo(**without, **login)
    secret = "" if password is None else f":{quote(password, safe='')}"
    query = "&".join(p for p in (split[4] or "").split("&") if p and not p.startswith(("user=", "password=")))
    scheme = split[1].partition("://")[0]
    return f"{scheme}://{quote(user, safe='')}{secret}@{split[2]}{split[3] or ''}{'?' if query else ''}{query}"
