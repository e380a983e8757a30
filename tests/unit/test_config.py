from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from awa_infra import config
from awa_infra.config import validate
from awa_infra.config.loader import plain_value
from awa_infra.errors import ConfigurationError
from awa_infra.model import QueueStorage, Shape
from awa_infra.spec.database import DatabaseEntry
from awa_infra.spec.problems import Problem, input_problems
from awa_infra.spec.queue_storage import QueueStorageInputs
from awa_infra.spec.stack import StackConfig
from awa_infra.spec.values import Encrypted
from tests.support.configs import parse

CANARY = "canary-password"
NOTHING = StackConfig.model_validate({})


def queue_storage_problems(values: dict[str, Any]) -> list[tuple[str, str]]:
    inputs = {"database_url": "postgresql://h/d", "schema": "acme"} | values
    return [(problem.key, problem.message) for problem in input_problems(QueueStorageInputs, inputs)]


def problems_of(text: str) -> list[str]:
    with pytest.raises(ConfigurationError) as caught:
        parse(text, "Pulumi.dev.yaml")
    error = caught.value
    return list(error.details) or [error.message.removesuffix(".")]


def in_config(*lines: str) -> str:
    return "\n".join(["config:", *("  " + line for line in lines), ""])


def test_everything_that_can_be_declared_is_read() -> None:
    read = parse(
        in_config(
            "aws:region: eu-west-1",
            "awa:databaseUrl: postgresql://localhost/shop",
            "awa:database: shop",
            "awa:queueStorageSchemas:",
            "  - schema: acme_jobs",
            "  - {schema: small, queueSlots: 4, leaseSlots: 2, claimSlots: 3, receipts: false}",
        ),
        "Pulumi.dev.yaml",
    )
    assert read.database_url == "postgresql://localhost/shop"
    assert read.database == DatabaseEntry.model_validate({"name": "shop"})
    assert read.queue_storage() == (
        QueueStorage("acme_jobs", Shape(16, 8, 8, receipts=True)),
        QueueStorage("small", Shape(4, 2, 3, receipts=False)),
    )


@pytest.mark.parametrize(
    "text", ["", "# nothing\n", "config:\n", "config: {}\n", "encryptionsalt: v1:x\n", in_config("other:key: 1")]
)
def test_a_stack_that_declares_nothing_is_fine(text: str) -> None:
    assert parse(text, "Pulumi.dev.yaml") == NOTHING


def test_the_keys_of_other_namespaces_are_nobodys_business() -> None:
    assert parse(in_config("awaaa:x: 1", "databaseUrls: 1", "1: 2", "null: 3"), "Pulumi.dev.yaml") == NOTHING


def test_every_problem_is_reported_at_once_in_the_order_of_the_file() -> None:
    assert problems_of(
        in_config(
            "awa:databseUrl: x",
            "database: shop",
            "awa:queueStorageSchemas:",
            "  - schema: Acme",
            "    queueSlots: 3",
            "  - leaseSlots: many",
            "    receipts: 1",
            "    comment: ours",
            "awa:database: template0",
            "awa:database: template1",
        )
    ) == [
        "Pulumi.dev.yaml:2: awa:databseUrl: unknown key; did you mean databaseUrl?",
        (
            "Pulumi.dev.yaml:3: database: keys of awa-infra have a namespace; write awa:database, "
            "or PROJECT:database if it is the project's own"
        ),
        (
            "Pulumi.dev.yaml:5: awa:queueStorageSchemas[0].schema: 'Acme' must start with a lower-case letter or _ "
            "and hold only lower-case letters, digits and _"
        ),
        "Pulumi.dev.yaml:6: awa:queueStorageSchemas[0].queueSlots: must be at least 4",
        "Pulumi.dev.yaml:7: awa:queueStorageSchemas[1].leaseSlots: must be a whole number",
        "Pulumi.dev.yaml:7: awa:queueStorageSchemas[1].schema: is missing",
        "Pulumi.dev.yaml:8: awa:queueStorageSchemas[1].receipts: must be true or false",
        (
            "Pulumi.dev.yaml:9: awa:queueStorageSchemas[1].comment: unknown key; "
            "known are schema, queueSlots, leaseSlots, claimSlots, receipts, queues, deletionPolicy, forceDrop"
        ),
        "Pulumi.dev.yaml:11: awa:database: given twice, first in line 10",
        ("Pulumi.dev.yaml:11: awa:database: 'template1' is a template of the server; choose another name"),
    ]


