from __future__ import annotations

import pytest

from awa_infra.lifecycle import foreseen as module
from awa_infra.lifecycle.foreseen import Foreseen


def test_nothing_is_foreseen_before_a_schema_of_a_declared_database_is_asked_for() -> None:
    seen = Foreseen()
    seen.note("a")
    seen.note("b")
    assert seen.others("of no database that is declared") == []
    assert seen.others("a") == ["b"]
    assert seen.others("b") == []


def test_a_database_that_is_compared_later_is_foreseen_then() -> None:
    seen = Foreseen()
    seen.note("a")
    assert seen.others("a") == []
    seen.note("b")
    assert seen.others("c") == ["b"]


def test_databases_that_nobody_asks_for_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST", 2)
    seen = Foreseen()
    for url in "abc":
        seen.note(url)
    assert seen.others("c") == ["b"]
