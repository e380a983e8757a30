"""``awa-infra plan``."""

from __future__ import annotations

import os
import shlex
from pathlib import Path

import click
from click.core import ParameterSource

from awa_infra.cli.examples import examples
from awa_infra.cli.failures import print_gates, print_note
from awa_infra.cli.options import (
    config_option,
    database_url_option,
    file_option,
    json_option,
    loudness_options,
    policy_options,
    read_config,
    transaction_option,
)
from awa_infra.cli.output import one_line, print_error, print_json
from awa_infra.cli.plan_file import refuse_other_files, refuse_other_pages, write_page, write_plan
from awa_infra.cli.tables import tables
from awa_infra.database.observe import read_plan
from awa_infra.errors import BlockedError, ConfigurationError
from awa_infra.lifecycle.database_url import url_for
from awa_infra.lifecycle.desired import desired_state
from awa_infra.model import DesiredState, Plan, Policy
from awa_infra.planning.describe import digest_line, locks_shown, plan_data
from awa_infra.planning.effort import DURATION

PENDING = 1
"""Exit status of ``plan --check`` when something is pending."""


@click.command(epilog=examples("plan"))
@database_url_option
@config_option
@click.option(
    "--target-version", type=click.IntRange(min=1), help="Plan up to this version only. Default: awa:targetVersion."
)
@transaction_option
@policy_options
@click.option("--check", is_flag=True, help="Exit with status 1 if anything is pending.")
@file_option("--out", about="Write the plan to a file, for awa-infra apply --plan FILE. Not if a gate blocks.")
@click.option("--sql", "show_sql", is_flag=True, help="Print the SQL that apply would run.")
@click.option("--markdown", "as_markdown", is_flag=True, help="Print the plan as Markdown, for a pull request.")
@file_option(
    "--html", "html_path", about="Write the plan as one HTML page, for a change request. Also if a gate blocks."
)
@loudness_options
@json_option
@click.pass_context
def plan(
    ctx: click.Context,
    *,
    database_url: str | None,
    config_path: Path | None,
    target_version: int | None,
    transaction: str | None,
    role: str | None,
    policy: Policy,
    check: bool,
    out: Path | None,
    show_sql: bool,
    as_markdown: bool,
    html_path: Path | None,
    as_json: bool,
) -> None:
    """Show what apply would do to one database. Reads only.

    With --out the plan can be reviewed, approved and applied later, exactly as it is: it holds the hash of every
    step, and which database it is for.

    Exit status: 0, or 3 if a gate blocks, or with --check 1 if anything is pending.
    """
    if as_markdown and (show_sql or as_json):
        raise ConfigurationError("--markdown cannot be combined with --sql or --json.", hint="Give one of them.")
    config = read_config(config_path)
    url = url_for(database_url, config)
    desired = desired_state(config, target_version, policy, transaction)
    _refuse_files(out, html_path)
    observed, found = read_plan(url, desired, role=role)
    if out is not None and not found.blocked:
        write_plan(out, found, desired, observed.identity, role)
    if html_path is not None:
        write_page(html_path, observed.database, found, desired)
        print_error(f"Wrote {html_path}.")
    if as_json:
        print_json({"database": observed.database, **plan_data(found)})
    elif as_markdown:
        click.echo(_markdown(observed.database, found, desired), nl=False)
    else:
        _print(observed.database, found, show_sql=show_sql)
        if not show_sql and found.steps and not found.blocked:
            _print_next(ctx, found, out)
    if not as_markdown:
        _print_notes(found)
    print_gates(found.gates)
    if found.blocked:
        ctx.exit(BlockedError.exit_status)
    if check and found.steps:
        ctx.exit(PENDING)


def _refuse_files(out: Path | None, html_path: Path | None) -> None:
    """Raise a ConfigurationError if one file is for the plan and its page, or one is replaced that is no such file."""
    if out is not None and html_path is not None and os.path.realpath(out) == os.path.realpath(html_path):
        raise ConfigurationError("--out and --html name the same file.", hint="Give each a file of its own.")
    if html_path is not None:
        refuse_other_pages(html_path)
    if out is not None:
        refuse_other_files(out)


def _markdown(database: str, found: Plan, desired: DesiredState) -> str:
    from awa_infra.planning.markdown import plan_markdown  # noqa: PLC0415  most plans are not printed so
    from awa_infra.planning.summary import summary_of  # noqa: PLC0415  the same

    return plan_markdown(summary_of(database, found, desired))


def _print_notes(found: Plan) -> None:
    for note in found.notes:
        if note.code != DURATION:  # printed behind the steps; a part of the document of --json
            print_note(note)


def _print_next(ctx: click.Context, found: Plan, out: Path | None) -> None:
    """Print the last lines of a plan: its digest, how long it takes, and the command that applies it."""
    click.echo(digest_line(found))
    drawing = tables()
    for lasting in (note.message for note in found.notes if note.code == DURATION):
        if drawing is not None:
            drawing.rows([[lasting]], widths=())
        else:
            click.echo(lasting)
    click.echo("Next: " + shlex.join(["awa-infra", "apply", *_given(ctx), *(["--plan", str(out)] if out else [])]))


_OF_A_PLAN_ONLY = frozenset({"database_url", "check", "out", "show_sql", "as_markdown", "html_path", "as_json"})
"""Options that apply does not take, and the connection string, which must not be shown."""


def _given(ctx: click.Context) -> list[str]:
    """Return the options of this command line that apply takes, too."""
    words: list[str] = []
    for param in ctx.command.params:
        name = param.name or ""
        if (
            name not in ctx.params
            or name in _OF_A_PLAN_ONLY
            or ctx.get_parameter_source(name) is not ParameterSource.COMMANDLINE
        ):
            continue
        value = ctx.params[name]
        words += [param.opts[0]] if value is True else [param.opts[0], str(value)]
    return words


def print_sql(plan: Plan) -> None:
    """Print the SQL of every step, each under its title."""
    for step in plan.steps:
        click.echo(f"-- {step.title}\n{step.sql.rstrip()}\n;\n")


def print_steps(plan: Plan) -> None:
    """Print the title of every step, and what it locks where somebody may wait for it."""
    drawing = tables()
    locks = [locks_shown(plan, step) for step in plan.steps]
    if drawing is not None:
        steps = [
            (str(number), step.title, [(held, "dim")])
            for number, (step, held) in enumerate(zip(plan.steps, locks, strict=True), start=1)
        ]
        columns = ("#", "Step", "Locks") if any(locks) else ("#", "Step")
        drawing.table(columns, (row[: len(columns)] for row in steps), numbered=True)
        return
    for step, held in zip(plan.steps, locks, strict=True):
        click.echo(f"  + {one_line(step.title)}")
        if held:
            click.echo(click.style(f"      {held}", dim=True))


def _print(database: str, found: Plan, *, show_sql: bool) -> None:
    if show_sql:
        print_sql(found)
    elif found.empty:
        click.echo(f"Database {database} is as desired: schema awa at version {found.to_version}.")
    elif found.steps:
        stays = found.from_version == found.to_version
        move = "stays at version" if stays else f"from version {found.from_version} to"
        click.echo(f"Database {database}, schema awa {move} {found.to_version}:")
        print_steps(found)
