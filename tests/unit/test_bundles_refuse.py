from __future__ import annotations

import pytest

from awa_infra.bundles.formats import FORMATS
from awa_infra.bundles.unsafe_text import problems
from awa_infra.errors import BundleError
from awa_infra.model import DesiredState, Migration, Patch, Queue, QueueStorage, Release
from tests.support.bundles import render

every_format = pytest.mark.parametrize("form", FORMATS)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("SELECT 1;\n-- ${schema}", "line 2 has a placeholder"),
        ("SELECT $$\n${x}$$", "line 2 has a placeholder"),
        ("\ufeffSELECT 1", "line 1 has a byte order mark"),
        ("SELECT '\x00'", "line 1 has a NUL"),
        ("SELECT 1;\n-- +goose Down", "line 2 has a comment that goose obeys"),
        ("--migrate:down", "line 1 has a comment that dbmate obeys"),
        ("SELECT $body$ x $$", "line 1 has a quote or comment that does not end"),
        ("SELECT 'x", "line 1 has a quote or comment that does not end"),
        ('SELECT "x', "line 1 has a quote or comment that does not end"),
        ("/* SELECT 1", "line 1 has a quote or comment that does not end"),
        ("/* a /* b */ c */", "line 1 has a quote or comment that does not end or is nested"),
        ("SELECT 1;\n\\set x 1", "line 2 has a backslash command"),
        ("SELECT :name", "line 1 has a variable of psql"),
        ("SELECT :'name'", "line 1 has a variable of psql"),
        ("SELECT :{?name}", "line 1 has a variable of psql"),
        ("BEGIN;\nSELECT 1", "line 1 has transaction control"),
        ("SELECT 1;\n\n  commit;", "line 3 has transaction control"),
        ("-- first\nSTART TRANSACTION", "line 2 has transaction control"),
        ("SELECT 1; ROLLBACK", "line 1 has transaction control"),
        ("SAVEPOINT x", "line 1 has transaction control"),
        ("CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT 1 END", "line 1 has a function body without quotes"),
        ("COPY t FROM STDIN", "line 1 has COPY from the client"),
        ("CREATE INDEX CONCURRENTLY i ON t (x)", "line 1 has a statement that cannot be in a transaction"),
        ("SELECT 1;\nVACUUM t", "line 2 has a statement that cannot be in a transaction"),
    ],
)
def test_what_a_tool_would_misread_is_told_with_its_line(text: str, told: str) -> None:
    assert [problem for problem in problems(text) if problem.startswith(told)]


@pytest.mark.parametrize(
    "text",
    [
        "SELECT 'it''s', E'a\\'b', \"a\"\"b\", x::text, a[1:2], $1",
        "DO $a$ BEGIN x := 1; COMMIT; RAISE '\\'; END $a$; -- BEGIN; it's :name",
        "SELECT 'BEGIN; \\x :name', $$ $a$ $$ /* it's */",
        "COMMENT ON TABLE beginning IS 'begin'; SELECT ended FROM commits; SELECT my$tag$name",
        "UPDATE t SET savepoint = 1",
    ],
)
def test_what_only_looks_so_is_let_through(text: str) -> None:
    assert list(problems(text)) == []


@every_format
def test_a_release_with_such_a_text_gives_no_bundle_and_every_place_is_listed(form: str, release: Release) -> None:
    broken = {17: "SELECT 1;\nCOMMIT;", 18: "SELECT '${x}'"}
    migrations = [Migration(m.version, m.description, broken.get(m.version, m.sql), "") for m in release.migrations]
    wrong = Release("9.9.9", tuple(migrations), (), release.provenance)
    with pytest.raises(BundleError) as caught:
        render(form, DesiredState(wrong, 40))
    assert caught.value.details == (
        "V017: line 2 has transaction control, which is the tool's.",
        "V018: line 1 has a placeholder ${...}, which Flyway and Liquibase replace.",
    )


def test_a_queue_whose_name_a_tool_would_replace_is_refused(release: Release) -> None:
    named = QueueStorage("acme", queues=(Queue("${home}"),))
    with pytest.raises(BundleError) as caught:
        render("flyway", DesiredState(release, 40, (named,)))
    assert caught.value.details[0].startswith("queue of schema acme '${home}' has a placeholder")


def test_names_that_a_tool_would_order_wrongly_are_refused(release: Release) -> None:
    migrations = (*release.migrations, Migration(1000, "far", "SELECT 1", ""))
    many = tuple(Patch(f"patch_{number}", "", "SELECT 1", "") for number in range(10))
    wrong = Release("9.9.9", migrations, (*many, Patch("Not a name", "", "SELECT 1", "")), release.provenance)
    with pytest.raises(BundleError) as caught:
        render("flyway", DesiredState(wrong, 1000))
    assert [detail.partition(":")[0] for detail in caught.value.details] == ["V1000", "patch", "11 patches"]
