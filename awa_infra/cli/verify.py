"""``awa-infra verify``."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

import click

from awa_infra.cli.desired import url_to_read
from awa_infra.cli.examples import examples
from awa_infra.cli.failures import print_gates
from awa_infra.cli.options import (
    TEXT,
    config_option,
    database_url_option,
    json_option,
    lock_options,
    loudness_options,
    policy_options,
)
from awa_infra.cli.output import print_json
from awa_infra.cli.plan import print_sql, print_steps
from awa_infra.cli.progress import shown_progress
from awa_infra.database.fingerprint import read_repair
from awa_infra.database.fingerprint import repair as run_repair
from awa_infra.database.fingerprint import verify as run_verify
from awa_infra.database.options import ApplyOptions
from awa_infra.database.reference import measured_facts
from awa_infra.database.target import Target
from awa_infra.errors import BlockedError, ConfigurationError
from awa_infra.facts.catalog import CatalogFacts
from awa_infra.model import ObservedState, Plan, Policy, Release, Report
from awa_infra.planning.describe import gate_data, step_data
from awa_infra.release import installed_release
from awa_infra.verification.drift import Examination
from awa_infra.verification.findings import Finding, FindingKind

DRIFT = 1
"""Exit status if anything is not as the release promises."""

UNCOMPARED = 9
"""Exit status if nothing wrong was found, but not everything was compared."""

_COLOURS = {
    FindingKind.MISSING: "red",
    FindingKind.EXTRA: "yellow",
    FindingKind.CHANGED: "magenta",
    FindingKind.STATE: "red",
    FindingKind.RUNTIME_CREATED: "green",
    FindingKind.UNKNOWN: "yellow",
}
_SHOWN_LINES = 40


@click.command(epilog=examples("verify"))
@database_url_option
@config_option
@click.option(
    "--schema",
    "schemas",
    type=TEXT,
    metavar="NAME",
    multiple=True,
    help="Only this schema; can be given several times.",
)
@click.option("--repair", is_flag=True, help="Run Awa's own SQL again where that is enough.")
@click.option(
    "--dry-run", is_flag=True, help="With --repair: only show what it would run, and what would keep it from running."
)
@click.option("--sql", "show_sql", is_flag=True, help="With --dry-run: print the SQL that would run, and nothing else.")
@click.option(
    "--reference",
    is_flag=True,
    help="Compare with a scratch database, made on the same server by the installed release and dropped again; needs "
    "CREATEDB.",
)
@click.option(
    "--reference-url",
    metavar="URL",
    help="Compare with this database instead, which is only read. Connection string, or the name of a database on the "
    "same server.",
)
@policy_options
@lock_options
@loudness_options
@json_option
@click.pass_context
def verify(
    ctx: click.Context,
    *,
    database_url: str | None,
    config_path: Path | None,
    schemas: tuple[str, ...],
    repair: bool,
    dry_run: bool,
    show_sql: bool,
    reference: bool,
    reference_url: str | None,
    role: str | None,
    policy: Policy,
    options: ApplyOptions,
    as_json: bool,
) -> None:
    """Compare one database with what its Awa release promises. Without --repair reads only.

    Compares schema awa and every queue-storage schema object by object, and looks at version rows, routing,
    slots, owners and privileges. With --config the database must be the one that it declares. --repair never
    drops, never activates and never runs a single old migration; with --dry-run it runs nothing.

    Exit status: 0 healthy, 1 drift found (or left), 3 if a gate blocks, 9 if no drift was found but not everything was
    compared.
    """
    _require_fitting(repair=repair, dry_run=dry_run, show_sql=show_sql)
    url = url_to_read(database_url, config_path)
    release = installed_release()
    facts = _reference(url, release, reference_url) if reference or reference_url is not None else None
    report = plan = None
    if dry_run:
        observed, found, plan = read_repair(url, release, schemas, policy=policy, role=role, facts=facts)
    elif repair:
        with shown_progress(options) as telling:
            report, found = run_repair(url, release, schemas, policy=policy, role=role, facts=facts, options=telling)
        observed = report.after
    else:
        observed, found = run_verify(url, release, schemas, role=role, facts=facts)
    if as_json:
        print_json(_data(observed, release.name, found, report, plan))
    elif show_sql and plan is not None:
        print_sql(plan)
    else:
        _print(observed, release.name, found, report, schemas)
        if plan is not None:
            _print_plan(plan)
    if plan is not None and not as_json:
        print_gates(plan.gates)
    ctx.exit(_status(found, plan))


def _status(found: Examination, plan: Plan | None) -> int:
    """Return the exit status."""
    if plan is not None and plan.blocked:
        return BlockedError.exit_status
    if found.drift:
        return DRIFT
    return UNCOMPARED if found.unknown else 0


def _require_fitting(*, repair: bool, dry_run: bool, show_sql: bool) -> None:
    """Refuse options that mean nothing without others.

    Raises:
        ConfigurationError: one is given without the other.
    """
    if (dry_run and not repair) or (show_sql and not dry_run):
        option, other = ("--dry-run", "--repair") if dry_run else ("--sql", "--repair --dry-run")
        raise ConfigurationError(f"{option} goes with {other}.", hint=f"Add {other}.")


def _reference(url: str, release: Release, reference_url: str | None) -> CatalogFacts:
    if reference_url is not None and "=" not in reference_url and ":" not in reference_url:
        reference_url = Target.of(url).with_database(reference_url)
    return measured_facts(url, release, reference_url)


def _print(
    observed: ObservedState, release: str, found: Examination, report: Report | None, schemas: Sequence[str]
) -> None:
    if report is not None:
        for done in report.applied:
            click.echo(f"Repaired: {done.title}.")
        if not report.changed:
            click.echo("Nothing was there that --repair could repair.")
    for schema, findings in groupby(sorted(found.findings, key=lambda f: f.schema), key=lambda f: f.schema):
        click.echo(click.style(f"Schema {schema}", bold=True))
        for finding in findings:
            _print_finding(finding)
    click.echo(f"Database {observed.database}, Awa {release}: {_verdict(found, schemas)}")


def _print_plan(plan: Plan) -> None:
    """Say what a repair would run; the database is as it was."""
    if not plan.steps:
        click.echo("--repair would run nothing.")
        return
    click.echo("--repair would run, in one transaction:")
    print_steps(plan)


def _verdict(found: Examination, schemas: Sequence[str]) -> str:
    """Return the last line: healthy only if everything that was asked about was compared."""
    if found.healthy:
        listed = ", ".join(dict.fromkeys(schemas))
        return click.style("healthy.", fg="green") + (f" Only {listed} was verified." if listed else "")
    count = len(found.drift)
    repairable = sum(f.repairable for f in found.drift)
    rest = f", {repairable} of them repairable with --repair" if repairable else ""
    line = f"{count} finding{'s' if count > 1 else ''}{rest}." if count else "no drift found."
    unknown = ", ".join(dict.fromkeys(f.schema for f in found.unknown))
    if unknown:
        line += f" Not everything was compared: see {unknown} above."
    return click.style(line, fg="red" if count else "yellow")


def _print_finding(finding: Finding) -> None:
    mark = click.style(f"{finding.kind.value:<8}", fg=_COLOURS[finding.kind])
    if finding.message:
        click.echo(f"  {mark} {finding.message} [{finding.code}]")
    else:
        more = f", and {finding.also} that hang on it" if finding.also else ""
        click.echo(f"  {mark} {finding.part} {finding.object}{more}")
    if finding.diff:
        for line in finding.diff[:_SHOWN_LINES]:
            colour = {"+": "green", "-": "red"}.get(line[:1])
            click.echo(click.style(f"             {line}", fg=colour))
        if len(finding.diff) > _SHOWN_LINES:
            click.echo(f"             ... {len(finding.diff) - _SHOWN_LINES} more lines, see --json")
    elif finding.kind is FindingKind.CHANGED:
        click.echo(click.style(f"             - {finding.expected}", fg="red"))
        click.echo(click.style(f"             + {finding.found}", fg="green"))
    if finding.repair:
        click.echo(click.style(f"           {finding.repair}", dim=True))
    # All of them: half of the statements that hand something over hand over nothing.
    for statement in finding.sql:
        click.echo(f"             {statement}")


def _data(
    observed: ObservedState, release: str, found: Examination, report: Report | None, plan: Plan | None
) -> dict[str, Any]:
    data: dict[str, Any] = {
        "database": observed.database,
        "release": release,
        "schema_version": observed.version,
        "healthy": found.healthy,
        "compared": not found.unknown,
        "fingerprints": [{"schema": f.schema, "found": f.found, "expected": f.expected} for f in found.fingerprints],
        "findings": [_finding_data(f) for f in found.findings],
    }
    if plan is not None:
        data["would_run"] = [step_data(step) for step in plan.steps]
        data["gates"] = [gate_data(gate) for gate in plan.gates]
    if report is not None:
        data["repaired"] = [{"key": r.key, "title": r.title, "seconds": round(r.seconds, 3)} for r in report.applied]
    return data


def _finding_data(finding: Finding) -> dict[str, Any]:
    return {
        "kind": finding.kind.value,
        "code": finding.code,
        "schema": finding.schema,
        "part": finding.part,
        "object": finding.object,
        "also": finding.also,
        "expected": finding.expected,
        "found": finding.found,
        "message": finding.message,
        "diff": list(finding.diff),
        "repair": finding.repair,
        "repairable": finding.repairable,
        "sql": list(finding.sql),
    }
