from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from awa_infra.facts.catalog import CatalogFacts, own_names
from awa_infra.model import (
    ObservedState,
    Shape,
    StorageTransition,
    Substrate,
    Unseen,
)
from awa_infra.verification import drift as drift_module
from awa_infra.verification.bodies import difference, last_definer, release_bodies, text_of
from awa_infra.verification.catalog import Expanded, Key, SchemaName, body_hash, expand, neutral_body, with_hashes
from awa_infra.verification.checks import Health, cut_names
from awa_infra.verification.drift import Examination, ObservedSchema, Subject, examine, shapes
from awa_infra.verification.findings import Finding, FindingKind, compare, fold, lanes
from awa_infra.verification.sequences import Behind
from tests.support.releases import release_of

AWA, ACME = SchemaName("awa", "awa"), SchemaName("acme", "acme")
SMALL = Shape(4, 2, 2)

V1 = "CREATE FUNCTION awa.first() RETURNS int AS $$one$$; CREATE TABLE awa.jobs (a int);"
V2 = "CREATE OR REPLACE FUNCTION awa.second() RETURNS int AS $f$old$f$ LANGUAGE sql;"
V3 = "CREATE OR REPLACE FUNCTION awa.second() RETURNS int AS $f$new$f$; CREATE FUNCTION awa.broken() AS $g$ no end"
PATCH = "CREATE TABLE IF NOT EXISTS awa.marks (a int)"
RELEASE = release_of(V1, V2, V3, patch=PATCH)

CANONICAL = {
    ("relation", "jobs"): "table",
    ("column", "jobs.a"): "integer",
    ("function", "second()"): "sql returns integer",
    ("body", "second()"): body_hash("new"),
    ("function", "install(s text)"): "sql returns void",
}
NEUTRAL = "SELECT {schema}.leases, '{schema}'"
TEMPLATE = {
    ("relation", "leases"): "partitioned table",
    ("relation", "leases_{l}"): "table",
    ("partition", "leases_{l}"): "of leases FOR VALUES IN ({l})",
    ("column", "leases.a"): "integer",
    ("column", "leases_{l}.a"): "integer",
    ("index", "idx_{schema}_leases_{l}_a"): "btree on leases_{l} (a int4_ops)",
    ("relation", "ready_entries"): "partitioned table",
    ("relation", "ready_entries_{q}"): "table",
    ("partition", "ready_entries_{q}"): "of ready_entries FOR VALUES IN ({q})",
    ("relation", "lease_claims"): "partitioned table",
    ("relation", "lease_claims_{c}"): "table",
    ("partition", "lease_claims_{c}"): "of lease_claims FOR VALUES IN ({c})",
    ("function", "claim()"): "sql returns integer",
    ("body", "claim()"): body_hash(NEUTRAL),
}
FACTS = CatalogFacts(CANONICAL, TEMPLATE, {("body", "claim()"): body_hash("none")}, frozenset({"install(s text)"}), "")


def catalog(schema: SchemaName, shape: Shape) -> dict[Key, str]:
    """Return a healthy catalog as it is read, with texts instead of hashes."""
    found = expand(TEMPLATE, schema, shape).catalog | {("owner", "(schema)"): "boss", ("owner", "leases"): "boss"}
    if schema is AWA:
        found |= CANONICAL | {("body", "second()"): "new", ("privilege", "install(s text)"): "owner EXECUTE"}
    return found | {("body", "claim()"): NEUTRAL.replace("{schema}", schema.text)}


def existing(schema: SchemaName, shape: Shape, **changed: object) -> ObservedSchema:
    slots = {"queue_slots": shape.queue_slots, "lease_slots": shape.lease_slots, "claim_slots": shape.claim_slots}
    health = Health(slots)
    return replace(ObservedSchema(schema, catalog(schema, shape), health), **changed)  # type: ignore[arg-type]


def substrate(name: str, shape: Shape) -> Substrate:
    return Substrate(name, shape, "boss", 0, 0, 8, 2, 0)


