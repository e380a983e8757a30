from __future__ import annotations

import getpass
from pathlib import Path
from urllib.parse import quote

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from psycopg import conninfo

from awa_infra.database import target
from awa_infra.database.target import Target, connection_string_of, describe_or_hide, redact, secrets_of
from awa_infra.errors import ConfigurationError

WHERE = "user@host:5432/db"
PASSWORDS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=12)
# What people have in passwords and forget to encode.
RAW_PASSWORDS = st.text(st.sampled_from("aZ0/@:?#[]%&=+*'\" \\~"), min_size=1, max_size=8)
DATABASES = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=12)


def quoted(value: str) -> str:
    """Return a value as a key=value connection string writes it."""
    return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"


def forms(password: str) -> list[str]:
    """Return the ways to write a password into a connection string that PostgreSQL understands."""
    encoded = quote(password, safe="")
    every_byte = "".join(f"%{byte:02x}" for byte in password.encode())
    return [
        f"postgresql://user:{encoded}@host/db",
        f"postgres://user:{every_byte}@host:5432/db",
        f"postgresql://host/db?user=user&password={encoded}",
        f"postgresql://user@host/db?password={every_byte}&sslmode=require",
        f"host=host user=user dbname=db password={quoted(password)}",
    ]


@pytest.mark.parametrize(
    ("url", "where"),
    [
        ("postgresql://user:secret@host/db", "user@host:5432/db"),
        ("postgres://user@host:6432/db", "user@host:6432/db"),
        ("postgresql://host/db", "host:5432/db"),
        ("postgresql://user:secret@host", "user@host:5432/user"),
        ("postgresql://user@a:1,b:2/db", "user@a:1,b:2/db"),
        ("postgresql://user@[::1]/db", "user@[::1]:5432/db"),
        ("postgresql://user@[fe80::1]:6432,b/db", "user@[fe80::1]:6432,b:5432/db"),
        ("hostaddr=::1 user=user dbname=db", "user@[::1]:5432/db"),
        ("host=/cloudsql/shop:europe:jobs user=user dbname=db", "user@/cloudsql/shop:europe:jobs:5432/db"),
        ("postgresql:///db?host=/run/postgresql&user=user", "user@/run/postgresql:5432/db"),
        ("hostaddr=127.0.0.1 user=user dbname=db password=secret", "user@127.0.0.1:5432/db"),
        ("dbname=db", "[local]:5432/db"),
        ("", "[local]:5432/"),
    ],
)
def test_a_connection_string_is_named_by_where_it_points(url: str, where: str) -> None:
    assert Target.of(url).describe() == where


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("postgresql://me:secret@host:5433/jobs", ("host:5433", "jobs")),
        ("postgresql://me@h:5432/a%40b", ("h:5432", "a@b")),
        ("host=h dbname='x@y/z'", ("h:5432", "x@y/z")),
        ("host=/run/postgresql user='a@b/c' dbname=jobs", ("/run/postgresql:5432", "jobs")),
        ("host=h user='a@b/c'", ("h:5432", "a@b/c")),
        ("service=shop", ("service shop", "")),
        ("service=shop user=me dbname=a/b", ("service shop", "a/b")),
    ],
)
def test_a_connection_string_leads_to_a_server_and_a_database(url: str, address: tuple[str, str]) -> None:
    assert Target.of(url).address() == address


def test_every_parameter_of_a_connection_string_is_read_as_text() -> None:
    assert Target.of("postgresql://user:a%20b@host:6432/db?sslmode=require").parameters == {
        "user": "user",
        "password": "a b",
        "host": "host",
        "port": "6432",
        "dbname": "db",
        "sslmode": "require",
    }


