"""What each key of a stack configuration means, and what is said if it is wrong."""

from __future__ import annotations

import json
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from awa_infra.bundles.contents import Waits
from awa_infra.config import decode, examine, validate
from awa_infra.database.options import ApplyOptions
from awa_infra.errors import ConfigurationError
from awa_infra.model import Queue, QueueStorage, Roles, Shape
from awa_infra.spec.database import DatabaseEntry
from awa_infra.spec.problems import input_problems
from awa_infra.spec.queue_storage import QueueStorageInputs
from awa_infra.spec.stack import StackConfig
from awa_infra.spec.values import Encrypted
from tests.support.configs import parse

CANARY = "canary-password"
ROLES = {"owner": "awa_owner", "migrator": "awa_migrator", "runtime": "awa_runtime", "observer": "awa_observer"}


def read(**values: object) -> StackConfig:
    found, problems = validate(values)
    assert problems == []
    assert found is not None
    return found


def problems_of(**values: object) -> list[str]:
    found, problems = validate(values)
    assert found is None
    return [f"{p.key.removeprefix('awa:')}: {p.message}" for p in problems]


def queue_storage_problems(values: dict[str, Any]) -> list[tuple[str, str]]:
    inputs = {"database_url": "postgresql://h/d", "schema": "acme"} | values
    return [(problem.key, problem.message) for problem in input_problems(QueueStorageInputs, inputs)]


def test_everything_that_a_platform_team_declares_is_read() -> None:
    config = parse(
        """
config:
  awa:databaseUrl: {secure: v1:abc}
  awa:database: {name: shop, owner: shop_owner, encoding: UTF8, template: template0, connectionLimit: 50}
  awa:release: 0.6.9
  awa:targetVersion: 40
  awa:roles: {owner: awa_owner, migrator: awa_migrator, runtime: awa_runtime, laneSchemas: [awa, acme]}
  awa:migratorPassword: {secure: v1:def}
  awa:runtimePassword: canary-password
  awa:queueStorageSchemas:
    - schema: acme
      queues: [orders, {name: mail, priorities: [1, 4], shards: 2, stripes: 8}]
      deletionPolicy: drop
      forceDrop: true
    - schema: other
  awa:activation: acme
  awa:lockTimeout: 2.5
  awa:lockWait: 0
  awa:transaction: each
  awa:allowLiveRuntimes: true
  awa:repair: true
""",
        "Pulumi.prod.yaml",
    )
    assert config.database == DatabaseEntry.model_validate(
        {"name": "shop", "owner": "shop_owner", "encoding": "UTF8", "template": "template0", "connectionLimit": 50}
    )
    assert (config.release, config.target_version, config.activation) == ("0.6.9", 40, "acme")
    assert (config.lock_timeout, config.lock_wait, config.transaction) == (2.5, 0, "each")
    assert (config.allow_live_runtimes, config.repair) == (True, True)
    assert config.migrator_password == Encrypted(secure="v1:def")
    assert config.runtime_password == CANARY
    assert config.observer_password is None
    assert list(config.secrets()) == ["databaseUrl", "migratorPassword", "runtimePassword"]
    assert config.roles_wanted() == Roles(
        "awa_owner", "awa_migrator", "awa_runtime", None, ("acme", "other"), ("awa", "acme")
    )
    assert config.queue_storage() == (
        QueueStorage("acme", Shape(), (Queue("orders"), Queue("mail", (1, 4), shards=2, stripes=8))),
        QueueStorage("other"),
    )
    first, second = config.queue_storage_schemas
    assert (first.deletion_policy, first.force_drop) == ("drop", True)
    assert (second.deletion_policy, second.force_drop) == ("retain", False)


def test_what_is_not_declared_is_left_alone() -> None:
    config = read()
    assert (config.database, config.release, config.target_version, config.roles_wanted()) == (None, None, None, None)
    assert (config.activation, config.lock_timeout, config.lock_wait) == (None, None, None)
    assert (config.allow_live_runtimes, config.repair) == (False, False)
    assert config.transaction == "whole"


def test_the_described_waits_are_the_ones_that_are_waited() -> None:
    fields = StackConfig.model_fields
    assert f"Default: {ApplyOptions().table_lock:g}." in str(fields["lock_timeout"].description)
    assert f"by default {Waits().table_lock:g}." in str(fields["lock_timeout"].description)
    assert f"Default: {ApplyOptions().migration_lock:g}." in str(fields["lock_wait"].description)


def test_a_database_is_a_name_or_a_mapping_with_one() -> None:
    assert read(database="shop") == read(database={"name": "shop"})
    assert read(database="shop").database == DatabaseEntry.model_validate({"name": "shop", "connectionLimit": -1})


