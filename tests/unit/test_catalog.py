from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from awa_infra.facts import measured_files
from awa_infra.facts.catalog import FAMILIES, catalog_facts, newest_catalog_facts, own_names, partition_of
from awa_infra.model import Shape
from awa_infra.verification.catalog import (
    LANE_SEQUENCE,
    SchemaName,
    body_hash,
    collapse,
    concrete_body,
    digest,
    expand,
    is_lane_sequence,
    neutral_body,
    parts_query,
    relation_of,
    structure,
    with_hashes,
)

SHAPES = st.builds(Shape, st.integers(4, 24), st.integers(2, 24), st.integers(2, 24))
NAMES = st.from_regex(r"[a-z_][a-z0-9_]{0,17}", fullmatch=True).filter(lambda name: name not in {"awa", "public"})
AWA = SchemaName("awa", "awa")
FACTS = newest_catalog_facts(18)
OWN = own_names(FACTS.substrate)


@given(NAMES, SHAPES, st.booleans())
@example("ready", Shape(), True)  # noqa: FBT003  an example's values have no names
@example("leases", Shape(), True)  # noqa: FBT003  the same
def test_what_is_expanded_collapses_to_the_same_template(name: str, shape: Shape, quoted: bool) -> None:
    schema = SchemaName(name, f'"{name}"' if quoted else name)
    expanded = expand(FACTS.substrate, schema, shape)
    assert expanded.cut == {}
    # Names of 18 characters are cut, but only where nothing else is called so.
    if all(len(thing.partition(".")[0]) < 63 for part, thing in expanded.catalog if part == "index"):
        assert collapse(expanded.catalog, schema, OWN) == FACTS.substrate


@given(SHAPES)
def test_a_schema_has_the_objects_of_the_formula(shape: Shape) -> None:
    catalog = expand(FACTS.substrate, SchemaName("acme", "acme"), shape).catalog
    tables = [k for k, text in catalog.items() if k[0] == "relation" and text == "table"]
    assert len(tables) == 16 + 8 * shape.queue_slots + shape.lease_slots + 4 * shape.claim_slots
    parents = [k for k, text in catalog.items() if k[0] == "relation" and text == "partitioned table"]
    indexes = [k for k in catalog if k[0] == "index"]
    plain = 21 + 20 * shape.queue_slots + 7 * shape.lease_slots + 16 * shape.claim_slots
    assert (len(parents), len(indexes)) == (13, plain + 21)


def test_long_names_are_cut_as_postgresql_cuts_them() -> None:
    schema = SchemaName("a_name_of_twenty_eight_chars", "a_name_of_twenty_eight_chars")
    cut = expand(FACTS.substrate, schema, Shape(12, 12, 12)).cut
    assert all(len(name) == 63 for name in cut)
    assert all(len(texts) > 1 for texts in cut.values())


def test_most_slots_decide_in_a_template() -> None:
    schema = SchemaName("acme", "acme")
    catalog = expand({("column", "leases_{l}.a"): "int"}, schema, Shape(4, 3, 2)).catalog
    assert collapse(catalog | {("column", "leases_1.a"): "text"}, schema, OWN) == {("column", "leases_{l}.a"): "int"}


def test_a_schema_that_is_called_like_an_alias() -> None:
    schema = SchemaName("ready", "ready")
    text = (
        'SELECT ready.job_id FROM ready.ready_entries ready, x.ready.leases, "ready".leases, ready.leases_3, '
        "ready.leasesx"
    )
    neutral = neutral_body(text + " WHERE 'ready'", schema, frozenset({"ready_entries", "leases"}))
    assert neutral == (
        'SELECT ready.job_id FROM {schema}.ready_entries ready, x.ready.leases, "ready".leases, {schema}.leases_3, '
        "ready.leasesx WHERE '{schema}'"
    )
    assert concrete_body("{schema}.leases '{schema}'", SchemaName("order", '"order"')) == "\"order\".leases 'order'"


