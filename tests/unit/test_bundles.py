from __future__ import annotations

import hashlib
import json
import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import replace

import pytest
import yaml

from awa_infra.bundles.conditions import CONDITIONS
from awa_infra.bundles.formats import FORMATS
from awa_infra.errors import BlockedError, ConfigurationError
from awa_infra.model import DesiredState, ObservedState, Policy, Queue, QueueStorage, Release, Roles, Shape, StepKind
from awa_infra.planning.gates import gate_queries
from awa_infra.planning.planner import make_plan
from tests.support.bundles import render

Desired = Callable[..., DesiredState]

ACME = QueueStorage("acme_jobs")
BETA = QueueStorage("beta", Shape(4, 2, 2, receipts=False))
QUEUED = QueueStorage("gamma", queues=(Queue("emails"), Queue("reports", shards=2)))
ROLES = Roles("boss", "migrator", "runtime", "observer", ("gamma",))


def of_awa(files: Mapping[str, bytes]) -> set[str]:
    """Return the paths of the files that hold Awa's own text."""
    manifest = json.loads(files["manifest.json"])
    return {entry["file"] for entry in (*manifest["migrations"], *manifest["patches"])}


def scripts(files: Mapping[str, bytes]) -> list[str]:
    """Return the paths of the SQL files, but for sqitch's that ask or go back, one for each that brings something."""
    return [path for path in files if path.endswith(".sql") and not path.startswith(("verify/", "revert/"))]


every_format = pytest.mark.parametrize("form", FORMATS)


@every_format
def test_awas_text_is_in_the_bundle_byte_for_byte(form: str, desired: Desired, release: Release) -> None:
    files = render(form, desired())
    manifest = json.loads(files["manifest.json"])
    text_of = FORMATS[form].text_of
    written = {entry["version"]: text_of(files[entry["file"]]) for entry in manifest["migrations"]}
    assert written == {migration.version: migration.sql for migration in release.migrations}
    patches = {entry["name"]: text_of(files[entry["file"]]) for entry in manifest["patches"]}
    assert patches == {patch.name: patch.sql for patch in release.patches}
    assert all(migration.sql.encode() in b"".join(files.values()) for migration in release.migrations)


@every_format
def test_a_bundle_contains_exactly_the_steps_of_the_plan(form: str, desired: Desired) -> None:
    asked = desired(ACME, BETA, QUEUED)
    contents = [FORMATS[form].text_of(content) for content in render(form, asked).values()]
    for step in make_plan(asked, ObservedState()).steps:
        assert contents.count(step.sql) == 1


@every_format
def test_lanes_are_made_after_the_schema_that_they_are_in(form: str, desired: Desired) -> None:
    files = render(form, desired(QUEUED))
    lanes = [path for path in scripts(files) if "lanes_gamma" in path]
    assert len(lanes) == 1
    assert json.loads(files["manifest.json"])["lanes"] == [
        {"schema": "gamma", "queues": ["emails", "reports"], "file": lanes[0]}
    ]
    readme = files["README.md"].decode()
    assert readme.index("queue_storage_gamma") < readme.index("lanes_gamma")
    assert b"lanes in gamma" in files["verify.sql"]


@every_format
def test_roles_are_in_a_script_of_their_own_for_an_administrator(form: str, desired: Desired) -> None:
    asked = replace(desired(QUEUED), roles=ROLES)
    files = render(form, asked)
    script = files["roles.sql"].decode()
    administrators = ["roles", "act-as", "access:awa", "access:gamma"]
    steps = {step.key: step.sql for step in make_plan(asked, ObservedState()).steps}
    where = [script.index(steps[key].rstrip()) for key in administrators]
    assert where == sorted(where)
    others = b"".join(
        text for path, text in files.items() if path.endswith(".sql") and path not in {"roles.sql", *of_awa(files)}
    )
    assert not re.search(rb"CREATE ROLE|^GRANT|PASSWORD", others, flags=re.MULTILINE)
    assert b"roles and privileges" in files["verify.sql"]
    readme = files["README.md"].decode()
    assert "## Roles first" in readme
    assert "run the bundle as `migrator`" in readme
    without = render(form, desired(QUEUED))
    assert "roles.sql" not in without
    assert "## Roles first" not in without["README.md"].decode()
    assert set(files) - set(without) == {"roles.sql"}


def test_without_a_migrator_the_readme_says_what_a_session_must_be(desired: Desired) -> None:
    files = render("psql", replace(desired(), roles=Roles("boss")))
    assert "in a session that starts as `boss`" in files["README.md"].decode()