def observed(**changed: object) -> ObservedState:
    state = ObservedState(
        server_version=180000,
        schema_exists=True,
        versions=frozenset({1, 2, 3}),
        patches=frozenset({"fix"}),
        substrates=(substrate("awa", Shape()), substrate("acme", SMALL)),
    )
    return replace(state, **changed)  # type: ignore[arg-type]


def subject(**changed: object) -> Subject:
    made = Subject(RELEASE, FACTS, FACTS, observed(), {"awa": existing(AWA, Shape()), "acme": existing(ACME, SMALL)})
    return replace(made, **changed)  # type: ignore[arg-type]


def damaged(schema: str, *lost: Key, **also: str) -> Subject:
    """Return a subject in which entries of one schema are lost, or others are there (``part__object=text``)."""
    made = subject()
    old = made.existing[schema]
    entries = {key: text for key, text in old.catalog.items() if key not in lost}
    entries |= {tuple(k.split("__", 1)): text for k, text in also.items()}  # type: ignore[misc]
    return replace(made, existing={**made.existing, schema: replace(old, catalog=entries)})


def drift(made: Subject, *schemas: str) -> list[Finding]:
    return list(examine(made, schemas or ("awa", "acme")).drift)


def codes(made: Subject, *schemas: str) -> list[str]:
    return [f.code for f in drift(made, *schemas)]


def test_a_healthy_database_has_no_findings_and_the_expected_fingerprints() -> None:
    found = examine(subject(), ["awa", "acme"])
    assert found.findings == ()
    assert [(f.schema, f.found == f.expected) for f in found.fingerprints] == [("awa", True), ("acme", True)]
    assert shapes(subject()) == {"awa": Shape(), "acme": SMALL}


def test_schemas_that_are_not_there() -> None:
    assert codes(subject(existing={}), "acme", "awa") == ["schema-missing"]


def test_versions_and_patches() -> None:
    assert codes(subject(observed=observed(versions=frozenset())), "awa") == ["not-migrated"]
    assert codes(subject(observed=observed(versions=frozenset({1})))) == ["pending"]
    assert codes(subject(observed=observed(versions=frozenset({1, 3}))), "awa") == ["version-rows-missing"]
    assert codes(subject(observed=observed(patches=frozenset())), "awa") == ["patch-missing"]
    gap = replace(RELEASE, migrations=(RELEASE.migrations[0], RELEASE.migrations[2]))
    assert codes(subject(release=gap), "awa") == ["version-rows-strange"]


def transition(state: str, details: str | None, marker: str | None) -> Subject:
    engine = "queue_storage" if state == "active" else "canonical"
    prepared = "queue_storage" if state == "mixed_transition" else None
    return subject(observed=observed(transition=StorageTransition(state, engine, prepared, 1, "", details, marker)))


@pytest.mark.parametrize(
    ("state", "details", "marker", "expected"),
    [
        ("canonical", None, None, []),
        ("active", "acme", "acme", []),
        ("active", None, "acme", []),
        ("mixed_transition", "acme", "acme", []),
        ("active", "acme", None, ["marker-missing"]),
        ("active", None, None, ["marker-missing"]),
        ("active", "acme", "awa", ["marker-disagrees"]),
        ("canonical", None, "acme", ["marker-unexpected"]),
        ("active", "gone", "gone", ["active-schema-missing"]),
        ("active", "gone", None, ["marker-missing", "active-schema-missing"]),
    ],
)
def test_routing(state: str, details: str | None, marker: str | None, expected: list[str]) -> None:
    found = drift(transition(state, details, marker), "awa")
    assert [f.code for f in found] == expected
    assert [f.step for f in found if f.code == "marker-missing"] in ([], ["marker" if details == "acme" else None])