def test_parts() -> None:
    lane = "queue_enqueue_seq_" + "0" * 32
    assert is_lane_sequence(("sequence", lane))
    assert is_lane_sequence(("owner", lane))
    assert not is_lane_sequence(("relation", lane))
    assert not is_lane_sequence(("sequence", "job_id_seq"))
    catalog = {
        ("sequence", lane): LANE_SEQUENCE,
        ("owner", "a"): "",
        ("privilege", "a"): "",
        ("relation", "a"): "table",
    }
    assert structure(catalog) == {("relation", "a"): "table"}
    catalog["sequence", lane] = LANE_SEQUENCE.replace("cache 1", "cache 20")
    assert ("sequence", lane) in structure(catalog)


@pytest.mark.parametrize(
    ("key", "definition", "relation"),
    [
        (("column", "a.b"), "", "a"),
        (("view", "a"), "", "a"),
        (("index", "i"), "btree on a (b int4_ops)", "a"),
        (("index", "i"), "strange", None),
        (("function", "f()"), "", None),
    ],
)
def test_relations(key: tuple[str, str], definition: str, relation: str | None) -> None:
    assert relation_of(key, definition) == relation


def test_partitions() -> None:
    assert partition_of("lease_claim_batches_12") == ("lease_claim_batches", 12)
    assert partition_of("leases") is None
    assert partition_of("mine_3") is None
    assert len(FAMILIES) == 13


def test_names_that_bodies_may_mention() -> None:
    catalog = {("relation", "a"): "", ("relation", "leases_3"): "", ("function", "f(x int)"): "", ("index", "i"): ""}
    assert own_names(catalog) == {"a", "f"}
    assert "leases_{l}" not in OWN


def test_hashes_are_blind_to_line_ends_and_to_the_schema() -> None:
    assert body_hash("a\r\nb") == body_hash("a\nb") != body_hash("a b")
    catalogs = [
        with_hashes(
            {("body", "f()"): f"SELECT {n}.leases", ("view", "v"): f"{n}.leases", ("column", "a.b"): "int"},
            SchemaName(n, n),
            frozenset({"f", "leases"}),
        )
        for n in ("acme", "zeta")
    ]
    assert catalogs[0]["body", "f()"] == catalogs[1]["body", "f()"]
    assert catalogs[0]["view", "v"] != catalogs[1]["view", "v"]
    assert catalogs[0]["column", "a.b"] == "int"


@given(st.dictionaries(st.tuples(st.sampled_from(["column", "index"]), st.text()), st.text(), min_size=2))
def test_order_means_nothing_to_a_fingerprint(catalog: dict[tuple[str, str], str]) -> None:
    assert digest(dict(reversed(catalog.items()))) == digest(catalog)
    first = next(iter(catalog))
    assert digest(catalog | {first: catalog[first] + "x"}) != digest(catalog)


@pytest.mark.parametrize("major", [14, 15, 16, 17, 18, 19])
@pytest.mark.parametrize("release", ["0.6.8", "0.6.9"])
def test_facts_agree_with_their_own_fingerprint(release: str, major: int) -> None:
    facts = catalog_facts(release, major)
    assert facts is not None
    default = expand(facts.template(receipts=True), AWA, Shape()).catalog
    assert digest(facts.canonical | default) == facts.fingerprint
    assert facts.template(receipts=False).keys() == facts.substrate.keys()
    assert facts.template(receipts=False) != facts.substrate


def test_facts_hold_no_text_of_awas_functions() -> None:
    for data in measured_files("catalog"):
        of_majors = [major.get(which, {}) for major in data["majors"].values() for which in ("canonical", "substrate")]
        groups = [data["canonical"], data["substrate"], data["without_receipts"], *of_majors]
        texts = [text for group in groups for part in ("body", "view") for text in group.get(part, {}).values()]
        assert len(texts) > 40
        assert [text for text in texts if not text.startswith("sha256 ")] == []


def test_an_unknown_release_has_no_facts() -> None:
    assert catalog_facts("0.5.7", 18) is None


def test_the_catalog_alone_is_read_without_what_keeps_workers_out() -> None:
    alone, health = parts_query(health=False), parts_query(("a()",), health=True)
    assert health.startswith(alone)
    assert "'published' AS part" not in alone
    assert "'published' AS part" in health