_DIGESTS = """
import hashlib
from awa_infra.bundles.package import package
from awa_infra.model import DesiredState, QueueStorage, Roles
from awa_infra.release import installed_release

desired = DesiredState(
    installed_release(), 40, (QueueStorage("acme_jobs"), QueueStorage("beta")), roles=Roles("boss", "migrator")
)
for form in ("liquibase", "sqitch"):
    for path, content in package(form, desired).files.items():
        print(form, path, hashlib.sha256(content).hexdigest())
"""


def test_the_same_input_gives_the_same_bytes_in_every_process() -> None:
    first, second = (
        subprocess.run(
            [sys.executable, "-c", _DIGESTS],
            env={**os.environ, "PYTHONHASHSEED": seed},
            check=True,
            capture_output=True,
            text=True,
        ).stdout
        for seed in ("1", "2")
    )
    assert first == second
    assert "sqitch README.md" in first


@every_format
def test_a_further_schema_changes_no_file_of_awa(form: str, desired: Desired) -> None:
    one, two = render(form, desired(ACME)), render(form, desired(ACME, BETA))
    changed = {path for path in one if one[path] != two[path]}
    assert not changed & of_awa(one)
    assert of_awa(one) == of_awa(two)
    assert len(scripts(two)) == len(scripts(one)) + 1


@every_format
def test_the_checksums_cover_every_other_file(form: str, desired: Desired) -> None:
    files = render(form, desired(ACME))
    lines = {line[66:]: line[:64] for line in files["SHA256SUMS"].decode().splitlines()}
    assert lines == {path: hashlib.sha256(text).hexdigest() for path, text in files.items() if path != "SHA256SUMS"}


@every_format
def test_the_manifest_says_where_the_texts_come_from(form: str, desired: Desired, release: Release) -> None:
    manifest = json.loads(render(form, desired(BETA))["manifest.json"])
    assert manifest["format"] == form
    assert (manifest["awa_release"], manifest["provenance"]) == (release.name, release.provenance.value)
    assert (manifest["from_version"], manifest["to_version"]) == (0, release.schema_version)
    assert manifest["runtime_floor"] is None
    assert [m["sha256"] for m in manifest["migrations"]] == [m.sha256 for m in release.migrations]
    del manifest["queue_storage"][0]["file"]
    assert manifest["queue_storage"] == [
        {"schema": "beta", "queue_slots": 4, "lease_slots": 2, "claim_slots": 2, "receipts": False}
    ]


@every_format
def test_a_bundle_can_stop_at_an_earlier_version(form: str, desired: Desired) -> None:
    manifest = json.loads(render(form, desired(target=30))["manifest.json"])
    assert manifest["migrations"][-1]["version"] == manifest["to_version"] == 30
    # A patch is for the newest schema only.
    assert manifest["patches"] == []


@every_format
def test_every_bundle_asks_whether_the_lock_table_has_room(form: str, desired: Desired) -> None:
    code = "lock-table-too-small"
    asked = desired(ACME, BETA)
    files = render(form, asked)
    assert f"| `{code}` |" in files["README.md"].decode()
    assert [path for path, text in files.items() if code.encode() in text and path.endswith(".sql")] != []
    # Without a schema of its own only one transaction for everything is large.
    assert (f"| `{code}` |" in render(form, desired())["README.md"].decode()) == FORMATS[form].one_transaction
    overruled = render(form, replace(asked, policy=Policy(allow_many_locks=True)))
    assert f"| `{code}` |" not in overruled["README.md"].decode()


@every_format
def test_the_readme_is_complete(form: str, desired: Desired) -> None:
    files = render(form, replace(desired(ACME, QUEUED), roles=ROLES))
    readme = files["README.md"].decode()
    assert "{{" not in readme
    assert not re.search(r"[ \t]+$", readme, flags=re.MULTILINE)
    asked = {query.code for query in gate_queries(replace(desired(ACME, QUEUED), roles=ROLES))}
    # What no database could fail is left out; everything else is explained.
    impossible = {"downgrade", "live-runtimes", "minor-skipped", "runtime-too-old", "storage-not-finalized"}
    assert impossible < asked <= {code for meanings in CONDITIONS.values() for code in meanings}
    for code in asked:
        assert (f"| `{code}` | " in readme) == (code not in impossible)
    # So is what only this tool's bundles check, in each of their scripts.
    texts = b"".join(content for path, content in files.items() if path.endswith(".sql")).decode()
    for code in re.findall(r"^    -- '([a-z-]+), for ", texts, flags=re.MULTILINE):
        assert f"| `{code}` | " in readme
    for path in re.findall(r"`((?:upstream|custom|awa_infra)/[^`]+\.sql)`", readme):
        assert path in files


