"""No value ends the quotes, the comment, the body or the cell that it gets into, in any template or format."""

from __future__ import annotations

import ast
import json
import re
import tomllib
from collections.abc import Callable, Mapping

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from awa_infra import sqltext
from awa_infra.bundles.formats import FORMATS
from awa_infra.errors import BundleError
from awa_infra.model import DesiredState, Migration, Provenance, Queue, QueueStorage, Release, Roles
from awa_infra.sqltext import Name, Part, Values
from tests.support.bundles import render
from tests.support.sql_tokens import tokens
from tests.unit.test_sqltext import FILES, placeholders

FRAGMENTS = (
    "$awa_infra$",
    "$awa_infra_2$",
    "$awa_infra",
    "$$",
    "$",
    "'",
    '"',
    "\\",
    "E'",
    ";",
    "\n",
    "\r",
    "\u2028",
    "--",
    "/*",
    "*/",
    "`",
    "|",
    "{schema}",
    "{{table}}",
    "%",
    "%s",
    ":awa_version",
    "\\gexec",
    "-- (conditions)",
    "\n-- when: pending\n",
    ", or overrule with --allow-pooler",
    "--role %I here, SET ROLE elsewhere",
    "\n;\nCOMMIT;\n",
    "-- migrate:down",
    "DROP SCHEMA awa",
    "awa",
    "\u00fc\u2603",
)
hostile = st.one_of(
    st.lists(st.sampled_from(FRAGMENTS), min_size=1, max_size=5).map("".join),
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=20),
)
"""What somebody calls a queue or a role, or what a program that makes names comes up with."""

BENIGN = "benign"


def values_for(text: str, value: str) -> Values:
    """Return the same value for every placeholder, as a name where a name is wanted."""
    return {key: Name(value) if key.endswith("_name") else value for key in placeholders(text)}


def structure(text: str, *values: str) -> list[tuple[str, str]]:
    """Return the tokens without what the values are; a template may well have one of them as a text of its own."""
    return [
        (kind, "value" if found in values and kind in {"string", "name"} else found) for kind, found in tokens(text)
    ]


@pytest.mark.parametrize("path", [path for path in FILES if placeholders(sqltext.load(path))])
@given(value=hostile)
@settings(max_examples=25)
def test_a_value_changes_nothing_of_a_template_but_itself(path: str, value: str) -> None:
    text = sqltext.load(path)
    before = structure(sqltext.fill(text, values_for(text, BENIGN)), BENIGN, value)
    assert structure(sqltext.fill(text, values_for(text, value)), BENIGN, value) == before


@pytest.mark.parametrize("path", FILES)
def test_a_template_has_comments_on_lines_of_their_own_where_they_name_a_value(path: str) -> None:
    for line in sqltext.load(path).splitlines():
        assert line.lstrip().startswith("--") or not re.search(r"--.*\{\w+\}", line)


def test_a_body_gets_another_quote_only_where_a_value_has_the_usual_one() -> None:
    values: Values = {"path": "x"}
    text = "DO $awa_infra$ SELECT {path}; $awa_infra$"
    assert sqltext.fill(text, values) == "DO $awa_infra$ SELECT 'x'; $awa_infra$"
    values = {"path": Part("$awa_infra$ $awa_infra_2$")}
    assert sqltext.fill(text, values) == "DO $awa_infra_3$ SELECT $awa_infra$ $awa_infra_2$; $awa_infra_3$"


SMALL = Release("9.9.9", tuple(Migration(v, f"V{v}", "SELECT 1", "") for v in (1, 24)), (), Provenance.UNKNOWN)
"""Awa's own texts have no names in them, and take long to read."""


def wish(*names: str) -> DesiredState:
    owner, migrator, runtime, observer, queue = names
    queues = (Queue(queue), Queue(f"{queue}2", shards=2))
    acme = QueueStorage("acme", queues=queues)
    return DesiredState(SMALL, 24, (acme,), roles=Roles(owner, migrator, runtime, observer, ("acme",), ("acme",)))


def shape(files: Mapping[str, bytes]) -> dict[str, object]:
    """Return what a bundle's files are made of, but for what stands in their strings."""

    def of_sql(text: str) -> object:
        # What is a string stays one; what is in it may be a name, or JSON with names in it.
        return [(kind, "" if kind in {"string", "name"} else found) for kind, found in tokens(text)]

    readers: dict[str, Callable[[str], object]] = {
        ".sql": of_sql,
        ".py": lambda text: ast.dump(ast.parse(text)),
        ".toml": tomllib.loads,
        ".yaml": yaml.safe_load,
        ".json": lambda text: re.sub(r'"(?:[^"\\]|\\.)*"', '""', json.dumps(json.loads(text))),
        ".md": lambda text: [len(re.split(r"(?<!\\)\|", line)) for line in text.splitlines() if line.startswith("|")],
    }
    return {
        path: readers.get(path[path.rfind(".") :], str)(content.decode())
        for path, content in files.items()
        if path not in {"SHA256SUMS", "awa-infra.lock"}
    }


MISREAD = re.compile(r"\$\{|\ufeff|^\s*--\s*\+goose\b|^\s*--\s*migrate:", re.MULTILINE)

BENIGN_NAMES = ("n_owner", "n_migrator", "n_runtime", "n_observer", "n_queue")


@pytest.mark.parametrize("form", FORMATS)
@given(name=hostile)
@settings(max_examples=10)
def test_a_name_changes_nothing_of_a_bundle_but_itself(form: str, name: str) -> None:
    names = tuple(f"{name}{number}" for number in range(5))
    if any(MISREAD.search(one) for one in names):
        with pytest.raises(BundleError, match=r"Not everything in the plan can be handed"):
            render(form, wish(*names))
        return
    assert shape(render(form, wish(*names))) == shape(render(form, wish(*BENIGN_NAMES)))


def test_a_name_that_tools_misread_is_reported_with_its_object() -> None:
    with pytest.raises(BundleError) as refused:
        render("flyway", wish("o${x}", "m", "r", "s", "q${y}"))
    assert refused.value.details == (
        "queue of schema acme 'q${y}' has a placeholder ${...}, which Flyway and Liquibase replace.",
        "queue of schema acme 'q${y}2' has a placeholder ${...}, which Flyway and Liquibase replace.",
        "owner role 'o${x}' has a placeholder ${...}, which Flyway and Liquibase replace.",
    )


@pytest.mark.parametrize("name", ["a`b", "``", "a|b", "x\ny", "ordinary"])
def test_a_readme_shows_a_name_as_one_piece_of_code(name: str) -> None:
    readme = render("psql", wish(name, "m", "r", "s", "q"))["README.md"].decode()
    [row] = [line for line in readme.splitlines() if "owns everything" in line]
    cells = re.split(r"(?<!\\)\|", row)
    assert len(cells) == 4
    found = re.fullmatch(r" (`+) ?(.*?) ?\1 ", cells[1])
    assert found is not None
    assert found[2].replace("\\|", "|") == name.replace("\n", "?")
    assert found[1] not in re.findall("`+", found[2])
