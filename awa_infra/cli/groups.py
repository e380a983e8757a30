"""A group of commands that suggests the nearest command for a misspelt one."""

from __future__ import annotations

import click


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
