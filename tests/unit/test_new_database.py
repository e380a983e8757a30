"""What keeps a database from being created, decided without a server."""

from __future__ import annotations

import re

import pytest

from awa_infra.planning.new_database import DatabaseLook, DatabaseOptions, new_database_gates


def gates(
    owner: str | None = None, template: str | None = None, encoding: str | None = None, **seen: bool | str
) -> dict[str, str]:
    look = DatabaseLook(found=False, role="me", **seen)  # type: ignore[arg-type]
    found = new_database_gates(look, "jobs", DatabaseOptions(owner, encoding, template))
    return {gate.code: f"{gate.message} {gate.hint}" for gate in found}


def test_nothing_is_in_the_way_of_what_postgresql_would_make() -> None:
    assert gates() == {}
    assert gates("shop", "template0", "LATIN1") == {}
    # Nothing is said of what is not declared, or not known yet.
    assert gates(owner_found=False, encoding_found=False, encoding_fits=False) == {}


@pytest.mark.parametrize(
    ("declared", "seen", "code", "words"),
    [
        (
            {},
            {"may_create": False},
            "database-not-creatable",
            'Role me may not create database jobs. .*ALTER ROLE "me"',
        ),
        ({"owner": "shop"}, {"owner_found": False}, "database-owner-unusable", "role shop, which does not exist"),
        ({"owner": 'a"b'}, {"may_give": False}, "database-owner-unusable", 'GRANT "a""b" TO "me";'),
        ({}, {"template_found": False}, "database-template-unusable", "a copy of database template1, which does not"),
        ({"template": "shop"}, {"may_copy": False}, "database-template-unusable", 'ALTER DATABASE "shop" IS_TEMPLATE'),
        ({"encoding": "UTF9"}, {"encoding_found": False}, "database-encoding-unusable", "encoding UTF9, which this"),
        (
            {"encoding": "LATIN1"},
            {"encoding_fits": False, "template_encoding": "UTF8"},
            "database-encoding-unusable",
            "template template1 has UTF8: .* Declare encoding UTF8, or template0",
        ),
    ],
)
def test_what_is_in_the_way_is_named_with_what_to_do(
    declared: dict[str, str], seen: dict[str, bool | str], code: str, words: str
) -> None:
    found = gates(**declared, **seen)  # type: ignore[arg-type]
    assert list(found) == [code]
    assert re.search(words, found[code])


def test_everything_in_the_way_is_reported_at_once() -> None:
    assert (
        len(gates("shop", "tmpl", "UTF9", may_create=False, owner_found=False, may_copy=False, encoding_found=False))
        == 4
    )
