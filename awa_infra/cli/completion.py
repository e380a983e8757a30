"""``awa-infra completion``."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

from awa_infra.cli.examples import examples
from awa_infra.cli.main import COMPLETION, cli


@click.command(epilog=examples("completion"))
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion(*, shell: str) -> None:
    """Print what makes your shell complete commands and options, to be loaded by the shell when it starts."""
    made = get_completion_class(shell)
    if made is None:  # click knows all three
        raise click.UsageError(f"There is no completion for {shell}.")
    click.echo(made(cli, {}, "awa-infra", COMPLETION).source())