def test_one_problem_is_the_message_and_several_are_counted() -> None:
    with pytest.raises(ConfigurationError) as one:
        parse(in_config("awa:nothing: 1"), "a.yaml")
    assert one.value.message == (
        "a.yaml:2: awa:nothing: unknown key; known are databaseUrl, database, release, targetVersion, roles, "
        "migratorPassword, runtimePassword, observerPassword, queueStorageSchemas, queues, guard, activation, "
        "lockTimeout, lockWait, transaction, allowLiveRuntimes, repair."
    )
    assert one.value.hint == "Correct it and run again; nothing was done."
    assert one.value.details == ()
    with pytest.raises(ConfigurationError, match=r"a\.yaml has 2 problems") as two:
        parse(in_config("awa:nothing: 1", "awa:more: 1"), "a.yaml")
    assert len(two.value.details) == 2
    assert two.value.hint == "Correct them and run again; nothing was done."


@pytest.mark.parametrize(
    ("written", "near"),
    [("queueStorageSchema: []", "queueStorageSchemas"), ("databaseURL: x", "databaseUrl"), ("Database: x", "database")],
)
def test_a_misspelt_key_gets_the_one_that_was_meant(written: str, near: str) -> None:
    assert problems_of(in_config(f"awa:{written}"))[0].endswith(f"unknown key; did you mean {near}?")


def test_a_question_is_not_followed_by_a_full_stop() -> None:
    with pytest.raises(ConfigurationError) as caught:
        parse(in_config("awa:databse: shop"), "a.yaml")
    assert caught.value.message == "a.yaml:2: awa:databse: unknown key; did you mean database?"


def test_a_misspelt_key_of_a_schema_gets_the_one_that_was_meant() -> None:
    text = in_config("awa:queueStorageSchemas:", "  - schema: acme", "    queue_slots: 16")
    assert problems_of(text) == [
        "Pulumi.dev.yaml:4: awa:queueStorageSchemas[0].queue_slots: unknown key; did you mean queueSlots?"
    ]


def test_a_missing_key_is_reported_at_what_should_hold_it() -> None:
    text = in_config("awa:queueStorageSchemas:", "  - schema: acme", "  - receipts: true")
    assert problems_of(text) == ["Pulumi.dev.yaml:4: awa:queueStorageSchemas[1].schema: is missing"]


def test_a_key_that_is_given_twice_is_reported_with_both_lines() -> None:
    text = in_config("awa:queueStorageSchemas:", "  - schema: acme", "    receipts: true", "    receipts: false")
    assert problems_of(text) == ["Pulumi.dev.yaml:5: awa:queueStorageSchemas[0].receipts: given twice, first in line 4"]


def test_a_second_config_block_does_not_silently_replace_the_first() -> None:
    text = in_config("awa:database: shop") + in_config("awa:queueStorageSchemas: []")
    assert any("twice" in problem for problem in problems_of(text))


def test_keys_of_others_may_be_given_twice() -> None:
    assert parse(in_config("other:key: 1", "other:key: 2"), "Pulumi.dev.yaml") == NOTHING


def test_a_schema_that_is_declared_twice_is_reported_at_the_second() -> None:
    text = in_config("awa:queueStorageSchemas:", "  - schema: acme", "  - schema: other", "  - schema: acme")
    assert problems_of(text) == [
        (
            "Pulumi.dev.yaml:5: awa:queueStorageSchemas[2].schema: 'acme' is declared twice, "
            "first in queueStorageSchemas[0]"
        )
    ]


@pytest.mark.parametrize("value", ["5", "{schema: acme}", "acme", "[acme]", "[[]]", "[{schema: 5}]", "[{schema: [a]}]"])
def test_schemas_of_another_form_are_reported_and_not_crashed_on(value: str) -> None:
    assert problems_of(in_config(f"awa:queueStorageSchemas: {value}"))