@pytest.mark.parametrize(
    ("state", "current", "prepared", "routed"),
    [
        ("active", "canonical", None, False),
        ("active", "queue_storage", "canonical", False),
        ("mixed_transition", "canonical", "nonsense", False),
        ("canonical", "queue_storage", None, True),
        ("prepared", "queue_storage", "queue_storage", True),
    ],
)
def test_a_transition_that_contradicts_itself(state: str, current: str, prepared: str | None, routed: bool) -> None:
    marker = None if state in {"canonical", "prepared"} else "acme"
    row = StorageTransition(state, current, prepared, 1, "", "acme", marker)
    assert (row.active_schema == "acme") is routed
    assert [f.code for f in drift(subject(observed=observed(transition=row)), "awa")] == ["transition-inconsistent"]


def test_a_function_is_compared_with_the_text_of_the_release() -> None:
    [finding] = drift(damaged("awa", **{"body__second()": "mine"}), "awa")
    assert (finding.kind, finding.part, finding.expected) == (FindingKind.CHANGED, "body", body_hash("new"))
    assert finding.diff == ("--- expected", "+++ found", "@@ -1 +1 @@", "-new", "+mine")


def test_a_function_of_queue_storage_is_compared_with_another_schema() -> None:
    [finding] = drift(damaged("acme", **{"body__claim()": "mine"}))
    assert "-SELECT acme.leases, 'acme'" in finding.diff


def test_a_text_that_nobody_has_is_only_a_hash() -> None:
    made = damaged("acme", **{"body__claim()": "mine"})
    [finding] = drift(replace(made, existing={"acme": made.existing["acme"]}), "acme")
    assert finding.diff == ()


def test_without_receipts_another_body_is_right() -> None:
    shape = replace(SMALL, receipts=False)
    state = observed(substrates=(substrate("awa", Shape()), substrate("acme", shape)))
    other = existing(ACME, SMALL, catalog=catalog(ACME, SMALL) | {("body", "claim()"): "none"})
    made = subject(observed=state, existing={"awa": existing(AWA, Shape()), "acme": other})
    assert drift(made) == []
    assert shapes(made)["acme"] == shape


def test_slots() -> None:
    state = observed(substrates=(substrate("awa", Shape(8, 8, 8)), substrate("acme", replace(SMALL, lease_slots=3))))
    found = drift(subject(observed=state))
    assert [f.message for f in found] == [
        "8 queue slots are recorded, but 16 exist",
        "3 lease slots are recorded, but 2 exist",
    ]
    eight = Shape(8, 8, 8)
    both = subject(observed=state, existing={"awa": existing(AWA, eight)})
    assert [f.message for f in drift(both, "awa")] == ["8 queue slots exist, but schema awa always has 16"]
    lost = Health({"queue_slots": 4, "lease_slots": 2, "claim_slots": 2})
    small = {k: t for k, t in catalog(ACME, SMALL).items() if "leases_1" not in k[1]}
    [finding] = drift(subject(existing={"acme": existing(ACME, SMALL, catalog=small, health=lost)}), "acme")
    assert (finding.kind, finding.object, finding.also) == (FindingKind.MISSING, "leases_1", 3)


def test_a_table_or_partition_with_a_number_beyond_all_slots_is_no_slot_but_one_object_too_many() -> None:
    beyond = {
        ("relation", "leases_20260101"): "table",
        ("relation", "lease_claims_20250101"): "table",
        ("partition", "lease_claims_20250101"): "of lease_claims FOR VALUES IN (20250101)",
        ("relation", "lease_claims_2"): "table",
    }
    made = subject(existing={"acme": existing(ACME, SMALL, catalog=catalog(ACME, SMALL) | beyond)})
    assert shapes(made) == {"acme": SMALL}
    assert {(f.kind, f.object, f.slots) for f in drift(made, "acme")} == {
        (FindingKind.EXTRA, "leases_20260101", (20260101,)),
        (FindingKind.EXTRA, "lease_claims_*", (2, 20250101)),
    }


