from __future__ import annotations

import pytest

from awa_infra.config import clear_warning, keys_in_clear
from tests.support.configs import parse


@pytest.mark.parametrize(
    ("url", "warned"),
    [
        ("postgresql://app:secret@host/db", True),
        ("jdbc:postgresql://host/db?user=app&password=secret", True),
        ("host=host password=secret", True),
        ("postgresql://app@host/db", False),
        ("host=host dbname=db", False),
    ],
)
def test_a_connection_string_in_clear_is_warned_of_if_it_has_a_password(url: str, warned: bool) -> None:
    found = parse(f"config:\n  awa:databaseUrl: {url}\n", "Pulumi.dev.yaml")
    assert keys_in_clear(found.secrets()) == (["databaseUrl"] if warned else [])
    assert "secret" not in clear_warning(found.secrets(), "Pulumi.dev.yaml").replace("--secret", "")


def test_passwords_in_clear_are_warned_of_with_the_command_that_encrypts() -> None:
    text = (
        "config:\n  awa:roles: {owner: o, migrator: m, runtime: r}\n  awa:migratorPassword: hunter2\n"
        "  awa:runtimePassword: hunter3\n  awa:databaseUrl: {secure: v1:abc}\n"
    )
    warning = clear_warning(parse(text, "Pulumi.dev.yaml").secrets(), "Pulumi.dev.yaml")
    assert warning == (
        "Pulumi.dev.yaml has passwords in clear, in awa:migratorPassword and awa:runtimePassword. "
        "Hint: Encrypt with pulumi config set --secret awa:migratorPassword, and change what others could read."
    )
    assert clear_warning({}, "Pulumi.dev.yaml") == ""
