"""Facts that are measured in a database instead of taken from the committed files."""

from __future__ import annotations

from dataclasses import replace

from awa_infra.facts.catalog import CatalogFacts
from awa_infra.model import Migration, ObservedState, Patch, Provenance, Release
from awa_infra.verification.catalog import SchemaName
from awa_infra.verification.reference import facts_from, reference_problem

RELEASE = Release("0.6.99", (Migration(7, "", "", ""),), (Patch("fix", "", "", ""),), Provenance.UNKNOWN)
NAMES = CatalogFacts({}, {("relation", "leases"): "table"}, {}, frozenset(), "")
AWA = {
    ("relation", "leases"): "table",
    ("relation", "jobs"): "table",
    ("function", "install()"): "sql",
    ("privilege", "install()"): "owner EXECUTE",
    ("function", "open()"): "sql",
    ("owner", "leases"): "boss",
}


def test_a_database_of_the_same_release_and_major_can_be_the_reference() -> None:
    state = ObservedState(server_version=180002, versions=frozenset({7}), patches=frozenset({"fix"}))
    assert reference_problem(RELEASE, state, state) == ""
    assert "version 0" in reference_problem(RELEASE, state, ObservedState())
    assert "patch fix" in reference_problem(RELEASE, state, replace(state, patches=frozenset()))
    assert "PostgreSQL 15" in reference_problem(RELEASE, state, replace(state, server_version=150018))


def test_without_a_custom_schema_the_default_queue_storage_is_the_template() -> None:
    facts = facts_from({"awa": (SchemaName("awa", "awa"), AWA)}, {"awa": True}, NAMES)
    assert facts.substrate == {("relation", "leases"): "table"}
    assert facts.without_receipts == {}
    assert facts.private == {"install()"}
    assert ("owner", "leases") not in facts.canonical


def test_custom_schemas_say_what_every_kind_has() -> None:
    name, other = SchemaName("a", "a"), SchemaName("b", "b")
    catalogs = {
        "awa": (SchemaName("awa", "awa"), AWA),
        "a": (name, {("relation", "leases"): "table", ("column", "leases.x"): "int"}),
        "b": (other, {("relation", "leases"): "table", ("column", "leases.x"): "text"}),
    }
    facts = facts_from(catalogs, {"awa": True, "a": True, "b": False}, NAMES)
    assert facts.substrate[("column", "leases.x")] == "int"
    assert facts.without_receipts == {("column", "leases.x"): "text"}