@pytest.mark.parametrize("key", ["str", "Encrypted"])
def test_a_key_that_is_named_like_a_type_is_unknown_like_any_other(key: str) -> None:
    assert problems_of(in_config(f"awa:{key}: 1"))[0].startswith(f"Pulumi.dev.yaml:2: awa:{key}: unknown key")
    nested = in_config("awa:queueStorageSchemas:", f"  - {{schema: acme, {key}: 1}}")
    assert problems_of(nested)[0].startswith(f"Pulumi.dev.yaml:3: awa:queueStorageSchemas[0].{key}: unknown key")


@pytest.mark.parametrize("written", ["16.0", "'16'", "true", "null", "[16]"])
def test_slot_counts_are_whole_numbers_and_nothing_that_looks_like_one(written: str) -> None:
    text = in_config("awa:queueStorageSchemas:", f"  - {{schema: acme, queueSlots: {written}}}")
    assert "queueSlots: must be a whole number" in problems_of(text)[0]


def test_an_encrypted_url_stays_unread() -> None:
    read = parse(in_config("awa:databaseUrl:", f"  secure: v1:{CANARY}"), "Pulumi.dev.yaml")
    assert isinstance(read.database_url, Encrypted)
    assert read.database_url.secure == f"v1:{CANARY}"


@pytest.mark.parametrize(
    "value", [f"postgresql://u:{CANARY}@h/db", f"{{secure: {CANARY}}}", f"{{secure: 'postgresql://u:{CANARY}@h/db'}}"]
)
def test_no_secret_is_in_what_is_printed_of_a_configuration(value: str) -> None:
    read = parse(in_config(f"awa:databaseUrl: {value}"), "Pulumi.dev.yaml")
    assert CANARY not in f"{read} {read!r}"
    assert CANARY not in repr(Encrypted(secure=CANARY)) + str(Encrypted(secure=CANARY))


@pytest.mark.parametrize(
    "lines",
    [
        [f"awa:databaseUrl: [{CANARY}]"],
        [f"awa:databaseUrl: {{secure: [{CANARY}]}}"],
        [f"awa:databaseUrl: {{secure: x, more: {CANARY}}}"],
        [f"awa:databaseUrl: {{secrue: {CANARY}}}"],
        [f"awa:databaseUrl: postgresql://u:{CANARY}@h/db", f"awa:databaseUrl: postgresql://u:{CANARY}@h/db"],
        [f"awa:databseUrl: postgresql://u:{CANARY}@h/db"],
        [f"databaseUrl: postgresql://u:{CANARY}@h/db"],
        [f"awa:databaseUrl: postgresql://u:{CANARY}@h/db: x"],
        [f"awa:databaseUrl: 'postgresql://u:{CANARY}@h/db"],
        [f"awa:databaseUrl: {{secure: {CANARY}"],
        [f"awa:database: [{CANARY}]"],
        [f"awa:database: postgresql://u:{CANARY}@h/db"],
        [f"awa:database: host=h password={CANARY}"],
        [f"awa:database: {{name: shop, owner: postgresql://u:{CANARY}@h/db}}"],
        [f"awa:activation: postgresql://u:{CANARY}@h/db"],
        [f"awa:release: {CANARY}"],
        [f"awa:targetVersion: {CANARY}"],
        [f"awa:roles: {CANARY}"],
        [f"awa:roles: {{owner: a, laneSchemas: ['password={CANARY}']}}"],
        [f"awa:queueStorageSchemas: [{{schema: 'x={CANARY}'}}, {{schema: 'x={CANARY}'}}]"],
        [f"awa:runtimePassword: {CANARY}"],
        [f"awa:runtimePassword: [{CANARY}]"],
        [f"awa:runtimePassword: {{{CANARY}}}"],
        [f"awa:runtimePassword: {{{CANARY}: 1, {CANARY}: 2}}"],
        [f"awa:runtimePassword: {{secure: x, {CANARY}: y}}"],
        [f"awa:runtimePassword: *{CANARY}"],
        [f"awa:runtimePassword: !{CANARY}"],
        [f"awa:runtimePassword: &{CANARY} x", f"awa:observerPassword: &{CANARY} y"],
        [f"awa:runtimePassword: '{CANARY}' x"],
        [f"awa:runtimePassword:{CANARY}: x"],
        [f"awa:migratorPassword: {{secure: {CANARY}}}"],
    ],
)
def test_no_secret_is_in_the_message_about_a_wrong_configuration(lines: list[str]) -> None:
    with pytest.raises(ConfigurationError) as caught:
        parse(in_config(*lines), "Pulumi.dev.yaml")
    assert CANARY not in f"{caught.value} {caught.value!r}"


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        ("{secure: x, more: y}", "awa:databaseUrl: must be text, or secure: alone"),
        ("{secrue: x}", "awa:databaseUrl.secrue: unknown key; did you mean secure?"),
    ],
)
def test_a_wrong_key_of_a_secret_is_named_only_if_secure_was_meant(value: str, problem: str) -> None:
    assert f"Pulumi.dev.yaml:2: {problem}" in problems_of(in_config(f"awa:databaseUrl: {value}"))


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("config: {\n", "Pulumi.dev.yaml:2: expected the node content, but found '<stream end>'"),
        ("config:\n  a: b: c\n", "Pulumi.dev.yaml:2: mapping values are not allowed here"),
        ("a: 1\n---\nb: 2\n", "Pulumi.dev.yaml:2: a second document begins here; Pulumi reads one"),
        ("config:\n\ta: b\n", "Pulumi.dev.yaml:2: a tab cannot indent; write spaces"),
        ("config:\n  ? [a, b]\n  : 1\n", "Pulumi.dev.yaml:2: found unhashable key"),
        ("config: !python/object:os.system x\n", "Pulumi.dev.yaml:1: could not determine a constructor"),
        ("config: @x\n", "Pulumi.dev.yaml:1: found character '@' that cannot start any token"),
        ("config: \0", "Pulumi.dev.yaml: it is not YAML"),
    ],
)
def test_what_is_no_yaml_is_reported_with_its_line(text: str, problem: str) -> None:
    assert problems_of(text)[0].startswith(problem)


