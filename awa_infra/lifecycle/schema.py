"""``AwaSchema``: Awa's versioned migrations, applied on create and on update."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any, ClassVar

from awa_infra.database.ahead import ahead
from awa_infra.database.fingerprint import repair
from awa_infra.database.identity import place
from awa_infra.errors import ConfigurationError
from awa_infra.lifecycle.base import Lifecycle
from awa_infra.lifecycle.connections import PLACE
from awa_infra.lifecycle.foreseen import foreseen
from awa_infra.lifecycle.lost_rows import apply_with_repair, plan_with_repair
from awa_infra.lifecycle.progress import apply_options, show_result
from awa_infra.lifecycle.reading import comparison, desired_plan, warn_of_drift
from awa_infra.lifecycle.values import Comparison, Show
from awa_infra.model import CANONICAL_SCHEMA, DesiredState, ObservedState, Plan, StepKind, Transaction
from awa_infra.planning.describe import locks_line, pending_line
from awa_infra.planning.effort import DURATION
from awa_infra.planning.pure_gates import refuse_unreadable, release_gate
from awa_infra.release import installed_release
from awa_infra.spec.base import Props
from awa_infra.spec.problems import Problem
from awa_infra.spec.schema import SchemaInputs, SchemaOutputs

_VERIFY = "awa-infra verify shows it object by object"


class SchemaLifecycle(Lifecycle[SchemaInputs]):
    """Create, update and read the canonical schema; never delete it."""

    name: ClassVar = "AwaSchema"
    declares = SchemaInputs
    reports: ClassVar = SchemaOutputs
    needed: ClassVar = ("database_url", "target_version", "role", "queues")

    def normal(self, props: Props) -> SchemaInputs:
        """Take the installed release where none is declared: a newer one is an update."""
        found = super().normal(props)
        return found if found.release else found.model_copy(update={"release": installed_release().name})

    def identifier(self, wanted: SchemaInputs) -> str:  # noqa: ARG002
        """Return the only name there is."""
        return CANONICAL_SCHEMA

    def problems(self, news: Props) -> list[Problem]:
        """Refuse another release than the declared one."""
        problems = super().problems(news)
        expected = self.normal(news).release
        known = isinstance(expected, str) and "release" not in (problem.key for problem in problems)
        gate = release_gate(expected, installed_release()) if known else None
        return problems if gate is None else [*problems, Problem("release", gate.message, gate.hint, gate.code)]

    def desired(self, wanted: SchemaInputs) -> DesiredState:
        """Return what the database is to have."""
        release = installed_release()
        return DesiredState(
            release,
            release.schema_version if wanted.target_version is None else wanted.target_version,
            wanted.own_queue_storage(),
            wanted.policy(),
            guarded=(CANONICAL_SCHEMA,) if wanted.guard is True else (),
            transaction=wanted.together(),
        )

    def plan(self, olds: Props, wanted: SchemaInputs) -> tuple[ObservedState, Plan]:  # noqa: ARG002
        """Return the pending migrations and patches."""
        desired = self.desired(wanted)
        observed, plan = desired_plan(wanted.database_url, desired, wanted.role)
        return observed, plan_with_repair(wanted, desired, observed, plan)

    def compare(self, olds: Props, wanted: SchemaInputs) -> Comparison:  # noqa: ARG002
        """Return the plan, and what differs in schema ``awa``."""
        desired = self.desired(wanted)
        seen = comparison(wanted.database_url, desired, CANONICAL_SCHEMA, wanted.role)
        return replace(seen, plan=plan_with_repair(wanted, desired, seen.observed, seen.plan))

    def read_ahead(self, olds: Props, wanted: SchemaInputs) -> Comparison | None:  # noqa: ARG002
        """Have the schemas of other databases read, and return what was read of this one."""
        for url in foreseen.others(wanted.database_url):
            other = wanted.model_copy(update={"database_url": url})
            ahead.foresee(url, _question(other), partial(self.compare, {}, other))
        found = ahead.take(wanted.database_url, _question(wanted))
        return found if isinstance(found, Comparison) else None

    def show_pending(self, wanted: SchemaInputs, seen: Comparison, show: Show) -> None:
        """Name the pending versions and what they lock; on adoption, drift."""
        plan = seen.plan
        # Nothing waits in an empty database, and nothing waits for replaced functions.
        upgrade = bool(plan.from_version) and any(s.kind is StepKind.MIGRATION for s in plan.steps)
        locks = locks_line(plan) if upgrade else ""
        each = wanted.together() is Transaction.EACH
        until = "Locks, each until its own migration is committed" if each else "Locks until the end"
        show(pending_line(plan) + (f" {until}: {locks}." if locks else ""))
        for note in plan.notes:
            if upgrade or note.code != DURATION:
                show(note.message, warning=note.code == "window")
        if not plan.steps:
            warn_of_drift(CANONICAL_SCHEMA, seen.found, _VERIFY, show)

    def show_changed(self, olds: Props, wanted: SchemaInputs, inputs: tuple[str, ...], show: Show) -> None:
        """Name another installed release: it is an update that no line of the program explains."""
        if "release" in inputs:
            show(
                f"The installed awa-pg is now {wanted.release}; schema awa was last applied with {olds['release']}. "
                "The update records that and applies what is pending."
            )

    def drifted(self, wanted: SchemaInputs, seen: Comparison, show: Show) -> bool:
        """Warn of drift; an update repairs what can be repaired, if `repair` is set."""
        repairable = any(finding.repairable for finding in seen.found.drift)
        repair = wanted.repair is True
        warn_of_drift(CANONICAL_SCHEMA, seen.found, _drift_hint(repairable=repairable, repair=repair), show)
        return repairable and repair

    def apply(self, olds: Props, wanted: SchemaInputs, show: Show) -> dict[str, Any]:  # noqa: ARG002
        """Apply what is pending; a database that ``awa migrate`` made is simply adopted."""
        url, release = wanted.database_url, installed_release()
        options = apply_options(wanted, show)
        report = apply_with_repair(wanted, self.desired(wanted), options)
        if wanted.repair and not report.changed:
            repaired, _found = repair(
                url, release, [CANONICAL_SCHEMA], policy=wanted.policy(), role=wanted.role, options=options
            )
            report = repaired if repaired.changed else report
        seen = self._verified(wanted)
        show_result(report, show, drift=len(seen.found.drift))
        return _outputs(url, report.after) | {"release": release.name, "fingerprint": seen.fingerprint}

    def foresee(
        self,
        olds: Props,
        wanted: SchemaInputs,
        observed: ObservedState,
        plan: Plan,
    ) -> dict[str, Any]:
        """Say which version and patches there will be; nothing else changes but the fingerprint."""
        applied = {step.key.removeprefix("patch:") for step in plan.steps if step.kind is StepKind.PATCH}
        outputs = {"schema_version": plan.to_version, "patches": sorted(observed.patches | applied)}
        kept = {} if plan.steps or "fingerprint" not in olds else {"fingerprint": olds["fingerprint"]}
        return _outputs(wanted.database_url, observed) | outputs | kept

    def named(self, id_: str) -> dict[str, Any]:
        """Return nothing: the id has no choice.

        Raises:
            ConfigurationError: the id is another one.
        """
        if id_ != CANONICAL_SCHEMA:
            raise ConfigurationError(
                f"There is no {self.name} {id_}.",
                hint=f"The id of the canonical schema is {CANONICAL_SCHEMA}; a custom one is a QueueStorageSchema.",
            )
        return {}

    def observe(self, wanted: SchemaInputs) -> dict[str, Any] | None:
        """Read the schema again."""
        seen = self._verified(wanted)
        refuse_unreadable(seen.plan.gates, seen.observed.database)
        if not seen.observed.schema_exists:
            return None
        return _outputs(wanted.database_url, seen.observed) | {"fingerprint": seen.fingerprint}

    def _verified(self, wanted: SchemaInputs) -> Comparison:
        """Compare the whole release, whatever version is declared."""
        release = installed_release()
        desired = DesiredState(release, release.schema_version)
        return comparison(wanted.database_url, desired, CANONICAL_SCHEMA, wanted.role)

    def delete(self, props: Props, show: Show) -> None:  # noqa: ARG002
        """Change nothing: the canonical schema is never dropped."""
        show("Schema awa is left as it is: awa-infra never drops it. Pulumi only forgets it.", warning=True)


def _drift_hint(*, repairable: bool, repair: bool) -> str:
    if repairable and repair:
        return "repair is on, so an update runs Awa's own SQL again"
    if repairable:
        return f"{_VERIFY}; set repair to true to have an update run Awa's own SQL again"
    return f"{_VERIFY}; repair cannot reach this, the findings say what can"


def _question(wanted: SchemaInputs) -> str:
    return repr(sorted(wanted.props().items()))


def _outputs(url: str, observed: ObservedState) -> dict[str, Any]:
    return {
        PLACE: str(place(url, observed)),
        "schema_version": observed.version,
        "patches": sorted(observed.patches),
        "storage_state": observed.storage_state or "canonical",
        "active_schema": observed.active_schema or "",
    }
