from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from awa_infra.errors import ConfigurationError, StalePlanError
from awa_infra.model import (
    AgreedPlan,
    DatabaseIdentity,
    DesiredState,
    ObservedState,
    Plan,
    Policy,
    QueueStorage,
    Release,
    Roles,
    Transaction,
)
from awa_infra.planning.agreement import declared_data, require_agreed
from awa_infra.planning.plan_file import document, read_document
from awa_infra.planning.planner import make_plan
from tests.support.plans import agreed_to

HERE = DatabaseIdentity("shop", 16384, "7301")
MADE = datetime(2026, 11, 26, 12, 0, tzinfo=UTC)


@pytest.fixture
def wanted(release: Release) -> DesiredState:
    return DesiredState(release, 40)


@pytest.fixture
def plan(wanted: DesiredState) -> Plan:
    return make_plan(wanted, ObservedState(database="shop"))


@pytest.fixture
def written(plan: Plan, wanted: DesiredState) -> dict[str, Any]:
    return document(plan, wanted, HERE, made_at=MADE, made_by="awa-infra 1.0")


def stale(agreed: AgreedPlan, plan: Plan, desired: DesiredState | None, database: DatabaseIdentity | None) -> list[str]:
    with pytest.raises(StalePlanError) as caught:
        require_agreed(agreed, plan, desired, database)
    assert caught.value.hint.endswith("Nothing was changed.")
    return [caught.value.message, *caught.value.details]


def test_a_plan_file_says_all_of_a_plan_but_its_sql_and_is_read_as_it_was_written(
    written: dict[str, Any], plan: Plan, wanted: DesiredState
) -> None:
    text = json.dumps(written)
    assert "CREATE TABLE" not in text
    assert written["made_at"] == "2026-11-26T12:00:00+00:00"
    agreed = read_document(text, "plan.json")
    assert agreed == agreed_to(plan, Transaction.WHOLE, HERE, wanted.release.name, declared_data(wanted, None))
    require_agreed(agreed, plan, wanted, HERE)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"plan_file_version": 2}, "was made by a later awa-infra"),
        ({"plan_file_version": "1"}, "is no plan file"),
        ({"digest": "0" * 64}, "was edited"),
        ({"steps": []}, "was edited"),
        ({"transaction": "half"}, "transaction 'half' is unknown"),
        ({"database": {"name": "shop"}}, "is no whole plan file"),
        ({"from_version": "0"}, "is no whole plan file"),
    ],
)
def test_a_file_that_is_no_plan_or_was_edited_is_refused(
    change: dict[str, object], said: str, written: dict[str, Any]
) -> None:
    with pytest.raises(ConfigurationError, match=said):
        read_document(json.dumps(written | change), "plan.json")


@pytest.mark.parametrize("text", ["", "[]", "{}", "null", "no JSON", "[" * 100_000])
def test_anything_else_is_no_plan_file(text: str) -> None:
    with pytest.raises(ConfigurationError, match="is no plan file"):
        read_document(text, "plan.json")


def test_fields_that_a_later_version_adds_do_no_harm(written: dict[str, Any], plan: Plan) -> None:
    assert read_document(json.dumps(written | {"signed_by": "me"}), "plan.json").digest == plan.digest


@pytest.mark.parametrize(
    ("other", "said"),
    [
        (DatabaseIdentity("depot", 16999, "7301"), "and this is another one: depot."),
        (DatabaseIdentity("shop", 16999, "7301"), "another one: shop, restored or made anew."),
        (DatabaseIdentity("shop", 16384, "9999"), "now: they were made anew, or upgraded with pg_upgrade."),
        (DatabaseIdentity("shop2", 16384, "7301"), "was made for database shop, and it is called shop2 now."),
    ],
)
def test_a_plan_is_for_one_database_only(other: DatabaseIdentity, said: str, plan: Plan, wanted: DesiredState) -> None:
    agreed = agreed_to(plan, Transaction.WHOLE, HERE)
    assert stale(agreed, plan, wanted, other)[0].endswith(said)
    # Also where nothing is left to do there.
    stale(agreed, replace(plan, steps=()), wanted, other)
    # A role that may not ask for the server's identifier is believed.
    require_agreed(agreed, plan, wanted, replace(HERE, system=None))


def test_what_differs_from_what_was_agreed_to_is_listed(plan: Plan, wanted: DesiredState) -> None:
    agreed = agreed_to(plan, Transaction.WHOLE, HERE, "0.6.8")
    first, *rest = plan.steps
    edited = replace(rest[-1], sql="SELECT 1")
    extra = replace(first, key="lanes:extra")
    later = replace(plan, from_version=1, steps=(*rest[:-1], edited, extra))
    assert stale(agreed, later, replace(wanted, transaction=Transaction.EACH), HERE) == [
        "Database shop, or the desired state, changed since the plan was made.",
        "transaction: whole then, each now",
        f"release: Awa 0.6.8 then, {wanted.release.name} now",
        "schema awa: at version 0 then, at version 1 now",
        f"no longer in the plan: {first.key}",
        "new in the plan: lanes:extra",
        f"with another SQL: {edited.key}",
    ]
    turned = replace(plan, steps=tuple(reversed(plan.steps)))
    assert stale(agreed, turned, None, None) == [
        "The database, or the desired state, changed since the plan was made.",
        "the order of the steps",
    ]


def test_another_kind_of_transaction_is_another_plan(plan: Plan, wanted: DesiredState) -> None:
    agreed = agreed_to(plan, Transaction.EACH)
    assert stale(agreed, plan, wanted, None)[1:] == ["transaction: each then, whole now"]


def test_a_plan_that_another_run_has_applied_is_not_refused(
    plan: Plan, wanted: DesiredState, written: dict[str, Any]
) -> None:
    done = replace(plan, steps=(), from_version=40)
    require_agreed(agreed_to(plan, Transaction.WHOLE, HERE), done, wanted, HERE)
    require_agreed(read_document(json.dumps(written), "plan.json"), done, wanted, HERE)


@pytest.mark.parametrize("pending", [True, False])
def test_who_wants_something_else_is_refused_also_where_there_is_nothing_to_do(
    written: dict[str, Any], plan: Plan, wanted: DesiredState, *, pending: bool
) -> None:
    agreed = read_document(json.dumps(written), "plan.json")
    found = plan if pending else replace(plan, steps=())
    other = replace(
        wanted,
        target_version=39,
        queue_storage=(QueueStorage("acme"),),
        roles=Roles("own_a"),
        guarded=("awa",),
        policy=Policy(max_window=5.0),
    )
    with pytest.raises(StalePlanError) as caught:
        require_agreed(agreed, found, other, HERE, "own_a")
    assert list(caught.value.details) == [
        "target_version: 40 then, 39 now",
        'role: null then, "own_a" now',
        "queue_storage: the configuration declares something else",
        "roles: the configuration declares something else",
        "guarded: the configuration declares something else",
        "max_window: null then, 5.0 now",
    ]
    edited = written["declared"] | {"target_version": None, "policy": "none"}
    assert stale(read_document(json.dumps({**written, "declared": edited}), "plan.json"), found, wanted, HERE)[1:] == [
        "target_version: null then, 40 now",
        "policy: the configuration declares something else",
    ]
    require_agreed(agreed, found, None, HERE)