@pytest.mark.parametrize(
    "url",
    [
        "canary",
        "mysql://user:canary@host/db",
        "postgresql://user:canary%zz@host/db",
        "postgresql://user:canary@host/db?bogus=1",
        "postgresql://user:canary@host/db?password=canary%00",
        "postgresql://user:canary@[::1/db",
        "host=host password='canary",
        "host=host passwort=canary",
    ],
)
def test_what_is_no_connection_string_is_refused_without_repeating_it(url: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        Target.of(url).describe()
    assert "canary" not in str(caught.value)
    # Neither a traceback nor a debugger's view of the error shows it.
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__
    assert describe_or_hide(url) == "<unreadable database URL>"


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://user:can/ary@host/db",
        "postgresql://user:/canary@host/db",
        "postgresql://user:can@ary@host/db",
        "postgresql://user:can/ary@host/db?password=x",
    ],
)
def test_a_password_that_must_be_percent_encoded_is_not_taken_for_a_host_or_a_database(url: str) -> None:
    assert describe_or_hide(url) == "<unreadable database URL>"
    assert "ary" not in redact(f"could not translate {url}", url)
    with pytest.raises(ConfigurationError, match="not a connection string") as caught:
        Target.of(url)
    assert "percent-encoded" in caught.value.hint


@given(PASSWORDS)
def test_where_a_connection_points_does_not_depend_on_its_password(password: str) -> None:
    assert [Target.of(form).describe() for form in forms(password)] == [WHERE] * 5
    assert [describe_or_hide(form) for form in forms(password)] == [WHERE] * 5


@given(RAW_PASSWORDS)
def test_a_password_that_nobody_encoded_shows_in_no_description(password: str) -> None:
    assert describe_or_hide(f"postgresql://user:{password}@host/db") in {WHERE, "<unreadable database URL>"}


@given(PASSWORDS)
def test_a_secret_is_known_as_written_and_as_decoded(password: str) -> None:
    for form in forms(password):
        assert password in secrets_of(form)
    encoded = quote(password, safe="")
    assert encoded in secrets_of(f"postgresql://user:{encoded}@host/db")
    every_byte = "".join(f"%{byte:02x}" for byte in password.encode())
    assert every_byte in secrets_of(f"postgresql://user:{every_byte}@host/db")


@given(PASSWORDS)
def test_no_password_is_left_in_a_redacted_text(password: str) -> None:
    encoded = quote(password, safe="")
    assume(password not in f"<{WHERE}> <***>")
    assume(encoded not in f"<{WHERE}> <***>")
    for url in forms(password):
        redacted = redact(f"<{url}> <{password}> <{encoded}>", url)
        assert password not in redacted
        assert encoded not in redacted


@given(RAW_PASSWORDS)
def test_no_password_that_nobody_encoded_is_left_in_a_redacted_text(password: str) -> None:
    url = f"postgresql://user:{password}@host/db"
    assume(password not in f"<{WHERE}> <***> <unreadable database URL>")
    assert password not in redact(f"<{url}> <{password}>", url)


@given(st.lists(PASSWORDS, min_size=2, max_size=2, unique=True))
def test_every_secret_is_hidden_and_a_long_one_before_its_parts(secrets: list[str]) -> None:
    one, two = secrets
    assume("*" not in one + two)
    url = f"host=host user=user dbname=db password={quoted(one)} sslpassword={quoted(one + two)}"
    assert redact(one + two, url) == "***"
    assert secrets_of(url) == tuple(sorted(secrets_of(url), key=len, reverse=True))


@pytest.mark.parametrize("key", ["password", "sslpassword", "passfile", "oauth_client_secret", "scram_client_key"])
def test_every_parameter_that_is_a_secret_is_hidden(key: str) -> None:
    if key.startswith(("oauth", "scram")) and key not in known_to_libpq():
        pytest.skip(f"this libpq has no {key}")
    url = f"postgresql://user@host/db?{key}=canary"
    assert redact("it was canary", url) == "it was ***"
    assert "canary" not in redact(f"could not use {url}", url)


def known_to_libpq() -> set[str]:
    from psycopg import pq  # noqa: PLC0415

    return {option.keyword.decode() for option in pq.Conninfo.get_defaults()}


