"""``awa-infra up``, ``preview``, ``refresh`` and ``destroy``: the same resources through the Pulumi engine."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from awa_infra.cli.examples import examples
from awa_infra.cli.options import file_option, json_option
from awa_infra.cli.output import print_error, print_json
from awa_infra.errors import NotConfirmedError
from awa_infra.wording import counted

if TYPE_CHECKING:
    from awa_infra.resources.automation import EngineResult, Operation

_config = file_option(
    "--config", "config_path", about="The stack's Pulumi.<stack>.yaml; Pulumi.yaml lies beside it.", required=True
)
_stack = click.option(
    "--stack",
    metavar="NAME",
    help="Name of the stack with its organization, for example acme/prod. Default: the middle of the file's name, in "
    "Pulumi's default organization.",
)
_backend = click.option(
    "--backend",
    metavar="URL",
    help="Where the state is, for example file://~. Default: PULUMI_BACKEND_URL, or where pulumi login went.",
)
_yes = click.option("--yes", "-y", is_flag=True, help="Do not ask: also delete and replace what the program says.")
_diff = click.option("--diff", is_flag=True, help="Show what changes property by property.")


@click.command(epilog=examples("up"))
@_config
@_stack
@_backend
@_diff
@_yes
@json_option
def up(*, config_path: Path, stack: str | None, backend: str | None, diff: bool, yes: bool, as_json: bool) -> None:
    """Create or update everything that the stack configuration declares.

    Applies Awa's pending migrations, makes roles and installs custom queue-storage schemas. Activates queue storage
    only if awa:activation says so. The database is awa:databaseUrl of the configuration, else DATABASE_URL.

    Shows what will happen and asks on a terminal. Elsewhere it goes on, but needs --yes to delete or replace anything.
    """
    _run("up", config_path, stack, backend, diff=diff, yes=yes, as_json=as_json)


@click.command(epilog=examples("preview"))
@_config
@_stack
@_backend
@_diff
@json_option
def preview(*, config_path: Path, stack: str | None, backend: str | None, diff: bool, as_json: bool) -> None:
    """Show what up would do, pending versions and drift included. Changes nothing."""
    _run("preview", config_path, stack, backend, diff=diff, as_json=as_json)


@click.command(epilog=examples("refresh"))
@_config
@_stack
@_backend
@json_option
def refresh(*, config_path: Path, stack: str | None, backend: str | None, as_json: bool) -> None:
    """Read the live databases into the stack's state. Changes no database."""
    _run("refresh", config_path, stack, backend, as_json=as_json)


@click.command(epilog=examples("destroy"))
@_config
@_stack
@_backend
@_yes
@json_option
def destroy(*, config_path: Path, stack: str | None, backend: str | None, yes: bool, as_json: bool) -> None:
    """Forget the stack's resources. Schema awa is protected: Pulumi refuses to delete it.

    Nothing here ever drops a database or the schema awa, and a queue-storage schema only if its deletionPolicy is
    drop and nothing blocks. Shows what will happen and asks on a terminal; elsewhere it needs --yes.
    """
    _run("destroy", config_path, stack, backend, yes=yes, as_json=as_json)


def _run(
    operation: Operation,
    path: Path,
    stack: str | None,
    backend: str | None,
    *,
    diff: bool = False,
    yes: bool = False,
    as_json: bool,
) -> None:
    from awa_infra.resources import automation  # noqa: PLC0415  imports pulumi

    outcome = automation.run(
        operation,
        path,
        stack_name=stack,
        backend=backend,
        diff=diff,
        on_output=print_error,
        approve=None if yes else _ask if _on_a_terminal() else _refuse_destruction,
        show_preview=_on_a_terminal(),
    )
    if as_json:
        print_json(
            {
                "operation": outcome.operation,
                "stack": outcome.stack,
                "changes": outcome.changes,
                "outputs": outcome.outputs,
            }
        )
        return
    click.echo(f"{operation} of stack {outcome.stack}: {_counted(operation, outcome.changes)}.")


def _on_a_terminal() -> bool:
    return sys.stdin.isatty() and sys.stderr.isatty()


def _ask(foreseen: EngineResult) -> None:
    """Ask whether to do what the preview has just shown; nothing is asked where nothing changes."""
    if set(foreseen.changes) <= {"same"}:
        return
    counted = _counted("preview", foreseen.changes)
    if not click.confirm(f"{foreseen.operation} of stack {foreseen.stack}: {counted}. Do it?", err=True):
        raise NotConfirmedError("Not confirmed, so nothing was changed.")


def _refuse_destruction(foreseen: EngineResult) -> None:
    """Refuse to delete or replace anything without a terminal to confirm it."""
    if foreseen.destroyed:
        raise NotConfirmedError(
            f"{foreseen.operation} of stack {foreseen.stack} would delete or replace "
            f"{counted(len(foreseen.destroyed), 'resource')}, and there is no terminal to confirm it. Nothing was "
            "changed.",
            details=foreseen.destroyed,
            hint=f"If that is what you want, run: awa-infra {foreseen.operation} --yes, with the same options.",
        )


def _counted(operation: Operation, changes: dict[str, int]) -> str:
    """Return the engine's counts in words, for example ``1 created, 4 unchanged``."""
    words = {"same": "unchanged", "create": "created", "update": "updated", "delete": "deleted"}
    if operation == "preview":
        words |= {"create": "to create", "update": "to update", "delete": "to delete", "replace": "to replace"}
    return ", ".join(f"{count} {words.get(kind, kind)}" for kind, count in sorted(changes.items())) or "no resources"
