"""What is made of the texts of psycopg 3.3 with libpq 18: from PostgreSQL 15 and 18, and PgBouncer 1.18."""

from __future__ import annotations

import re

import psycopg
import pytest

from awa_infra.database.connect_errors import connection_error
from awa_infra.errors import ConnectionFailedError
from devtools.docs_shown import ROOT

URL = "postgresql://app:sesame@127.0.0.1:6432/shop"
AT = 'connection failed: connection to server at "127.0.0.1", port 6432 failed: '


def failed(text: str, url: str = URL) -> ConnectionFailedError:
    return connection_error(psycopg.OperationalError(text), url, lambda _name: None)


@pytest.mark.parametrize(
    ("text", "reason", "hint"),
    [
        (f"{AT}FATAL:  sorry, too many clients already", "sorry, too many clients already", "no free connection"),
        (
            f"{AT}FATAL:  remaining connection slots are reserved for roles with the SUPERUSER attribute",
            "remaining connection slots are reserved for roles with the SUPERUSER attribute",
            "no free connection",
        ),
        (f"{AT}FATAL:  no more connections allowed (max_client_conn)", "no more connections", "no free connection"),
        (
            f"{AT}FATAL:  the database system is starting up",
            "the database system is starting up",
            "Run again in a moment",
        ),
        (
            f"{AT}FATAL:  the database system is not yet accepting connections",
            "the database system is not yet accepting connections",
            "Run again in a moment",
        ),
        (f"{AT}FATAL:  query_wait_timeout", "query_wait_timeout", "PgBouncer answers, and has no connection"),
        (
            f'{AT}FATAL:  server login failed: FATAL: password authentication failed for user "app"',
            'server login failed: FATAL: password authentication failed for user "app"',
            "PgBouncer answers, and has no connection",
        ),
        (
            f"{AT}FATAL:  server login has been failing, cached error: connect failed: refused (server_login_retry)",
            "server login has been failing, cached error: connect failed: refused (server_login_retry)",
            "PgBouncer answers",
        ),
        (f"{AT}FATAL:  bouncer config error", "bouncer config error", "refuses this by its configuration"),
        (f"{AT}FATAL:  no such database: shop", "no such database: shop", "refuses this by its configuration"),
        (
            f"{AT}FATAL:  unsupported startup parameter: options",
            "unsupported startup parameter: options",
            "refuses this by its configuration",
        ),
        (
            'connection is bad: definition of service "shop" not found',
            'connection is bad: definition of service "shop" not found',
            "unset PGSERVICE",
        ),
        (f"{AT}FATAL:  Rolle »app« existiert nicht", "Rolle »app« existiert nicht", "Check that the server runs"),
        (
            f"{AT}Connection refused\n\tIs the server running on that host and accepting TCP/IP connections?",
            "Connection refused",
            "Check that the server runs",
        ),
        (
            f'{AT}server certificate for "db.example" does not match host name "127.0.0.1"',
            'server certificate for "db.example" does not match host name "127.0.0.1"',
            "for the host of the URL",
        ),
        (
            f"{AT}FATAL:  connection requires a valid client certificate",
            "connection requires a valid client certificate",
            "sslcert and sslkey",
        ),
        (
            f'{AT}could not load private key file "/home/me/key": bad decrypt',
            'could not load private key file "/home/me/key": bad decrypt',
            "sslpassword",
        ),
        (f"{AT}SSL error: certificate verify failed", "SSL error: certificate verify failed", "sslrootcert=system"),
        (
            f'{AT}root certificate file "/home/me/.postgresql/root.crt" does not exist',
            'root certificate file "/home/me/.postgresql/root.crt" does not exist',
            "sslrootcert=system",
        ),
        (
            f'{AT}FATAL:  cannot connect to invalid database "shop"',
            'cannot connect to invalid database "shop"',
            "A DROP DATABASE of it was interrupted",
        ),
        ("connection timeout expired", "connection timeout expired", "Check that the server runs"),
        ("", "no reason given", "Check that the server runs"),
    ],
)
def test_the_reason_that_was_given_is_whole_and_has_its_hint(text: str, reason: str, hint: str) -> None:
    error = failed(text)
    assert type(error) is ConnectionFailedError
    assert error.message.startswith(f"Cannot connect to app@127.0.0.1:6432/shop: {reason}")
    assert hint in error.hint
    assert "sesame" not in str(error)


def test_several_attempts_are_listed_with_their_places() -> None:
    error = failed(
        f"{AT}FATAL:  no such database: shop\nMultiple connection attempts failed. All failures were:\n"
        "- host: 'a', port: '1', hostaddr: '10.0.0.1': connection failed: connection to server at \"10.0.0.1\", port 1 "
        "failed: Connection refused\n\tIs the server running on that host and accepting TCP/IP connections?\n"
        "- host: None, port: None, hostaddr: '127.0.0.1': connection timeout expired",
        "postgresql://app@a:1,b/shop",
    )
    assert error.message == "Cannot connect to app@a:1,b:5432/shop: connection timeout expired."
    assert error.details == ("a:1: Connection refused.", "[local]:5432: connection timeout expired.")


def test_lines_for_people_are_written_where_a_lost_line_ends_nothing() -> None:
    folder = ROOT / "awa_infra" / "cli"
    found = [
        path.name for path in folder.glob("*.py") if re.search(r"echo\(.*err=True", path.read_text(encoding="utf-8"))
    ]
    assert found == ["output.py"]
