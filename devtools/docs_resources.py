"""``docs/reference/resources.md``: inputs, outputs and protection of every Pulumi resource, from its class.

griffe reads the docstrings. What a constructor gives to Pulumi, such as protection, only calling it shows.
"""

from __future__ import annotations

import asyncio
import inspect
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from unittest import mock

import pulumi
from pulumi import dynamic

from awa_infra import resources
from awa_infra.resources import AwaStack
from devtools.docs_text import docstring, page, sentence, table

_OPERATIONS = ("check", "diff", "create", "update", "read", "delete")

_INTRO = """\
`from awa_infra import AwaStack` is all that a program needs if its stack configuration says the rest; the other
resources are the parts. Inputs of type `pulumi.Input` take plain values and outputs of other resources. Only
`StorageActivation` activates queue storage. Nothing here drops a database, a role or schema `awa`; a custom schema is
dropped only with `deletion_policy` drop ([ownership](../explanation/ownership.md)).
"""


@dataclass(frozen=True)
class _Declared:
    """What a constructor hands to Pulumi."""

    provider: type[dynamic.ResourceProvider]
    options: pulumi.ResourceOptions
    secrets: tuple[str, ...]


class _Stop(Exception):  # noqa: N818  not an error: it ends a constructor early
    """Raised in place of registering a component."""


def render() -> str:
    """Return the page."""
    kinds = [getattr(resources, name) for name in resources.__all__]
    dynamic_kinds = [kind for kind in kinds if issubclass(kind, dynamic.Resource)]
    declared = asyncio.run(_declared(dynamic_kinds))
    sections = [
        "\n\n".join(_resource(kind, declared[kind]) if kind in declared else _component(kind)) for kind in kinds
    ]
    return page("# Pulumi resources", _INTRO, *sections)


def _resource(kind: type[dynamic.Resource], declared: _Declared) -> Iterator[str]:
    yield f"## {kind.__name__}"
    yield docstring(kind).body
    yield f"Type: `pulumi-python:{kind._resource_type_name}`."  # noqa: SLF001  the SDK has no public name for it
    yield "### Inputs"
    yield _inputs(kind, declared.secrets)
    yield "### Outputs"
    yield _outputs(kind, declared.options.additional_secret_outputs or [])
    yield "### Protection"
    yield _protection(declared.options, droppable="deletion_policy" in inspect.signature(kind.__init__).parameters)
    yield "### What each operation does"
    steps = [(name, docstring(getattr(declared.provider, name)).summary) for name in _OPERATIONS]
    yield table(("Operation", "Does"), [(f"`{name}`", text) for name, text in steps])


def _component(kind: type[pulumi.ComponentResource]) -> Iterator[str]:
    yield f"## {kind.__name__}"
    yield docstring(kind).body
    yield f"Type: `{_component_type(kind)}`."
    yield "### Inputs"
    yield _inputs(kind, ())
    yield "### Attributes"
    yield _outputs(kind, [])
    from_config = docstring(AwaStack.from_config)
    yield f"### {kind.__name__}.from_config()"
    yield from_config.body
    yield table(("Argument", "Meaning"), [(f"`{name}`", _sentence(text)) for name, text in from_config.entries.items()])
    exported = re.findall(r'pulumi\.export\("(\w+)"', inspect.getsource(AwaStack.from_config))
    yield f"Stack outputs: {', '.join(f'`{name}`' for name in exported)}."


def _inputs(kind: type[pulumi.Resource], secrets: tuple[str, ...]) -> str:
    constructor = kind.__init__
    described = docstring(constructor).entries
    rows = []
    for name, parameter in inspect.signature(constructor).parameters.items():
        if name == "self":
            continue
        default = "required" if parameter.default is parameter.empty else f"`{parameter.default}`"
        rows.append(
            (
                f"`{name}`",
                f"`{_type(parameter.annotation)}`",
                default,
                _sentence(described[name], secret=name in secrets),
            )
        )
    return table(("Input", "Type", "Default", "Meaning"), rows)


def _outputs(kind: type[pulumi.Resource], secrets: list[str]) -> str:
    annotations = inspect.get_annotations(kind)
    rows = []
    for name, text in docstring(kind).entries.items():
        rows.append((f"`{name}`", f"`{_type(annotations[name])}`", _sentence(text, secret=name in secrets)))
    return table(("Output", "Type", "Meaning"), rows)


def _protection(options: pulumi.ResourceOptions, *, droppable: bool) -> str:
    said = []
    if options.protect:
        said.append("`protect` is on: Pulumi refuses to delete it, in the preview already.")
    if options.retain_on_delete:
        unless = ", unless `deletion_policy` is drop" if droppable else ""
        said.append(
            f"`retain_on_delete` is on{unless}: Pulumi forgets it without asking the provider to delete anything."
        )
    both = "Both can" if options.protect and options.retain_on_delete else "This can"
    rest = (
        "With drop, a delete drops the schema if no gate blocks."
        if droppable
        else "A delete that reaches the provider changes nothing."
    )
    return " ".join([*said, f"{both} be set in `opts`.", rest])


def _type(annotation: str) -> str:
    return re.sub(r"pulumi\.(?:Input|Output)\[(.*?)\]($| \|)", r"\1\2", annotation)


def _sentence(text: str, *, secret: bool = False) -> str:
    mark = " Secret." if secret and "secret" not in text else ""
    return sentence(text[0].upper() + text[1:]) + mark


def _component_type(kind: type[pulumi.ComponentResource]) -> str:
    with (
        mock.patch.object(pulumi.ComponentResource, "__init__", side_effect=_Stop) as registered,
        mock.patch.object(pulumi, "Output", mock.MagicMock()),
    ):
        try:
            kind("docs", mock.MagicMock(), database_url="docs")  # type: ignore[call-arg]
        except _Stop:
            return str(registered.call_args.args[0])
    raise TypeError(f"{kind.__name__} registers no component")


async def _declared(kinds: list[type[dynamic.Resource]]) -> dict[type[dynamic.Resource], _Declared]:
    """Call each constructor and catch what it hands to Pulumi; nothing is registered."""
    found = {}
    for kind in kinds:
        signature = inspect.signature(kind.__init__)
        given = {
            name: "docs"
            for name, parameter in signature.parameters.items()
            if parameter.kind is parameter.KEYWORD_ONLY and parameter.default is parameter.empty
        }
        with mock.patch.object(dynamic.Resource, "__init__", return_value=None) as registered:
            kind("docs", **given)  # type: ignore[arg-type]
        provider, _name, inputs, options = registered.call_args.args
        found[kind] = _Declared(type(provider), options, tuple(await _secrets(inputs)))
    return found


async def _secrets(inputs: dict[str, Any]) -> list[str]:
    outputs = {name: value for name, value in inputs.items() if isinstance(value, pulumi.Output)}
    await asyncio.gather(*(value.future() for value in outputs.values()))
    return [name for name, value in outputs.items() if await value.is_secret()]
