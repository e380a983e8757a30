"""Pass the calls of a dynamic provider to the life of a declared object. No decisions here."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar, TypeVar

import pulumi
from pulumi.dynamic import (
    CheckFailure,
    CheckResult,
    CreateResult,
    DiffResult,
    ReadResult,
    Resource,
    ResourceProvider,
    UpdateResult,
)
from pulumi.output import Unknown
from pulumi.runtime.rpc import wrap_rpc_secret

from awa_infra.errors import ConfigurationError
from awa_infra.lifecycle.base import Lifecycle
from awa_infra.lifecycle.connections import kept_connection
from awa_infra.lifecycle.declared import Declared
from awa_infra.lifecycle.values import Show
from awa_infra.lifecycle.wording import placed, with_inputs
from awa_infra.resources.engine_call import INFO, WARNING, engine_address, log, served, urn
from awa_infra.spec.base import UNKNOWN
from awa_infra.spec.problems import Problem

_declared = Declared(engine_address())

C = TypeVar("C")


class LifecycleProvider(ResourceProvider):
    """A dynamic provider that only passes on.

    Stateless on purpose: Pulumi stores the subclasses in its state by import path.
    """

    lifecycle: ClassVar[Lifecycle[Any]]

    # Pulumi's own parameter names: _olds, _news, _id, _props.
    @served
    def check(self, _olds: dict[str, Any], news: dict[str, Any]) -> CheckResult:
        """Refuse in the preview already whatever is wrong; on create say what is pending."""
        _declared.note(urn(), self.lifecycle, _plain(news), again=bool(_plain(_olds)))
        problems = self.lifecycle.check(_plain(_olds), _plain(news), _show_here())
        certain: dict[str, Any] = {}
        if not problems:
            # A preview takes inputs for outputs. Without these, everything that depends on them would seem to change.
            certain = self.lifecycle.certain(_plain(_olds), _plain(news))
        inputs = {**news, **{name: wrap_rpc_secret(value) for name, value in certain.items()}}
        return CheckResult(inputs, [self._failure(problem, news) for problem in problems])

    def _failure(self, problem: Problem, news: Mapping[str, Any]) -> CheckFailure:
        secret = any(field.secret for field in self.lifecycle.inputs if field.name == problem.key)
        reason = with_inputs(problem.report())
        return CheckFailure(*placed(problem.key, reason, news.get(problem.key), secret=secret))

    @served
    def diff(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> DiffResult:
        """Compare with the live database."""
        found = self.lifecycle.diff(_plain(_olds), _plain(_news), _show_here())
        _declared.note_compared(urn(), self.lifecycle, _plain(_news))
        return DiffResult(changes=bool(found))

    @served
    def create(self, props: dict[str, Any]) -> CreateResult:
        """Create what is declared, or adopt what exists."""
        _declared.note_made(urn(), self.lifecycle, props)
        return CreateResult(*self.lifecycle.create(_plain(props), _show_here()))

    @served
    def update(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> UpdateResult:
        """Bring it to what is declared now."""
        return UpdateResult(self.lifecycle.update(_plain(_olds), _plain(_news), _show_here()))

    @served
    def read(self, id_: str, props: dict[str, Any]) -> ReadResult:
        """Read it again; no id means that it is proven to be gone."""
        with kept_connection():
            found = self.lifecycle.read(props)
        return ReadResult("", {}) if found is None else ReadResult(id_, found)

    @served
    def delete(self, _id: str, _props: dict[str, Any]) -> None:
        """Do what a removal from the program means; nothing if the same is declared under another name now."""
        with kept_connection():
            _declared.delete(urn(), self.lifecycle, _props, _show_here())


def documented(lifecycle: Lifecycle[Any], opts: str) -> Callable[[type[C]], type[C]]:
    """Return a decorator that describes inputs and outputs in the docstrings of a resource, as specified."""
    about = {"resource_name": "Name of the resource in the stack."}
    about |= {i.name: f"{i.text}{' Immutable.' if i.fixed else ''}" for i in lifecycle.inputs}

    def decorator(kind: type[C]) -> type[C]:
        kind.__doc__ = _section(kind.__doc__, "Attributes", {o.name: o.text for o in lifecycle.outputs})
        kind.__init__.__doc__ = _section(kind.__init__.__doc__, "Args", about | {"opts": f"Pulumi's options; {opts}"})
        return kind

    return decorator


def _section(text: str | None, title: str, entries: Mapping[str, str]) -> str:
    lines = (f"\n    {name}: {entry}" for name, entry in entries.items())
    return f"{inspect.cleandoc(text or '')}\n\n{title}:{''.join(lines)}\n"


class DeclaredResource(Resource):
    """Hands Pulumi its inputs, those wrapped that are secret, and a place for each output.

    Args:
        provider: what the engine calls.
        resource_name: of the resource in the stack.
        given: arguments of the constructor, by name.
        opts: Pulumi's options of the program, which count before the others here.
        retain_on_delete: as Pulumi has it.
        protect: likewise.
        delete_before_replace: likewise.

    Raises:
        pulumi.RunError: the program wants an import.
    """

    def __init__(
        self,
        provider: LifecycleProvider,
        resource_name: str,
        given: Mapping[str, Any],
        opts: pulumi.ResourceOptions | None,
        *,
        retain_on_delete: bool = True,
        protect: bool | None = None,
        delete_before_replace: bool | None = None,
    ) -> None:
        _refuse_import(resource_name, opts)
        inputs, outputs = provider.lifecycle.inputs, provider.lifecycle.outputs
        own = pulumi.ResourceOptions(
            retain_on_delete=retain_on_delete,
            protect=protect,
            delete_before_replace=delete_before_replace,
            additional_secret_outputs=[o.name for o in outputs if o.secret],
        )
        sent = {i.name: _sent(given[i.name], secret=i.secret) for i in inputs} | {o.name: None for o in outputs}
        super().__init__(provider, resource_name, sent, pulumi.ResourceOptions.merge(own, opts))


def _refuse_import(resource_name: str, opts: pulumi.ResourceOptions | None) -> None:
    """Refuse what the SDK answers with a traceback: it starts a dynamic provider from the state, and there is none."""
    if opts is not None and opts.import_:
        refused = ConfigurationError(
            f"{resource_name} has the option import_, and Pulumi cannot import the resources of a Python program. "
            "None is needed: the first pulumi up adopts what exists.",
            hint="Leave import_ out.",
        )
        raise pulumi.RunError(refused.report())


def _sent(value: Any, *, secret: bool) -> Any:  # noqa: ANN401  whatever a program declares
    if secret and value is not None:
        return pulumi.Output.secret(value)
    # A tuple is no list to Pulumi.
    return list(value) if isinstance(value, Sequence) and not isinstance(value, str) else value


def _show_here() -> Show:
    """Return what shows a line at the resource of this call, also from a thread that the call has started."""
    resource = urn()

    def show(message: str, *, warning: bool = False, ephemeral: bool = False) -> None:
        log(message, resource, severity=WARNING if warning else INFO, ephemeral=ephemeral)

    return show


def _plain(props: Mapping[str, Any]) -> dict[str, Any]:
    """Return the properties with the SDK's unknown values replaced by ours at every depth."""
    return {key: _known(value) for key, value in props.items() if key != "__provider"}


def _known(value: Any) -> Any:  # noqa: ANN401  whatever the engine sends
    if isinstance(value, Unknown):
        return UNKNOWN
    # Part of a list or mapping that is not known leaves the whole unknown: nothing can be said about it.
    inner = value.values() if isinstance(value, Mapping) else value if isinstance(value, list) else ()
    return UNKNOWN if any(_known(item) is UNKNOWN for item in inner) else value
