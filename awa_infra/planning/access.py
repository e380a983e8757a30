"""Roles, privileges and lanes: the steps that create them, and the queries that find what is missing.

Neither shows in the shape of a schema, so both are asked about only where they are declared. The texts are
the same for the live engine and for bundles.
"""

from __future__ import annotations

import json
import textwrap
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace

from awa_infra import sqltext
from awa_infra.facts.catalog import newest_catalog_facts
from awa_infra.model import (
    CANONICAL_SCHEMA,
    DesiredState,
    ObservedState,
    Queue,
    QueueStorage,
    Roles,
    Step,
    StepKind,
)
from awa_infra.planning.guard import unguarded_query
from awa_infra.planning.ownership import ownership_steps
from awa_infra.wording import listed

ROLES_KEY = "roles"
"""Key of the step that makes roles and memberships."""

ACT_AS_KEY = "act-as"
"""Key of the step from which on everything belongs to the owner."""

ROLE_ATTEMPTS = 10
"""How often a role is tried to be made or changed while another database does the same; 4.5 s of pauses together."""

INSTALLER_KEY = "installer"
"""Key of the step that keeps Awa's installer with its owner."""

_PRIVILEGES: Mapping[str, sqltext.Values] = {
    "runtime": {"tables": "SELECT, INSERT, UPDATE, DELETE, TRUNCATE", "sequences": "USAGE, SELECT, UPDATE"},
    "observer": {"tables": "SELECT", "sequences": "SELECT"},
}
"""Duty to what it is granted on tables and sequences (Awa 0.6.9)."""


@dataclass(frozen=True, slots=True)
class MissingQuery:
    """A query that returns a row ``(step, name, absent, text)`` for everything of one kind that is missing.

    Attributes:
        needs: queue-storage schema whose tables it reads; empty if it reads catalogs only.
        what: what it is about, for people.
        sql: a single SELECT.
    """

    needs: str
    what: str
    sql: str = field(repr=False)


def missing_queries(desired: DesiredState) -> tuple[MissingQuery, ...]:
    """Return the queries that find which of the declared roles, privileges, lanes and guards are missing."""
    queries = []
    if desired.roles is not None:
        text = sqltext.render("roles/missing.sql", **roles_values(desired.roles))
        queries.append(MissingQuery("", "roles and privileges", text))
    if desired.guarded:
        queries.append(MissingQuery("", "guards", unguarded_query(desired.guarded)))
    for wanted in desired.queue_storage:
        if wanted.queues:
            values = lanes_values(wanted)
            text = sqltext.render("lanes/missing.sql", **values)
            queries.append(MissingQuery(wanted.schema, f"lanes in {wanted.schema}", text))
    return tuple(queries)


def access_steps(roles: Roles | None, observed: ObservedState) -> list[Step]:
    """Return the steps that make the declared roles and grant what they may do; none if nothing is missing."""
    if roles is None:
        return []
    steps = [roles_step(roles, _wanting_roles(roles, observed))] if observed.is_missing(ROLES_KEY) else []
    # What is handed over can be granted on only then, so no role can lack it before.
    handed_over = {stranger.schema for stranger in observed.strangers if stranger.movable}
    wanting = (s for s in _schemas(roles) if s in handed_over or observed.is_missing(_access_key(s)))
    return [*steps, *(access_step(roles, s) for s in wanting)]


def owned_steps(roles: Roles | None, observed: ObservedState, steps: Sequence[Step]) -> tuple[Step, ...]:
    """Put the steps that hand over and that act as the owner before everything but the making of the roles.

    The owner is the declared one, else that of schema ``awa`` where the session may act as it: then everything
    belongs to one role, no matter which login runs the plan.
    """
    made = [step for step in steps if step.kind is StepKind.ROLES]
    rest = steps[len(made) :]
    moved = ownership_steps(observed)
    if roles is None:
        acting = [act_as_step(observed.acting_owner)] if rest and observed.acting_owner is not None else []
        return (*moved, *acting, *rest)
    if not rest:
        return (*made, *moved)
    # With all roles in place, the login may still not be a member of the owner; the same step corrects that.
    first = made or ([roles_step(roles, {roles.owner})] if observed.is_missing(ACT_AS_KEY) else [])
    return (*first, *moved, act_as_step(roles.owner), *rest)


