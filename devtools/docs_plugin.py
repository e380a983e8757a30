"""``docs/reference/plugin.md``: the package ``awa`` for every language, from the schema that SDKs are made of.

Pulumi's own generator of such pages writes for Pulumi's registry alone: Hugo templates, one page for each resource.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from awa_infra.plugin.about import About
from awa_infra.plugin.schema import package_schema
from devtools.docs_text import page, table

_INTRO = """\
Package `awa` of the plugin `pulumi-resource-awa`: names as in TypeScript and YAML, in Python with underscores, in Go
with a capital. The same objects as the [dynamic resources](resources.md) of Python programs, whose page says what each
operation does. [When to use which](../explanation/plugin-or-dynamic.md), and [how to get an
SDK](../how-to/use-from-other-languages.md).
"""

_PROVIDER = """\
Set it as `awa:databaseUrl` and so on in the stack's configuration, or on an explicit `awa:Provider`. Other keys of
namespace `awa` are for [stack configurations](configuration.md), and the provider passes them by.
"""


def render() -> str:
    """Return the page."""
    package = package_schema(About())
    sections = ["\n\n".join(_resource(token, found)) for token, found in package["resources"].items()]
    functions = ["\n\n".join(_function(token, found)) for token, found in package["functions"].items()]
    types = ["\n\n".join(_type_section(token, found)) for token, found in package["types"].items()]
    provider = ["## Provider", _PROVIDER.strip(), _properties(package["provider"]["inputProperties"], ())]
    return page("# Plugin", _INTRO, "\n\n".join(provider), *sections, *functions, *types)


def _resource(token: str, found: Mapping[str, Any]) -> Iterator[str]:
    yield f"## {_name(token)}"
    yield _words(found)
    yield f"Type: `{token}`."
    yield "### Inputs"
    yield _properties(found["inputProperties"], found["requiredInputs"])
    outputs = {name: spec for name, spec in found["properties"].items() if name not in found["inputProperties"]}
    if found.get("isComponent"):
        outputs = found["properties"]
    yield "### Outputs"
    yield _properties(outputs, ())


def _function(token: str, found: Mapping[str, Any]) -> Iterator[str]:
    yield f"## {_name(token)}()"
    yield _words(found)
    yield "### Arguments"
    yield _properties(found["inputs"]["properties"], found["inputs"].get("required", ()))
    yield "### Result"
    yield _properties(found["outputs"]["properties"], ())


def _words(found: Mapping[str, Any]) -> str:
    """Return the description without its examples."""
    return str(found["description"]).partition("\n\n{{%")[0]


def _type_section(token: str, found: Mapping[str, Any]) -> Iterator[str]:
    yield f"## {_name(token)}"
    yield found["description"]
    if "enum" in found:
        yield f"One of {', '.join('`' + one['value'] + '`' for one in found['enum'])}."
    else:
        yield _properties(found["properties"], found["required"])


def _properties(properties: Mapping[str, Mapping[str, Any]], required: tuple[str, ...] | list[str]) -> str:
    rows = []
    for name, spec in properties.items():
        needed = " Required." if name in required else ""
        secret = " Secret." if spec.get("secret") and "secret" not in spec["description"] else ""
        rows.append((f"`{name}`", _type(spec), f"{spec['description']}{needed}{secret}"))
    return table(("Name", "Type", "Meaning"), rows)


def _type(spec: Mapping[str, Any]) -> str:
    if "$ref" in spec:
        name = _name(spec["$ref"])
        return f"[{name}](#{name.lower()})"
    if "oneOf" in spec:
        # An enum is a text; of it the constants are enough.
        return " or ".join(_type(one) for one in spec["oneOf"] if "$ref" in one or "type" not in spec)
    if spec["type"] == "array":
        return f"list of {_type(spec['items'])}"
    return f"`{spec['type']}`"


def _name(token: str) -> str:
    return re.split(r"[:/]", token)[-1]
