"""Connection strings: parsing, naming without secrets, and pointing one at another database."""

from __future__ import annotations

import re
from urllib.parse import quote, unquote

import psycopg
from psycopg import conninfo

from awa_infra.errors import ConfigurationError

_SECRET_KEYS = ("password", "sslpassword", "passfile", "oauth_client_secret", "scram_client_key")
_HIDDEN = "***"
# A parameter with a dot is an application's own, and PostgreSQL repeats its value where anybody asks.
_OWN_OPTION = re.compile(r"(?:-c\s*|--)[\w-]+\.[\w.-]+=((?:\\.|\S)+)")
# As libpq splits a URL: urllib splits at ? and # in a password, drops an empty host, and knows IPv6.
_URL = re.compile(r"(postgres(?:ql)?://(?:[^@/]*@)?)([^/?]*)(/[^?]*)?(?:\?(.*))?", re.DOTALL)


def parameters(url: str) -> dict[str, str]:
    """Return the connection parameters of a URL or key=value string.

    Raises:
        ConfigurationError: it is not a connection string. The text is not repeated, it may hold a password.
    """
    try:
        parsed = conninfo.conninfo_to_dict(url)
    except (psycopg.ProgrammingError, UnicodeError):
        # Without a cause on purpose: libpq's message quotes the part that it did not understand.
        raise _not_understood() from None
    split = _URL.fullmatch(url)
    if split and "@" in split[2] + (split[3] or ""):
        # An @ or / in the password that is not encoded: libpq takes the rest of it for a host or a database.
        raise _not_understood()
    return {key: str(value) for key, value in parsed.items() if value is not None}


def _not_understood() -> ConfigurationError:
    return ConfigurationError(
        "The database URL is not a connection string that PostgreSQL understands.",
        hint="Write postgresql://user:password@host:5432/database, special characters percent-encoded.",
    )


def describe(url: str) -> str:
    """Return where a connection string points, without any secret: ``user@host:port/database``."""
    found = parameters(url)
    user = found.get("user", "")
    host = found.get("host", found.get("hostaddr", "localhost"))
    port = found.get("port", "5432")
    database = found.get("dbname", user)
    return f"{user + '@' if user else ''}{host}:{port}/{database}"


def secrets_of(url: str) -> tuple[str, ...]:
    """Return every secret in a connection string, as written and as decoded, longest first."""
    try:
        found = conninfo.conninfo_to_dict(url)
    except (psycopg.ProgrammingError, UnicodeError):
        found = {}
    values = {str(found[key]) for key in _SECRET_KEYS if found.get(key)}
    values |= {re.sub(r"\\(.)", r"\1", value) for value in _OWN_OPTION.findall(str(found.get("options") or ""))}
    authority = re.match(r"[a-z]+://[^:@/]*:(.*)@", url, re.DOTALL | re.IGNORECASE)
    if authority:
        values |= {authority[1], unquote(authority[1])}
    values |= {quote(value, safe="") for value in set(values)}
    return tuple(sorted((v for v in values if v), key=len, reverse=True))


def redact(text: str, url: str) -> str:
    """Return the text with the connection string and every secret of it hidden."""
    text = text.replace(url, describe_or_hide(url)) if url else text
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
    split = _URL.fullmatch(url)
    if split is None:
        return conninfo.make_conninfo(url, dbname=database)
    # A dbname among the query parameters would win over the path.
    query = "&".join(p for p in (split[4] or "").split("&") if p and not p.startswith("dbname="))
    return f"{split[1]}{split[2]}/{quote(database, safe='')}{'?' if query else ''}{query}"


def with_login(url: str, user: str, password: str | None) -> str:
    """Return the same connection string with another user, and with its password if there is one."""
    parameters(url)
    split = _URL.fullmatch(url)
    if split is None:
        without = {k: v for k, v in parameters(url).items() if k not in {"user", "password"}}
        login = {"user": user} | ({} if password is None else {"password": password})
        return conninfo.make_conninfo(**without, **login)
    secret = "" if password is None else f":{quote(password, safe='')}"
    query = "&".join(p for p in (split[4] or "").split("&") if p and not p.startswith(("user=", "password=")))
    scheme = split[1].partition("://")[0]
    return f"{scheme}://{quote(user, safe='')}{secret}@{split[2]}{split[3] or ''}{'?' if query else ''}{query}"