def test_a_database_without_the_default_queue_storage_still_has_a_shape() -> None:
    assert drift(subject(observed=observed(substrates=()))) != []
    assert drift(subject(observed=observed(substrates=())), "awa") == []


def test_owners_lanes_and_roles() -> None:
    lane = "queue_claim_seq_" + "a" * 32
    others = {
        ("owner", "terminal_jobs"): "eve",
        ("relation", "terminal_jobs"): "view",
        ("owner", "cron_jobs"): "eve",
        ("relation", "cron_jobs"): "table",
        ("owner", "leases_1"): "eve",
        ("owner", "storage_status()"): "eve",
        ("function", "storage_status()"): "",
        ("owner", "job_state"): "eve",
        ("type", "job_state"): "",
        # What others made is theirs.
        ("owner", "mine"): "eve",
        ("relation", "mine"): "table",
        ("owner", "leases_2025"): "eve",
        ("relation", "leases_2025"): "table",
        ("owner", lane): 'ro"le',
        ("sequence", lane): "",
    }
    health = Health({}, (lane,), {"app": 3})
    made = existing(ACME, SMALL, catalog=catalog(ACME, SMALL) | others, health=health)
    found = examine(subject(existing={"acme": made}, observed=observed(versions=frozenset({1}))), ["acme"]).findings
    assert [f.code for f in found] == [
        "lane-sequences",
        "owner-differs",
        "lane-sequence-owner",
        "lane-sequence-missing",
        "sequences-without-update",
        "not-compared",
    ]
    assert found[1].sql == (
        'ALTER TABLE acme."cron_jobs" OWNER TO "boss";',
        'ALTER TYPE acme."job_state" OWNER TO "boss";',
        'ALTER TABLE acme."leases_1" OWNER TO "boss";',
        'ALTER ROUTINE acme."storage_status"() OWNER TO "boss";',
        'ALTER VIEW acme."terminal_jobs" OWNER TO "boss";',
    )
    assert " and 2 more" in found[1].message
    assert found[2].sql == (
        f'ALTER SEQUENCE acme."{lane}" OWNER TO "boss";',
        f'GRANT USAGE, SELECT, UPDATE ON SEQUENCE acme."{lane}" TO "ro""le";',
    )
    assert found[4].sql == ('GRANT USAGE, SELECT, UPDATE ON ALL SEQUENCES IN SCHEMA acme TO "app";',)


def test_functions_that_are_not_for_everybody() -> None:
    assert codes(damaged("awa", ("privilege", "install(s text)")), "awa") == ["public-may-install"]
    open_to_all = damaged("awa", **{"privilege__install(s text)": "owner EXECUTE, public EXECUTE"})
    assert codes(open_to_all, "awa") == ["public-may-install"]
    gone = damaged("awa", ("function", "install(s text)"), ("privilege", "install(s text)"))
    assert codes(gone, "awa") == ["object-missing"]


def test_names_that_were_cut() -> None:
    name = SchemaName("x" * 55, "x" * 55)
    full = {key: text for key, text in catalog(name, SMALL).items() if key[0] != "owner"} | {
        ("owner", "(schema)"): "boss"
    }
    state = observed(substrates=(substrate(name.text, SMALL),))
    made = subject(observed=state, existing={name.text: ObservedSchema(name, full, Health({}))})
    [finding] = drift(made, name.text)
    assert finding.code == "index-names-truncated"
    assert " 1 could" in finding.message
    none = {key: text for key, text in full.items() if key[0] != "index"}
    [finding] = drift(replace(made, existing={name.text: ObservedSchema(name, none, Health({}))}), name.text)
    assert " 2 could" in finding.message
    assert cut_names("acme", 0, 0) == []


