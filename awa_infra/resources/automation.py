"""Drive the real Pulumi engine by its Automation API, with ``AwaStack.from_config()`` as the program."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from pulumi import automation
from pulumi.automation import errors as automation_errors

from awa_infra import config as stack_config
from awa_infra.database.target import redact
from awa_infra.errors import EngineError, ForeignResourcesError, NotConfirmedError, ProtectedResourcesError
from awa_infra.lifecycle.preview_only import refuse_to_write
from awa_infra.resources.engine_process import EngineCommand
from awa_infra.resources.project import StackFile, foreign_resources, refuse_own_program, target_of
from awa_infra.resources.stack import AwaStack

Operation = Literal["up", "preview", "refresh", "destroy"]

DESTRUCTIVE = frozenset(("delete", "delete-replaced", "replace", "create-replacement"))
"""The engine's names of what deletes or replaces a resource."""


@dataclass(frozen=True, slots=True)
class EngineResult:
    """What the engine did, or is going to do.

    Attributes:
        operation: which of the four.
        stack: its name.
        changes: how many resources were created, updated, left the same, and so on.
        outputs: the stack's outputs that are no secrets.
        destroyed: of an operation that is only foreseen: URNs of the resources that it deletes or replaces.
    """

    operation: Operation
    stack: str
    changes: dict[str, int]
    outputs: dict[str, object] = field(default_factory=dict)
    destroyed: tuple[str, ...] = ()


Approve = Callable[[EngineResult], None]
"""Gets what an operation is going to do; raises :class:`~awa_infra.errors.NotConfirmedError` to have nothing done."""


def run(  # noqa: PLR0913  options of a command
    operation: Operation,
    path: Path,
    *,
    on_output: Callable[[str], None],
    stack_name: str | None = None,
    backend: str | None = None,
    diff: bool = False,
    approve: Approve | None = None,
    show_preview: bool = False,
) -> EngineResult:
    """Run one operation of the engine on the stack of a configuration file.

    The program is ``AwaStack.from_config()``. In this order: read the project and the configuration; open the stack;
    refuse if it holds resources of another program; with ``approve``, preview and have that approved; run.

    Args:
        operation: what to do.
        path: the ``Pulumi.<stack>.yaml``.
        on_output: gets every line that the engine prints, secrets of ``DATABASE_URL`` hidden.
        stack_name: of the stack, with its organization; default: the file's, in the default organization.
        backend: where the state is, for example ``file://~``; default: ``PULUMI_BACKEND_URL``, the project's
            own, or where ``pulumi login`` went.
        diff: show what changes property by property.
        approve: called before an ``up`` or ``destroy`` with what it is going to do; ``None`` approves everything.
        show_preview: show what the preview for ``approve`` prints as it comes, not only if it fails or is refused.

    Raises:
        ConfigurationError: the file is wrong; every problem is listed.
        OwnProgramError: the project has a program of its own.
        ForeignResourcesError: the stack holds resources that this program does not declare; each is named.
        ProtectedResourcesError: a ``destroy`` would stop at protected resources; each is named.
        NotConfirmedError: it was not approved.
        PreviewOnlyError: an ``up`` or ``destroy`` where ``AWA_INFRA_PREVIEW_ONLY`` is set.
        EngineError: the engine is missing or failed; what it printed has gone to ``on_output``.
    """
    if operation in {"up", "destroy"}:
        refuse_to_write()
    target = target_of(path, stack_name)
    refuse_own_program(target, operation)
    declared = stack_config.load(path)
    url = os.environ.get("DATABASE_URL", "")

    def show(line: str) -> None:
        on_output(redact(line, url) if url else line)

    if operation in {"refresh", "destroy"}:  # the others run the program, which warns
        warning = stack_config.clear_warning(declared.secrets(), str(path))
        if warning:
            show(f"warning: {warning}")
    try:
        stack = _select(target, backend, create=operation in {"up", "preview"})
        resources = (stack.export_stack().deployment or {}).get("resources") or ()
        _refuse_foreign_resources(resources, target, operation)
        if operation == "destroy":
            _refuse_protected_resources(resources, target)
    except automation.CommandError as exc:
        raise _known_error(exc, target) or _not_opened(exc, target) from exc
    try:
        if approve is not None and operation in {"up", "destroy"}:
            _approve(stack, operation, target, approve, show, diff=diff, show_preview=show_preview)
        return _operate(stack, operation, target, show, diff=diff)
    except automation.CommandError as exc:
        raise _known_error(exc, target) or EngineError(
            f"pulumi {operation} of stack {target.stack} failed.",
            hint="The diagnostics above say why. What succeeded is in the state; run the same command again.",
        ) from exc


def _approve(
    stack: automation.Stack,
    operation: Operation,
    target: StackFile,
    approve: Approve,
    show: Callable[[str], None],
    *,
    diff: bool,
    show_preview: bool,
) -> None:
    """Preview an operation, and have approved what it is going to do."""
    lines: list[str] = []
    destroyed: list[str] = []

    def hear(event: automation.EngineEvent) -> None:
        found = event.resource_pre_event
        if found is not None and str(getattr(found.metadata.op, "value", found.metadata.op)) in DESTRUCTIVE:
            destroyed.append(found.metadata.urn)

    foresee = stack.preview if operation == "up" else stack.preview_destroy
    say = show if show_preview else lines.append
    try:
        result = foresee(on_output=say, on_error=say, on_event=hear, diff=diff, color="auto")
        counts = _counts(result.change_summary)
        approve(EngineResult(operation, target.stack, counts, destroyed=tuple(dict.fromkeys(destroyed))))
    except (automation.CommandError, NotConfirmedError):
        for line in lines:
            show(line)
        raise