@pytest.mark.parametrize(
    "text",
    [
        in_config("awa:lockWait: !!timestamp soon"),
        in_config("awa:lockWait: !!int ''"),
        in_config(f"awa:lockWait: {'9' * 5000}"),
        in_config("awa:database: !!binary '?'"),
        "config: &all\n  awa:database: *all\n",
        in_config("awa:queueStorageSchemas: &all", "  - *all"),
        in_config("awa:roles: {? [a, b] : c}"),
        "[" * 5000,
    ],
    ids=[
        "no timestamp",
        "no integer",
        "too many digits",
        "no bytes",
        "holds itself",
        "list in itself",
        "no key",
        "too deep",
    ],
)
def test_yaml_that_python_cannot_represent_is_reported_and_not_crashed_on(text: str) -> None:
    assert problems_of(text)[0].startswith("Pulumi.dev.yaml")


@pytest.mark.parametrize(
    "value",
    [
        "2024-02-30",
        "2024-13-45",
        "0x_",
        "!!timestamp soon",
        "!!int ''",
        "9" * 5000,
        "!custom x",
        "=",
        "<<",
        "{? [a, b] : c, =: 1}",
        "{<<: 5}",
    ],
)
def test_the_values_of_other_namespaces_are_not_interpreted(value: str) -> None:
    assert parse(in_config(f"other:key: {value}"), "Pulumi.dev.yaml") == NOTHING


PLAIN = {
    "5e10": 50_000_000_000,
    "1.5e3": 1500,
    "1.5e+3": 1500,
    "-.5": -0.5,
    "0o17": 15,
    "0O17": 15,
    "017": 15,
    "08": 8,
    "-0x1F": -31,
    "0B1": 1,
    "1_000": 1000,
    "0777777777777777777777777": 777_777_777_777_777_777_777_777.0,
    "12:30": "12:30",
    "1:30:20": "1:30:20",
    "0x": "0x",
    "0xFFFFFFFFFFFFFFFFFF": "0xFFFFFFFFFFFFFFFFFF",
    "1e400": "1e400",
    "9" * 5000: "9" * 5000,
    "2024-01-01": date(2024, 1, 1),
    "2024-1-1 10:00:00": date(2024, 1, 1),
    "0000-01-01": date(1, 1, 1),
    "2024-02-30": "2024-02-30",
    "yes": "yes",
    "TRUE": True,
    "~": None,
    "-.inf": float("-inf"),
    "=": "=",
    "1.2.3": "1.2.3",
}
"""What Pulumi 3.274 reads where each is written without quotes (``pulumi config --json``), dates as such."""