@pytest.mark.parametrize(
    ("values", "lanes"),
    [
        ({}, ("awa",)),
        ({"queueStorageSchemas": [{"schema": "acme"}, {"schema": "other"}]}, ("acme", "other")),
        ({"queueStorageSchemas": [{"schema": "acme"}], "activation": "awa"}, ("awa",)),
        ({"roles": {"owner": "o", "laneSchemas": []}, "activation": "awa"}, ()),
    ],
    ids=["nothing declared", "schemas", "activation", "said"],
)
def test_the_runtime_role_may_make_lanes_where_jobs_will_go(values: dict[str, Any], lanes: tuple[str, ...]) -> None:
    wanted = read(**({"roles": {"owner": "o"}} | values)).roles_wanted()
    assert wanted is not None
    assert wanted.lane_schemas == lanes


@pytest.mark.parametrize(
    ("values", "problem"),
    [
        ({"database": 5}, "database: must be text or a mapping; put it in quotes"),
        ({"database": ["shop"]}, "database: must be text or a mapping"),
        ({"database": {"owner": "o"}}, "database.name: is missing"),
        ({"database": {"name": "shop", "ownr": "x"}}, "database.ownr: unknown key; did you mean owner?"),
        (
            {"database": {"name": "template1"}},
            "database.name: 'template1' is a template of the server; choose another name",
        ),
        ({"database": "template1"}, "database: 'template1' is a template of the server; choose another name"),
        ({"database": {"name": "shop", "connectionLimit": -2}}, "database.connectionLimit: must be at least -1"),
        (
            {"database": {"name": "shop", "connectionLimit": 2**31}},
            "database.connectionLimit: must be at most 2147483647",
        ),
        (
            {"database": {"name": "shop", "encoding": "UTF 8"}},
            "database.encoding: must be the name of an encoding, such as UTF8",
        ),
        (
            {"database": {"name": "shop", "owner": "pg_monitor"}},
            "database.owner: 'pg_monitor' is reserved: PostgreSQL has no role of that name to give away",
        ),
        ({"release": 0.6}, "release: must be text; put it in quotes"),
        ({"release": ["0.6.9"]}, "release: must be text"),
        ({"release": "newest"}, "release: must be a version of awa-pg, such as 0.6.9"),
        ({"targetVersion": 0}, "targetVersion: must be at least 1"),
        ({"targetVersion": 40.0}, "targetVersion: must be a whole number"),
        ({"targetVersion": True}, "targetVersion: must be a whole number"),
        ({"roles": {}}, "roles.owner: is missing"),
        ({"roles": "awa_owner"}, "roles: must be a mapping"),
        ({"roles": {"owner": "o", "runtme": "r"}}, "roles.runtme: unknown key; did you mean runtime?"),
        (
            {"roles": {"owner": "o", "reader": "r"}},
            "roles.reader: unknown key; known are owner, migrator, runtime, observer, laneSchemas",
        ),
        (
            {"roles": {"owner": "owner\t"}},
            "roles.owner: 'owner\\t' contains non-printable characters",
        ),
        (
            {"roles": {"owner": "public"}},
            "roles.owner: 'public' is reserved: PostgreSQL has no role of that name to give away",
        ),
        ({"roles": {"owner": "a" * 64}}, f"roles.owner: '{'a' * 64}' has 64 bytes in UTF-8; PostgreSQL keeps 63"),
        (
            {"roles": {"owner": "o", "runtime": "o"}},
            "roles.runtime: is the same role as owner; each needs one of its own",
        ),
        ({"roles": {"owner": "o", "laneSchemas": "awa"}}, "roles.laneSchemas: must be a list"),
        ({"roles": {"owner": "o", "laneSchemas": {"awa"}}}, "roles.laneSchemas: must be a list"),
        ({"roles": {"owner": "o", "laneSchemas": ["awa", "awa"]}}, "roles.laneSchemas: has awa twice"),
        (
            {"roles": {"owner": "o", "laneSchemas": ["acne"]}, "queueStorageSchemas": [{"schema": "acme"}]},
            "roles.laneSchemas[0]: schema 'acne' is not in queueStorageSchemas; did you mean acme?",
        ),
        (
            {"activation": "acne", "queueStorageSchemas": [{"schema": "acme"}]},
            "activation: schema 'acne' is not in queueStorageSchemas; did you mean acme?",
        ),
        ({"activation": "wa"}, "activation: schema 'wa' is not in queueStorageSchemas; did you mean awa?"),
        (
            {"activation": "shop"},
            "activation: schema 'shop' is not in queueStorageSchemas; name awa or a declared one",
        ),
        (
            {"runtimePassword": "x"},
            "runtimePassword: there is no runtime role; set roles.runtime, or remove its password",
        ),
        (
            {"observerPassword": {"secure": "x"}, "roles": {"owner": "o", "runtime": "r"}},
            "observerPassword: there is no observer role; set roles.observer, or remove its password",
        ),
        ({"runtimePassword": "", "roles": ROLES}, "runtimePassword: must not be empty"),
        ({"runtimePassword": 5, "roles": ROLES}, "runtimePassword: must be text or a mapping; put it in quotes"),
        ({"databaseUrl": ""}, "databaseUrl: must not be empty"),
        ({"lockTimeout": -0.5}, "lockTimeout: must be at least 0"),
        ({"lockTimeout": float("inf")}, "lockTimeout: must be a finite number"),
        ({"lockTimeout": 3e9}, "lockTimeout: must be at most 2147483"),
        ({"lockWait": "soon"}, "lockWait: must be a number"),
        ({"lockWait": True}, "lockWait: must be a number"),
        ({"allowLiveRuntimes": "yes"}, "allowLiveRuntimes: must be true or false"),
        ({"repair": 1}, "repair: must be true or false"),
        ({"repair": None}, "repair: has no value; give it one, or remove the key"),
        ({"reapir": True}, "reapir: unknown key; did you mean repair?"),
    ],
)
def test_what_is_wrong_with_a_key_is_said_once(values: dict[str, Any], problem: str) -> None:
    assert problems_of(**values) == [problem]


