"""Parse a connection string once: what it says, where it leads, what must be hidden, how to change it."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
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
_SOCKETS = "/var/run/postgresql"
"""Where the library of Debian and of psycopg's wheels looks for a socket; upstream's own default is /tmp."""
_LINE_END = re.compile(r"[\r\n]")
_AUTHORITY = re.compile(r"[\w+:]+://[^:@/]*:(.*)@", re.DOTALL | re.IGNORECASE)
# A parameter with a dot is an application's own, and PostgreSQL shows its value to every session.
_OWN_OPTION = re.compile(r"(?:-c\s*|--)[\w-]+\.[\w.-]+=((?:\\.|\S)+)")
# As libpq splits a URL: urllib splits at ? and # in a password, drops an empty host, and knows IPv6.
_URL = re.compile(r"(postgres(?:ql)?://(?:[^@/]*@)?)([^/?]*)(/[^?]*)?(?:\?(.*))?", re.DOTALL)


ROOTS = (
    "/etc/ssl/certs/ca-certificates.crt",  # Debian, Ubuntu, Alpine, Arch
    "/etc/pki/tls/certs/ca-bundle.crt",  # RHEL, Fedora, Amazon Linux
    "/etc/ssl/ca-bundle.pem",  # SUSE
    "/etc/ssl/cert.pem",  # macOS
)
"""Where systems keep the certificates of the authorities that they trust, in one file.

The OpenSSL in psycopg's wheels looks for them in ``/usr/lib/psycopg-openssl``, which no machine has: where it is told
no other place, every server would be refused.
"""

_STRICT = "verify-full"

_KEPT = 256
"""How many connection strings a process remembers: those of a fleet."""


@dataclass(frozen=True, slots=True)
class Target:
    """A connection string, understood. Only :meth:`of` makes one, and only once for each string.

    Attributes:
        text: the connection string as PostgreSQL's library takes it; secret.
        parameters: what it says by itself; what it leaves out comes from the environment and from service files.
    """

    text: str = field(repr=False)
    parameters: Mapping[str, str] = field(repr=False)
    _parts: tuple[str, str, str, str] | None = field(repr=False)

    @staticmethod
    @lru_cache(_KEPT)
    def of(url: str) -> Target:
        """Understand a URL or a key=value string.

        Raises:
            ConfigurationError: it is not a connection string. The text is not repeated, it may hold a password.
        """
        text = cleaned(url)
        try:
            parsed = conninfo.conninfo_to_dict(text)
        except (psycopg.ProgrammingError, UnicodeError):
            # Without a cause on purpose: libpq's message quotes the part that it did not understand.
            raise _not_understood(text) from None
        split = _URL.fullmatch(text)
        if split and ("@" in split[2] + (split[3] or "") or _LINE_END.search(text)):
            # An @ or / in the password that is not encoded: libpq takes the rest of it for a host or a database.
            raise _not_understood(text)
        named = {key: str(value) for key, value in parsed.items() if value is not None}
        parts = (split[1], split[2], split[3] or "", split[4] or "") if split else None
        return Target(text, MappingProxyType(named), parts)

    def connection_string(self, **defaults: str) -> str:
        """Return what to connect with: in UTF-8, and with these parameters where it does not say something else itself.

        Awa's texts are UTF-8, whatever PGCLIENTENCODING says, and what a SQL_ASCII database returns is text, too. With
        ``sslrootcert=system`` the server is checked with the certificates that this machine trusts, see :data:`ROOTS`.
        """
        missing = {key: value for key, value in defaults.items() if key not in self.parameters}
        return conninfo.make_conninfo(self.text, **missing | self._trusted_roots() | {"client_encoding": "UTF8"})

    def _trusted_roots(self) -> dict[str, str]:
        """Return the file of certificates that ``sslrootcert=system`` means.

        ``SSL_CERT_FILE`` and ``SSL_CERT_DIR`` tell OpenSSL another place. A weaker ``sslmode`` than ``verify-full`` is
        left to PostgreSQL's library, which refuses it together with ``system``.
        """
        asked = self.parameters.get("sslrootcert", os.environ.get("PGSSLROOTCERT"))
        mode = self.parameters.get("sslmode", os.environ.get("PGSSLMODE", _STRICT))
        elsewhere = {"SSL_CERT_FILE", "SSL_CERT_DIR"} & os.environ.keys()
        if asked != "system" or mode != _STRICT or elsewhere or pq.__impl__ != "binary":
            return {}
        found = next((file for file in ROOTS if Path(file).is_file()), None)
        return {"sslrootcert": found, "sslmode": _STRICT} if found else {}

    def describe(self, tried: Mapping[str, str] = MappingProxyType({})) -> str:
        """Return where it leads, without any secret: ``user@host:port/database``.

        What it leaves out is what PostgreSQL's library takes from the environment (``PGHOST`` and so on). A service is
        named, because only its file says where it is. Several hosts are named each with its port. Parameters with which
        a connection was tried win.
        """
        user = self._resolved(tried).get("user", "")
        server, database = self.address(tried)
        before = f"{user}@" if user else ""
        # Which database a service leads to is in its file, unless the connection string names one.
        return f"{before}{server}" + (f"/{database}" if database or not self._in_a_service_file(tried) else "")

    def address(self, tried: Mapping[str, str] = MappingProxyType({})) -> tuple[str, str]:
        """Return the server that it leads to, as :meth:`describe` names it, and the database."""
        if self._in_a_service_file(tried):
            return f"service {self.parameters['service']}", self.parameters.get("dbname", "")
        resolved = self._resolved(tried)
        server = ",".join(f"{_bracketed(host) or _LOCAL}:{port or 5432}" for host, port in _hosts(resolved, _LOCAL))
        return server, resolved.get("dbname", resolved.get("user", ""))

    def hosts(self) -> list[tuple[str, int]]:
        """Return host and port of each server that it may lead to; empty where only a service file says it.

        A host that begins with a slash is the folder of a socket. A ``hostaddr`` is connected to, and the name of the
        host beside it is not looked up.

        Raises:
            ConfigurationError: a port is no number.
        """
        if self._in_a_service_file():
            return []
        found = self._resolved()
        found["host"] = found.get("hostaddr") or found.get("host", "")
        try:
            return [(host or _SOCKETS, int(port or 5432)) for host, port in _hosts(found, _SOCKETS)]
        except ValueError:
            raise ConfigurationError(
                "The port of the database URL, or PGPORT, is no number.", hint="Correct it, or leave it out for 5432."
            ) from None

    def _resolved(self, tried: Mapping[str, str] = MappingProxyType({})) -> dict[str, str]:
        """Return all parameters: what was tried, what it says, what the environment says, in this order."""
        defaults = _defaults()
        named = self.parameters
        environment = {
            key: value for key, value in defaults.items() if value and (key != "user" or "PGUSER" in os.environ)
        }
        found = {**environment, **named, **{key: value for key, value in tried.items() if value}}
        if "hostaddr" in named and "host" not in named:
            found["host"] = named["hostaddr"]
        return found

    def _unnamed_database(self) -> str:
        """Return the database that it leads to although it names none; empty if it does, or if a service does."""
        if self.parameters.get("dbname") or "service" in self.parameters:
            return ""
        defaults = _defaults()
        return defaults.get("dbname") or self.parameters.get("user") or defaults.get("user", "")

    def _in_a_service_file(self, tried: Mapping[str, str] = MappingProxyType({})) -> bool:
        return "service" in self.parameters and not {"host", "hostaddr"} & {*self.parameters, *tried}

    def with_database(self, database: str) -> str:
        """Return the same connection string for another database of the same server."""
        if self._parts is None:
            return conninfo.make_conninfo(self.text, dbname=database)
        scheme, hosts, _path, options = self._parts
        # A dbname among the query parameters would win over the path.
        query = _without(options, "dbname=")
        return f"{scheme}{hosts}/{quote(database, safe='')}{query}"

    def with_login(self, user: str, password: str | None) -> str:
        """Return a connection string to the same database with another user, and with its password if there is one.

        A database that it does not name is added, because PostgreSQL's library takes the name of the user for it. Where
        it names a service, only the file of the service says which database that is, and nothing is added.
        """
        unnamed = self._unnamed_database()
        if self._parts is None:
            rest = {key: value for key, value in self.parameters.items() if key not in {"user", "password"}}
            login = {"user": user} | ({} if password is None else {"password": password})
            return conninfo.make_conninfo(**rest | ({"dbname": unnamed} if unnamed else {}), **login)
        scheme, hosts, path, options = self._parts
        path = f"/{quote(unnamed, safe='')}" if unnamed else path
        secret = "" if password is None else f":{quote(password, safe='')}"
        query = _without(options, "user=", "password=")
        return f"{scheme.partition('://')[0]}://{quote(user, safe='')}{secret}@{hosts}{path}{query}"


def connection_string_of(parameters: Mapping[str, str | int | None]) -> str:
    """Return a connection string for parameters by the names of PostgreSQL's library; empty ones are left out."""
    return conninfo.make_conninfo("", **{key: str(value) for key, value in parameters.items() if value})


