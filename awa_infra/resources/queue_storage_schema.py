"""The resource ``QueueStorageSchema``: one custom queue-storage schema, installed and checked."""

from __future__ import annotations

from typing import Any

import pulumi
from pulumi.dynamic import (
    CheckFailure,
    CheckResult,
    CreateResult,
    DiffResult,
    ReadResult,
    Resource,
    ResourceProvider,
    UpdateResult,
)

from awa_infra.config import queue_storage_problems
from awa_infra.database.apply import apply
from awa_infra.database.observe import read_plan, read_state
from awa_infra.errors import DatabaseMissingError
from awa_infra.model import DesiredState, QueueStorage, Shape
from awa_infra.planning.describe import pending_line
from awa_infra.planning.gates import raise_if_blocked
from awa_infra.release import installed_release
from awa_infra.resources.engine_call import WARNING, clean_errors, is_unknown, log
from awa_infra.resources.progress import live_progress, tell_result

_SLOTS = ("queue_slots", "lease_slots", "claim_slots")
_IMMUTABLE = ("schema", *_SLOTS, "receipts")

_SATISFIED_BY_DEPENDENCY = "canonical-schema-missing"
"""In a preview the migrations that this schema needs may still be pending in the same ``up``."""


class QueueStorageSchemaProvider(ResourceProvider):
    """Create, complete and read one custom queue-storage schema; never drop it.

    Stateless on purpose: Pulumi stores this class in its state by import path.
    """

    @clean_errors
    def check(self, _olds: dict[str, Any], news: dict[str, Any]) -> CheckResult:
        """Refuse bad names, shapes and changes of shape in the preview, all at once."""
        _olds, news = _whole_numbers(_olds), _whole_numbers(news)
        failures = [CheckFailure(key, problem) for key, problem in _shape_problems(news)]
        failures += [
            _immutable(key, _olds[key], news.get(key))
            for key in _IMMUTABLE
            if key in _olds and not is_unknown(news.get(key)) and _olds[key] != news.get(key)
        ]
        if failures or any(is_unknown(news.get(key)) for key in ("database_url", *_IMMUTABLE)):
            return CheckResult(news, failures)
        observed, plan = read_plan(news["database_url"], _desired(news))
        raise_if_blocked([g for g in plan.gates if g.code != _SATISFIED_BY_DEPENDENCY], observed.database)
        if not _olds and plan.steps:
            log(pending_line(plan))
        return CheckResult(news, [])

    @clean_errors
    def diff(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> DiffResult:
        """Compare with the live database, so that a plain preview shows a missing or incomplete schema."""
        if any(is_unknown(_news.get(key)) for key in ("database_url", *_IMMUTABLE)):
            return DiffResult(changes=True)
        _observed, plan = read_plan(_news["database_url"], _desired(_whole_numbers(_news)))
        if plan.steps:
            log(pending_line(plan))
        return DiffResult(changes=bool(plan.steps) or _olds.get("database_url") != _news["database_url"])

    @clean_errors
    def create(self, props: dict[str, Any]) -> CreateResult:
        """Install the schema, or adopt one that stands with the same shape."""
        return CreateResult(str(props["schema"]), _apply(props))

    @clean_errors
    def update(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> UpdateResult:
        """Complete what is missing; the shape never changes."""
        return UpdateResult(_apply(_news))

    @clean_errors
    def read(self, id_: str, props: dict[str, Any]) -> ReadResult:
        """Read the schema again; it is only reported as gone when that is proven."""
        try:
            observed = read_state(props["database_url"])
        except DatabaseMissingError:
            return ReadResult("", {})
        standing = observed.substrate(str(props["schema"]))
        if standing is None:
            return ReadResult("", {})
        return ReadResult(id_, {**props, **_shape_outputs(standing.shape), "owner": standing.owner})

    @clean_errors
    def delete(self, _id: str, _props: dict[str, Any]) -> None:
        """Change nothing: jobs may live in the schema."""
        log(
            f"Queue-storage schema {_props.get('schema')} and its jobs are left as they are. Pulumi only forgets it.",
            severity=WARNING,
        )


class QueueStorageSchema(Resource, module="awa", name="QueueStorageSchema"):
    """A custom queue-storage schema beside the default one in ``awa``.

    Needs schema ``awa`` at version 24 or later in the same database: let it depend on the ``AwaSchema``.
    Name and shape are immutable, because Awa silently ignores other slot counts later. Creating it does not
    activate it. The resource is retained by default, and a delete changes nothing in the database.

    Attributes:
        owner: the role that owns the schema.
    """

    database_url: pulumi.Output[str]
    schema: pulumi.Output[str]
    queue_slots: pulumi.Output[int]
    lease_slots: pulumi.Output[int]
    claim_slots: pulumi.Output[int]
    receipts: pulumi.Output[bool]
    owner: pulumi.Output[str]

    def __init__(  # noqa: PLR0913
        self,
        resource_name: str,
        *,
        database_url: pulumi.Input[str],
        schema: pulumi.Input[str],
        queue_slots: pulumi.Input[int] = 16,
        lease_slots: pulumi.Input[int] = 8,
        claim_slots: pulumi.Input[int] = 8,
        receipts: pulumi.Input[bool] = True,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Declare the schema.

        Args:
            resource_name: name of the resource in the stack.
            database_url: connection string of the database; always kept as a secret.
            schema: at most 18 characters, ``[a-z_][a-z0-9_]*``, not ``awa``, ``public`` or ``pg_*``.
            queue_slots: slots of the ready ring, at least 4.
            lease_slots: slots of the lease ring, at least 2.
            claim_slots: slots of the claim ring, at least 2.
            receipts: whether claims are held as receipts.
            opts: Pulumi's options; ``retain_on_delete`` is on unless set here.
        """
        super().__init__(
            QueueStorageSchemaProvider(),
            resource_name,
            {
                "database_url": pulumi.Output.secret(database_url),
                "schema": schema,
                "queue_slots": queue_slots,
                "lease_slots": lease_slots,
                "claim_slots": claim_slots,
                "receipts": receipts,
                "owner": None,
            },
            pulumi.ResourceOptions.merge(pulumi.ResourceOptions(retain_on_delete=True), opts),
        )


def _desired(props: dict[str, Any]) -> DesiredState:
    queue, lease, claim = (int(props[key]) for key in _SLOTS)
    shape = Shape(queue, lease, claim, bool(props["receipts"]))
    return DesiredState(installed_release(), None, (QueueStorage(str(props["schema"]), shape),))


def _apply(props: dict[str, Any]) -> dict[str, Any]:
    desired = _desired(props)
    wanted = desired.queue_storage[0]
    report = apply(props["database_url"], desired, progress=live_progress())
    tell_result(report)
    standing = report.after.substrate(wanted.schema)
    outputs: dict[str, Any] = {key: props[key] for key in ("database_url", "schema")}
    return outputs | _shape_outputs(wanted.shape) | {"owner": standing.owner if standing else ""}


def _shape_outputs(shape: Shape) -> dict[str, Any]:
    return {
        "queue_slots": shape.queue_slots,
        "lease_slots": shape.lease_slots,
        "claim_slots": shape.claim_slots,
        "receipts": shape.receipts,
    }


def _whole_numbers(props: dict[str, Any]) -> dict[str, Any]:
    """Return the inputs with slot counts as integers: every number arrives as a float."""
    return {
        key: int(value) if key in _SLOTS and isinstance(value, float) and value.is_integer() else value
        for key, value in props.items()
    }


def _shape_problems(news: dict[str, Any]) -> list[tuple[str, str]]:
    known = {key: news.get(key) for key in _IMMUTABLE if not is_unknown(news.get(key))}
    return queue_storage_problems(known)


def _immutable(key: str, old: object, new: object) -> CheckFailure:
    return CheckFailure(
        key,
        f"{key} of a queue-storage schema cannot change from {old} to {new}. "
        "Hint: keep it, or declare a second QueueStorageSchema and move the workers there.",
    )