@pytest.mark.parametrize("text", PLAIN, ids=lambda text: text[:30])
def test_what_has_no_quotes_is_read_as_pulumi_reads_it(text: str) -> None:
    assert plain_value(text) == PLAIN[text]
    assert isinstance(plain_value(text), str) == isinstance(PLAIN[text], str)


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        (
            "awa:database: 5e10",
            "awa:database: must be text or a mapping; put it in quotes; without quotes Pulumi reads 50000000000",
        ),
        (
            "awa:database: {name: 0o17}",
            "awa:database.name: must be text; put it in quotes; without quotes Pulumi reads 15",
        ),
        (
            "awa:roles: {owner: 2024-01-01}",
            "awa:roles.owner: must be text; put it in quotes; without quotes Pulumi reads the date 2024-01-01",
        ),
        ("awa:database: 40", "awa:database: must be text or a mapping; put it in quotes"),
        ("awa:lockWait: 1:30", "awa:lockWait: must be a number"),
        ("awa:databaseUrl: {secure: 5e10}", "awa:databaseUrl.secure: must be text; put it in quotes"),
        ("awa:databaseUrl: 5e10", "awa:databaseUrl: must be text or a mapping; put it in quotes"),
    ],
)
def test_a_text_that_pulumi_reads_as_something_else_has_to_be_in_quotes(line: str, problem: str) -> None:
    assert problems_of(in_config(line)) == [f"Pulumi.dev.yaml:2: {problem}"]


def test_a_value_with_a_tag_is_read_as_that() -> None:
    text = in_config("awa:lockWait: !!float 5e1", "awa:database: !!str 5e10")
    read = parse(text, "Pulumi.dev.yaml")
    assert (read.lock_wait, read.database) == (50, DatabaseEntry.model_validate({"name": "5e10"}))


def test_keys_may_be_merged_from_elsewhere() -> None:
    text = in_config("<<: {awa:database: shop}", "awa:queueStorageSchemas:", "  - &a {schema: a}") + (
        "    \n  awa:roles: {<<: {owner: o}, migrator: m}\n"
    )
    read = parse(text, "Pulumi.dev.yaml")
    assert read.database == DatabaseEntry.model_validate({"name": "shop"})
    assert read.roles is not None
    assert (read.roles.owner, read.roles.migrator) == ("o", "m")


def test_keys_that_are_where_nothing_reads_them_are_reported() -> None:
    text = in_config("awa:", "  database: jobs", "  other: 1", "  ? [a]", "  : 1") + "awa:lockWait: 5\n"
    nested = "keys of awa-infra are not nested; write awa:database, or PROJECT:awa if it is the project's own"
    assert problems_of(text) == [
        f"Pulumi.dev.yaml:3: awa.database: {nested}",
        "Pulumi.dev.yaml:7: awa:lockWait: nothing reads it outside of config:; write it there",
    ]


@pytest.mark.parametrize("value", ["", "text", "{}", "[database]", "{other: database}"])
def test_a_key_of_the_project_itself_may_be_called_awa(value: str) -> None:
    assert parse(in_config(f"awa: {value}"), "Pulumi.dev.yaml") == NOTHING


@pytest.mark.parametrize("text", ["- a\n", "config\n", "5\n", "config: [1]\n", "config: text\n", "config: true\n"])
def test_what_is_no_mapping_is_refused_with_the_form_to_write(text: str) -> None:
    with pytest.raises(ConfigurationError, match="a stack configuration is a mapping with a mapping under config"):
        parse(text, "Pulumi.dev.yaml")


def test_a_file_is_read_with_its_path_in_every_message(tmp_path: Path) -> None:
    path = tmp_path / "Pulumi.dev.yaml"
    path.write_text(in_config("awa:database: shop"), encoding="utf-8")
    assert config.load(path).database == DatabaseEntry.model_validate({"name": "shop"})
    path.write_text(in_config("awa:database: template0"), encoding="utf-8")
    with pytest.raises(ConfigurationError) as caught:
        config.load(path)
    assert caught.value.message.startswith(f"{path}:2: awa:database: ")


def test_a_byte_order_mark_is_no_part_of_the_first_key(tmp_path: Path) -> None:
    path = tmp_path / "Pulumi.dev.yaml"
    path.write_text(in_config("awa:database: shop"), encoding="utf-8-sig")
    assert config.load(path).database == DatabaseEntry.model_validate({"name": "shop"})


