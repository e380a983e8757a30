"""A group of commands that suggests the nearest command for a misspelt one."""

from __future__ import annotations

import click


class SuggestingGroup(click.Group):
    """A group that knows its commands by name without importing them."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Suggest the nearest command for one that does not exist."""
        name = args[0] if args else ""
        names = self.list_commands(ctx)
        if name and not name.startswith("-") and name not in names:
            from awa_infra.naming import nearest  # noqa: PLC0415  imports the model, which --help does not need

            near = nearest(name, names)
            hint = f" Did you mean {near}?" if near else f" Known are {', '.join(names)}."
            ctx.fail(f"No such command: {name}.{hint}")
        return super().resolve_command(ctx, args)
