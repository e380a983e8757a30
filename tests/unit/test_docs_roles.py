from __future__ import annotations

import re

import pytest

from awa_infra import sqltext
from devtools.docs_shown import ROOT

PAGE = ROOT / "docs" / "how-to" / "set-up-roles.md"


def granted(role: str) -> tuple[str, str, str]:
    """Return what the SQL grants on the schema, on tables and on sequences; the same now and by default."""
    text = sqltext.load(f"roles/schema_{role}.sql")
    (schema,) = re.findall(r"GRANT ([A-Z, ]+) ON SCHEMA", text)
    (tables,) = set(re.findall(r"GRANT ([A-Z, ]+) ON (?:ALL )?TABLES", text))
    (sequences,) = set(re.findall(r"GRANT ([A-Z, ]+) ON (?:ALL )?SEQUENCES", text))
    return schema, tables, sequences


@pytest.mark.parametrize("role", ["runtime", "observer"])
def test_the_table_of_roles_says_what_the_sql_grants(role: str) -> None:
    (row,) = re.findall(
        rf"^\| {role} \| yes \| (.*) \| (.*) \| (.*) \|$", PAGE.read_text(encoding="utf-8"), re.MULTILINE
    )
    assert row == granted(role)


def test_only_the_runtime_may_create_and_only_where_it_is_said() -> None:
    texts = {name: sqltext.load(f"roles/{name}.sql") for name in sqltext.names("roles")}
    assert {name for name, text in texts.items() if "GRANT CREATE ON SCHEMA" in text} == {"schema_lanes"}
