"""Print what a verification found, for people."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

import click

from awa_infra.cli.output import one_line
from awa_infra.cli.plan import print_steps
from awa_infra.cli.tables import Tables, tables
from awa_infra.model import ObservedState, Plan, Report
from awa_infra.verification.drift import Examination
from awa_infra.verification.findings import Finding, FindingKind
from awa_infra.wording import counted

_COLOURS = {
    FindingKind.MISSING: "red",
    FindingKind.EXTRA: "yellow",
    FindingKind.CHANGED: "magenta",
    FindingKind.STATE: "red",
    FindingKind.RUNTIME_CREATED: "green",
    FindingKind.UNKNOWN: "yellow",
}
_SHOWN_LINES = 40


def print_findings(
    observed: ObservedState, release: str, found: Examination, report: Report | None, schemas: Sequence[str]
) -> None:
    """Print every finding, schema by schema, and the verdict."""
    if report is not None:
        for done in report.applied:
            click.echo(f"Repaired: {done.title}.")
        if not report.changed:
            click.echo("--repair found nothing that it can repair.")
    drawing = tables()
    for schema, findings in groupby(sorted(found.findings, key=lambda f: f.schema), key=lambda f: f.schema):
        click.echo(click.style(one_line(f"Schema {schema}"), bold=True))
        for finding in findings:
            _print_finding(finding, drawing)
    click.echo(f"Database {one_line(observed.database)}, Awa {release}: {_verdict(found, schemas)}")


def print_repair(plan: Plan) -> None:
    """Say what a repair would run; the database is as it was."""
    if not plan.steps:
        click.echo("--repair would run nothing.")
        return
    click.echo("--repair would run, in one transaction:")
    print_steps(plan)


def _verdict(found: Examination, schemas: Sequence[str]) -> str:
    """Return the last line: healthy only if everything requested was compared."""
    if found.healthy:
        listed = ", ".join(dict.fromkeys(schemas))
        return click.style("healthy.", fg="green") + (f" Only {listed} was verified." if listed else "")
    count = len(found.drift)
    repairable = sum(f.repairable for f in found.drift)
    rest = f", {repairable} of them repairable with --repair" if repairable else ""
    line = f"{counted(count, 'finding')}{rest}." if count else "no drift found."
    unknown = ", ".join(dict.fromkeys(f.schema for f in found.unknown))
    if unknown:
        line += f" Not everything was compared: see {unknown} above."
    return click.style(line, fg="red" if count else "yellow")


def _print_finding(finding: Finding, drawing: Tables | None) -> None:
    objects = "1 object that depends" if finding.also == 1 else f"{finding.also} objects that depend"
    more = f", and {objects} on it" if finding.also else ""
    what = f"{finding.message} [{finding.code}]" if finding.message else f"{finding.part} {finding.object}{more}"
    mark, shade = f"{finding.kind.value:<8}", _COLOURS[finding.kind]
    if drawing is not None:
        drawing.rows([([(mark, shade)], what)], widths=(len(mark),), indent=2)
    else:
        click.echo(f"  {click.style(mark, fg=shade)} {one_line(what)}")
    if finding.diff:
        for line in finding.diff[:_SHOWN_LINES]:
            colour = {"+": "green", "-": "red"}.get(line[:1])
            click.echo(click.style(f"             {one_line(line)}", fg=colour))
        if len(finding.diff) > _SHOWN_LINES:
            click.echo(f"             ... {len(finding.diff) - _SHOWN_LINES} more lines, see --json")
    elif finding.kind is FindingKind.CHANGED:
        click.echo(click.style(f"             - {one_line(str(finding.expected))}", fg="red"))
        click.echo(click.style(f"             + {one_line(str(finding.found))}", fg="green"))
    if finding.repair and drawing is not None:
        drawing.rows([("", [(finding.repair, "dim")])], widths=(len(mark),), indent=2)
    elif finding.repair:
        click.echo(click.style(f"           {one_line(finding.repair)}", dim=True))
    # All of them: half of the statements of a handover change no owner.
    for statement in finding.sql:
        click.echo(f"             {one_line(statement)}")