def test_an_unknown_release() -> None:
    made = subject(facts=None)
    found = examine(made, ["awa", "acme"])
    assert [(f.code, f.schema, f.is_drift) for f in found.findings] == [
        ("release-unknown", "awa", False),
        ("release-unknown", "acme", False),
    ]
    assert not found.healthy
    assert [f.expected for f in found.fingerprints] == [None, None]
    worse = replace(
        damaged("acme", ("column", "leases.a"), **{"relation__mine": "table", "body__claim()": "mine"}), facts=None
    )
    assert [(f.kind.value, f.part, f.object) for f in drift(worse)] == [
        ("changed", "body", "claim()"),
        ("missing", "column", "leases.a"),
        ("extra", "relation", "mine"),
    ]
    alone = replace(made, existing={"acme": made.existing["acme"]})
    assert {f.kind for f in drift(alone, "acme")} == {FindingKind.EXTRA}


def test_what_was_not_compared_is_never_healthy() -> None:
    assert examine(subject(), ["awa", "acme"]).healthy
    older = examine(subject(observed=observed(versions=frozenset({1, 2}))), ["acme"])
    assert (older.drift, [f.code for f in older.unknown], older.healthy) == ((), ["not-compared"], False)
    assert "version 2" in older.unknown[0].message
    nowhere = examine(subject(observed=observed(versions=frozenset())), ["acme"])
    assert "not recorded" in nowhere.unknown[0].message
    bare = replace(FACTS, without_receipts={})
    without = Shape(4, 2, 2, receipts=False)
    kinds = subject(facts=bare, observed=observed(substrates=(substrate("acme", without),)))
    [finding] = examine(kinds, ["acme"]).unknown
    assert "without receipts" in finding.message


def test_rows_that_a_role_may_not_read_are_named_with_the_grant() -> None:
    health = replace(existing(ACME, SMALL).health, unreadable=("claim_ring_slots", "queue_ring_slots"))
    made = subject(existing={"acme": existing(ACME, SMALL, health=health)}, observed=observed(user='ob"server'))
    found = examine(made, ["acme"])
    [finding] = found.unknown
    assert (found.drift, finding.code, found.healthy) == ((), "not-readable", False)
    assert finding.sql == (
        'GRANT USAGE ON SCHEMA acme TO "ob""server";',
        'GRANT SELECT ON acme.claim_ring_slots, acme.queue_ring_slots TO "ob""server";',
    )


def test_a_schema_that_cannot_be_read_as_queue_storage_is_compared_by_its_partitions() -> None:
    unseen = Unseen("acme", "boss", receipts=True, damaged=True)
    made = subject(observed=observed(substrates=(substrate("awa", Shape()),), unseen=(unseen,)))
    assert drift(made, "acme") == []
    assert shapes(made)["acme"] == SMALL


def test_lane_sequences_are_counted_not_listed() -> None:
    assert lanes("acme", {}) == []
    [finding] = lanes("acme", {("sequence", f"queue_claim_seq_{n:032x}"): "" for n in range(5)})
    assert finding.message.startswith("5 sequences")
    assert not finding.is_drift


KEYS = st.tuples(st.sampled_from(["relation", "column", "index", "body"]), st.sampled_from(["a", "a.b", "leases_0.b"]))
CATALOGS = st.dictionaries(KEYS, st.sampled_from(["x", "y on a (b)"]))


@given(CATALOGS, CATALOGS)
def test_comparing_finds_exactly_what_differs_and_folding_loses_nothing(
    expected: dict[Key, str], found: dict[Key, str]
) -> None:
    raw = compare("awa", expected, found)
    different = {key for key in expected.keys() | found.keys() if expected.get(key) != found.get(key)}
    assert {(f.part, f.object) for f in raw} == different
    folded = fold(raw)
    assert sum(1 + f.also for f in folded) == len(raw)
    assert len({f.identity for f in folded}) == len(folded)


def test_what_hangs_on_a_missing_parent_is_told_with_it() -> None:
    full = catalog(ACME, SMALL)
    rest = {k: t for k, t in full.items() if "leases" not in k[1]}
    keys = {k for k in full.keys() - rest.keys() if k[0] != "owner"}
    [finding] = fold(f for f in compare("acme", full, rest) if f.part != "owner")
    assert (finding.object, finding.also) == ("leases", len(keys) - 1)


