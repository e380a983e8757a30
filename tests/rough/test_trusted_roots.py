"""``sslrootcert=system``, as managed services with a certificate of a public authority tell people to write."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode

import psycopg
import pytest

from awa_infra.database import target
from awa_infra.database.server import read_server
from awa_infra.errors import ConnectionFailedError
from tests.rough.servers import debian_server, place, with_tls


@pytest.fixture(scope="module")
def url() -> Iterator[tuple[str, Path]]:
    """Give the URL of a server with TLS, without a word on whom to trust, and the file of its authority."""
    with place() as folder, debian_server() as server:
        with psycopg.connect(server.url, autocommit=True) as connection:
            connection.execute("ALTER ROLE postgres PASSWORD 'any'")
        with with_tls(server, folder) as options:
            client = {key: options[key] for key in ("sslcert", "sslkey")}
            yield f"{server.url}?{urlencode(client)}", folder / "ca.crt"


@pytest.fixture(autouse=True)
def _no_other_place(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("SSL_CERT_FILE", "SSL_CERT_DIR", "PGSSLROOTCERT", "PGSSLMODE"):
        monkeypatch.delenv(name, raising=False)


def verified(url: str) -> bool:
    return read_server(url).verified


def test_the_server_is_verified_with_the_certificates_of_the_machine(
    url: tuple[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    where, authority = url
    with pytest.raises(ConnectionFailedError, match="certificate verify failed"):
        verified(f"{where}&sslrootcert=system")
    monkeypatch.setattr(target, "ROOTS", (str(authority.with_name("none")), str(authority)))
    assert verified(f"{where}&sslrootcert=system")
    assert verified(f"{where}&sslrootcert=system&sslmode=verify-full")
    monkeypatch.setenv("PGSSLROOTCERT", "system")
    assert verified(where)
    with pytest.raises(ConnectionFailedError, match='weak sslmode "require"'):
        verified(f"{where}&sslmode=require")


def test_another_name_than_the_certificate_has_is_refused(
    url: tuple[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    where, authority = url
    monkeypatch.setattr(target, "ROOTS", (str(authority),))
    with pytest.raises(ConnectionFailedError, match="does not match host name"):
        verified(f"{where}&sslrootcert=system".replace("@127.0.0.1:", "@db.example.com:") + "&hostaddr=127.0.0.1")


def test_a_place_that_openssl_is_told_wins(url: tuple[str, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    where, authority = url
    monkeypatch.setenv("SSL_CERT_FILE", str(authority))
    assert verified(f"{where}&sslrootcert=system")
    monkeypatch.setattr(target, "ROOTS", (str(authority),))
    monkeypatch.setenv("SSL_CERT_FILE", "/dev/null")
    with pytest.raises(ConnectionFailedError, match="certificate verify failed"):
        verified(f"{where}&sslrootcert=system")
