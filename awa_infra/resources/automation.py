"""Drive the real Pulumi engine by its Automation API, with ``AwaStack.from_config()`` as the program."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from pulumi import automation
from pulumi.automation import errors as automation_errors

from awa_infra import config as stack_config
from awa_infra.database.url import redact
from awa_infra.errors import ConfigurationError, EngineError
from awa_infra.resources.stack import AwaStack

Operation = Literal["up", "preview", "refresh", "destroy"]


@dataclass(frozen=True, slots=True)
class Target:
    """A stack, as its configuration file names it.

    Attributes:
        directory: the Pulumi project, that is the folder of the file.
        stack: the name between ``Pulumi.`` and ``.yaml``.
    """

    directory: Path
    stack: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the engine did.

    Attributes:
        operation: which of the four.
        stack: its name.
        changes: how many resources were created, updated, left the same, and so on.
        outputs: the stack's outputs that are no secrets.
    """

    operation: Operation
    stack: str
    changes: dict[str, int]
    outputs: dict[str, object] = field(default_factory=dict)


def target_of(path: Path) -> Target:
    """Return which stack a configuration file belongs to.

    Raises:
        ConfigurationError: the name is not ``Pulumi.<stack>.yaml``, or the folder is no Pulumi project.
    """
    name = path.name
    stack = name.removeprefix("Pulumi.").removesuffix(".yaml")
    if not (name.startswith("Pulumi.") and name.endswith(".yaml") and stack and stack != name):
        raise ConfigurationError(
            f"{path} is not named like a stack configuration.",
            hint="Name it Pulumi.<stack>.yaml, for example Pulumi.prod.yaml; the middle part is the stack's name.",
        )
    directory = path.resolve().parent
    if not (directory / "Pulumi.yaml").is_file():
        raise ConfigurationError(
            f"There is no Pulumi.yaml beside {path}.",
            hint="Create it with two lines, name: awa and runtime: python; it names the project of the stack.",
        )
    return Target(directory, stack)


def run(
    operation: Operation,
    path: Path,
    *,
    on_output: Callable[[str], None],
    backend: str | None = None,
    diff: bool = False,
) -> Outcome:
    """Run one operation of the engine on the stack of a configuration file.

    Args:
        operation: what to do.
        path: the ``Pulumi.<stack>.yaml``.
        on_output: gets every line that the engine prints, secrets of ``DATABASE_URL`` hidden.
        backend: where the state is, for example ``file://~``; default: ``PULUMI_BACKEND_URL``, the project's
            own, or where ``pulumi login`` went.
        diff: show what changes property by property.

    Raises:
        ConfigurationError: the file is wrong; every problem is listed.
        EngineError: the engine is missing or failed; what it printed has gone to ``on_output``.
    """
    target = target_of(path)
    stack_config.load(path)
    url = os.environ.get("DATABASE_URL", "")

    def show(line: str) -> None:
        on_output(redact(line, url) if url else line)

    stack = _select(target, backend)
    try:
        if operation == "preview":
            preview = stack.preview(on_output=show, diff=diff, color="auto")
            return Outcome(operation, target.stack, _counts(preview.change_summary))
        result = getattr(stack, operation)(
            on_output=show, color="auto", **({"diff": diff} if operation == "up" else {})
        )
        return Outcome(operation, target.stack, _counts(result.summary.resource_changes or {}), _plain(stack))
    except automation_errors.ConcurrentUpdateError as exc:
        raise EngineError(
            f"Another Pulumi operation holds stack {target.stack}.",
            hint="Wait for it; if it was killed, run: pulumi cancel.",
        ) from exc
    except automation.CommandError as exc:
        raise EngineError(
            f"pulumi {operation} of stack {target.stack} failed.",
            hint="The diagnostics above say why. What succeeded is in the state; run the same command again.",
        ) from exc


def _select(target: Target, backend: str | None) -> automation.Stack:
    environment = {
        "PULUMI_PYTHON_CMD": sys.executable,  # the dynamic provider must run in this environment
        "PULUMI_SKIP_UPDATE_CHECK": "true",
    }
    if backend:
        environment["PULUMI_BACKEND_URL"] = backend
    options = automation.LocalWorkspaceOptions(
        work_dir=str(target.directory), env_vars=environment, pulumi_command=_command()
    )
    try:
        return automation.create_or_select_stack(
            target.stack, project_name=_project_name(target), program=_program, opts=options
        )
    except automation.CommandError as exc:
        text = str(exc)
        if "PULUMI_CONFIG_PASSPHRASE" in text or "passphrase" in text:
            raise EngineError(
                f"Stack {target.stack} encrypts its secrets with a passphrase, and none is given or it is wrong.",
                hint="Set PULUMI_CONFIG_PASSPHRASE_FILE to a file that holds it, or PULUMI_CONFIG_PASSPHRASE.",
            ) from exc
        if "PULUMI_ACCESS_TOKEN" in text or "pulumi login" in text:
            raise EngineError(
                "Pulumi does not know where to keep the state.",
                hint="Give --backend file://~ for a local one, set PULUMI_BACKEND_URL, or run: pulumi login.",
            ) from exc
        reason = next((line for line in text.splitlines() if line.strip().startswith("stderr: ")), "").strip()
        raise EngineError(
            f"Stack {target.stack} cannot be opened: {reason.removeprefix('stderr: ') or 'no reason given'}",
            hint="Check --backend and that this project's earlier state is reachable.",
        ) from exc


def _command() -> automation.PulumiCommand:
    try:
        return automation.PulumiCommand()
    except FileNotFoundError as exc:
        raise EngineError(
            "The Pulumi command is not on PATH.",
            hint="Install it as docs/how-to/install-pulumi.md says, or use awa-infra apply, which needs no engine.",
        ) from exc
    except Exception as exc:  # the SDK raises a bare exception for a version that it refuses
        raise EngineError(
            f"The Pulumi command on PATH cannot be used: {exc}", hint="Install a current release of Pulumi."
        ) from exc


def _project_name(target: Target) -> str:
    name = automation.LocalWorkspace(work_dir=str(target.directory), pulumi_command=_command()).project_settings().name
    return str(name)


def _program() -> None:
    AwaStack.from_config()


def _counts(changes: object) -> dict[str, int]:
    items = dict(changes).items() if changes else ()  # type: ignore[call-overload]
    return {str(getattr(key, "value", key)): int(value) for key, value in items}


def _plain(stack: automation.Stack) -> dict[str, object]:
    return {key: output.value for key, output in stack.outputs().items() if not output.secret}
