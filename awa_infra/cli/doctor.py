"""``awa-infra doctor``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, replace
from itertools import groupby
from pathlib import Path

import click

from awa_infra.cli.examples import examples
from awa_infra.cli.failures import hide_passwords
from awa_infra.cli.options import ROLE, config_option, database_url_option, json_option, read_config
from awa_infra.cli.output import one_line, print_json
from awa_infra.cli.tables import Cell, tables
from awa_infra.doctor.chain import every_check
from awa_infra.doctor.checks import Check, Outcome, worst

PROBLEM = 1
"""Exit status if a check fails."""

UNKNOWN = 9
"""Exit status if no problem was found, but something could not be checked."""

_STATUS = {Outcome.PROBLEM: PROBLEM, Outcome.UNKNOWN: UNKNOWN}
_COLOURS = {Outcome.OK: "green", Outcome.NOTE: "cyan", Outcome.PROBLEM: "red", Outcome.UNKNOWN: "yellow"}


@click.command(epilog=examples("doctor"))
@database_url_option
@config_option
@click.option("--role", type=ROLE, metavar="ROLE", help="Become this role first.")
@click.option("--offline", is_flag=True, help="Look at this machine only; open no connection.")
@json_option
@click.pass_context
def doctor(
    ctx: click.Context,
    *,
    database_url: str | None,
    config_path: Path | None,
    role: str | None,
    offline: bool,
    as_json: bool,
) -> None:
    """Check everything that a run needs, from this machine to the schema. Reads only.

    Python, the packages and their versions, Pulumi and its backend; name, port, login and encryption of the database;
    every condition of a migration, and every object of Awa. One line each, with what to do. No secret is shown.

    Exit status: 0 if every check passes, 1 if there is a problem, 9 if something could not be checked.
    """
    found = every_check(database_url, config_path, read_config, role=role, offline=offline)
    checks = [replace(check, message=hide_passwords(check.message)) for check in found]
    outcome = worst(checks)
    if as_json:
        print_json({"outcome": str(outcome), "checks": [asdict(check) for check in checks]})
    else:
        _print(checks)
    ctx.exit(_STATUS.get(outcome, 0))


def _print(checks: Sequence[Check]) -> None:
    width = max(len(check.name) for check in checks)
    drawing = tables()
    for area, inside in groupby(checks, key=lambda check: check.area):
        click.echo(click.style(area[:1].upper() + area[1:], bold=True))
        if drawing is not None:
            drawing.rows(map(_row, inside), widths=(8, width), indent=2)
            continue
        for check in inside:
            mark = click.style(f"{check.outcome:<8}", fg=_COLOURS[check.outcome])
            code = f" [{check.code}]" if check.code else ""
            click.echo(f"  {mark} {check.name:<{width}}  {one_line(check.message)}{code}")
            if check.hint and check.outcome is not Outcome.OK:
                click.echo(f"  {'':<8} {'':<{width}}  {click.style(check.hint, dim=True)}")
    click.echo(_verdict(checks))


def _row(check: Check) -> Sequence[Cell]:
    """Return a check as a row of a table; what to do is below what was found."""
    message = f"{check.message} [{check.code}]" if check.code else check.message
    hint = [(f"\n{check.hint}", "dim")] if check.hint and check.outcome is not Outcome.OK else []
    return [(str(check.outcome), _COLOURS[check.outcome])], check.name, [(message, ""), *hint]


def _verdict(checks: Sequence[Check]) -> str:
    """Return the last line: how many problems, notes, and checks that could not be made."""
    words = {Outcome.PROBLEM: ("problem", "problems"), Outcome.UNKNOWN: ("not checked", "not checked")}
    words |= {Outcome.NOTE: ("note", "notes")}
    counted = {outcome: sum(check.outcome is outcome for check in checks) for outcome in words}
    parts = [f"{count} {words[outcome][count > 1]}" for outcome, count in counted.items() if count]
    line = f"{len(checks)} checks: {', '.join(parts) or 'all pass'}."
    return click.style(line, fg=_COLOURS[worst(checks)])
