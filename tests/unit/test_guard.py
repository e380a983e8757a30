"""Guards and the declared database: what is decided without a server."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from awa_infra.model import DesiredState, Migration, Missing, ObservedState, QueueStorage, Release, StepKind
from awa_infra.planning.access import missing_queries
from awa_infra.planning.planner import make_plan
from awa_infra.planning.pure_gates import database_gate
from awa_infra.release import normalised_sha256
from awa_infra.spec.problems import input_problems
from awa_infra.spec.schema import SchemaInputs
from tests.support.bundles import render

Desired = Callable[..., DesiredState]


def guards(desired: DesiredState, observed: ObservedState) -> list[str]:
    return [step.key for step in make_plan(desired, observed).steps if step.kind is StepKind.GUARD]


def test_only_schemas_without_a_guard_get_one(desired: Desired) -> None:
    wanted = replace(desired(QueueStorage("acme")), guarded=("awa", "acme"))
    assert guards(wanted, ObservedState()) == ["guard:awa", "guard:acme"]
    assert guards(wanted, ObservedState(missing=(Missing("guard:acme", "no guard"),))) == ["guard:acme"]
    assert guards(wanted, ObservedState(missing=())) == []
    assert [query.what for query in missing_queries(wanted)] == ["guards"]


def test_a_bundle_has_a_script_of_its_own_for_the_guards(desired: Desired) -> None:
    files = render("psql", replace(desired(), guarded=("awa",)))
    script = files["guard.sql"].decode()
    assert 'CREATE EVENT TRIGGER "awa_infra_guard_awa" ON sql_drop' in script
    assert "`guard.sql`: once, by a superuser" in files["README.md"].decode()
    assert "guard.sql" not in render("psql", desired())


def test_a_readme_does_not_say_who_waits_for_what_was_never_measured(release: Release) -> None:
    found = []
    for migration in release.migrations:
        text = migration.sql + "-- another text\n"
        found.append(Migration(migration.version, migration.description, text, normalised_sha256(text)))
    unknown = replace(release, name="9.9.9", migrations=tuple(found))
    readme = render("psql", DesiredState(unknown, release.schema_version))["README.md"].decode()
    assert "all sessions may have to wait; what they lock was not measured" in readme


def test_a_database_is_compared_with_the_declared_one_by_name() -> None:
    assert database_gate(None, "jobs") is None
    assert database_gate("jobs", "jobs") is None
    gate = database_gate("jobs", "shop")
    assert gate is not None
    assert gate.code == "another-database"
    assert "declares database jobs, but the database URL names database shop" in gate.message


def test_queues_of_schema_awa_are_checked_like_those_of_any() -> None:
    inputs = {"database_url": "postgresql://h/d"}
    assert input_problems(SchemaInputs, inputs | {"queues": ["emails"]}) == []
    (problem,) = input_problems(SchemaInputs, inputs | {"queues": ["emails", "emails"]})
    assert (problem.key, problem.message) == ("queues[1]", "is declared twice, first in queues[0]")
