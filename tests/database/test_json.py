"""The documents of ``--json`` against their reference."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from devtools.docs_json import fields
from tests.support.command import Run
from tests.support.servers import Database

STACK = """\
config:
  awa:queueStorageSchemas:
    - {schema: small, queueSlots: 4, leaseSlots: 2, claimSlots: 2}
"""

DAMAGES = frozenset(
    (
        *(f"lost_rows[].{name}" for name in ("table", "found", "expected")),
        *(f"unreadable_queue_storage[].{name}" for name in ("schema", "owner", "damaged")),
    )
)
"""What only a damaged database has, which cannot be applied to."""

KINDS = {
    "boolean": (bool,),
    "list": (list,),
    "list of text": (list,),
    "null": (type(None),),
    "number": (int, float),
    "object": (dict,),
    "text": (str,),
}


def shown(value: object, documented: dict[str, str], path: str = "") -> Iterator[tuple[str, object]]:
    """Yield every field of a document with its value; what is documented as an object is one value."""
    if path:
        yield path, value
    if isinstance(value, dict) and not documented.get(path, "").startswith("object"):
        for key, inner in value.items():
            yield from shown(inner, documented, f"{path}.{key}" if path else key)
    elif isinstance(value, list):
        for item in value:
            if isinstance(item, dict):
                for key, inner in item.items():
                    yield from shown(inner, documented, f"{path}[].{key}")


def compare(document: str, outcomes: list[object], *, unseen: frozenset[str] = frozenset()) -> None:
    """Require that the documents have all the fields of their reference, of the documented types, and no others."""
    reference = fields()
    documented = reference["every document"] | reference[document]
    if documented.pop("...", None):
        documented |= reference["status"]
    seen: set[str] = set()
    for outcome in outcomes:
        for path, value in shown(outcome, documented):
            if path == "error":
                continue
            assert path in documented, f"{document}: {path} is not in docs/reference/json.yaml"
            kinds = documented[path].partition(":")[0].split(" or ")
            assert isinstance(value, tuple(t for kind in kinds for t in KINDS[kind])), (document, path, value)
            seen.add(path)
    assert set(documented) - seen == unseen


@pytest.fixture
def stack(tmp_path: Path) -> Path:
    path = tmp_path / "Pulumi.dev.yaml"
    path.write_text(STACK, encoding="utf-8")
    return path


def test_the_documents_that_look_at_a_database_are_as_documented(run: Run, awa_database: Database, stack: Path) -> None:
    arguments = ["--json", "--config", str(stack)]
    with_gates = run("plan", "--json", "--target-version", "9", url=awa_database.url).data
    awa_database.rows(
        "INSERT INTO awa.runtime_instances (instance_id, pid, version, started_at, last_seen_at, snapshot_interval_ms, "
        "healthy, postgres_connected, poll_loop_alive, heartbeat_alive, maintenance_alive, shutting_down, leader) "
        "VALUES (gen_random_uuid(), 1, '0.6.9', now(), now(), 1000, true, true, true, true, true, false, false)"
    )
    file = stack.parent / "plan.json"
    plan = run("plan", *arguments, "--out", str(file), url=awa_database.url).data
    compare("a plan file", [json.loads(file.read_text(encoding="utf-8"))], unseen=frozenset({"json_version"}))
    applied = run("apply", *arguments, url=awa_database.url).data
    compare("plan", [plan, with_gates])
    compare("apply", [applied], unseen=DAMAGES | {"pending", "digest"})
    status = run("status", "--json", url=awa_database.url).data
    awa_database.rows("DROP INDEX awa.idx_awa_dlq_queue_time")
    found = run("verify", "--json", url=awa_database.url)
    dry = run("verify", "--json", "--repair", "--dry-run", url=awa_database.url)
    repaired = run("verify", "--json", "--repair", "--allow-live-runtimes", url=awa_database.url)
    awa_database.rows("DROP TABLE awa.dlq_entries; DROP FUNCTION awa.storage_status()")
    blocked = run("verify", "--json", "--repair", "--dry-run", url=awa_database.url)
    compare("verify", [found.data, dry.data, repaired.data, blocked.data])
    compare("doctor", [run("doctor", "--json", url=awa_database.url).data])
    failed = run("apply", "--json", "--target-version", "9", url=awa_database.url)
    compare("a failure", [failed.data])
    awa_database.rows("SELECT awa.install_queue_storage_substrate('damaged', 4, 2, 2)")
    awa_database.rows("DROP TABLE damaged.lease_ring_state; DELETE FROM awa.lease_ring_state")
    planned = run("status", *arguments, url=awa_database.url)
    assert planned.data["digest"] is None
    compare("status", [status, planned.data, run("status", "--json", url=awa_database.url).data])


def test_the_documents_that_need_no_database_are_as_documented(
    run: Run, awa_database: Database, tmp_path: Path, stack: Path
) -> None:
    out = tmp_path / "out"
    written = run("package", "--json", "--format", "psql", "--out", str(out)).data
    waits = tmp_path / "Pulumi.waits.yaml"
    waits.write_text("config:\n  awa:lockWait: 300\n", encoding="utf-8")
    goose = ("package", "--json", "--format", "goose", "--out", str(tmp_path / "goose"))
    kept = [run(*goose).data, run(*goose, "--config", str(waits)).data]
    compare("package", [written, *kept], unseen=frozenset({"kept[].file", "kept[].release", "kept[].newer"}))
    intact = run("bundle", "verify", "--json", str(out), url=awa_database.url).data
    (out / "README.md").write_text("mine", encoding="utf-8")
    edited = run("bundle", "verify", "--json", str(out)).data
    compare("bundle verify", [intact, edited])
    wrong = tmp_path / "Pulumi.wrong.yaml"
    wrong.write_text("config: {awa:nothing: 1}\n", encoding="utf-8")
    compare("config check", [run("config", "check", "--json", str(path)).data for path in (stack, wrong)])
    compare("explain", [run("explain", "--json").data, run("explain", "--json", "downgrade").data])
