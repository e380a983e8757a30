from __future__ import annotations

import json

from devtools.docs_shown import ROOT
from devtools.matrix import PAGE, RESULTS, ROUGH_PAGE, ROUGH_RESULTS, render, render_rough

CELL = {"major": 18, "start": "empty", "way": "engine", "outcome": "same", "seconds": 1.0}


def test_the_page_of_equivalence_says_what_was_found() -> None:
    lines = [json.loads(line) for line in (ROOT / RESULTS).read_text(encoding="utf-8").splitlines()]
    assert (ROOT / PAGE).read_text(encoding="utf-8") == render(lines), "run python -m devtools.matrix --table-only"


def test_the_page_of_rough_servers_says_what_was_found() -> None:
    lines = [json.loads(line) for line in (ROOT / ROUGH_RESULTS).read_text(encoding="utf-8").splitlines()]
    page = (ROOT / ROUGH_PAGE).read_text(encoding="utf-8")
    assert page == render_rough(lines), "run python -m devtools.matrix --table-only"


def test_what_a_restored_dump_differs_in_is_listed_by_major_and_the_newest_run_counts() -> None:
    old, new = (
        {"restored": "full", "major": 18, "outcome": "same", "differences": {"a key": number}} for number in (3, 2)
    )
    text = render([CELL, old, {"restored": "full", "major": 14, "outcome": "no pg_dump"}, new])
    assert "| empty | same on 1 |" in text
    assert "(`full`)" in text
    assert "| 18 | a key | 2 |" in text
    assert "| 14 | not tried: there is no `pg_dump`" in text
    assert "| 3 |" not in text


def test_without_a_restored_dump_there_is_only_the_table() -> None:
    assert "pg_dump" not in render([CELL])


def test_the_page_of_rough_servers_says_which_way_refuses_which_server() -> None:
    odd = {"profile": "odd", "what": "everything"}
    page = render_rough(
        [
            {**odd, "way": "engine", "outcome": "same"},
            {**odd, "way": "psql", "outcome": "read-only"},
            {**odd, "way": "goose", "outcome": "no schema"},
            {**odd, "way": "dbmate", "outcome": "-"},
            {"profile": "tame", "what": "nothing", "way": "engine", "outcome": "read-only"},
            {"profile": "tame", "what": "nothing", "way": "engine", "outcome": "same"},
        ]
    )
    assert '| odd | everything | same | [`read-only`](errors.md#read-only) | "no schema" | - |' in page
    assert "| tame | nothing | same | not run | not run | not run |" in page
