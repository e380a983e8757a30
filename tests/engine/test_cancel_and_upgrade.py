"""``pulumi cancel`` and a newer plugin, as people type them into a terminal."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg

from awa_infra import __version__
from awa_infra.database.observe import read_state
from tests.engine.test_interruptions import BLOCKER, GATE, WAITING, until
from tests.engine.test_typed_pulumi import QUEUE, SCHEMA, Typed, typed
from tests.support.tools import dump_everything

__all__ = ["typed"]


SMALL_WAIT = {**SCHEMA, "properties": {"lockTimeout": 1}}


@contextmanager
def blocked_up(typed: Typed) -> Iterator[subprocess.Popen[str]]:
    """Give a running ``pulumi up`` that waits in the middle of a migration until the block ends."""
    typed.database.rows(BLOCKER)
    with psycopg.connect(typed.database.url, autocommit=True) as holder:
        holder.execute("SELECT pg_advisory_lock(%s)", (GATE,))
        with subprocess.Popen(
            typed.command("up --yes --non-interactive"),
            cwd=typed.folder,
            env=typed.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        ) as process:
            until(lambda: typed.database.rows(WAITING) != [])
            yield process
            holder.execute("SELECT pg_advisory_unlock(%s)", (GATE,))
            shown, _ = process.communicate(timeout=120)
            assert "Traceback" not in shown
            assert "panic" not in shown


def assert_clean(typed: Typed) -> None:
    """Check that the next ``up`` finds nothing to do, and no lock and no pending operation is left."""
    assert typed.changes("up --yes") == {"unchanged": 3}
    assert [path for path in (typed.folder / "state" / ".pulumi" / "locks").rglob("*") if path.is_file()] == []
    assert "pending_operations" not in typed.type("stack export").stdout
    assert read_state(typed.database.url).substrate("shop_queue") is not None


def test_a_cancelled_up_goes_on_to_its_end_and_another_one_does_no_harm_meanwhile(typed: Typed) -> None:
    typed.write(schema=SCHEMA, queue=QUEUE)
    with blocked_up(typed) as process:
        assert typed.type("cancel --yes dev").status == 0
        assert process.poll() is None
        typed.write(schema=SMALL_WAIT, queue=QUEUE)
        second = typed.type("up --yes")
        assert second.status != 0
        assert "[lock-timeout]" in second.stdout
    assert process.returncode == 0
    typed.write(schema=SCHEMA, queue=QUEUE)
    assert_clean(typed)


def test_the_lock_of_a_killed_up_goes_with_cancel_and_the_next_up_finishes(typed: Typed) -> None:
    typed.write(schema=SCHEMA, queue=QUEUE)
    with blocked_up(typed) as process:
        process.kill()
        process.wait()
        refused = typed.type("up --yes")
        assert refused.status != 0
        assert "the stack is currently locked by 1 lock(s)" in refused.stderr
        assert typed.type("cancel --yes dev").status == 0
    finished = typed.type("up --yes")
    assert finished.status == 0, finished.stdout
    assert "1 pending operations from previous deployment" in finished.stdout
    assert typed.type("refresh --yes --clear-pending-creates").status == 0
    assert_clean(typed)


OLDER = f"""\
#!{sys.executable}
import sys
import awa_infra

awa_infra.__version__ = "0.0.1"
from awa_infra.plugin.main import main

sys.exit(main())
"""


def of_version(version: str, declared: dict[str, Any]) -> dict[str, Any]:
    return {**declared, "options": {**declared.get("options", {}), "version": version}}


def test_a_newer_plugin_takes_a_stack_over_and_changes_nothing(typed: Typed, tmp_path: Path) -> None:
    older = tmp_path / "pulumi-resource-awa"
    older.write_text(OLDER)
    older.chmod(0o755)
    assert typed.type(f"plugin install resource awa 0.0.1 --file {older}").status == 0
    declared = {"schema": SCHEMA, "queue": {**QUEUE, "properties": {**QUEUE["properties"], "deletionPolicy": "drop"}}}
    typed.write(**{name: of_version("0.0.1", resource) for name, resource in declared.items()})
    assert typed.changes("up --yes") == {"created": 3}
    assert '"version": "0.0.1"' in typed.type("stack export").stdout
    before = dump_everything(typed.database.url)
    typed.write(**{name: of_version(__version__, resource) for name, resource in declared.items()})
    for words in ("preview", "up --yes", "refresh --yes", "preview"):
        assert typed.changes(words) == {"unchanged": 3}
    assert dump_everything(typed.database.url) == before
    kept = typed.type("stack export").stdout
    assert f'"version": "{__version__}"' in kept
    assert '"version": "0.0.1"' not in kept
