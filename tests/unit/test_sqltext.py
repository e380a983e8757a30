from __future__ import annotations

import re
from collections.abc import Iterator
from importlib import resources
from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from psycopg import sql

from awa_infra import sqltext
from awa_infra.sqltext import Name, Value, render

SQL_FOLDER = Path(__file__).resolve().parents[2] / "sql"
FILES = sorted(path.relative_to(SQL_FOLDER).as_posix() for path in SQL_FOLDER.rglob("*.sql"))


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Give the folder of an installed package whose SQL is read, as from a wheel."""

    def files(package: str) -> Path:
        return {"awa_infra": tmp_path}[package]

    def forget() -> None:
        sqltext.load.cache_clear()
        sqltext.names.cache_clear()

    monkeypatch.setattr(resources, "files", files)
    forget()
    (tmp_path / "sql").mkdir()
    yield tmp_path / "sql"
    forget()


def placeholders(text: str) -> set[str]:
    return set(re.findall(r"\{(\w+)\}", text))


def values_for(text: str) -> dict[str, Value | Name]:
    return {key: Name("some schema") if key.endswith("_name") else "it's" for key in placeholders(text)}


def test_a_checkout_reads_its_sql_from_beside_the_package() -> None:
    assert sqltext.load("queue_storage/install.sql") == (SQL_FOLDER / "queue_storage/install.sql").read_text("utf-8")
    assert "read_only" in sqltext.names("gates")
    assert sqltext.names("patches") == ("wait_free_dirty_marks",)


def test_a_wheel_reads_its_sql_from_inside_the_package(folder: Path) -> None:
    (folder / "gates").mkdir()
    (folder / "gates" / "one.sql").write_text("SELECT 'größe'", encoding="utf-8")
    assert sqltext.load("gates/one.sql") == "SELECT 'größe'"


def test_the_files_of_a_folder_are_listed_by_name_in_order_and_only_sql(folder: Path) -> None:
    (folder / "gates").mkdir()
    for name in ("two.sql", "one.sql", "README.md", "three.sql.orig"):
        (folder / "gates" / name).touch()
    assert sqltext.names("gates") == ("one", "two")


def test_a_file_that_is_not_there_is_a_broken_installation(folder: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"nothing\.sql"):
        sqltext.load("gates/nothing.sql")
    with pytest.raises(FileNotFoundError):
        sqltext.names(folder.name + "/nothing")


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ("awa", "'awa'"),
        ("it's", "'it''s'"),
        ("a%s {b} {{c}}", "'a%s {b} {{c}}'"),
        (16, "16"),
        (True, "true"),
        (Name("acme"), '"acme"'),
        (Name('we"ird name'), '"we""ird name"'),
        (Name("{schema}"), '"{schema}"'),
    ],
    ids=str,
)
def test_values_become_literals_and_names_become_quoted_identifiers(
    folder: Path, value: Value | Name, written: str
) -> None:
    (folder / "one.sql").write_text("-- {x}\nSELECT {x} % 2", encoding="utf-8")
    assert render("one.sql", x=value, not_wanted=1) == f"-- {written}\nSELECT {written} % 2"


def test_a_placeholder_without_a_value_is_an_error(folder: Path) -> None:
    (folder / "one.sql").write_text("SELECT {x}, {y}", encoding="utf-8")
    with pytest.raises(KeyError, match="y"):
        render("one.sql", x=1)


def test_a_file_without_placeholders_stays_as_it_is(folder: Path) -> None:
    text = "SELECT '{}'::jsonb, 'it''s', '{1,2}'::int[], 5 % 2"
    (folder / "one.sql").write_text(text, encoding="utf-8")
    assert render("one.sql", x=1) == text


@pytest.mark.parametrize("path", FILES)
def test_no_placeholder_is_left_in_a_rendered_file(path: str) -> None:
    text = sqltext.load(path)
    rendered = render(path, **values_for(text))
    doubled = set(re.findall(r"\{\{(\w+)\}\}", text))  # braces that are meant, in a regular expression for example
    assert placeholders(rendered) == doubled
    assert rendered.count('"some schema"') == len(re.findall(r"\{\w+_name\}", text))
    if placeholders(text):
        assert set("{}").isdisjoint(re.sub("|".join(rf"\{{{word}\}}" for word in doubled) or "$", "", rendered))


@pytest.mark.parametrize("path", FILES)
def test_every_file_is_plain_text_that_any_editor_shows(path: str) -> None:
    raw = (SQL_FOLDER / path).read_bytes()
    assert raw.isascii()
    assert b"\r" not in raw
    assert b"\t" not in raw
    assert raw.endswith(b"\n")


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")))
def test_no_name_escapes_from_its_quotes(text: str) -> None:
    assume("$awa_infra" not in text)  # it would change the quotes around it
    rendered = render("queue_storage/install.sql", **{**install_values(), "schema_name": Name(text)})
    quoted = '"' + text.replace('"', '""') + '"'
    assert rendered == render("queue_storage/install.sql", **install_values()).replace('"placeholder"', quoted)


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")))
def test_no_value_escapes_from_its_quotes(text: str) -> None:
    rendered = render("gates/newer_schema.sql", release=text, release_version=1)
    literal = sql.Literal(text).as_string(None)
    plain = literal.strip().removeprefix("E")
    assert literal in rendered
    assert plain.startswith("'")
    assert plain.endswith("'")
    assert plain[1:-1].replace("''", "").count("'") == 0


def install_values() -> dict[str, Value | Name]:
    return {
        "schema": "acme",
        "schema_name": Name("placeholder"),
        "queue_slots": 16,
        "lease_slots": 8,
        "claim_slots": 8,
        "receipts": True,
        "wanted": "16/8/8 t",
        "expected_tables": 184,
        "expected_indexes": 525,
        "expected_functions": 8,
        "expected_triggers": 2,
        **{f"own_{what}": "{}" for what in ("tables", "partitioned", "indexes", "functions", "triggers")},
    }
