"""The statements that put one object back, from its two definitions alone."""

from __future__ import annotations

import pytest

from awa_infra.verification.findings import Finding, FindingKind, compare, fold
from awa_infra.verification.statements import statements

BIG = "bigint start 1 increment 1 from 1 to 9223372036854775807 cache 1"
ALTER_BIG = (
    'ALTER SEQUENCE "acme"."s" AS bigint INCREMENT 1 MINVALUE 1 MAXVALUE 9223372036854775807 START 1 CACHE 1 NO CYCLE;'
)


def of(part: str, name: str, expected: str | None, found: str | None) -> tuple[str, ...]:
    """Return the statements of the only difference between two catalogs of one entry."""
    key = part, name
    [finding] = compare("acme", {key: expected} if expected else {}, {key: found} if found else {})
    return statements(finding)


@pytest.mark.parametrize(
    ("part", "name", "expected", "found", "wanted"),
    [
        ("column", "t.c", "bigint not null default 1", "bigint", ["SET DEFAULT 1", "SET NOT NULL"]),
        ("column", "t.c", "text", "text not null default 'x y'::text", ["DROP DEFAULT", "DROP NOT NULL"]),
        ("column", "t.c", "text not null", "text", ["SET NOT NULL"]),
        ("column", "t.c", "text default 'a'::text", "text", ["SET DEFAULT 'a'::text"]),
        ("column", "t.c", "text", "integer", []),
        ("column", "t.c", None, "integer", []),
        ("constraint", "t.c", "CHECK (a)", "CHECK (a) NOT VALID", ["VALIDATE CONSTRAINT"]),
        ("constraint", "t.c", None, "NOT NULL a NOT VALID", ["VALIDATE CONSTRAINT"]),
        ("constraint", "t.c", "CHECK (a)", "CHECK (b)", ['DROP CONSTRAINT "c", ADD CONSTRAINT "c" CHECK (a)']),
        ("constraint", "t.c", None, "CHECK (b)", ['DROP CONSTRAINT "c";']),
        ("constraint", "t.c", "CHECK (a)", None, ['ADD CONSTRAINT "c" CHECK (a);']),
        ("index", "idx_a", "btree on t (a)", "btree on t (a) invalid", ['REINDEX INDEX CONCURRENTLY "acme"."idx_a"']),
        ("index", "t_0.t_pkey", "btree on t_0 (a)", "btree on t_0 (a) invalid", ['REINDEX TABLE "acme"."t_0";']),
        ("index", "idx_a", "btree on t (a)", "btree on t (b)", ['DROP INDEX "acme"."idx_a";']),
        ("index", "t_pkey", "btree on t (a)", "btree on t (b)", []),
        ("index", "mine", None, "btree on t (b) invalid", ['DROP INDEX "acme"."mine";']),
        ("index", "idx_a", "btree on t (a)", None, []),
        ("inheritance", "leases.l9", None, 'partition public."l 9" DEFAULT', ['DETACH PARTITION public."l 9";']),
        ("inheritance", "leases.leases_1", None, "partition x.leases_1 FOR VALUES IN (1)", ["SET SCHEMA"]),
        ("inheritance", "t.c", None, "child public.c", ['ALTER TABLE public.c NO INHERIT "acme"."t";']),
        ("inheritance", "t.p", None, "parent public.p", ['ALTER TABLE "acme"."t" NO INHERIT public.p;']),
        ("partition", "leases_1", "of leases FOR VALUES IN (1)", None, ["ATTACH PARTITION"]),
        (
            "partition",
            "leases_1",
            "of leases FOR VALUES IN (1)",
            "of leases FOR VALUES IN (1) detach pending",
            ['DETACH PARTITION "acme"."leases_1" FINALIZE;', 'ATTACH PARTITION "acme"."leases_1" FOR VALUES IN (1);'],
        ),
        ("partition", "leases_1", "of leases FOR VALUES IN (1)", "of leases FOR VALUES IN (0)", []),
        ("partition", "leases", "by LIST (a)", None, []),
        ("policy", "t.p", None, "permissive all", ['DROP POLICY "p" ON "acme"."t";']),
        ("relation", "t", "table", "table unlogged", ['ALTER TABLE "acme"."t" SET LOGGED;']),
        ("relation", "t", "table", "view", []),
        ("sequence", "s", BIG, BIG.replace("increment 1", "increment 10"), [ALTER_BIG]),
        ("sequence", "s", BIG, f"{BIG} unlogged", ['ALTER SEQUENCE "acme"."s" SET LOGGED;', ALTER_BIG]),
        ("sequence", "s", None, BIG, []),
        ("storage", "t", "fillfactor=50", "autovacuum_enabled=off, fillfactor=50", ["RESET (autovacuum_enabled)"]),
        ("storage", "t", "a=1, b=2.0", "a=1", ["SET (b=2.0)"]),
        ("storage", "t", None, "a=1, b=2", ["RESET (a, b)"]),
        ("trigger", "t.g", None, "constraint trigger disabled", ["ENABLE TRIGGER ALL"]),
        ("trigger", "t.g", None, "CREATE TRIGGER g", ['DROP TRIGGER "g" ON "acme"."t";']),
        ("trigger", "t.g", "CREATE TRIGGER g", "CREATE TRIGGER g enabled as R", ['ENABLE TRIGGER "g";']),
        ("trigger", "t.g", "CREATE TRIGGER g", "CREATE TRIGGER g BEFORE", []),
        ("body", "f()", "sha256 a", "sha256 b", []),
    ],
)
def test_two_definitions_say_what_puts_an_object_back(
    part: str, name: str, expected: str | None, found: str | None, wanted: list[str]
) -> None:
    made = of(part, name, expected, found)
    assert len(made) == len(wanted)
    assert all(piece in text for piece, text in zip(wanted, made, strict=True)), made


def test_a_finding_about_a_family_names_each_partition_in_its_statements() -> None:
    wanted = {("storage", f"leases_{n}"): "fillfactor=50" for n in range(2)}
    [finding] = fold(compare("acme", wanted, dict.fromkeys(wanted, "fillfactor=60")))
    assert (finding.object, finding.kind, finding.slots) == ("leases_*", FindingKind.CHANGED, (0, 1))
    assert statements(finding) == (
        'ALTER TABLE "acme"."leases_0" SET (fillfactor=50);',
        'ALTER TABLE "acme"."leases_1" SET (fillfactor=50);',
    )


def folded(*found: tuple[FindingKind, str, str]) -> list[Finding]:
    codes = {FindingKind.MISSING: "object-missing", FindingKind.EXTRA: "object-extra"}
    return fold(Finding(kind, codes[kind], "acme", part, name, "x", "x") for kind, part, name in found)  # type: ignore[arg-type]


def test_a_partition_that_was_moved_or_detached_is_one_finding() -> None:
    missing, extra = FindingKind.MISSING, FindingKind.EXTRA
    moved = folded((missing, "relation", "leases_1"), (extra, "inheritance", "leases.leases_1"))
    assert [(f.part, f.also) for f in moved] == [("inheritance", 1)]
    indexes = [(missing, "index", "leases_1.leases_pkey"), (extra, "index", "leases_1_pkey")]
    found = [
        Finding(kind, "object-missing", "acme", part, name, "btree on leases_1 (a)", "btree on leases_1 (a)")
        for kind, part, name in indexes
    ]
    detached = fold([*found, Finding(missing, "object-missing", "acme", "partition", "leases_1", "of leases")])
    assert [(f.part, f.also) for f in detached] == [("partition", 2)]
