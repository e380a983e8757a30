from __future__ import annotations

from dataclasses import replace

from awa_infra.verification.catalog import SchemaName
from awa_infra.verification.obstacles import (
    Adopted,
    Privilege,
    Setting,
    adopted_findings,
    collation_findings,
    excess_findings,
    narrowed_findings,
    obstacle_findings,
)
from awa_infra.verification.sequences import exhausted_findings

AWA = SchemaName("awa", "awa")


def test_nothing_in_the_way_is_no_finding() -> None:
    assert obstacle_findings(AWA, {("relation", "t"): "table"}, (), ()) == []


def test_row_level_security_is_reported_once_for_all_tables() -> None:
    one = {("security", 'odd"name'): "row-level security enabled"}
    [finding] = obstacle_findings(AWA, one, (), ())
    assert " 1 table: " in finding.message
    assert finding.sql == ('ALTER TABLE awa."odd""name" DISABLE ROW LEVEL SECURITY, NO FORCE ROW LEVEL SECURITY;',)
    [finding] = obstacle_findings(AWA, one | {("security", "b"): ""}, (), ())
    assert " 2 tables: " in finding.message


def test_a_publication_names_its_tables_and_a_statement_for_each() -> None:
    [finding] = obstacle_findings(AWA, {}, [("a", "p"), ("b", "p, q")], ())
    assert finding.object == "p, q"
    assert finding.sql == ('ALTER TABLE awa."a" REPLICA IDENTITY FULL;', 'ALTER TABLE awa."b" REPLICA IDENTITY FULL;')


def test_what_a_role_may_not_do_is_one_statement_for_each_kind() -> None:
    denied = [
        Privilege('ro"le', "EXECUTE", "FUNCTION", "awa.a(text)"),
        Privilege('ro"le', "EXECUTE", "FUNCTION", "awa.b()"),
        Privilege('ro"le', "USAGE", "TYPE", "awa.job_state"),
    ]
    functions, types = obstacle_findings(AWA, {}, (), denied)
    assert functions.sql == ('GRANT EXECUTE ON FUNCTION awa.a(text), awa.b() TO "ro""le";',)
    assert "EXECUTE on 2 functions: awa.a(text), awa.b()" in functions.message
    assert "USAGE on type awa.job_state" in types.message


def test_a_setting_has_the_statement_that_takes_it_back() -> None:
    [found] = obstacle_findings(AWA, {}, (), (), [Setting("role r x", "sessions of role r", ["ALTER ROLE r RESET x;"])])
    assert (found.code, found.object, found.sql) == ("session-settings", "role r x", ("ALTER ROLE r RESET x;",))


def test_another_collation_has_the_statements_that_build_the_indexes_again() -> None:
    [found] = collation_findings(AWA, [Setting("database d", "sorts otherwise", ["REINDEX DATABASE d;"])])
    assert (found.code, found.object, found.sql) == ("collation-changed", "database d", ("REINDEX DATABASE d;",))


def test_what_everybody_or_a_declared_role_has_too_much_is_taken_back_by_its_statement() -> None:
    public = [Privilege("PUBLIC", "INSERT", "TABLE", "awa.a"), Privilege("PUBLIC", "INSERT", "TABLE", "awa.b")]
    [found] = obstacle_findings(AWA, {}, (), (), (), public)
    assert (found.code, found.sql) == ("public-may-write", ("REVOKE INSERT ON TABLE awa.a, awa.b FROM PUBLIC;",))
    assert found.message == "PUBLIC, so every role, has INSERT on 2 tables: awa.a, awa.b"
    own = Privilege("o", "CREATE", "SCHEMA", "awa", "awa", "observer")
    alone, member = excess_findings([own, replace(own, through='g"')])
    assert (alone.schema, alone.sql) == ("awa", ('REVOKE CREATE ON SCHEMA awa FROM "o";',))
    assert member.message == 'role o, declared as observer, has CREATE on schema awa, as a member of g"'
    assert member.sql == ('REVOKE "g""" FROM "o";',)


def test_a_publication_that_leaves_out_too_much_names_its_tables() -> None:
    assert narrowed_findings(AWA, ()) == []
    [finding] = narrowed_findings(AWA, [("a", "p"), ("b", "p, q")])
    assert (finding.code, finding.object, finding.sql) == ("publication-without-identity", "p, q", ())
    assert "does not fit the replica identity of 2 tables" in finding.message


def test_what_extensions_have_adopted_is_let_go_of_without_dropping_it() -> None:
    ours = [Adopted("(schema)", "e", "SCHEMA"), Adopted("f(p_a text)", "e", "ROUTINE"), Adopted("t", "o", "TABLE")]
    first, second = adopted_findings(AWA, ours)
    assert first.sql == (
        'ALTER EXTENSION "e" DROP SCHEMA awa;',
        'ALTER EXTENSION "e" DROP ROUTINE awa."f"(p_a text);',
    )
    assert second.message == "extension o has adopted what Awa made: t"


def test_sequences_near_their_end_are_one_finding() -> None:
    assert exhausted_findings(AWA, ()) == []
    [found] = exhausted_findings(AWA, [(f"s{n}", "7") for n in range(4)])
    assert (
        found.message
        == "sequences have given more than half of their numbers: s0 is at 7, s1 is at 7, s2 is at 7 and 1 more"
    )
