"""Descriptions of the package, for SDKs and their reference: ``texts/`` has one for each resource and function.

Each ends with one program in each language; every SDK keeps those of its own.
"""

from __future__ import annotations

from importlib import resources

from awa_infra.plugin.kinds import PROVIDER

INTRODUCTION = (
    "Provision the PostgreSQL side of the Awa job queue: Awa's versioned migrations, custom queue-storage schemas, "
    "roles, databases. Nothing activates queue storage unless that is declared, and schema awa is never dropped."
)

_MARKED = """\
{about}

{{{{% examples %}}}}
## Example Usage
{{{{% example %}}}}

```{programs}{{{{% /example %}}}}
{{{{% /examples %}}}}
"""
"""What Pulumi's generators expect around examples."""


def description(token: str) -> str:
    """Return what a resource, a function or the provider is for, and the programs that show it."""
    name = "Provider" if token == PROVIDER else token.rpartition(":")[2]
    text = resources.files(__package__).joinpath("texts", f"{name}.md").read_text(encoding="utf-8")
    about, programs = text.split("\n\n```", maxsplit=1)
    return _MARKED.format(about=" ".join(about.split()), programs=programs)
