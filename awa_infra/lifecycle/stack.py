"""Which objects a stack configuration declares, and in what order; the same for every adapter."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from awa_infra.config import StackConfig
from awa_infra.database.apply import LOCK_TIMEOUT, LOCK_WAIT
from awa_infra.lifecycle.fields import Output, Type
from awa_infra.model import Queue

DATABASE, ROLES, SCHEMA, QUEUE_STORAGE, ACTIVATION = "database", "roles", "schema", "queue-storage", "activation"


OUTPUTS = (
    Output("schema_version", Type.INTEGER, "The version that schema awa stands at."),
    Output("release", Type.STRING, "The Awa release that applied it."),
    Output("patches", Type.STRINGS, "Names of the repeatable patches that are applied."),
    Output("queue_storage_schemas", Type.STRINGS, "The declared custom queue-storage schemas."),
    Output("database_url", Type.STRING, "Connection string of the database.", secret=True),
)
"""What a stack as a whole reports."""


@dataclass(frozen=True, slots=True)
class Declared:
    """One object of a stack.

    Attributes:
        kind: one of the constants of this module.
        name: unique in the stack, appended to the stack's own name.
        inputs: by name, without connection strings and passwords: those are the adapter's to pass.
        after: names of the objects that must be there before.
    """

    kind: str
    name: str
    inputs: Mapping[str, Any]
    after: tuple[str, ...] = ()


def declared(config: StackConfig) -> tuple[Declared, ...]:
    """Return the objects of a stack, each after those that it needs.

    With a database among them the connection string of all others is its output. With roles everything is made
    as the owner.
    """
    found: list[Declared] = []
    if config.database is not None:
        database = config.database
        options = {
            "name": database.name,
            "owner": database.owner,
            "encoding": database.encoding,
            "template": database.template,
            "connection_limit": database.connection_limit,
        }
        found.append(Declared(DATABASE, DATABASE, options))
    waits = {
        "lock_timeout": LOCK_TIMEOUT if config.lock_timeout is None else config.lock_timeout,
        "lock_wait": LOCK_WAIT if config.lock_wait is None else config.lock_wait,
    }
    roles = config.roles_wanted()
    owner = roles.owner if roles else None
    if roles is not None:
        who = {
            "owner": roles.owner,
            "migrator": roles.migrator,
            "runtime": roles.runtime,
            "observer": roles.observer,
            "queue_storage_schemas": list(roles.schemas),
            "lane_schemas": list(roles.lane_schemas),
        }
        found.append(Declared(ROLES, ROLES, who | waits))
    schema = {
        "target_version": config.target_version,
        "release": config.release,
        "role": owner,
        "allow_live_runtimes": config.allow_live_runtimes,
        "repair": config.repair,
        "transaction": config.transaction,
        "queues": [_queue(queue) for queue in config.queues_wanted()],
        "guard": config.guard,
    }
    found.append(Declared(SCHEMA, SCHEMA, schema | waits, (ROLES,) if roles else ()))
    for entry in config.queue_storage_schemas:
        shape = {
            "schema": entry.schema_name,
            "queue_slots": entry.queue_slots,
            "lease_slots": entry.lease_slots,
            "claim_slots": entry.claim_slots,
            "receipts": entry.receipts,
            "queues": [_queue(queue) for queue in entry.wanted().queues],
            "deletion_policy": entry.deletion_policy,
            "force_drop": entry.force_drop,
            "guard": config.guard,
            "role": owner,
        }
        found.append(Declared(QUEUE_STORAGE, f"{QUEUE_STORAGE}-{entry.schema_name}", shape | waits, (SCHEMA,)))
    if config.activation is not None:
        # All of them: an activation of one schema must not happen while another one cannot be installed.
        before = tuple(item.name for item in found if item.kind in {SCHEMA, QUEUE_STORAGE})
        found.append(Declared(ACTIVATION, ACTIVATION, {"schema": config.activation, "role": owner} | waits, before))
    return tuple(found)


def _queue(queue: Queue) -> dict[str, Any]:
    given = {"name": queue.name, "priorities": list(queue.priorities), "stripes": queue.stripes}
    return given if queue.shards is None else given | {"shards": queue.shards}