def _operate(
    stack: automation.Stack, operation: Operation, target: StackFile, show: Callable[[str], None], *, diff: bool
) -> EngineResult:
    if operation == "preview":
        preview = stack.preview(on_output=show, on_error=show, diff=diff, color="auto")
        return EngineResult(operation, target.stack, _counts(preview.change_summary))
    if operation == "up":
        result = stack.up(on_output=show, on_error=show, diff=diff, color="auto")
        return EngineResult(operation, target.stack, _counts(result.summary.resource_changes), _plain(result.outputs))
    if operation == "refresh":
        refreshed = stack.refresh(on_output=show, on_error=show, color="auto")
        counts = _counts(refreshed.summary.resource_changes)
        return EngineResult(operation, target.stack, counts, _plain(stack.outputs()))
    destroyed = stack.destroy(on_output=show, on_error=show, color="auto")
    return EngineResult(operation, target.stack, _counts(destroyed.summary.resource_changes))


def _refuse_foreign_resources(resources: Iterable[Mapping[str, Any]], target: StackFile, operation: Operation) -> None:
    found = foreign_resources(resources)
    if found:
        some = "a resource" if len(found) == 1 else f"{len(found)} resources"
        raise ForeignResourcesError(
            f"Stack {target.stack} holds {some} that its configuration does not declare; awa-infra {operation} would "
            "delete what it does not declare. Nothing was run.",
            details=found,
            hint=f"Run {target.command(operation)} with the program that made them, or use a stack of its own for Awa.",
        )


def _refuse_protected_resources(resources: Iterable[Mapping[str, Any]], target: StackFile) -> None:
    """Refuse before anything is forgotten or dropped: Pulumi would stop at the first one that it comes to."""
    found = [str(resource["urn"]) for resource in resources if resource.get("protect")]
    if found:
        some = "a protected resource" if len(found) == 1 else f"{len(found)} protected resources"
        unprotect = f"pulumi state unprotect --yes --stack {target.stack} --cwd {target.directory}"
        raise ProtectedResourcesError(
            f"Stack {target.stack} holds {some}, which Pulumi refuses to forget. Nothing was run.",
            details=found,
            hint=f"If Pulumi is to forget it all the same, run {unprotect} '{found[0]}'"
            f"{'' if len(found) == 1 else ', the same for the others'}, and destroy again.",
        )


def _select(target: StackFile, backend: str | None, *, create: bool) -> automation.Stack:
    environment = {
        "PULUMI_PYTHON_CMD": sys.executable,  # the dynamic provider must run in this environment
        "PULUMI_SKIP_UPDATE_CHECK": "true",
    }
    if backend:
        environment["PULUMI_BACKEND_URL"] = backend
    command = _command()
    directory = str(target.directory)
    project = automation.LocalWorkspace(work_dir=directory, pulumi_command=command).project_settings().name
    # Otherwise a mistyped name would make a stack, only to find it empty.
    select = automation.create_or_select_stack if create else automation.select_stack
    return select(
        target.stack,
        project_name=str(project),
        program=_program,
        opts=automation.LocalWorkspaceOptions(work_dir=directory, env_vars=environment, pulumi_command=command),
    )


def _program() -> None:
    AwaStack.from_config()


def _known_error(exc: automation.CommandError, target: StackFile) -> EngineError | None:
    """Return what a failed Pulumi command means; the SDK distinguishes kinds of failures by their text as well."""
    text = str(exc)
    if isinstance(exc, automation_errors.ConcurrentUpdateError):
        return EngineError(
            f"Another Pulumi operation holds stack {target.stack}.",
            hint="Wait for it; if it was killed, run: pulumi cancel.",
        )
    if "passphrase" in text.lower():
        return EngineError(
            f"Stack {target.stack} encrypts its secrets with a passphrase, and none is given or it is wrong.",
            hint="Set PULUMI_CONFIG_PASSPHRASE_FILE to a file that holds it, or PULUMI_CONFIG_PASSPHRASE.",
        )
    if "PULUMI_ACCESS_TOKEN" in text or "pulumi login" in text:
        return EngineError(
            "Pulumi does not know where to keep the state.",
            hint="Give --backend file://~ for a local one, set PULUMI_BACKEND_URL, or run: pulumi login.",
        )
    return None


def _not_opened(exc: automation.CommandError, target: StackFile) -> EngineError:
    lines = [line.partition("error: ")[2] for line in str(exc).splitlines() if "error: " in line]
    return EngineError(
        f"Stack {target.stack} cannot be opened: {lines[0] if lines else 'Pulumi gave no reason'}",
        hint="Check --backend or PULUMI_BACKEND_URL, and that the folder or service behind it can be reached.",
    )


def _command() -> automation.PulumiCommand:
    try:
        return EngineCommand()
    except FileNotFoundError as exc:
        raise EngineError(
            "The Pulumi command is not on PATH.",
            hint="Install it from https://www.pulumi.com/docs/install/, or use awa-infra apply, which needs no engine.",
        ) from exc
    except Exception as exc:  # the SDK raises a bare exception for a version that it refuses
        raise EngineError(
            f"The Pulumi command on PATH cannot be used: {exc}", hint="Install a current release of Pulumi."
        ) from exc


def _counts(changes: object) -> dict[str, int]:
    items = dict(changes).items() if changes else ()  # type: ignore[call-overload]
    return {str(getattr(key, "value", key)): int(value) for key, value in items}


def _plain(outputs: automation.OutputMap) -> dict[str, object]:
    return {key: output.value for key, output in outputs.items() if not output.secret}
