"""The entry point: find commands without importing them, and print failures with their exit status."""

from __future__ import annotations

import importlib
import os
import signal
import sys
from pathlib import Path
from types import FrameType
from typing import Any

import click

from awa_infra import __version__
from awa_infra.cli.failures import (
    FAILURE_DOCUMENT,
    asks_for_json,
    internal_error,
    print_failure,
    show_error,
    show_usage_error,
)
from awa_infra.cli.output import (
    drop_lost_errors,
    drop_output,
    is_about_output,
    no_colour,
    output_error,
    prepare_streams,
)
from awa_infra.errors import AwaInfraError, ConfigurationError, InterruptionError, OutputError, TerminationError


class SuggestingGroup(click.Group):
    """A group that knows its commands by name without importing them."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Say where an option of a command is to be, if it is in front of the command."""
        given = list(args)  # click takes from it what it has read
        try:
            return super().parse_args(ctx, args)
        except click.NoSuchOption as exc:
            command = next((word for word in given if word in self.list_commands(ctx)), None)
            if command is None:
                raise
            right = f"{ctx.command_path} {command} {exc.option_name}"
            raise click.UsageError(
                f"No such option before a command: {exc.option_name}. Write it behind the command: {right}", ctx
            ) from exc

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Suggest the nearest command for one that does not exist."""
        name = args[0] if args else ""
        names = self.list_commands(ctx)
        if name and not name.startswith("-") and name not in names:
            from awa_infra.naming import nearest  # noqa: PLC0415  imports the model, which --help does not need

            near = "--help" if name == "help" else nearest(name, names)
            hint = f" Did you mean {near}?" if near else f" Known are {', '.join(names)}."
            ctx.fail(f"No such command: {name}.{hint}")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of commands with the whole first sentence of each; click would cut it off."""
        commands = ((name, self.get_command(ctx, name)) for name in self.list_commands(ctx))
        with formatter.section("Commands"):
            formatter.write_dl([(name, found.get_short_help_str(_WHOLE)) for name, found in commands if found])


_WHOLE = 1_000
"""Characters; more than any first sentence has."""


COMMANDS = {
    "up": "Create or update the stack's resources through the Pulumi engine.",
    "preview": "Show what up would do.",
    "refresh": "Read the live databases into the state.",
    "destroy": "Forget the stack's resources; schema awa and its jobs stay.",
    "plan": "Show what apply would do to one database.",
    "apply": "Migrate one database, without the Pulumi engine.",
    "status": "Show the state of one database.",
    "doctor": "Check everything that a run needs, from this machine to the schema.",
    "verify": "Compare one database with what its Awa release promises; repair it.",
    "config": "Check a stack configuration; print its JSON Schema.",
    "package": "Write a bundle for Flyway, Liquibase, psql and other tools.",
    "bundle": "Check a bundle, and what a database has run of it.",
    "dev": "Run a PostgreSQL server for development, ready for Awa.",
    "completion": "Print what makes your shell complete commands and options.",
    "explain": "Explain the code of a failure, gate, note or finding.",
}
"""Command to one-line help. Here, so that ``--help`` imports none of them."""

_MODULES = dict.fromkeys(("up", "preview", "refresh", "destroy"), "engine")

_INTERRUPTED_TEXT = "Interrupted. What was not committed is rolled back; run the command again."

COMPLETION = "_AWA_INFRA_COMPLETE"
"""Environment variable with which a shell requests completions, as click names it."""

CLOSED_PIPE = 141
"""Exit status if the reader of the output has closed the pipe, as in shells for SIGPIPE (128 + 13)."""


class Terminated(KeyboardInterrupt):
    """SIGTERM: everything that cleans up after Ctrl-C does so after this too."""


class LazyGroup(SuggestingGroup):
    """A group that imports a command's module only when that command is run."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        """Return the commands in the order of ``--help``."""
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
    code in brackets, which awa-infra explain CODE explains.
    """


def main() -> None:
    """Run the command line; never print a traceback, never exit 0 on a failure."""
    prepare_streams()
    signal.signal(signal.SIGTERM, _terminate)
    if COMPLETION in os.environ:
        sys.exit(_complete(os.environ[COMPLETION]))
    try:
        sys.exit(_run(sys.argv[1:]))
    except BrokenPipeError:
        # The reader of the output has closed the pipe, as with | head: no message can be shown.
        drop_output()
        sys.exit(CLOSED_PIPE)
    except OSError as exc:
        print_failure(output_error(exc))
        drop_output()
        sys.exit(OutputError.exit_status)
    finally:
        drop_lost_errors()


def _complete(instruction: str) -> int:
    """Answer a shell's request for completions, or for its completion script."""
    from click.shell_completion import shell_complete  # noqa: PLC0415  nothing else needs it

    try:
        return shell_complete(cli, {}, "awa-infra", COMPLETION, instruction)
    except (Exception, KeyboardInterrupt):  # noqa: BLE001  any output would be inserted into the typed command line
        return 1


def _run(arguments: list[str]) -> int:
    """Run one command and return its exit status, with every failure shown."""
    kept: dict[str, Any] = {}
    try:
        # Not cli.main(): click would answer a closed pipe with status 1, which here means "pending".
        with cli.make_context("awa-infra", arguments, color=False if no_colour() else None) as ctx:
            kept = ctx.meta  # that of the command, too
            status = cli.invoke(ctx)
    except click.exceptions.Exit as exc:
        return exc.exit_code
    except click.ClickException as exc:
        return show_usage_error(exc, as_json=asks_for_json(arguments))
    except Terminated:
        error: AwaInfraError = TerminationError(_INTERRUPTED_TEXT)
    except (click.Abort, EOFError, KeyboardInterrupt):
        error = InterruptionError(_INTERRUPTED_TEXT)
    except AwaInfraError as exc:
        error = exc
    except Exception as exc:  # the last line of defence against tracebacks
        if is_about_output(exc):
            raise
        error = internal_error(exc) if _has_folder() else ConfigurationError(_GONE, hint=_ENTER)
    else:
        return status if isinstance(status, int) else 0
    return show_error(error, as_json=asks_for_json(arguments), write=kept.get(FAILURE_DOCUMENT))


def _has_folder() -> bool:
    """Whether the working directory exists: nothing that Python does with a relative path works without it."""
    try:
        Path.cwd()
    except OSError:
        return False
    return True


_GONE = "The working directory does not exist any more, or must not be entered."
_ENTER = "Change to a folder that exists, for example with: cd"


def _terminate(_signal: int, _frame: FrameType | None) -> None:
    raise Terminated