def lanes_steps(desired: DesiredState, observed: ObservedState) -> list[Step]:
    """Return the steps that make the declared lanes that are missing."""
    return [
        lanes_step(replace(wanted, queues=_wanting_queues(wanted, observed)))
        for wanted in desired.queue_storage
        # The lanes of a missing schema cannot be queried.
        if wanted.queues and (observed.substrate(wanted.schema) is None or observed.is_missing(lanes_key(wanted)))
    ]


def _wanting_queues(wanted: QueueStorage, observed: ObservedState) -> tuple[Queue, ...]:
    """Return the queues of a schema that lack lanes or have another number of shards; all if that was not checked."""
    wanting = _wanting(observed, lanes_key(wanted))
    return tuple(queue for queue in wanted.queues if queue.name in wanting) or wanted.queues


def _wanting_roles(roles: Roles, observed: ObservedState) -> frozenset[str]:
    """Return the roles that are missing or not as they should be; all if that was not checked."""
    every = frozenset(roles.duties().values())
    found = _wanting(observed, ROLES_KEY) & every
    # What others lack of an owner that does not exist cannot be queried.
    if not found or roles.owner in found:
        return every
    return found | {roles.owner} if observed.is_missing(ACT_AS_KEY) else found


def _wanting(observed: ObservedState, key: str) -> frozenset[str]:
    """Return the names of what lacks something that a step makes."""
    return frozenset(entry.name for entry in observed.missing or () if entry.step == key)


def missing_roles(observed: ObservedState) -> frozenset[str]:
    """Return which of the declared roles the server does not have."""
    return frozenset(entry.name for entry in observed.missing or () if entry.step == ROLES_KEY and entry.absent)


def roles_step(roles: Roles, names: Collection[str]) -> Step:
    """Return the step that makes the roles that are missing, and their memberships."""
    owner: sqltext.Values = {"owner": roles.owner, "owner_name": sqltext.Name(roles.owner)}
    texts = []
    named = {duty: name for duty, name in roles.duties().items() if name in names}
    for duty, name in named.items():
        files = {"owner": ("owner",), "migrator": ("login", "migrator")}.get(duty, ("login",))
        texts.append(retried(files, {"role": name, "role_name": sqltext.Name(name), "duty": duty, **owner}))
    title = f"roles {', '.join(named.values())}"
    return Step(StepKind.ROLES, ROLES_KEY, title, ";\n\n".join(t.rstrip() for t in texts))


def retried(
    files: Sequence[str],
    values: sqltext.Values,
    conflicts: str = "unique_violation OR duplicate_object OR internal_error",
) -> str:
    """Return statements of files under ``sql/roles``, tried again where another database changes the same roles.

    The conflicts are what PostgreSQL raises in that case.
    """
    # Indented before a value is in it: a name may have several lines.
    text = "".join(textwrap.indent(sqltext.load(f"roles/{file}.sql"), " " * 12) for file in files)
    return sqltext.render(
        "roles/retried.sql",
        statements=sqltext.Part(sqltext.fill(text.rstrip(), values)),
        conflicts=sqltext.Part(conflicts),
        attempts=ROLE_ATTEMPTS,
    )


def act_as_step(owner: str) -> Step:
    """Return the step from which on everything belongs to the owner."""
    text = sqltext.render("roles/act_as.sql", role=owner, role_name=sqltext.Name(owner))
    return Step(StepKind.ACT_AS, ACT_AS_KEY, f"act as {owner}", text)


