"""The resource ``AwaSchema``: Awa's versioned migrations, applied on create and on update."""

from __future__ import annotations

from typing import Any

import pulumi
from pulumi.dynamic import (
    CheckResult,
    CreateResult,
    DiffResult,
    ReadResult,
    Resource,
    ResourceProvider,
    UpdateResult,
)

from awa_infra.database.apply import apply
from awa_infra.database.observe import read_plan, read_state
from awa_infra.errors import DatabaseMissingError
from awa_infra.model import CANONICAL_SCHEMA, DesiredState, ObservedState
from awa_infra.planning.describe import pending_line
from awa_infra.planning.gates import raise_if_blocked
from awa_infra.planning.planner import make_plan
from awa_infra.release import installed_release
from awa_infra.resources.engine_call import WARNING, clean_errors, is_unknown, log
from awa_infra.resources.progress import live_progress, tell_result


class AwaSchemaProvider(ResourceProvider):
    """Create, update and read the canonical schema; never delete it.

    Stateless on purpose: Pulumi stores this class in its state by import path.
    """

    @clean_errors
    def check(self, _olds: dict[str, Any], news: dict[str, Any]) -> CheckResult:
        """Refuse, in the preview already, whatever a gate refuses; on create say what is pending."""
        if is_unknown(news.get("target_version")):
            return CheckResult(news, [])
        if is_unknown(news.get("database_url")):
            if not _olds:
                log("The database is not known yet. " + pending_line(make_plan(_desired(news), ObservedState())))
            return CheckResult(news, [])
        observed, plan = read_plan(news["database_url"], _desired(news))
        raise_if_blocked(plan.gates, observed.database)
        if not _olds:
            log(pending_line(plan))
        return CheckResult(news, [])

    @clean_errors
    def diff(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> DiffResult:
        """Compare with the live database, so that a plain preview shows pending versions and drift."""
        if any(is_unknown(_news.get(key)) for key in ("database_url", "target_version")):
            return DiffResult(changes=True)
        desired = _desired(_news)
        _observed, plan = read_plan(_news["database_url"], desired)
        if plan.steps:
            log(pending_line(plan))
        changed_inputs = any(_olds.get(key) != _news.get(key) for key in ("database_url", "target_version"))
        return DiffResult(changes=bool(plan.steps) or changed_inputs or _olds.get("release") != desired.release.name)

    @clean_errors
    def create(self, props: dict[str, Any]) -> CreateResult:
        """Apply what is pending; a database that ``awa migrate`` made is simply adopted."""
        return CreateResult(CANONICAL_SCHEMA, _apply(props))

    @clean_errors
    def update(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> UpdateResult:
        """Apply what is pending."""
        return UpdateResult(_apply(_news))

    @clean_errors
    def read(self, id_: str, props: dict[str, Any]) -> ReadResult:
        """Read the schema again; it is only reported as gone when that is proven."""
        try:
            observed = read_state(props["database_url"])
        except DatabaseMissingError:
            return ReadResult("", {})
        if not observed.schema_exists:
            return ReadResult("", {})
        return ReadResult(id_, {**props, **_outputs(observed)})

    @clean_errors
    def delete(self, _id: str, _props: dict[str, Any]) -> None:
        """Change nothing: the canonical schema is never dropped."""
        log("Schema awa is left as it is: awa-infra never drops it. Pulumi only forgets it.", severity=WARNING)


class AwaSchema(Resource, module="awa", name="AwaSchema"):
    """The canonical schema ``awa`` of one database, migrated to a version of the installed Awa release.

    Creating and updating apply the pending migrations and patches of the ``awa-pg`` wheel in one transaction
    under Awa's migration lock. A preview names them. Nothing activates queue storage. The resource is
    protected and retained by default, and even without that a delete changes nothing in the database.

    Attributes:
        schema_version: the version that the schema stands at.
        release: the Awa release that applied it.
        patches: names of the repeatable patches that are applied.
        storage_state: Awa's storage-transition state (``canonical`` until a worker or an operator activates
            queue storage).
        active_schema: the queue-storage schema that new jobs go to; empty while storage is canonical.
    """

    database_url: pulumi.Output[str]
    target_version: pulumi.Output[int | None]
    schema_version: pulumi.Output[int]
    release: pulumi.Output[str]
    patches: pulumi.Output[list[str]]
    storage_state: pulumi.Output[str]
    active_schema: pulumi.Output[str]

    def __init__(
        self,
        resource_name: str,
        *,
        database_url: pulumi.Input[str],
        target_version: pulumi.Input[int] | None = None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Declare the schema.

        Args:
            resource_name: name of the resource in the stack.
            database_url: connection string of the database; always kept as a secret.
            target_version: migrate up to this version, inclusive. Default: all that the installed release has.
            opts: Pulumi's options; ``protect`` and ``retain_on_delete`` are on unless set here.
        """
        defaults = pulumi.ResourceOptions(protect=True, retain_on_delete=True)
        super().__init__(
            AwaSchemaProvider(),
            resource_name,
            {
                "database_url": pulumi.Output.secret(database_url),
                "target_version": target_version,
                "schema_version": None,
                "release": None,
                "patches": None,
                "storage_state": None,
                "active_schema": None,
            },
            pulumi.ResourceOptions.merge(defaults, opts),
        )


def _desired(props: dict[str, Any]) -> DesiredState:
    release = installed_release()
    target = props.get("target_version")
    return DesiredState(release, release.schema_version if target is None else int(target))


def _apply(props: dict[str, Any]) -> dict[str, Any]:
    report = apply(props["database_url"], _desired(props), progress=live_progress())
    tell_result(report)
    inputs = {key: props.get(key) for key in ("database_url", "target_version")}
    return inputs | _outputs(report.after) | {"release": installed_release().name}


def _outputs(observed: ObservedState) -> dict[str, Any]:
    transition = observed.transition
    return {
        "schema_version": observed.version,
        "patches": sorted(observed.patches),
        "storage_state": transition.state if transition else "canonical",
        "active_schema": (transition.active_schema if transition else None) or "",
    }
