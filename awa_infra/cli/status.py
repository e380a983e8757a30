"""``awa-infra status``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import click

from awa_infra.cli.examples import examples
from awa_infra.cli.options import ROLE, config_option, database_url_option, json_option, read_config
from awa_infra.cli.output import one_line, print_json
from awa_infra.cli.tables import tables
from awa_infra.database.observe import read_plan, read_state
from awa_infra.lifecycle.database_url import url_to_read
from awa_infra.lifecycle.desired import desired_state
from awa_infra.model import CANONICAL_SCHEMA, ObservedState, Plan
from awa_infra.planning.describe import state_data
from awa_infra.planning.pure_gates import refuse_unreadable
from awa_infra.wording import counted, listed

_VERIFY = "awa-infra verify says what to do"


@dataclass(frozen=True, slots=True)
class _Schema:
    """A custom queue-storage schema, as it is shown; of one that cannot be read, `shape` is the reason."""

    name: str
    owner: str
    shape: str
    readable: bool = True

    def line(self) -> str:
        if self.readable:
            return f"{self.name} ({self.shape}), owner {self.owner}"
        return f"{self.name}, owner {self.owner}: {self.shape}"


@click.command(epilog=examples("status"))
@database_url_option
@config_option
@click.option("--role", type=ROLE, metavar="ROLE", help="Become this role first.")
@json_option
def status(*, database_url: str | None, config_path: Path | None, role: str | None, as_json: bool) -> None:
    """Show the state of one database. Reads only.

    With --config the database must be the one that it declares, and what is pending is shown, too, with the digest that
    awa-infra plan shows for it.
    """
    config = read_config(config_path)
    url = url_to_read(database_url, config)
    plan: Plan | None = None
    if config is None:
        observed = read_state(url, role=role)
    else:
        observed, plan = read_plan(url, desired_state(config), role=role)
        refuse_unreadable(plan.gates, observed.database)
    if as_json:
        data = state_data(observed)
        if plan is not None:
            data |= {"pending": [step.key for step in plan.steps], "digest": plan.digest if plan.steps else None}
        print_json(data)
        return
    _print(observed, _pending(plan) if plan is not None else [])


def _print(observed: ObservedState, pending: Sequence[tuple[str, str]]) -> None:
    drawing = tables()
    custom = _queue_storage(observed)
    if drawing is None:
        schemas = [("queue storage", schema.line()) for schema in custom]
        for label, value in [*_lines(observed), *schemas, *_lost_rows(observed), *pending]:
            click.echo(f"{label + ':':<16} {one_line(value)}")
        return
    lines = [*_lines(observed), *_lost_rows(observed), *pending]
    drawing.rows(
        (([(label, "bold")], value) for label, value in lines), widths=(max(len(label) for label, _ in lines),)
    )
    if custom:
        click.echo()
        rows = ((s.name, s.owner, [(s.shape, "" if s.readable else "yellow")]) for s in custom)
        drawing.table(("Queue storage", "Owner", "Shape"), rows)


def _pending(plan: Plan) -> list[tuple[str, str]]:
    lines = [("pending", f"{counted(len(plan.steps), 'step')}, see awa-infra plan")] if plan.steps else []
    if not plan.steps and not plan.gates:
        lines = [("pending", "nothing")]
    lines += [("digest", plan.digest)] if plan.steps else []
    blocks = listed(dict.fromkeys(gate.code for gate in plan.gates))
    return [*lines, *([("blocked", f"awa-infra plan says what to do [{blocks}]")] if blocks else [])]


def _lines(observed: ObservedState) -> list[tuple[str, str]]:
    lines = [("database", f"{observed.database} (PostgreSQL {observed.major})")]
    if not observed.versions:
        state = "exists, not migrated" if observed.schema_exists else "does not exist"
        if observed.history_empty:
            state = f"version unknown: table awa.schema_version is empty; {_VERIFY} [empty-history]"
        return [*lines, ("schema awa", state)]
    lines.append(("schema awa", f"version {observed.version}"))
    lines.append(("patches", ", ".join(sorted(observed.patches)) or "none"))
    transition = observed.transition
    if transition:
        active = f"; new jobs go to queue storage in schema {transition.active_schema}"
        canonical = "; queue storage is not activated"
        lines.append(("storage", transition.state + (active if transition.active_schema else canonical)))
    return lines


def _queue_storage(observed: ObservedState) -> list[_Schema]:
    """Return every custom queue-storage schema, those last whose shape cannot be read."""
    if not observed.versions:
        return []
    readable = [_Schema(s.schema, s.owner, str(s.shape)) for s in observed.substrates if s.schema != CANONICAL_SCHEMA]
    return readable + [
        _Schema(
            s.schema,
            s.owner,
            "its ring tables are missing" if s.damaged else f"{observed.user} may not read it",
            readable=False,
        )
        for s in observed.unseen
    ]


def _lost_rows(observed: ObservedState) -> list[tuple[str, str]]:
    if not observed.versions or not observed.lost_rows:
        return []
    gone = ", ".join(map(str, observed.lost_rows))
    return [("rows gone", f"{gone}; {_VERIFY} [state-rows-missing]")]