def _defaults() -> dict[str, str]:
    """Return what the environment says for each parameter, and otherwise PostgreSQL's library itself."""
    return {o.keyword.decode(): (o.val or b"").decode(errors="replace") for o in pq.Conninfo.get_defaults()}


def _bracketed(host: str) -> str:
    """Return a host as people write it before a port; the folder of a socket may have colons too."""
    return f"[{host}]" if ":" in host and not host.startswith(("/", "@")) else host


def _hosts(found: Mapping[str, str], local: str) -> list[tuple[str, str]]:
    hosts = (found.get("host") or found.get("hostaddr") or local).split(",")
    ports = found.get("port", "5432").split(",")
    if len(ports) != len(hosts):
        ports = ports[:1] * len(hosts)
    return list(zip(hosts, ports, strict=True))


def _without(options: str, *names: str) -> str:
    query = "&".join(option for option in options.split("&") if option and not option.startswith(names))
    return f"?{query}" if query else ""


def _not_understood(url: str) -> ConfigurationError:
    reason = objection(url)
    if reason:
        return ConfigurationError(reason[0], hint=reason[1])
    return ConfigurationError(
        "The database URL is not a connection string that PostgreSQL understands.",
        hint="Write postgresql://user:password@host:5432/database, special characters percent-encoded.",
    )


@lru_cache(_KEPT)
def secrets_of(url: str) -> tuple[str, ...]:
    """Return every secret in a text that may be a connection string, as written and as decoded, longest first."""
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
        text = text.replace(written, describe_or_hide(url)) if written.strip() else text
    for secret in secrets_of(url):
        text = text.replace(secret, _HIDDEN)
    return text


def describe_or_hide(url: str) -> str:
    """Return :meth:`Target.describe`, or a placeholder for what is no connection string."""
    try:
        return Target.of(url).describe()
    except ConfigurationError:
        return "<unreadable database URL>"