def test_a_malformed_url_still_hides_its_password() -> None:
    url = "postgresql://user:can%zzary@host/db"
    assert redact(f"bad {url}, password can%zzary", url) == "bad <unreadable database URL>, password ***"


def test_without_a_url_or_a_secret_a_text_stays_as_it_is() -> None:
    assert redact("nothing to hide", "") == "nothing to hide"
    assert redact("nothing to hide", "postgresql://user@host/db") == "nothing to hide"
    assert redact("nothing to hide", "postgresql://user:@host/db") == "nothing to hide"


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://user:secret@host:6432/db",
        "postgresql://user:secret@host:6432",
        "postgresql://user:secret@host/db?sslmode=require&application_name=a%20b",
        "postgresql://user:secret@host/?dbname=db&sslmode=require",
        "postgresql://a:1,b:2/db?target_session_attrs=primary",
        "postgresql://user@[::1]:5432/db",
        "postgresql:///db?host=/run/postgresql",
        "postgresql://",
        "postgresql://%2Frun%2Fpostgresql/db",
        "postgresql://user:se?cret@host/db",
        "postgresql://user:se#cret@host/db",
        "postgresql://user:se[cret@host/db",
        "host=host user=user password='it\\'s' dbname=db",
        "host=host user=user password=a://b dbname=db",
        "host=host",
        "",
    ],
)
def test_another_database_of_the_same_server_differs_in_nothing_else(url: str) -> None:
    for database in ("shop", "my shop", "größe", "a/b?c=d&e#f@g", "%41", "it's \\", "x=y", "[v]"):
        found = Target.of(Target.of(url).with_database(database)).parameters
        assert found == {**Target.of(url).parameters, "dbname": database}


@given(PASSWORDS, DATABASES)
def test_another_database_is_reached_with_the_same_password(password: str, database: str) -> None:
    for form in forms(password):
        found = Target.of(Target.of(form).with_database(database)).parameters
        assert found == {**Target.of(form).parameters, "dbname": database}


def test_what_is_no_connection_string_cannot_be_pointed_at_another_database() -> None:
    with pytest.raises(ConfigurationError, match="not a connection string"):
        Target.of("postgresql://user:%zz@host/db").with_database("shop")


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("postgresql://me:old@h:1/db", "postgresql://you:p%40ss@h:1/db"),
        ("postgres://h/db?sslmode=require&user=me&password=old", "postgres://you:p%40ss@h/db?sslmode=require"),
        ("postgresql:///db?host=/tmp", "postgresql://you:p%40ss@/db?host=/tmp"),
        ("host=h dbname=db user=me password=old", "host=h dbname=db user=you password=p@ss"),
    ],
)
def test_another_login_to_the_same_database_keeps_everything_else(url: str, expected: str) -> None:
    found = Target.of(url).with_login("you", "p@ss")
    assert Target.of(found).parameters == Target.of(expected).parameters
    assert found.startswith("postgres") == url.startswith("postgres")
    assert Target.of(found).parameters["password"] == "p@ss"  # noqa: S105
    assert "old" not in found


@pytest.mark.parametrize("url", ["postgresql://me:old@h/db", "host=h user=me password=old"])
def test_a_login_without_a_password_gets_none_of_another_role(url: str) -> None:
    assert Target.of(Target.of(url).with_login("you", None)).parameters.get("password") is None
    assert Target.of(Target.of(url).with_login("you", None)).parameters["user"] == "you"


