"""A server that has the function for its identifier, and does not support it: nothing depends on the answer."""

from __future__ import annotations

import pytest

from awa_infra import sqltext
from awa_infra.database import identity, look
from awa_infra.database.apply import apply
from awa_infra.database.identity import read_identity
from awa_infra.database.observe import read_state
from awa_infra.errors import SqlFailedError
from awa_infra.model import DesiredState, Release
from tests.support.servers import Database


@pytest.fixture
def texts(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Give a place for texts that are asked instead of others, because no server here refuses them."""
    replaced: dict[str, str] = {}
    load, render = sqltext.load, sqltext.render

    class Texts:
        names = staticmethod(sqltext.names)
        render = staticmethod(lambda name, **values: replaced.get(name) or render(name, **values))
        load = staticmethod(lambda name: replaced.get(name) or load(name))

    for module in (look, identity):
        monkeypatch.setattr(module, "sqltext", Texts)
    return replaced


def raising(condition: str) -> str:
    return f"DO $$ BEGIN RAISE {condition}; END $$"


@pytest.mark.parametrize("condition", ["feature_not_supported", "insufficient_privilege"])
def test_a_server_that_does_not_say_its_identifier_is_read_and_migrated_all_the_same(
    texts: dict[str, str], database: Database, release: Release, condition: str
) -> None:
    assert read_state(database.url).system
    texts["observe/system.sql"] = raising(condition)
    assert apply(database.url, DesiredState(release, release.schema_version)).after.version == 40
    observed = read_state(database.url)
    assert (observed.version, observed.system) == (40, None)
    assert observed.oid
    assert read_identity(database.url) == observed.identity


def test_any_other_question_that_fails_is_an_error(monkeypatch: pytest.MonkeyPatch, awa_database: Database) -> None:
    monkeypatch.setattr(look, "hand_over_query", lambda _scope: raising("feature_not_supported"))
    with pytest.raises(SqlFailedError, match="feature_not_supported"):
        read_state(awa_database.url)