@pytest.mark.parametrize(
    ("entry", "problem"),
    [
        ({"queues": "orders"}, "queues: must be a list"),
        ({"queues": [""]}, "queues[0]: must not be empty"),
        ({"queues": [5]}, "queues[0]: must be text or a mapping; put it in quotes"),
        ({"queues": [{"name": 5}]}, "queues[0].name: must be text; put it in quotes"),
        ({"queues": ["q" * 201]}, "queues[0]: has more than 200 characters"),
        ({"queues": ["a\nb"]}, "queues[0]: contains non-printable characters"),
        ({"queues": [{"shards": 2}]}, "queues[0].name: is missing"),
        ({"queues": [{"name": "a", "shard": 2}]}, "queues[0].shard: unknown key; did you mean shards?"),
        ({"queues": [{"name": "a", "shards": 65}]}, "queues[0].shards: must be at most 64"),
        ({"queues": [{"name": "a", "stripes": 0}]}, "queues[0].stripes: must be at least 1"),
        ({"queues": [{"name": "a", "stripes": 65}]}, "queues[0].stripes: must be at most 64"),
        ({"queues": [{"name": "a", "priorities": []}]}, "queues[0].priorities: must not be empty"),
        ({"queues": [{"name": "a", "priorities": [1, 5]}]}, "queues[0].priorities[1]: must be at most 4"),
        ({"queues": [{"name": "a", "priorities": [2, 2]}]}, "queues[0].priorities: has 2 twice"),
        ({"queues": ["a", "b", "a"]}, "queues[2]: is declared twice, first in queues[0]"),
        ({"queues": ["a", {"name": "a"}]}, "queues[1].name: is declared twice, first in queues[0]"),
        (
            {"queues": [{"name": "a#0", "stripes": 2}]},
            "queues[0].name: must not hold # if the queue has stripes: Awa calls those name#0, name#1 and so on",
        ),
        ({"deletionPolicy": "delete"}, "deletionPolicy: must be 'retain' or 'drop'"),
        ({"forceDrop": True}, "forceDrop: needs deletionPolicy: drop; nothing is dropped otherwise"),
        ({"deletionPolicy": "drop", "forceDrop": "yes"}, "forceDrop: must be true or false"),
    ],
)
def test_what_is_wrong_with_a_schema_is_said_once(entry: dict[Any, Any], problem: str) -> None:
    said = problems_of(queueStorageSchemas=[{"schema": "acme"} | entry])
    assert [line.removeprefix("queueStorageSchemas[0].") for line in said] == [problem]


def test_keys_of_a_mapping_are_text() -> None:
    said = problems_of(queueStorageSchemas=[{"schema": "acme", 1: "x"}])
    assert said == ["queueStorageSchemas[0]: must have text as keys"]


@pytest.mark.parametrize("queue", ["a#0", "Köln, Hauptbahnhof", "q" * 200, {"name": "a#0", "stripes": 1}])
def test_a_queue_can_be_called_what_awa_lets_it_be_called(queue: object) -> None:
    read(queueStorageSchemas=[{"schema": "acme", "queues": [queue]}])