@every_format
def test_nothing_in_a_bundle_activates_queue_storage(form: str, desired: Desired) -> None:
    files = render(form, desired(ACME))
    # Taking a database over writes into the tool's own table, and nowhere else.
    taking_over = files.pop("adopt.sql", b"")
    assert all(
        name.startswith(b"awa_migrations.") for name in re.findall(rb"(?:INSERT INTO|DELETE FROM) (\S+)", taking_over)
    )
    assert b"UPDATE" not in taking_over
    # The facts name functions; what compares with them only reads.
    compares = re.sub(rb"'(?:[^']|'')*'", b"''", re.sub(rb"--[^\n]*", b"", files.pop("structure.sql")))
    assert not re.search(rb"storage_(prepare|enter|finalize|auto|abort)", compares)
    assert not re.search(rb"^\s*(INSERT|UPDATE|DELETE|CREATE|ALTER|DROP|TRUNCATE)\b", compares, flags=re.MULTILINE)
    ours = b"".join(text for path, text in files.items() if path.endswith(".sql") and path not in of_awa(files))
    # The only rows that are written: what Awa's installer has just counted wrong is taken back.
    recount = b'DELETE FROM "acme_jobs".queue_terminal_live_counts;'
    assert ours.count(recount) == 1
    assert not re.search(
        rb"storage_(prepare|enter|finalize|auto|abort)\w*\s*\(|INSERT\s+INTO|UPDATE\s+\S+\s+SET|DELETE\s+FROM",
        ours.replace(recount, b""),
    )


def test_flyways_settings_are_the_ones_that_were_tried(desired: Desired) -> None:
    settings = tomllib.loads(render("flyway", desired(ACME))["flyway.toml"].decode())
    assert settings["flyway"] == {
        "locations": ["filesystem:callbacks", "filesystem:custom", "filesystem:upstream"],
        "failOnMissingLocations": True,
        "defaultSchema": "awa_migrations",
        "placeholderReplacement": False,
        "validateMigrationNaming": True,
        "group": False,
        "outOfOrder": False,
        "cleanDisabled": True,
        "outputQueryResults": False,
        "ignoreMigrationPatterns": ["repeatable:missing"],
    }


def test_the_classic_settings_of_flyway_say_the_same(desired: Desired) -> None:
    files = render("flyway", desired(ACME))
    settings = tomllib.loads(files["flyway.toml"].decode())
    classic = dict(
        line.split("=", 1) for line in files["classic.conf"].decode().splitlines() if line and not line.startswith("#")
    )
    words = {True: "true", False: "false"}
    assert classic == {
        **{
            f"flyway.{name}": ",".join(value) if isinstance(value, list) else words.get(value, value)
            for name, value in settings["flyway"].items()
        },
        **{
            f"flyway.jdbcProperties.{name}": value
            for name, value in settings["environments"]["default"]["jdbcProperties"].items()
        },
    }


def test_flyway_looks_only_in_folders_that_are_there(desired: Desired) -> None:
    settings = tomllib.loads(render("flyway", desired())["flyway.toml"].decode())
    assert settings["flyway"]["locations"] == ["filesystem:callbacks", "filesystem:upstream"]


def test_flyway_runs_the_patch_before_the_custom_schemas(desired: Desired) -> None:
    names = [path.rpartition("/")[2] for path in render("flyway", desired(ACME, BETA, QUEUED))]
    repeatable = sorted(name for name in names if name.startswith("R__"))
    assert repeatable == [
        "R__awa_00_v040_wait_free_dirty_marks.sql",
        "R__awa_10_queue_storage_acme_jobs.sql",
        "R__awa_10_queue_storage_beta.sql",
        "R__awa_10_queue_storage_gamma.sql",
        "R__awa_20_lanes_gamma.sql",
    ]


