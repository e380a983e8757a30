from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from awa_infra.database.target import Target, describe_or_hide, redact
from awa_infra.database.url_forms import cleaned
from awa_infra.errors import ConfigurationError

PLAIN = "postgresql://user:canary@host:5432/db"
UNDERSTOOD = [
    "jdbc:postgresql://user:canary@host:5432/db",
    "postgresql+asyncpg://user:canary@host:5432/db",
    "postgresql+psycopg2://user:canary@host:5432/db",
    "postgres+psycopg://user:canary@host:5432/db",
    "POSTGRESQL://user:canary@host:5432/db",
    f"{PLAIN}\n",
    f"{PLAIN}\r\n",
    f"  {PLAIN}\t",
    f"\ufeff{PLAIN}",
    f'"{PLAIN}"',
    f"'{PLAIN}'\n",
    f"psql {PLAIN}",
    f"psql '{PLAIN}'",
]


@pytest.mark.parametrize("url", UNDERSTOOD)
def test_what_other_tools_and_files_add_is_understood(url: str) -> None:
    assert Target.of(url).parameters == Target.of(PLAIN).parameters
    assert Target.of(url).describe() == "user@host:5432/db"
    assert Target.of(url).with_database("other").endswith("://user:canary@host:5432/other")
    assert Target.of(url).with_login("me", None).endswith("://me@host:5432/db")
    for text in (url, url.strip(), cleaned(url), "canary"):
        assert "canary" not in redact(f"<{text}>", url)


@pytest.mark.parametrize(
    ("url", "message", "hint"),
    [
        (
            f"{PLAIN}?schema=public",
            "the parameter schema of Prisma",
            "Remove schema=... from the URL. Awa's own schema",
        ),
        (f"{PLAIN}?sslmode=require&pgbouncer=true", "the parameter pgbouncer of Prisma", "Remove pgbouncer=..."),
        (f"jdbc:{PLAIN}?currentSchema=canary", "the parameter currentSchema of JDBC", "Remove currentSchema=..."),
        (f"{PLAIN}?search_path=canary", "the parameter search_path of pgx", "Remove search_path=..."),
        (f"{PLAIN}?canary=1", "not a connection string that PostgreSQL understands", "percent-encoded"),
        ("postgresql://user:can ary@host/db", "has a blank or a line break in it", "%20"),
        ("postgresql://user:can\nary@host/db", "has a blank or a line break in it", "%20"),
        ("mysql://user:canary@host/db", "is one of mysql", "PostgreSQL database"),
        ("jdbc:mysql://user:canary@host/db", "is one of mysql", "PostgreSQL database"),
        ("sqlite:///canary.db", "is one of sqlite", "PostgreSQL database"),
        ("https://canary.example.com", "is one of https", "PostgreSQL database"),
        ("user:canary@host:5432/db", "not a connection string that PostgreSQL understands", "postgresql://user"),
        ("host=host sslmod=canary", "not a connection string that PostgreSQL understands", "postgresql://user"),
    ],
)
def test_what_is_not_understood_is_named_without_any_secret(url: str, message: str, hint: str) -> None:
    with pytest.raises(ConfigurationError, match="The database URL") as caught:
        Target.of(url)
    assert message in caught.value.message
    assert hint in caught.value.hint
    assert "canary" not in str(caught.value)
    assert describe_or_hide(url) == "<unreadable database URL>"


@given(st.text())
def test_cleaning_twice_is_cleaning_once(url: str) -> None:
    once = cleaned(f"postgresql+asyncpg://{url}")
    assert cleaned(once) == once or once[:1] in "'\""


def test_what_is_left_out_is_taken_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"PGHOST": "db.example.com", "PGPORT": "6432", "PGDATABASE": "shop", "PGUSER": "app"}.items():
        monkeypatch.setenv(name, value)
    assert Target.of("").describe() == "app@db.example.com:6432/shop"
    assert Target.of("postgresql:///other").describe() == "app@db.example.com:6432/other"
    assert Target.of("postgresql://me@host/db").describe() == "me@host:6432/db"
    assert Target.of("hostaddr=10.0.0.1 dbname=db").describe() == "app@10.0.0.1:6432/db"


def test_a_service_is_named_and_so_is_the_place_that_its_file_gave() -> None:
    assert Target.of("service=shop").describe() == "service shop"
    assert Target.of("service=shop user=me dbname=db").describe() == "me@service shop/db"
    assert Target.of("service=shop host=host user=me dbname=db").describe() == "me@host:5432/db"
    tried = {"host": "10.0.0.1", "port": "6432", "user": "app", "dbname": "shop"}
    assert Target.of("service=shop").describe(tried) == "app@10.0.0.1:6432/shop"


def test_every_host_is_named_with_its_port() -> None:
    assert Target.of("postgresql://user@a:1,b:2/db").describe() == "user@a:1,b:2/db"
    assert Target.of("postgresql://user@a,b/db").describe() == "user@a:5432,b:5432/db"
    assert Target.of("host=a,b port=6432 user=user dbname=db").describe() == "user@a:6432,b:6432/db"
    assert Target.of("host=,b port=6432, user=user dbname=db").describe() == "user@[local]:6432,b:5432/db"


def test_hosts_are_where_a_connection_would_go(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGPORT", "6000")
    assert Target.of("postgresql://a,b:6432/db").hosts() == [("a", 5432), ("b", 6432)]
    assert Target.of("host=a,b port=7").hosts() == [("a", 7), ("b", 7)]
    assert Target.of("dbname=db").hosts() == [("/var/run/postgresql", 6000)]
    assert Target.of("hostaddr=10.0.0.1").hosts() == [("10.0.0.1", 6000)]
    assert Target.of("service=shop").hosts() == []
    # The name of the host is for the certificate alone here, and is not looked up.
    assert Target.of("host=db.example hostaddr=10.0.0.1 port=7").hosts() == [("10.0.0.1", 7)]
    monkeypatch.setenv("PGPORT", "mine")
    with pytest.raises(ConfigurationError, match="or PGPORT, is no number"):
        Target.of("host=a").hosts()
