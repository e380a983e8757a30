"""``awa-infra apply``."""

from __future__ import annotations

from dataclasses import asdict, replace
from pathlib import Path

import click

from awa_infra.cli.examples import examples
from awa_infra.cli.failures import print_note
from awa_infra.cli.options import (
    config_option,
    database_url_option,
    file_option,
    json_option,
    lock_options,
    loudness_options,
    or_declared,
    policy_options,
    read_config,
    transaction_option,
)
from awa_infra.cli.output import print_error, print_json
from awa_infra.cli.plan_file import read_plan_file, read_signed_plan_file
from awa_infra.cli.progress import shown_progress
from awa_infra.database.apply import apply as run_apply
from awa_infra.database.options import ApplyOptions
from awa_infra.errors import ConfigurationError
from awa_infra.lifecycle.database_url import url_for
from awa_infra.lifecycle.desired import desired_state
from awa_infra.model import AgreedPlan, Policy
from awa_infra.planning.describe import state_data
from awa_infra.planning.pure_gates import release_notes


@click.command(epilog=examples("apply"))
@database_url_option
@config_option
@click.option(
    "--target-version", type=click.IntRange(min=1), help="Migrate up to this version only. Default: awa:targetVersion."
)
@transaction_option
@policy_options
@lock_options
@file_option(
    "--plan",
    "plan_path",
    about="Run exactly this plan of awa-infra plan --out FILE (- is standard input), or nothing. Give the other "
    "options as they were then.",
)
@file_option(
    "--allowed-signers",
    about="Run the plan only if a signer in this file has signed it, see ssh-keygen(1). Needs --plan.",
)
@file_option(
    "--signature", about="Signature of the plan. Default: the plan's name with .sig behind it. Needs --allowed-signers."
)
@loudness_options
@json_option
@click.pass_context
def apply(
    ctx: click.Context,
    *,
    database_url: str | None,
    config_path: Path | None,
    target_version: int | None,
    transaction: str | None,
    role: str | None,
    policy: Policy,
    options: ApplyOptions,
    plan_path: Path | None,
    allowed_signers: Path | None,
    signature: Path | None,
    as_json: bool,
) -> None:
    """Migrate one database, without the Pulumi engine: all or nothing, in one transaction, unless you choose otherwise.

    Applies Awa's pending migrations and patches to schema awa, and makes the custom queue-storage schemas,
    lanes, roles and privileges of the configuration. Creates no database, sets no password, activates and drops
    nothing: awa-infra up does these. Doing it again changes nothing.
    """
    agreed = _agreed(plan_path, signature, allowed_signers)
    config = read_config(config_path)
    url = url_for(database_url, config)
    waiting = replace(
        options,
        migration_lock=or_declared(ctx, "migration_lock", options.migration_lock, config.lock_wait if config else None),
        table_lock=or_declared(ctx, "table_lock", options.table_lock, config.lock_timeout if config else None),
    )
    with shown_progress(waiting) as shown:
        desired = desired_state(config, target_version, policy, transaction)
        notes = release_notes(desired.release)
        for note in notes:
            print_note(note)
        report = run_apply(url, desired, agreed=agreed, role=role, options=shown)
    if as_json:
        print_json(
            {
                "changed": report.changed,
                "seconds": round(report.seconds, 3),
                "attempts": report.attempts,
                "notes": [asdict(note) for note in notes],
                "applied": [{"key": r.key, "title": r.title, "seconds": round(r.seconds, 3)} for r in report.applied],
                **state_data(report.after),
            }
        )
    elif report.changed:
        click.echo(
            f"Database {report.after.database}: {len(report.applied)} steps in {report.seconds:.1f} s; "
            f"schema awa is at version {report.after.version}."
        )
    else:
        click.echo(
            f"Database {report.after.database} is already as desired: schema awa at version {report.after.version}."
        )


def _agreed(plan: Path | None, signature: Path | None, allowed: Path | None) -> AgreedPlan | None:
    """Return the plan of --plan, if given, with its signature checked if --allowed-signers is given."""
    if plan is None or allowed is None:
        if signature is not None or allowed is not None:
            raise ConfigurationError(
                "A signature is checked only with a plan and the allowed signers.",
                hint="Give --plan FILE and --allowed-signers FILE, and --signature FILE if it is not beside the plan.",
            )
        return None if plan is None else read_plan_file(plan)
    agreed, signer = read_signed_plan_file(plan, signature, allowed)
    print_error(f"{plan} is signed by {signer}.")
    return agreed