def test_two_schemas_may_have_queues_of_one_name() -> None:
    read(queueStorageSchemas=[{"schema": "a", "queues": ["mail"]}, {"schema": "b", "queues": ["mail"]}])


def test_problems_between_keys_are_reported_with_the_others_in_the_order_of_the_file() -> None:
    text = """\
config:
  awa:activation: acne
  awa:roles:
    owner: awa
    runtime: awa
    laneSchemas:
      - awa
      - small
  awa:observerPassword: {secure: v1:x}
  awa:queueStorageSchemas:
    - schema: acme
      queues:
        - mail
        - name: mail
      forceDrop: true
    - schema: acme
      queueSlots: 1
"""
    with pytest.raises(ConfigurationError) as caught:
        parse(text, "p.yaml")
    assert [detail.removeprefix("p.yaml:").split(": ")[:2] for detail in caught.value.details] == [
        ["2", "awa:activation"],
        ["5", "awa:roles.runtime"],
        ["8", "awa:roles.laneSchemas[1]"],
        ["9", "awa:observerPassword"],
        ["14", "awa:queueStorageSchemas[0].queues[1].name"],
        ["15", "awa:queueStorageSchemas[0].forceDrop"],
        ["16", "awa:queueStorageSchemas[1].schema"],
        ["17", "awa:queueStorageSchemas[1].queueSlots"],
    ]


def test_only_what_nobody_should_read_may_be_encrypted() -> None:
    words = "is encrypted, and only databaseUrl, migratorPassword, observerPassword and runtimePassword may be"
    hint = "; set it without --secret"
    assert problems_of(database={"secure": "v1:x"}) == [f"database: {words}{hint}"]
    assert problems_of(roles={"owner": {"secure": "v1:x"}}) == [f"roles.owner: {words}{hint}"]
    assert problems_of(queueStorageSchemas=[{"secure": "v1:x"}]) == [f"queueStorageSchemas[0]: {words}{hint}"]


def test_yes_and_no_are_text_to_pulumi_and_so_they_are_here() -> None:
    found, problems = examine("config:\n  awa:repair: yes\n")
    assert found is None
    assert [p.message for p in problems] == ["must be true or false"]
    config = parse("config:\n  awa:queueStorageSchemas: [{schema: acme, queues: [on, no]}]\n", "p.yaml")
    assert [q.name for q in config.queue_storage()[0].queues] == ["on", "no"]


def test_the_inputs_of_a_schema_are_checked_against_each_other() -> None:
    assert queue_storage_problems({"force_drop": True}) == [
        ("force_drop", "needs deletion_policy: drop; nothing is dropped otherwise")
    ]
    assert queue_storage_problems({"force_drop": True, "deletion_policy": "drop", "queues": ["a"]}) == []
    assert queue_storage_problems({"queues": ["a", {"name": "a", "shards": 0}]}) == [
        ("queues[1].shards", "must be at least 1"),
        ("queues[1].name", "is declared twice, first in queues[0]"),
    ]
    assert queue_storage_problems({"schema": "Acme"})[0][0] == "schema"


# What the engine hands to a program, and what pulumi config set makes of a file


def test_text_is_decoded_by_the_kind_of_its_key() -> None:
    raw = {
        "databaseUrl": "{}",
        "database": "shop",
        "release": "0.7",
        "targetVersion": "40",
        "roles": '{"owner":"o","laneSchemas":["awa"]}',
        "runtimePassword": '"x"',
        "migratorPassword": "123",
        "queueStorageSchemas": '[{"schema":"acme","queueSlots":16,"receipts":true}]',
        "activation": "true",
        "lockTimeout": "2.5",
        "lockWait": "60",
        "allowLiveRuntimes": "true",
        "repair": "false",
        "unknown": "1",
    }
    assert decode(raw) == {
        "databaseUrl": "{}",
        "database": "shop",
        "release": "0.7",
        "targetVersion": 40,
        "roles": {"owner": "o", "laneSchemas": ["awa"]},
        "runtimePassword": '"x"',
        "migratorPassword": "123",
        "queueStorageSchemas": [{"schema": "acme", "queueSlots": 16, "receipts": True}],
        "activation": "true",
        "lockTimeout": 2.5,
        "lockWait": 60,
        "allowLiveRuntimes": True,
        "repair": False,
        "unknown": "1",
    }
    assert decode(decode(raw)) == decode(raw)


