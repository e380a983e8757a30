"""``awa-infra verify``."""

from __future__ import annotations

from pathlib import Path

import click

from awa_infra.cli.examples import examples
from awa_infra.cli.failures import FAILURE_DOCUMENT, print_gates
from awa_infra.cli.options import (
    TEXT,
    config_option,
    database_url_option,
    file_option,
    json_option,
    lock_options,
    loudness_options,
    policy_options,
    read_config,
)
from awa_infra.cli.plan import print_sql
from awa_infra.cli.progress import shown_progress
from awa_infra.cli.verify_report import FORMATS, TEXT_FORMAT, FailureDocument, chosen_format, report_text, write_report
from awa_infra.cli.verify_text import print_findings, print_repair
from awa_infra.database.fingerprint import read_repair
from awa_infra.database.fingerprint import repair as run_repair
from awa_infra.database.fingerprint import verify as run_verify
from awa_infra.database.options import ApplyOptions
from awa_infra.database.reference import measured_facts
from awa_infra.errors import BlockedError, ConfigurationError
from awa_infra.lifecycle.database_url import database_of, url_to_read
from awa_infra.lifecycle.declared_state import compared_with_declared
from awa_infra.model import Plan, Policy
from awa_infra.release import installed_release
from awa_infra.verification.drift import Examination

DRIFT = 1
"""Exit status if anything is not as the release promises."""

UNCOMPARED = 9
"""Exit status if nothing wrong was found, but not everything was compared."""


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
    "--dry-run", is_flag=True, help="With --repair: only show what it would run, and which gates would block it."
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
@click.option(
    "--format",
    "requested",
    type=click.Choice(FORMATS),
    help="text for people, json as --json, junit for CI servers, sarif for code scanning, prometheus for the textfile "
    "collector of node_exporter. Default: text.",
)
@file_option("--output", about="With --format: write it there, whole or not at all, and print the text for people.")
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
    requested: str | None,
    output: Path | None,
    role: str | None,
    policy: Policy,
    options: ApplyOptions,
    as_json: bool,
) -> None:
    """Compare one database with what its Awa release promises. Without --repair reads only.

    Compares schema awa and every queue-storage schema object by object, and looks at version rows, routing,
    slots, owners and privileges. With --config the database must be the one that it declares, and what is declared and
    missing is a finding, too. --repair never drops, never activates and never runs a single old migration; with
    --dry-run it runs nothing.

    Exit status: 0 healthy, 1 drift found (or left), 3 if a gate blocks, 9 if no drift was found but not everything was
    compared.
    """
    _require_fitting(repair=repair, dry_run=dry_run, show_sql=show_sql)
    kind = chosen_format(requested, as_json=as_json, output=output, dry_run=dry_run)
    failing = FailureDocument(kind, output)
    if kind != TEXT_FORMAT:
        ctx.meta[FAILURE_DOCUMENT] = failing
    release = installed_release()
    config = read_config(config_path)
    failing.release, failing.database = release.name, database_of(database_url, config)
    url = url_to_read(database_url, config)
    facts = measured_facts(url, release, reference_url) if reference or reference_url is not None else None
    report = plan = None
    if dry_run:
        observed, found, plan = read_repair(url, release, schemas, policy=policy, role=role, facts=facts)
    elif repair:
        with shown_progress(options) as shown:
            report, found = run_repair(url, release, schemas, policy=policy, role=role, facts=facts, options=shown)
        observed = report.after
    else:
        observed, found = run_verify(url, release, schemas, role=role, facts=facts)
    if config is not None:
        found = compared_with_declared(url, config, found, schemas, role=role)
    if kind != TEXT_FORMAT:
        text = report_text(kind, observed, release.name, found, report=report, plan=plan, config=config_path)
        write_report(text, output)
    if kind != TEXT_FORMAT and output is None:
        ctx.exit(_status(found, plan))
    if show_sql and plan is not None:
        print_sql(plan)
    else:
        print_findings(observed, release.name, found, report, schemas)
        if plan is not None:
            print_repair(plan)
    if plan is not None:
        print_gates(plan.gates)
    ctx.exit(_status(found, plan))


def _status(found: Examination, plan: Plan | None) -> int:
    if plan is not None and plan.blocked:
        return BlockedError.exit_status
    if found.drift:
        return DRIFT
    return UNCOMPARED if found.unknown else 0


def _require_fitting(*, repair: bool, dry_run: bool, show_sql: bool) -> None:
    """Raise a ConfigurationError for an option that has no effect without another one."""
    if (dry_run and not repair) or (show_sql and not dry_run):
        option, other = ("--dry-run", "--repair") if dry_run else ("--sql", "--repair --dry-run")
        raise ConfigurationError(f"{option} needs {other}.", hint=f"Add {other}.")
