"""``awa-infra config``: print the JSON Schema of a stack configuration, and check one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from awa_infra.cli.examples import examples
from awa_infra.cli.main import SuggestingGroup
from awa_infra.cli.options import json_option
from awa_infra.cli.output import print_json, warn
from awa_infra.errors import ConfigurationError
from awa_infra.model import CANONICAL_SCHEMA
from awa_infra.wording import listed

if TYPE_CHECKING:
    from awa_infra.spec.stack import StackConfig


@click.group(cls=SuggestingGroup)
def config() -> None:
    """Check stack configurations, and let editors check them."""


@config.command(epilog=examples("config check"))
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@json_option
@click.pass_context
def check(ctx: click.Context, *, file: Path, as_json: bool) -> None:
    """Check the keys awa:* of one Pulumi.<stack>.yaml, and of its Pulumi.yaml.

    Connects to nothing and decrypts nothing.

    Exit status: 0 with one line about what is declared, or 2 with every problem.
    """
    from awa_infra import config as stack_config  # noqa: PLC0415  pydantic takes a third of a second to import

    text = stack_config.read(file)
    found, problems = stack_config.examine(text, stack_config.project_keys(file))
    if as_json:
        wrong = [{"key": p.key, "line": p.line, "message": p.message} for p in stack_config.in_order(problems)]
        declared = _data(found) if found is not None else None
        clear = [] if found is None else stack_config.keys_in_clear(found.secrets())
        valid = found is not None
        print_json({"file": str(file), "valid": valid, "declared": declared, "problems": wrong, "in_clear": clear})
        warn(stack_config.environment_warning(text, str(file)))
        if found is None:
            ctx.exit(ConfigurationError.exit_status)
        return
    if found is None:
        raise stack_config.problems_error(problems, str(file))
    click.echo(f"{file}: {_line(found)}.")
    for warning in stack_config.warnings(text, found, str(file)):
        warn(warning)


@config.command(epilog=examples("config schema"))
def schema() -> None:
    """Print the JSON Schema of a Pulumi.<stack>.yaml, for editors.

    Name it in the first line of the file: # yaml-language-server: $schema=PATH, relative to the file.
    """
    from awa_infra import config as stack_config  # noqa: PLC0415  pydantic takes a third of a second to import

    click.echo(json.dumps(stack_config.json_schema(), indent=2))


def _line(found: StackConfig) -> str:
    parts = [f"{key} {how}" for key, how in _secrets(found).items()]
    if found.database:
        parts.append(f"database {found.database.name}")
    if found.release:
        parts.append(f"release {found.release}")
    if found.target_version:
        parts.append(f"schema awa up to version {found.target_version}")
    if found.roles:
        duties = found.roles.model_dump(exclude={"lane_schemas"}, exclude_none=True)
        parts.append("roles " + ", ".join(duties.values()))
    for wanted in found.queue_storage():
        queues = f" for {listed(queue.name for queue in wanted.queues)}" if wanted.queues else ""
        if wanted.schema == CANONICAL_SCHEMA:
            parts.append(f"lanes in schema {CANONICAL_SCHEMA}{queues}")
            continue
        parts.append(f"queue storage {wanted.schema} ({wanted.shape}){queues}")
    if found.activation:
        parts.append(f"activation of {found.activation}")
    settings = {
        "lockTimeout": found.lock_timeout,
        "lockWait": found.lock_wait,
        "transaction each": found.transaction == "each",
        "allowLiveRuntimes": found.allow_live_runtimes,
        "repair": found.repair,
        "guard": found.guard,
    }
    # By identity: a timeout of 0 equals False.
    parts += [key for key, value in settings.items() if value is not None and value is not False]
    return "; ".join(parts) or "nothing beyond schema awa in the database of DATABASE_URL"


def _data(found: StackConfig) -> dict[str, Any]:
    """Return what is declared, with how each secret is kept in place of the secret."""
    from awa_infra.spec.stack import SECRETS  # noqa: PLC0415  pydantic takes a third of a second to import

    secret = {name for key, name in found.attributes().items() if key in SECRETS}
    plain = found.model_dump(mode="json", by_alias=True, exclude_defaults=True, exclude=secret)
    return _secrets(found) | plain


def _secrets(found: StackConfig) -> dict[str, str]:
    """Return how the file holds each secret that is given."""
    return {key: "in clear" if isinstance(value, str) else "encrypted" for key, value in found.secrets().items()}