def test_a_database_arrives_as_a_name_or_as_an_object() -> None:
    assert decode({"database": '{"name":"shop"}'}) == {"database": {"name": "shop"}}
    assert decode({"database": "5"}) == {"database": "5"}


@pytest.mark.parametrize(
    ("key", "raw", "problem"),
    [
        ("targetVersion", "forty", "must be a whole number"),
        ("targetVersion", "true", "must be a whole number"),
        ("targetVersion", "40.5", "must be a whole number"),
        ("targetVersion", "9" * 5000, "must be a whole number"),
        ("targetVersion", "", "must be a whole number"),
        ("repair", "1", "must be true or false"),
        ("repair", "True", "must be true or false"),
        ("lockTimeout", "NaN", "must be a finite number"),
        ("lockTimeout", "[1]", "must be a number"),
        ("roles", "{owner: x}", "must be a mapping"),
        ("roles", "[]", "must be a mapping"),
        ("queueStorageSchemas", "{}", "must be a list"),
        ("queueStorageSchemas", "[" * 100_000, "must be a list"),
    ],
)
def test_text_that_is_something_else_is_reported_as_what_it_should_be(key: str, raw: str, problem: str) -> None:
    assert [p.message for p in validate({key: raw})[1]] == [problem]


def test_a_file_that_pulumi_rewrote_means_what_it_meant_before() -> None:
    before = """
config:
  awa:targetVersion: 40
  awa:lockTimeout: 2.5
  awa:repair: true
  awa:roles: {owner: o}
"""
    # pulumi config set and pulumi stack init write scalars of the first level as text; measured with 3.255.
    after = """
config:
  awa:targetVersion: "40"
  awa:lockTimeout: "2.5"
  awa:repair: "true"
  awa:roles: '{"owner": "o"}'
"""
    assert parse(before, "p.yaml") == parse(after, "p.yaml")


# Whatever it is


KEYS = [field.alias or name for name, field in StackConfig.model_fields.items()]
NESTED = ["schema", "queueSlots", "receipts", "secure", "name", "owner", "queues", "priorities", "stripes", "x", "<<"]
LEAVES = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | st.dates()
    | st.binary(max_size=3)
    | st.sampled_from(["acme", "awa", "drop", "#", "0.6.9", "true", "40", "{}", "[]"])
)
NODES = st.recursive(
    LEAVES,
    lambda below: (
        st.lists(below, max_size=3)
        | st.sets(st.text(max_size=3), max_size=2)
        | st.dictionaries(st.sampled_from(NESTED) | st.integers(0, 9) | st.none(), below, max_size=4)
    ),
    max_leaves=12,
)


@given(st.dictionaries(st.sampled_from([*KEYS, "str", "nothing", ""]), NODES, max_size=5))
def test_whatever_is_declared_is_either_read_or_reported(values: dict[str, Any]) -> None:
    found, problems = validate(values)
    assert (found is None) is bool(problems)
    assert all(problem.key.startswith("awa:") and problem.message for problem in problems)
    text = yaml.safe_dump({"config": {f"awa:{key}": value for key, value in values.items()}})
    in_file, reported = examine(text)
    assert (in_file is None) is bool(reported)
    assert all(problem.line for problem in reported)


@given(
    st.dictionaries(
        st.sampled_from(KEYS), NODES.map(lambda node: json.dumps(node, default=str)) | st.text(max_size=9), max_size=5
    )
)
def test_whatever_the_engine_hands_over_is_either_read_or_reported(raw: dict[str, str]) -> None:
    found, problems = validate(decode(raw))
    assert (found is None) is bool(problems)


@given(st.text(alphabet=st.sampled_from(":{}[]-'\"&*!|>?# \nawdrolesux%@<0"), max_size=60))
def test_whatever_is_in_a_file_is_either_read_or_reported(text: str) -> None:
    found, problems = examine("config:\n  awa:" + text)
    assert (found is None) is bool(problems)


SECRET_NODES = st.recursive(
    st.just(CANARY) | st.none(),
    lambda below: (
        st.lists(below, max_size=2) | st.dictionaries(st.sampled_from(["secure", "secrue", CANARY]), below, max_size=3)
    ),
    max_leaves=5,
)


@given(
    st.dictionaries(
        st.sampled_from(["databaseUrl", "migratorPassword", "runtimePassword", "observerPassword"]), SECRET_NODES
    )
)
def test_no_form_of_a_secret_gets_into_a_message(values: dict[str, Any]) -> None:
    text = yaml.safe_dump({"config": {f"awa:{key}": value for key, value in values.items()}})
    found, problems = examine(text)
    assert CANARY not in f"{found} {found!r} {problems}"