def test_liquibases_changelog_lists_every_file_in_order(desired: Desired, release: Release) -> None:
    files = render("liquibase", desired(ACME, BETA, QUEUED))
    changes = [entry["changeSet"] for entry in yaml.safe_load(files["changelog.yaml"])["databaseChangeLog"]]
    assert [change["id"] for change in changes] == [
        "awa-infra-preflight",
        "awa-infra-stop",
        *(f"{kind}-v{m.version:03d}" for m in release.migrations for kind in ("awa", "awa-tag")),
        "awa-patch-wait_free_dirty_marks-v040",
        "awa-infra-queue-storage-acme_jobs",
        "awa-infra-queue-storage-beta",
        "awa-infra-queue-storage-gamma",
        "awa-infra-lanes-gamma",
        "awa-infra-unlock",
    ]
    assert {(change["author"], change["logicalFilePath"]) for change in changes} == {("awa-infra", "awa")}
    assert not any("rollback" in change for change in changes)
    scripts = [change["changes"][0]["sqlFile"] for change in changes if "sqlFile" in change["changes"][0]]
    assert {path for path in files if path.endswith(".sql")} - {script["path"] for script in scripts} == {
        "prerequisite.sql",
        "structure.sql",
        "verify.sql",
    }
    assert not any(script["splitStatements"] or script["stripComments"] for script in scripts)


def test_the_script_for_psql_runs_every_file_once_and_in_order(desired: Desired) -> None:
    asked = desired(ACME, BETA, QUEUED)
    files = render("psql", asked)
    included = re.findall(r"^ *\\ir (\S+)$", files["apply.sql"].decode(), flags=re.MULTILINE)
    steps = [
        path for path in included if files[path] in {s.sql.encode() for s in make_plan(asked, ObservedState()).steps}
    ]
    assert [files[path].decode() for path in steps] == [s.sql for s in make_plan(asked, ObservedState()).steps]
    assert {path for path in files if path.endswith(".sql")} - {"apply.sql", "structure.sql"} == set(included)
    # Where every migration commits by itself, each further transaction takes the lock again, and acts as the owner
    # again; not after the last one.
    again = sum(step.kind is StepKind.MIGRATION for step in make_plan(asked, ObservedState()).steps) - 1
    assert included.count("awa_infra/lock.sql") == 1 + again
    assert included.count("awa_infra/act_as_owner.sql") == 1 + again
    assert len(included) == len(set(included)) + 2 * again


def test_psql_runs_a_patch_that_it_cannot_ask_about_every_time(release: Release) -> None:
    new = type(release.patches[0])("new", "", "SELECT 1", "")
    unknown = Release("9.9.9", release.migrations, (new,), release.provenance)
    script = render("psql", DesiredState(unknown, 40))["apply.sql"].decode()
    assert "\n\\echo 'patch new'\n\\ir upstream/patch_new.sql\n" in script


def test_a_title_with_a_quote_ends_no_text_of_psql(release: Release) -> None:
    last = release.migrations[-1]
    quoted = type(last)(last.version, "Awa's own", last.sql, last.sha256)
    unknown = Release("9.9.9", (*release.migrations[:-1], quoted), (), release.provenance)
    assert "\\echo 'V40 Awa''s own'" in render("psql", DesiredState(unknown, 40))["apply.sql"].decode()


def test_an_unknown_format_is_refused(desired: Desired) -> None:
    with pytest.raises(ConfigurationError, match="no bundle format 'flywya'") as caught:
        render("flywya", desired())
    assert caught.value.hint == "Did you mean flyway?"
    with pytest.raises(ConfigurationError) as caught:
        render("xyz", desired())
    assert "flyway, liquibase, psql" in caught.value.hint


def test_a_bundle_without_schema_awa_is_refused(desired: Desired) -> None:
    with pytest.raises(ConfigurationError, match="must bring schema awa"):
        render("flyway", desired(ACME, target=None))


@pytest.mark.parametrize(
    ("target", "code", "message"),
    [
        (99, "target-unknown", "was requested, but the newest"),
        (20, "canonical-schema-missing", "needs schema awa at version"),
    ],
)
def test_an_impossible_target_blocks_a_bundle_as_it_blocks_a_plan(
    desired: Desired, target: int, code: str, message: str
) -> None:
    with pytest.raises(BlockedError, match=message) as caught:
        render("flyway", desired(ACME, target=target))
    assert (caught.value.code, caught.value.exit_status) == (code, 3)


def test_the_verification_asks_only_what_it_can_know(desired: Desired, release: Release) -> None:
    early = render("flyway", desired(target=8))["verify.sql"].decode()
    assert "storage_transition_state" not in early
    unknown = Release(
        "9.9.9", release.migrations, (type(release.patches[0])("new", "", "SELECT 1", ""),), release.provenance
    )
    files = render("flyway", DesiredState(unknown, 40))
    assert b"patch" not in files["verify.sql"]
    assert b"storage_transition_state" in files["verify.sql"]