def test_partitions_go_with_the_same_difference_of_their_parent() -> None:
    expected = {
        ("constraint", "leases.leases_pkey"): "PRIMARY KEY (a)",
        ("constraint", "leases_0.leases_0_pkey"): "PRIMARY KEY (a)",
        ("index", "leases_pkey"): "unique btree on leases (a)",
        ("index", "leases_0.leases_pkey"): "unique btree on leases_0 (a) partition of leases_pkey",
        ("index", "idx_b"): "btree on leases (b)",
        ("index", "leases_0.idx_b"): "btree on leases_0 (b) partition of idx_b",
        ("column", "leases.b"): "int",
        ("column", "leases_0.b"): "int",
        ("column", "leases_1.b"): "int",
        ("function", "f()"): "sql",
        ("body", "f()"): "x",
    }
    told = {(f.part, f.object): f.also for f in fold(compare("acme", expected, {}))}
    assert told == {
        ("constraint", "leases.leases_pkey"): 3,
        ("index", "idx_b"): 1,
        ("column", "leases.b"): 2,
        ("function", "f()"): 1,
    }


def test_a_changed_body_is_reported_beside_its_function() -> None:
    expected = {("function", "f()"): "sql", ("body", "f()"): "x"}
    assert len(fold(compare("awa", expected, dict.fromkeys(expected, "other")))) == 2


def test_equal_differences_of_partitions_become_one() -> None:
    found = {("storage", f"leases_{n}"): "fillfactor=50" for n in range(3)} | {("storage", "leases_7"): "fillfactor=10"}
    told = fold(compare("acme", found, {}))
    assert [(f.object, f.also) for f in told] == [("leases_*", 2), ("leases_7", 0)]
    slots = {("partition", f"leases_{n}"): f"of leases FOR VALUES IN ({n})" for n in range(3)}
    assert [(f.object, f.also) for f in fold(compare("acme", slots, {}))] == [("leases_*", 2)]
    assert [(f.object, f.also) for f in fold(compare("acme", {}, slots))] == [("leases_*", 2)]


def test_texts_of_a_release() -> None:
    assert release_bodies(RELEASE) == {"first": ["one"], "second": ["new", "old"]}
    assert last_definer(RELEASE, r"FUNCTION\s+awa\.second") == "V3"
    assert last_definer(RELEASE, "TABLE IF NOT EXISTS awa.marks") == "patch:fix"
    assert last_definer(RELEASE, "nothing") is None
    assert text_of(body_hash("a"), ACME, ["b", "a"], []) == "a"
    assert text_of(body_hash(NEUTRAL), ACME, ["b"], ["c", NEUTRAL]) == "SELECT acme.leases, 'acme'"
    assert text_of(body_hash("z"), ACME, ["b"], ["c"]) is None
    assert difference("a\r\nb", "a\nc  ")[-2:] == ("-b", "+c")


def test_examinations_know_their_drift() -> None:
    lazy = Finding(FindingKind.RUNTIME_CREATED, "lane-sequences", "awa", "state", "y")
    real = Finding(FindingKind.EXTRA, "object-extra", "awa", "state", "y", step="z")
    assert Examination((lazy, real), ()).drift == (real,)
    assert real.repairable
    assert not lazy.repairable


def test_neutral_bodies_of_two_schemas_are_equal() -> None:
    own = own_names(TEMPLATE)
    texts = [neutral_body(catalog(s, SMALL)["body", "claim()"], s, own) for s in (AWA, ACME)]
    assert texts == [NEUTRAL, NEUTRAL]
    assert with_hashes({("body", "claim()"): "x"}, ACME, own) == {("body", "claim()"): body_hash("x")}


