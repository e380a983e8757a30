from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from awa_infra.naming import (
    MAX_LENGTH,
    RESERVED_WORDS,
    database_name_problem,
    identifier_problem,
    name_problem,
    role_name_problem,
    schema_name_problem,
)

PLAIN = st.from_regex(r"[a-z_][a-z0-9_]{0,17}", fullmatch=True)


@pytest.mark.parametrize("name", ["a", "_", "acme_jobs", "q2", "awa2", "a" * MAX_LENGTH])
def test_plain_lower_case_names_are_fine_for_a_schema(name: str) -> None:
    assert schema_name_problem(name) is None


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("", "must start with a lower-case letter"),
        ("Acme", "must start with a lower-case letter"),
        ("2fast", "must start with a lower-case letter"),
        ("acme-jobs", "must start with a lower-case letter"),
        ("acme jobs", "must start with a lower-case letter"),
        ("acme\n", "must start with a lower-case letter"),
        ("größe", "must start with a lower-case letter"),
        ('a"; DROP SCHEMA awa; --', "must start with a lower-case letter"),
        ("awa", "is the canonical schema"),
        ("public", "is shared by all roles"),
        ("select", "is a reserved word of SQL"),
        ("user", "is a reserved word of SQL"),
        ("order", "is a reserved word of SQL"),
        ("system_user", "is a reserved word of SQL"),
        ("information_schema", "is a schema of PostgreSQL itself"),
        ("pg_jobs", "is reserved"),
        ("a" * (MAX_LENGTH + 1), "has 19 characters; at most 18 are possible"),
    ],
)
def test_what_is_wrong_with_the_name_of_a_schema_is_said(name: str, problem: str) -> None:
    said = schema_name_problem(name)
    assert said is not None
    assert said.startswith(repr(name))
    assert problem in said


@pytest.mark.parametrize(
    "name",
    ["a", "shop", "public", "awa", "a" * 63, "template2", "my-db", "Shop", "größe", "a b", "select", "a/b"],
)
def test_any_name_that_postgresql_allows_is_fine_for_a_database(name: str) -> None:
    assert database_name_problem(name) is None


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("", "is empty"),
        ("shop\n", "contains non-printable characters"),
        ("shop\0", "contains non-printable characters"),
        ("\ud800", "contains non-printable characters"),
        ("a" * 64, "has 64 bytes in UTF-8; PostgreSQL keeps 63"),
        ("ü" * 32, "has 64 bytes in UTF-8; PostgreSQL keeps 63"),
        ("template0", "is a template of the server"),
        ("template1", "is a template of the server"),
    ],
)
def test_what_is_wrong_with_the_name_of_a_database_is_said(name: str, problem: str) -> None:
    said = database_name_problem(name)
    assert said is not None
    assert said.startswith(repr(name))
    assert problem in said


@pytest.mark.parametrize(
    "name", ["a", "awa_owner", "awa", "postgres", "a" * 63, "app-runtime", "svc@project.iam", "Ümlaut", "user", "$x$"]
)
def test_any_name_that_postgresql_allows_is_fine_for_a_role(name: str) -> None:
    assert role_name_problem(name) is None


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("", "is empty"),
        ("awa\n", "contains non-printable characters"),
        ("a" * 64, "has 64 bytes in UTF-8; PostgreSQL keeps 63"),
        ("pg_monitor", "is reserved"),
        ("public", "is reserved"),
        ("none", "is reserved"),
    ],
)
def test_what_is_wrong_with_the_name_of_a_role_is_said(name: str, problem: str) -> None:
    said = role_name_problem(name)
    assert said is not None
    assert said.startswith(repr(name))
    assert problem in said


def test_a_template_is_a_database_that_can_be_copied_but_not_created() -> None:
    assert name_problem("template0") is None
    assert database_name_problem("template0") is not None


@given(st.one_of(PLAIN, st.sampled_from(sorted(RESERVED_WORDS)), st.text(max_size=80)))
def test_a_schema_without_a_problem_needs_no_quoting_anywhere(name: str) -> None:
    if schema_name_problem(name) is None:
        assert name.isascii()
        assert name.isidentifier()
        assert name == name.lower()
        assert len(name) <= MAX_LENGTH
        assert name not in RESERVED_WORDS
        assert identifier_problem(name) is None


@given(st.text(st.characters(exclude_categories=["Cc", "Cs"]), min_size=1, max_size=15))
def test_short_names_without_control_characters_are_fine_for_databases_and_roles(name: str) -> None:
    assert name_problem(name) is None
