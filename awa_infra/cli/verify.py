"""``awa-infra verify``."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

import click

from awa_infra.cli.apply import Progress, tell_retry
from awa_infra.cli.desired import read_config, url_for
from awa_infra.cli.options import (
    TEXT,
    config_option,
    database_url_option,
    json_option,
    policy_options,
    waits_options,
)
from awa_infra.cli.output import print_json
from awa_infra.database.apply import Waits
from awa_infra.database.fingerprint import repair as run_repair
from awa_infra.database.fingerprint import verify as run_verify
from awa_infra.database.observe import refuse_other_database
from awa_infra.database.reference import measured_facts
from awa_infra.database.url import with_database
from awa_infra.facts.catalog import CatalogFacts
from awa_infra.model import ObservedState, Policy, Release, Report
from awa_infra.planning.drift import Examination
from awa_infra.planning.findings import Finding, FindingKind
from awa_infra.release import installed_release

DRIFT = 1
"""Exit status if anything is not as the release promises."""

UNCOMPARED = 9
"""Exit status if nothing wrong was found, but not everything was compared."""

_COLOURS = {
    FindingKind.MISSING: "red",
    FindingKind.EXTRA: "yellow",
    FindingKind.CHANGED: "magenta",
    FindingKind.STATE: "red",
    FindingKind.LAZY: "green",
    FindingKind.UNKNOWN: "yellow",
}
_SHOWN_LINES = 40


@click.command()
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
@waits_options
@json_option
@click.pass_context
def verify(
    ctx: click.Context,
    *,
    database_url: str | None,
    config_path: Path | None,
    schemas: tuple[str, ...],
    repair: bool,
    reference: bool,
    reference_url: str | None,
    role: str | None,
    policy: Policy,
    waits: Waits,
    as_json: bool,
) -> None:
    """Compare one database with what its Awa release promises. Without --repair reads only.

    Compares schema awa and every queue-storage schema object by object, and looks at version rows, routing,
    slots, owners and privileges. With --config the database must be the one that it declares. --repair never
    drops, never activates and never runs a single old migration.

    Exit status: 0 healthy, 1 drift found (or left), 3 if a gate blocks, 9 if no drift was found but not everything was
    compared.
    """
    config = read_config(config_path)
    url = url_for(database_url, config)
    refuse_other_database(url, config.database.name if config and config.database else None)
    release = installed_release()
    facts = _reference(url, release, reference_url) if reference or reference_url is not None else None
    report = None
    if repair:
        report, found = run_repair(
            url,
            release,
            schemas,
            policy=policy,
            role=role,
            facts=facts,
            waits=waits,
            progress=Progress(),
            on_retry=tell_retry,
        )
        observed = report.after
    else:
        observed, found = run_verify(url, release, schemas, role=role, facts=facts)
    if as_json:
        print_json(_data(observed, release.name, found, report))
    else:
        _print(observed, release.name, found, report, schemas)
    if found.drift:
        ctx.exit(DRIFT)
    if found.unknown:
        ctx.exit(UNCOMPARED)


def _reference(url: str, release: Release, reference_url: str | None) -> CatalogFacts:
    if reference_url is not None and "=" not in reference_url and ":" not in reference_url:
        reference_url = with_database(url, reference_url)
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


def _data(observed: ObservedState, release: str, found: Examination, report: Report | None) -> dict[str, Any]:
    data: dict[str, Any] = {
        "database": observed.database,
        "release": release,
        "schema_version": observed.version,
        "healthy": found.healthy,
        "compared": not found.unknown,
        "fingerprints": [{"schema": f.schema, "found": f.found, "expected": f.expected} for f in found.fingerprints],
        "findings": [_finding_data(f) for f in found.findings],
    }
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