def test_a_schema_that_is_compared_again_is_not_made_from_its_template_again(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[SchemaName] = []

    def counted(template: Mapping[Key, str], name: SchemaName, shape: Shape) -> Expanded:
        made.append(name)
        return expand(template, name, shape)

    monkeypatch.setattr(drift_module, "expand", counted)
    other = subject(facts=replace(FACTS))
    assert [drift(other), drift(other), drift(subject(facts=replace(FACTS)), "acme")] == [[], [], []]
    assert made == [AWA, ACME, ACME]


def test_a_catalog_that_is_as_it_was_is_not_compared_again_and_whatever_changes_is_found(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    compared: list[str] = []

    def counted(schema: str, expected: Mapping[Key, str], found: Mapping[Key, str]) -> list[Finding]:
        compared.append(schema)
        return compare(schema, expected, found)

    monkeypatch.setattr(drift_module, "compare", counted)
    own = replace(FACTS)  # facts are equal only to themselves: nothing was compared with these
    healthy, again = subject(facts=own), subject(facts=own)
    assert healthy.existing["awa"].catalog is not again.existing["awa"].catalog
    assert examine(healthy, ["awa"]) == examine(again, ["awa"])
    assert compared == ["awa"]
    broken = replace(damaged("awa", ("column", "jobs.a")), facts=own)
    assert [codes(broken, "awa"), codes(broken, "awa")] == [["object-missing"]] * 2
    assert compared == ["awa"] * 3
    assert codes(again, "awa") == []
    assert codes(replace(damaged("awa", privilege__jobs="public SELECT"), facts=own), "awa") == []
    assert compared == ["awa"] * 4


def test_more_schemas_than_are_remembered_are_compared_all_the_same() -> None:
    names = [SchemaName(f"s{number}", f"s{number}") for number in range(10)]
    many = subject(existing={name.text: existing(name, SMALL) for name in names}, facts=replace(FACTS))
    lost = {name.text: replace(many.existing[name.text], catalog={}) for name in names[:1]}
    for _ in range(2):
        assert {f.code for f in drift(many, *many.existing)} == {f.code for f in drift(many, "s0")}
    assert "object-missing" in codes(replace(many, existing={**many.existing, **lost}), "s0")


def test_sequences_behind_their_rows_are_one_finding_with_its_statements() -> None:
    lane = "queue_enqueue_seq_" + "a" * 32
    ids = [Behind(name, 1, 7, "dlq_entries") for name in ("job_id_seq", "o'dd", "jobs_id_seq")]
    health = Health(
        {}, behind=(Behind(lane, 3, 5, "ready_entries", "alpha", 2, 0), *ids), unread_sequences=2, most_lanes=1600
    )
    found = examine(subject(existing={"acme": existing(ACME, SMALL, health=health)}), ["acme"]).findings
    behind, unread = (next(f for f in found if f.code == code) for code in ("sequences-behind", "not-readable"))
    assert behind.message == (
        f"4 sequences are behind: {lane} (queue alpha, priority 2, shard 0) gives 3 next, but ready_entries is at 5; "
        "job_id_seq gives 1 next, but dlq_entries is at 7; o'dd gives 1 next, but dlq_entries is at 7 and 1 more"
    )
    assert behind.sql[:3] == (
        f"SELECT pg_catalog.setval('acme.{lane}', greatest(5, last_value)) FROM acme.{lane};",
        "SELECT pg_catalog.setval('acme.job_id_seq', greatest(7, last_value)) FROM acme.job_id_seq;",
        "SELECT pg_catalog.setval('acme.\"o''dd\"', greatest(7, last_value)) FROM acme.\"o'dd\";",
    )
    assert behind.step == "sequences:acme"
    [limit] = (f.message for f in found if f.code == "not-compared")
    assert limit.startswith("only the first 1600 lanes of schema acme were compared with their rows")
    assert "may not read 2 sequences of schema acme" in unread.message
    assert unread.sql[1].startswith("GRANT SELECT ON ALL SEQUENCES IN SCHEMA acme TO ")
