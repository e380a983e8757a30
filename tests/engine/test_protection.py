"""Every way to make Pulumi delete something; the table of docs/how-to/remove-a-stack.md says the same."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass

import psycopg
import pytest
import yaml

from awa_infra.database.observe import read_state
from tests.engine.conftest import CANARY
from tests.engine.projects import Project
from tests.matrix import canonical_jobs
from tests.support.tools import dump_everything

OTHER_NAMES = """
from awa_infra import AwaStack

AwaStack.from_config("other")
"""
REFUSALS = ("because it is protected", "currently marked for protection")


@dataclass
class Stack:
    """The stack in the hands of somebody who wants to be rid of it."""

    project: Project

    def up(self, *options: str, source: str | None = None) -> str:
        """Run a program; return what the engine printed, whether it failed or not."""
        done = self.project.program("up", *options, source=source)
        return done.stdout + done.stderr

    def pulumi(self, *arguments: str) -> str:
        """Run Pulumi's own command on the stack; return what it printed."""
        done = self.project.pulumi(*arguments, "--stack=prod", "--yes")
        return done.stdout + done.stderr

    def left(self) -> set[str]:
        """Return the names of the resources that the state has."""
        found = self.project.export()["deployment"].get("resources", [])
        return {resource["urn"].rpartition("::")[2] for resource in found}


def refused(said: str) -> bool:
    return any(refusal in said for refusal in REFUSALS)


def destroy(stack: Stack) -> None:
    assert refused(stack.pulumi("destroy", "--skip-preview"))
    assert "awa-schema" in stack.left()


def destroy_what_is_not_protected(stack: Stack) -> None:
    assert "2 deleted" in stack.pulumi("destroy", "--skip-preview", "--exclude-protected")
    assert "awa-schema" in stack.left()


def unprotect_and_destroy(stack: Stack) -> None:
    stack.pulumi("state", "unprotect", "--all")
    assert "7 deleted" in stack.pulumi("destroy", "--skip-preview")
    assert stack.left() == set()


def remove_all_from_the_program(stack: Stack) -> None:
    assert refused(stack.up(source=""))
    assert "awa-schema" in stack.left()


def remove_the_custom_schema_from_the_program(stack: Stack) -> None:
    config = stack.project.config.read_text()
    stack.project.declare()
    roles = yaml.safe_load(config)["config"]["awa:roles"]
    stack.project.set(activation=None, roles=roles | {"laneSchemas": []})  # or the runtime may make lanes in awa now
    assert "2 deleted" in stack.up()
    assert "awa-queue-storage-shop_queue" not in stack.left()
    stack.project.config.write_text(config)


def rename_the_component(stack: Stack) -> None:
    assert refused(stack.up(source=OTHER_NAMES))
    assert {"awa-schema", "other-schema"} <= stack.left()


def replace_the_schema(stack: Stack) -> None:
    assert refused(stack.up(f"--replace={stack.project.urn('awa-schema')}"))
    assert "awa-schema" in stack.left()


def replace_the_custom_schema(stack: Stack) -> None:
    urn = stack.project.urn("awa-queue-storage-shop_queue")
    assert "1 replaced" in stack.up(f"--target={urn}", f"--replace={urn}")


def delete_from_the_state(stack: Stack) -> None:
    stack.pulumi("state", "delete", "--force", "--target-dependents", stack.project.urn("awa-schema"))
    assert "awa-schema" not in stack.left()


ATTEMPTS: dict[str, Callable[[Stack], None]] = {
    "`pulumi destroy`": destroy,
    "`pulumi destroy --exclude-protected`": destroy_what_is_not_protected,
    "everything removed from the program": remove_all_from_the_program,
    "a custom schema removed from the program": remove_the_custom_schema_from_the_program,
    "a resource or the component renamed, so that its URN changes": rename_the_component,
    "`pulumi up --replace` of the schema": replace_the_schema,
    "`pulumi up --target-replace` of a custom schema": replace_the_custom_schema,
    "`pulumi state delete --force`": delete_from_the_state,
    "`pulumi state unprotect`, then `destroy`": unprotect_and_destroy,
}
"""As the page names them; tests/unit/test_what_slow_tests_cover.py compares."""


@pytest.fixture
def stack(shop: Project) -> Stack:
    """Give a stack whose database has jobs in queue storage and in the canonical tables."""
    for duty in ("migrator", "runtime", "observer"):
        shop.secret(f"{duty}Password", CANARY)
    made = Stack(shop)
    assert "7 created" in made.up()
    worked = shop.worker("shop_queue", shop.database.url)
    assert worked.status == 0, worked.stderr
    with psycopg.connect(shop.database.url) as connection:
        canonical_jobs.insert(connection, only_terminal=True)
    return made


def test_whatever_is_done_to_the_stack_the_schemas_and_their_jobs_are_there(stack: Stack) -> None:
    """One long story, because every step of the engine costs seconds; each attempt begins with the same state."""
    url = stack.project.database.url
    before, state = dump_everything(url), json.dumps(stack.project.export("--show-secrets"))
    assert "COPY awa.jobs_hot" in before
    for name, attempt in ATTEMPTS.items():
        imported = stack.project.pulumi("stack", "import", "--stack=prod", given=state)
        assert imported.status == 0, imported.stderr
        attempt(stack)
        assert dump_everything(url) == before, name
    # All is forgotten by now; an up adopts what stands.
    assert "7 created" in stack.up()
    assert dump_everything(url) == before
    a_schema_that_is_to_be_dropped_stands_again_after_it_was_replaced(stack)
    a_schema_that_is_to_be_dropped_stays_when_its_resource_is_renamed(stack)


def a_schema_that_is_to_be_dropped_stands_again_after_it_was_replaced(stack: Stack) -> None:
    project = stack.project
    project.database.rows("UPDATE awa.runtime_instances SET last_seen_at = last_seen_at - interval '1 hour'")
    project.declare({"schema": "shop_queue"}, {"schema": "shop_spare", "queueSlots": 4, "deletionPolicy": "drop"})
    assert "1 created" in stack.up()
    urn = project.urn("awa-queue-storage-shop_spare")
    assert "1 replaced" in stack.up(f"--target={urn}", f"--replace={urn}")
    assert read_state(project.database.url).substrate("shop_spare") is not None


def a_schema_that_is_to_be_dropped_stays_when_its_resource_is_renamed(stack: Stack) -> None:
    database = stack.project.database
    database.rows("INSERT INTO shop_spare.queue_lanes (queue, priority) VALUES ('mine', 1)")
    stack.pulumi("state", "unprotect", "--all")
    assert "Another resource declares the same now, so nothing is dropped." in stack.up(source=OTHER_NAMES)
    assert stack.left() >= {"other-queue-storage-shop_spare"}
    assert "awa-queue-storage-shop_spare" not in stack.left()
    assert database.rows("SELECT queue FROM shop_spare.queue_lanes") == [{"queue": "mine"}]
