"""The gates that are SQL: each returns a row for everything that blocks. Pure.

Each is a file, see :mod:`awa_infra.planning.gate_files`. The engine and the bundles take the same rendered text from
here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Literal

from awa_infra import sqltext
from awa_infra.facts import (
    BYTES_PER_JOB,
    BYTES_PER_READY_ROW,
    EXCLUSIVE_VERSIONS,
    RUNTIME_FLOORS,
    SECONDS_PER_MILLION_ROWS_AND_REPLAY,
)
from awa_infra.facts.durations import duration_facts
from awa_infra.model import DesiredState, QueueStorage, Release, Transaction
from awa_infra.planning.access import lanes_values, roles_values
from awa_infra.planning.effort import Effort
from awa_infra.planning.gate_files import GateFile, gate_file, gate_files
from awa_infra.planning.guard import guard_values
from awa_infra.planning.ownership import strangers_query
from awa_infra.planning.traffic import Hold, holds_json

VERSION_UNKNOWN = frozenset(("empty-history", "history-unreadable", "lost-history"))
"""Gates that say: the version of the schema is unknown."""

_LOGIN_GATES = ("database-not-creatable",)
"""Gates about the login that are no files."""


def login_gates() -> frozenset[str]:
    """Return the codes of gates that may not block with another login, or another connection to the same database."""
    return frozenset((*_LOGIN_GATES, *(file.code for file in gate_files("gates") if file.of == "login")))


@dataclass(frozen=True, slots=True)
class GateQuery:
    """One gate or note, ready to run: a single SELECT of rows ``(code, message, hint)``; notes have no hint.

    Attributes:
        code: stable identifier, a section of the error reference.
        needs: ``schema.relation`` names that must be readable; otherwise it does not apply.
        sql: the rendered text.
        hints: whether its rows have a hint.
        pending: whether it only matters if there is anything to do.
    """

    code: str
    needs: tuple[str, ...]
    sql: str = field(repr=False)
    hints: bool = True
    pending: bool = False


@dataclass(frozen=True, slots=True)
class LiveFacts:
    """What only the live engine knows; bundles have no such thing.

    Attributes:
        announced_pid: server process that was announced when the connection was opened.
        lock_objects: about how many objects the plan's transaction will lock.
        lock_objects_each: the same with a transaction for each step.
        effort: what the plan costs where there are no jobs, and more for jobs.
        holds: for how long it locks what producers and workers use.
        structure: whether the plan replaces or alters what is there, and so needs to own it.
    """

    announced_pid: int
    lock_objects: int
    lock_objects_each: int
    effort: Effort = field(default_factory=Effort)
    holds: tuple[Hold, ...] = ()
    structure: bool = True


def gate_queries(
    desired: DesiredState, *, pending: bool = True, live: LiveFacts | None = None, begins_itself: bool = False
) -> tuple[GateQuery, ...]:
    """Return every SQL gate that applies to what is desired, in a stable order.

    Args:
        desired: the desired state; its policy decides which gates are left out.
        pending: whether there is anything to do; some gates only matter then.
        live: what the live engine knows; without it the gates that need it are left out, as in bundles.
        begins_itself: whether the caller begins the transaction that writes, as the live engine always does.
    """
    values = _values(desired, live) | {"begins_itself": begins_itself or live is not None}
    queries: list[GateQuery] = []
    for file in gate_files("gates"):
        if not _applies(file, desired, pending=pending, live=live):
            continue
        if file.per == "queue-storage":
            each_schema = [values | queue_storage_values(q) for q in desired.queue_storage]
        elif file.per == "queues":
            sharded = (q for q in desired.queue_storage if any(queue.shards is not None for queue in q.queues))
            each_schema = [values | lanes_values(q) for q in sharded]
        elif file.per == "guard":
            each_schema = [values | guard_values(desired)] if desired.guarded else []
        elif file.per == "roles":
            each_schema = [] if desired.roles is None else [values | roles_values(desired.roles)]
        else:
            each_schema = [values]
        queries.extend(_query(file, one, options=live is not None) for one in each_schema)
    return tuple(queries)


def history_query() -> GateQuery:
    """Return the gate for a history that exists and that this role may not read."""
    return _query(gate_file("gates", "history_unreadable"), {})


def version_queries(release: Release) -> tuple[GateQuery, ...]:
    """Return the gates for a schema whose version is unknown, or newer than a release."""
    files = (file for file in gate_files("gates") if file.code in {*VERSION_UNKNOWN, "newer-schema"})
    return tuple(_query(file, _values(DesiredState(release, None), None)) for file in files)


def runtime_query() -> GateQuery:
    """Return the note with a row for each live runtime, for every role that may read them."""
    return _query(gate_file("notes", "live_runtime"), {})


def note_queries(desired: DesiredState, live: LiveFacts, *, pending: bool) -> tuple[GateQuery, ...]:
    """Return every note that may be worth knowing."""
    values = _values(desired, live)
    return tuple(_query(file, values) for file in gate_files("notes") if pending or file.when == "always")


def special_queries(
    purpose: Literal["activation", "removal", "removal-of-nothing"],
    schema: str,
    *,
    force: bool = False,
    lock_objects: int = 0,
) -> tuple[GateQuery, ...]:
    """Return the SQL gates of an explicit operation: activation or removal.

    Args:
        purpose: which; the last one is the removal of what is not seen to be queue storage.
        schema: the queue-storage schema in question.
        force: overrule the gates that can be overruled.
        lock_objects: how many objects the plan's transaction will lock.
    """
    values = sqltext.schema_values(schema) | {"lock_objects": lock_objects}
    return tuple(
        _query(file, values)
        for file in gate_files("gates")
        if file.purpose == purpose and not (force and file.unless == "force")
    )


def _applies(file: GateFile, desired: DesiredState, *, pending: bool, live: LiveFacts | None) -> bool:
    if file.purpose not in {"", "bundle" if live is None else "engine"}:
        return False
    if _overruled(file.unless, desired) or not _matters(file.when, pending=pending, live=live):
        return False
    # These gates need a target version.
    if file.code in {"downgrade", "queue-storage-damaged"}:
        return desired.target_version is not None
    return file.code != "window-too-long" or desired.policy.max_window is not None


def _matters(when: str, *, pending: bool, live: LiveFacts | None) -> bool:
    """Whether a gate that is only checked at times is checked now; a bundle may always replace existing objects."""
    if when == "structure" and live is not None:
        return pending and live.structure
    return pending or not when


def _overruled(by: str, desired: DesiredState) -> bool:
    if by == "roles":
        # With roles the plan acts as the declared owner; other gates ask about that one.
        return desired.roles is not None
    return bool(by) and bool(getattr(desired.policy, by))


def _values(desired: DesiredState, live: LiveFacts | None) -> sqltext.Values:
    release = desired.release
    target = desired.target_version
    values: sqltext.Values = {
        "release": release.name,
        "release_version": release.schema_version,
        "target_version": target if target is not None else release.schema_version,
        "floor_versions": sqltext.array(RUNTIME_FLOORS),
        "floor_releases": sqltext.array(RUNTIME_FLOORS.values()),
        "exclusive_versions": sqltext.array(EXCLUSIVE_VERSIONS),
        "strangers": sqltext.Part(strangers_query()),
        # The engine does it before anything else; a bundle leaves it to a role that may.
        "hands_over": live is not None,
    }
    if live is not None:
        values |= {
            "announced_pid": live.announced_pid,
            "lock_objects": live.lock_objects,
            "lock_objects_each": live.lock_objects_each,
            "replays": live.effort.replays,
            "installs": sqltext.array(live.effort.installs),
            "row_seconds": SECONDS_PER_MILLION_ROWS_AND_REPLAY / 1e6,
            "row_bytes": BYTES_PER_READY_ROW,
            "job_bytes": BYTES_PER_JOB,
            "seconds": round(live.effort.seconds, 3),
            "per_million": live.effort.per_million,
            "reference": duration_facts().reference,
            "unmeasured": live.effort.unmeasured,
            "max_window": desired.policy.max_window or 0.0,
            "transaction": desired.transaction.value,
            "holds": holds_json(live.holds),
            "choice": any(hold.mode == Transaction.EACH.value for hold in live.holds),
        }
        for part in ("estimated", "jobs", "rows", "held"):
            values[part] = sqltext.Part(sqltext.fill(sqltext.load(f"traffic/{part}.sql"), values).strip())
    return values


def queue_storage_values(wanted: QueueStorage) -> sqltext.Values:
    """Return the placeholders of one custom schema, for gates and for its installation."""
    shape = wanted.shape
    return {
        **sqltext.schema_values(wanted.schema),
        "queue_slots": shape.queue_slots,
        "lease_slots": shape.lease_slots,
        "claim_slots": shape.claim_slots,
        "receipts": shape.receipts,
        "wanted": f"{shape.queue_slots}/{shape.lease_slots}/{shape.claim_slots} {'t' if shape.receipts else 'f'}",
    }


def _query(file: GateFile, values: sqltext.Values, *, options: bool = True) -> GateQuery:
    """Return one gate; without options of awa-infra in its hints where it is for a bundle, which has none."""
    needs = file.needs.replace("{schema}", str(values.get("schema", "")))
    text = file.text
    if not options:
        text = re.sub(r",? or overrule with --allow-[a-z-]+", "", text)
        text = text.replace("--role %I here, SET ROLE elsewhere", "ALTER ROLE ... IN DATABASE ... SET role")
    sql = sqltext.fill(text, values).strip() + "\n"
    return GateQuery(file.code, tuple(needs.split()), sql, hints=file.blocks, pending=file.when == "pending")