def test_a_file_that_cannot_be_read_is_named_with_the_reason(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"Cannot read .*missing\.yaml: No such file or directory\."):
        config.load(tmp_path / "missing.yaml")
    with pytest.raises(ConfigurationError, match="Is a directory"):
        config.load(tmp_path)


def test_a_file_that_is_not_utf8_is_named(tmp_path: Path) -> None:
    path = tmp_path / "Pulumi.dev.yaml"
    path.write_text(in_config("other:city: Köln"), encoding="latin-1")
    with pytest.raises(ConfigurationError, match="it is not UTF-8 text"):
        config.load(path)


def test_values_that_the_engine_hands_over_are_checked_without_lines() -> None:
    found, problems = validate({"database": "shop", "queueStorageSchemas": ({"schema": "acme"},)})
    assert found is not None
    assert found.queue_storage() == (QueueStorage("acme"),)
    assert problems == []
    assert validate({"queueStorageSchemas": [{"schema": "acme"}, {"schema": "acme", "receipts": "no"}]}) == (
        None,
        [
            Problem("awa:queueStorageSchemas[1].receipts", "must be true or false"),
            Problem("awa:queueStorageSchemas[1].schema", "'acme' is declared twice, first in queueStorageSchemas[0]"),
        ],
    )


def test_problems_without_a_line_are_listed_by_their_key() -> None:
    error = config.problems_error([Problem("b", "wrong"), Problem("a", "wrong")], "the stack")
    assert error.details == ("the stack: a: wrong", "the stack: b: wrong")


@pytest.mark.parametrize(
    ("values", "problems"),
    [
        ({}, []),
        ({"schema": "acme", "queue_slots": 4, "lease_slots": 2, "claim_slots": 2, "receipts": False}, []),
        ({"queue_slots": 3}, [("queue_slots", "must be at least 4")]),
        ({"claim_slots": 1}, [("claim_slots", "must be at least 2")]),
        ({"receipts": "yes"}, [("receipts", "must be true or false")]),
        (
            {"schema": "awa", "lease_slots": 1},
            [
                (
                    "schema",
                    (
                        "'awa' is the canonical schema: migrations own it and its default queue storage; "
                        "choose another name"
                    ),
                ),
                ("lease_slots", "must be at least 2"),
            ],
        ),
    ],
)
def test_the_inputs_of_one_schema_are_checked_under_their_own_names(
    values: dict[str, Any], problems: list[tuple[str, str]]
) -> None:
    assert queue_storage_problems(values) == problems


def test_queues_of_schema_awa_are_declared_like_those_of_any() -> None:
    read = parse(in_config("awa:queues:", "  - reports", "  - {name: emails, shards: 4}"), "Pulumi.dev.yaml")
    (own,) = read.queue_storage()
    assert (own.schema, own.shape) == ("awa", Shape())
    assert [(queue.name, queue.shards) for queue in own.queues] == [("reports", None), ("emails", 4)]
    assert problems_of(in_config("awa:queues: [a, a]")) == [
        "Pulumi.dev.yaml:2: awa:queues[1]: is declared twice, first in queues[0]"
    ]


def test_one_queue_has_one_number_of_shards_whatever_the_schema() -> None:
    text = in_config(
        "awa:queues:",
        "  - {name: emails, shards: 4}",
        "  - {name: reports}",
        "awa:queueStorageSchemas:",
        "  - schema: acme",
        "    queues: [{name: emails, shards: 2}, {name: reports, shards: 3}, plain]",
    )
    (problem,) = problems_of(text)
    assert problem == (
        "Pulumi.dev.yaml:7: awa:queueStorageSchemas[0].queues[0].shards: is 2, and queues[0].shards is 4: Awa keeps "
        "one number for the queue's name"
    )


def test_a_file_that_is_too_long_for_a_configuration_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "Pulumi.dev.yaml"
    monkeypatch.setattr("awa_infra.config.source._LARGEST", 10)
    path.write_text("config: {}", encoding="utf-8")
    assert config.read(path) == "config: {}"
    path.write_text("config: {}\n", encoding="utf-8")
    with pytest.raises(ConfigurationError, match="it has more than 10 characters"):
        config.read(path)
