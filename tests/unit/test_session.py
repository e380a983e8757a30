"""One text says under which settings everything runs."""

from __future__ import annotations

import re

import pytest

from awa_infra import sqltext
from awa_infra.bundles.package import package
from awa_infra.model import DesiredState, Release, Roles
from awa_infra.planning.session import (
    begin,
    keep_query,
    opening,
    session_block,
    session_query,
    session_settings,
    transaction,
)

FORMS = ("alembic", "dbmate", "flyway", "golang-migrate", "goose", "liquibase", "psql", "sqitch")
SETTING = re.compile(r"^ +\('([\w.]+)', '?([^']*)'?, (true|false)\),?$", flags=re.MULTILINE)

FIRST_OF_ALL = {
    "alembic": ("awa_infra/lock.sql",),
    "dbmate": ("prerequisite.sql", "preflight.sql"),
    "flyway": (
        "callbacks/beforeCreateSchema__awa_infra_alone.sql",
        "callbacks/beforeValidate__awa_infra_alone.sql",
        "callbacks/beforeMigrate__awa_infra_preflight.sql",
        "callbacks/beforeEachMigrate__awa_infra_lock.sql",
    ),
    "golang-migrate": ("prerequisite.sql", "preflight.sql"),
    "goose": ("prerequisite.sql", "preflight.sql"),
    "liquibase": ("prerequisite.sql", "awa_infra/preflight.sql"),
    "psql": ("awa_infra/lock.sql",),
    "sqitch": ("awa_infra/lock.sql",),
}
"""What a format runs before any other SQL of ours; each migration's own file comes on top."""


def names_in(text: str) -> list[str]:
    return [name for name, _value, _superuser in SETTING.findall(text)]


@pytest.mark.parametrize("form", FORMS)
def test_every_script_of_every_format_begins_with_all_settings(form: str, release: Release) -> None:
    wanted = names_in(session_settings("0"))
    assert len(wanted) > 20
    roles = Roles("jobs_owner", "jobs_migrator", "jobs_runtime")
    files = package(form, DesiredState(release, 40, roles=roles)).files
    first = [*FIRST_OF_ALL[form], "verify.sql", "structure.sql", "roles.sql"]
    if form in {"dbmate", "golang-migrate", "goose"}:
        first += [path for path in files if path.startswith("migrations/")]
    for path in first:
        text = files[path].decode()
        assert names_in(text)[: len(wanted)] == wanted, path
        statement = re.search(r"^(?!--|\\|\s|BEGIN|SHOW).+", text, flags=re.MULTILINE)
        assert statement is not None
        assert statement[0].startswith(("SET TRANSACTION ISOLATION LEVEL READ COMMITTED", "DO $awa_infra$")), path


def test_the_gate_asks_for_exactly_the_settings_that_only_a_superuser_may_change() -> None:
    wanted = {(name, value) for name, value, superuser in SETTING.findall(session_settings("0")) if superuser == "true"}
    asked = re.findall(r"\('([\w.]+)', '(\w+)'\)", sqltext.load("gates/setting_not_allowed.sql"))
    assert set(asked) == wanted
    assert wanted


def test_engine_and_scripts_set_the_same() -> None:
    assert session_settings("5s") in session_query("5s")
    assert session_settings("5s") in session_block("5s")
    assert session_settings("5s") in keep_query("5s")
    assert session_settings("10s", statement_timeout="60s") in opening("10s", only_reads=True, statement_timeout="60s")


def test_settings_last_as_long_as_declared() -> None:
    assert "set_config(s.name, s.value, true)" in session_query("0")
    assert "set_config(s.name, s.value, false)" in session_query("0", local=False)
    assert "set_config(setting.name, setting.value, false)" in session_block("0", local=False)


def test_a_transaction_begins_with_its_isolation_and_access_by_name() -> None:
    assert transaction() in opening("0")
    assert begin(write=True) == "BEGIN ISOLATION LEVEL READ COMMITTED, READ WRITE"
    assert begin(write=False) == "BEGIN ISOLATION LEVEL READ COMMITTED, READ ONLY"
