"""The entry point: finds commands without importing them, and turns failures into lines and statuses."""

from __future__ import annotations

import importlib
import io
import os
import re
import signal
import sys
import traceback
from types import FrameType

import click

from awa_infra import __version__
from awa_infra.cli.groups import SuggestingGroup
from awa_infra.errors import AwaInfraError

COMMANDS = {
    "up": "Create or update the stack's resources through the Pulumi engine.",
    "preview": "Show what up would do.",
    "refresh": "Read the live databases into the state.",
    "destroy": "Forget the stack's resources; schema awa and its jobs stay.",
    "plan": "Show what apply would do to one database.",
    "apply": "Migrate one database, without the Pulumi engine.",
    "status": "Show what stands in one database.",
    "verify": "Compare one database with what its Awa release promises; repair it.",
    "config": "Check a stack configuration; print its JSON Schema.",
    "package": "Write a bundle for Flyway, Liquibase, psql and other tools.",
    "bundle": "Check a bundle, and what a database has run of it.",
}
"""Command to one-line help. Here, so that ``--help`` imports none of them."""

_MODULES = dict.fromkeys(("up", "preview", "refresh", "destroy"), "engine")

INTERNAL_ERROR = 70
"""Exit status for a bug (``EX_SOFTWARE`` of BSD's sysexits)."""

INTERRUPTED = 130
"""Exit status after SIGINT, as shells have it."""

TERMINATED = 143
"""Exit status after SIGTERM, as shells have it."""


_INTERRUPTED_TEXT = "Interrupted. What was not committed is rolled back; run the command again."


class Terminated(KeyboardInterrupt):
    """SIGTERM: everything that cleans up after Ctrl-C does so after this too."""


class LazyGroup(SuggestingGroup):
    """A group that imports a command's module only when that command is run."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        """Return the commands in the order in which people meet them."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Import one command."""
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(f"awa_infra.cli.{_MODULES.get(cmd_name, cmd_name)}")
        command = getattr(module, cmd_name)
        return command if isinstance(command, click.Command) else None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """Write the list of commands from the table above."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="awa-infra")
def cli() -> None:
    """Provision, package and verify the PostgreSQL side of the Awa job queue.

    Data goes to standard output, everything else to standard error. Every failure has an exit status and a
    code, which docs/reference/errors.md explains.
    """


def main() -> None:
    """Run the command line; never print a traceback, never exit 0 on a failure."""
    signal.signal(signal.SIGTERM, _terminate)
    try:
        # Not cli.main(): click would answer a closed pipe with status 1, which here means "pending".
        with cli.make_context("awa-infra", sys.argv[1:]) as ctx:
            status = cli.invoke(ctx)
        sys.exit(status if isinstance(status, int) else 0)
    except click.exceptions.Exit as exc:
        sys.exit(exc.exit_code)
    except click.ClickException as exc:
        said = io.StringIO()
        exc.show(said)
        click.echo(hide_passwords(said.getvalue()), err=True, nl=False)
        sys.exit(exc.exit_code)
    except Terminated:
        click.echo(_INTERRUPTED_TEXT, err=True)
        sys.exit(TERMINATED)
    except (click.Abort, EOFError, KeyboardInterrupt):
        click.echo(_INTERRUPTED_TEXT, err=True)
        sys.exit(INTERRUPTED)
    except AwaInfraError as exc:
        show_error(exc)
        sys.exit(exc.exit_status)
    except BrokenPipeError:
        # The reader of our output has gone, as with | head: nothing to say, and nobody to say it to.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(INTERNAL_ERROR)
    except Exception as exc:  # noqa: BLE001  the last line of defence against tracebacks
        if os.environ.get("AWA_INFRA_DEBUG"):
            traceback.print_exc()
        click.echo(
            f"Error: internal error, {type(exc).__name__}.\n"
            "Hint: run it again with AWA_INFRA_DEBUG=1 and report the traceback. [internal]",
            err=True,
        )
        sys.exit(INTERNAL_ERROR)


def _terminate(_signal: int, _frame: FrameType | None) -> None:
    raise Terminated


def hide_passwords(text: str) -> str:
    """Return the text with the password of every URL in it hidden, wherever it was typed."""
    return re.sub(r"(:/{1,2}[^\s:@/]*:)\S*@", r"\1***@", text)


def show_error(error: AwaInfraError) -> None:
    """Print one failure: what, each detail on a line of its own, what to do, and its code."""
    state = f" (SQLSTATE {error.sqlstate})" if error.sqlstate else ""
    click.echo(
        f"{click.style('Error:', fg='red', bold=True)} {hide_passwords(error.message)}{state} [{error.code}]", err=True
    )
    for detail in error.details:
        click.echo(f"  - {detail}", err=True)
    if error.hint:
        click.echo(f"{click.style('Hint:', bold=True)} {error.hint}", err=True)