@pytest.mark.parametrize(
    ("url", "environment", "database"),
    [
        ("postgresql://admin:pw@host:5432", {}, "admin"),
        ("postgresql://admin@host/", {}, "admin"),
        ("postgresql://ad%2Fmin@host?sslmode=require", {}, "ad/min"),
        ("postgresql://host?user=admin", {}, "admin"),
        ("host=host user=admin", {}, "admin"),
        ("postgresql://admin@host", {"PGDATABASE": "jobs"}, "jobs"),
        ("postgresql://", {"PGHOST": "host", "PGUSER": "admin"}, "admin"),
        ("postgresql://admin@host/shop", {"PGDATABASE": "jobs"}, "shop"),
        ("postgresql://admin@host?dbname=shop", {"PGDATABASE": "jobs"}, "shop"),
        ("service=jobs user=admin", {}, None),
        ("postgresql://admin@host?service=jobs", {}, None),
    ],
)
def test_another_login_leads_to_the_same_database_where_the_url_names_none(
    url: str, environment: dict[str, str], database: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """PostgreSQL's library takes the name of the user, which is another one then."""
    for name in ("PGDATABASE", "PGUSER", "PGHOST", "PGSERVICE"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    found = Target.of(Target.of(url).with_login("you", "p@ss"))
    before = {key: value for key, value in Target.of(url).parameters.items() if key != "dbname"}
    named = {} if database is None else {"dbname": database}
    assert found.parameters == {**before, "user": "you", "password": "p@ss", **named}


def test_another_login_leads_to_the_database_of_the_user_of_the_system(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("PGDATABASE", "PGUSER", "PGSERVICE"):
        monkeypatch.delenv(name, raising=False)
    assert Target.of(Target.of("host=h").with_login("you", None)).address()[1] == getpass.getuser()


def test_what_an_application_keeps_in_options_is_hidden_like_a_password() -> None:
    url = "postgresql://user@host/db?options=-c%20role%3Dboss%20-c%20app.token%3Dc4n%5C%20ary%20--my.key%3Dother"
    assert redact("boss said 'c4n ary', then other", url) == "boss said '***', then ***"


def test_a_connection_string_of_parts_leaves_out_what_is_empty() -> None:
    text = connection_string_of({"host": "db", "port": 5432, "user": "me", "dbname": "jobs", "password": None})
    assert text == "host=db port=5432 user=me dbname=jobs"


def test_a_connection_speaks_utf8_and_keeps_what_it_says_itself() -> None:
    connecting = Target.of("postgresql://me@db/shop?connect_timeout=7")
    found = conninfo.conninfo_to_dict(connecting.connection_string(connect_timeout="3", application_name="awa-infra"))
    assert found["client_encoding"] == "UTF8"
    assert found["connect_timeout"] == "7"
    assert found["application_name"] == "awa-infra"


def test_the_authorities_of_the_system_are_in_the_file_that_this_machine_has(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("SSL_CERT_FILE", "SSL_CERT_DIR", "PGSSLROOTCERT", "PGSSLMODE"):
        monkeypatch.delenv(name, raising=False)
    authorities = tmp_path / "authorities.pem"
    authorities.touch()
    monkeypatch.setattr(target, "ROOTS", (str(tmp_path / "none"), str(authorities)))
    connecting = Target.of("postgresql://me@db/shop?sslrootcert=system").connection_string()
    found = conninfo.conninfo_to_dict(connecting)
    assert (found["sslrootcert"], found["sslmode"]) == (str(authorities), "verify-full")


@pytest.mark.parametrize(
    ("url", "database"),
    [
        ("postgresql://jo@host/shop", "shop"),
        ("postgresql://jo@host", "jo"),
        ("host=h user=jo dbname=a/b", "a/b"),
        ("service=jobs", ""),
        ("service=jobs dbname=shop", "shop"),
        ("postgresql://host", ""),
    ],
)
def test_the_database_is_known_without_a_connection_as_far_as_the_url_says_it(
    url: str, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("PGDATABASE", "PGUSER", "PGHOST", "PGSERVICE"):
        monkeypatch.delenv(name, raising=False)
    assert Target.of(url).address()[1] == database


def test_a_connection_string_of_blanks_hides_no_blanks_of_messages() -> None:
    assert redact("no such file", " ") == "no such file"