def access_step(roles: Roles, schema: str) -> Step:
    """Return the step that grants what the roles may do in one schema, and on what will be made in it."""
    values = sqltext.schema_values(schema)
    texts = [sqltext.render("roles/schema.sql", **values)]
    for duty, name in roles.duties().items():
        role: sqltext.Values = {"role": name, "role_name": sqltext.Name(name)}
        if duty in _PRIVILEGES:
            objects = sqltext.render(
                "roles/objects.sql", **values, **role, **_PRIVILEGES[duty], private=private_functions()
            )
            texts.append(sqltext.render(f"roles/schema_{duty}.sql", **values, **role, objects=sqltext.Part(objects)))
        if duty == "runtime" and schema in roles.lane_schemas:
            texts.append(sqltext.render("roles/schema_lanes.sql", **values, **role))
    text = "\n\n".join(t.rstrip().removesuffix(";") + ";" for t in texts).removesuffix(";")
    return Step(StepKind.ACCESS, _access_key(schema), f"privileges on schema {schema}", text)


def installer_steps(roles: Roles | None, observed: ObservedState, *, made: bool) -> list[Step]:
    """Return the step that takes Awa's installer from whom default privileges gave it, where they do."""
    given = roles is not None or observed.functions_given
    lacking = roles is not None and bool(observed.missing) and observed.is_missing(INSTALLER_KEY)
    if not (lacking or (made and given)):
        return []
    text = sqltext.render("roles/installer.sql", private=private_functions())
    return [Step(StepKind.ACCESS, INSTALLER_KEY, "Awa's installer stays with its owner", text)]


def private_functions() -> str:
    """Return the names of the functions that only the owner may execute, as an array of PostgreSQL."""
    return sqltext.array(sorted({name.partition("(")[0] for name in newest_catalog_facts().private}))


def lanes_step(wanted: QueueStorage) -> Step:
    """Return the step that makes the lanes of one schema's queues."""
    queues = listed(q.name for q in wanted.queues)
    values = lanes_values(wanted)
    title = f"lanes of {queues} in {wanted.schema}"
    text = sqltext.render("lanes/lanes.sql", **values)
    sharded = [q for q in wanted.queues if q.shards is not None]
    if sharded:
        text = f"{text.rstrip()};\n\n{sqltext.render('lanes/shards.sql', **values).rstrip()}\n"
        shards = listed(f"{q.name} {q.shards}" for q in sharded)
        # Awa's own words for what is given up (its ADR 25).
        meaning = " (FIFO within each shard, approximate across shards)" if any(q.shards != 1 for q in sharded) else ""
        title += f"; enqueue shards: {shards}{meaning}"
    return Step(StepKind.LANES, lanes_key(wanted), title, text)


def lanes_key(wanted: QueueStorage) -> str:
    """Return the key of the step that makes the lanes of one schema's queues."""
    return f"lanes:{wanted.schema}"


def roles_values(roles: Roles) -> sqltext.Values:
    """Return the placeholders of queries about roles."""
    named = [
        {"duty": duty, "name": name, **({"password": True} if duty in roles.passwords else {})}
        for duty, name in roles.duties().items()
    ]
    schemas = [{"name": schema, "lanes": schema in roles.lane_schemas} for schema in _schemas(roles)]
    return {"roles": json.dumps(named), "schemas": json.dumps(schemas), "private": private_functions()}


def excess_query(roles: Roles, active: str | None) -> str:
    """Return the query for what declared roles have beyond what they are declared for.

    The active schema is where new jobs go, if that is queue storage.
    """
    return sqltext.render("roles/excess.sql", **roles_values(roles), active=active or "")


def _schemas(roles: Roles) -> tuple[str, ...]:
    return (CANONICAL_SCHEMA, *roles.schemas)


def _access_key(schema: str) -> str:
    return f"access:{schema}"


def lanes_values(wanted: QueueStorage) -> sqltext.Values:
    """Return the placeholders of everything about the queues of one schema."""
    return {
        **sqltext.schema_values(wanted.schema),
        "queues": json.dumps([_queue(q) for q in wanted.queues]),
        "step": lanes_key(wanted),
    }


def _queue(queue: Queue) -> dict[str, object]:
    lanes = {
        "name": queue.name,
        "priorities": list(queue.priorities),
        "shards": queue.shards or 1,
        "stripes": queue.stripes,
    }
    return lanes if queue.shards is None else lanes | {"enqueue_shards": queue.shards}
