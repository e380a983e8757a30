"""Find the Pulumi project of a configuration file, and what in it or in its stack belongs to another program.

A run with ``AwaStack.from_config()`` deletes whatever it does not declare. So a resource that it can never declare
belongs to another program, and nothing may run while the stack holds one.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from awa_infra.config import project_file, read_project
from awa_infra.errors import ConfigurationError, OwnProgramError

PROJECT_FILE = "Pulumi.yaml"
_OWN_RUNTIME = "python"


@dataclass(frozen=True, slots=True)
class StackFile:
    """A stack, as its configuration file names it.

    Attributes:
        directory: the folder of the Pulumi project; the file is there, or where its stackConfigDir leads.
        stack: the name between ``Pulumi.`` and ``.yaml``; before it organization and project, if they were given.
    """

    directory: Path
    stack: str

    def command(self, operation: str) -> str:
        """Return the Pulumi command that does an operation on this stack, from wherever it is typed."""
        return shlex.join(["pulumi", operation, "--stack", self.stack, "--cwd", str(self.directory)])


def target_of(path: Path, full_name: str | None = None) -> StackFile:
    """Return which stack a configuration file belongs to.

    Args:
        path: of the file.
        full_name: of the stack, with its organization.

    Raises:
        ConfigurationError: the name is not ``Pulumi.<stack>.yaml`` or another one than that of the stack, or the folder
            is no Pulumi project.
    """
    name = path.name
    stack = name.removeprefix("Pulumi.").removesuffix(".yaml")
    if name == PROJECT_FILE or not (name.startswith("Pulumi.") and name.endswith(".yaml") and stack):
        raise ConfigurationError(
            f"{path} is not named like a stack configuration.",
            hint="Name it Pulumi.<stack>.yaml, for example Pulumi.prod.yaml; the middle part is the stack's name.",
        )
    found = project_file(path)
    if found is None:
        raise ConfigurationError(
            f"There is no {PROJECT_FILE} beside {path}, and none above it whose stackConfigDir leads there.",
            hint="Create it with two lines, name: awa and runtime: python; it names the project of the stack.",
        )
    if full_name is not None and full_name.rpartition("/")[2] != stack:
        raise ConfigurationError(
            f"{path} is the configuration of a stack {stack}, not of {full_name}.",
            hint=f"Give --stack ORGANIZATION/{stack}, or the file of the other stack.",
        )
    return StackFile(found.parent, full_name or stack)


def refuse_own_program(target: StackFile, operation: str) -> None:
    """Refuse a project that has a program: it declares what the stack holds, and no other program may run instead.

    Args:
        target: the stack.
        operation: ``up``, ``preview``, ``refresh`` or ``destroy``, for the command to type.

    Raises:
        OwnProgramError: the project has a program.
        ConfigurationError: ``Pulumi.yaml`` cannot be read.
    """
    found = _program(target.directory)
    if found is not None:
        raise OwnProgramError(
            f"The Pulumi project in {target.directory} has a program of its own ({found}), which declares what stack "
            f"{target.stack} holds. awa-infra {operation} is for projects that consist of {PROJECT_FILE} and "
            "Pulumi.<stack>.yaml alone. Nothing was run.",
            hint=f"Run {target.command(operation)}",
        )


def _program(directory: Path) -> str | None:
    """Return what makes a project one with a program, in words; ``None`` if it consists of YAML alone."""
    project = read_project(directory / PROJECT_FILE)
    runtime = project.get("runtime")
    if isinstance(runtime, Mapping):
        runtime = runtime.get("name")
    if runtime != _OWN_RUNTIME:
        return f"runtime: {runtime}"
    if project.get("main"):
        return f"main: {project['main']}"
    if (directory / "__main__.py").exists():
        return "__main__.py"
    return None


COMPONENT = "awa:index:AwaStack"
"""Type of the component; it is part of every state, so it never changes."""

COMPONENT_NAME = "awa"
"""Its name when ``AwaStack.from_config()`` gets none."""

_STACK = "pulumi:pulumi:Stack"
_PROVIDER = "pulumi:providers:"
_DEFAULT_PROVIDER = "default"
"""How the engine begins the names of providers that no program declared; it removes those by itself."""

_OWN = frozenset(
    f"{COMPONENT}$pulumi-python:dynamic/awa:{kind}"
    for kind in ("AwaDatabase", "AwaRoles", "AwaSchema", "QueueStorageSchema", "StorageActivation")
)


def foreign_resources(resources: Iterable[Mapping[str, Any]]) -> list[str]:
    """Return the URNs of resources that ``AwaStack.from_config()`` never declares, in the order of the state.

    Args:
        resources: the entries ``deployment.resources`` of an exported stack.
    """
    return [str(resource["urn"]) for resource in resources if not _is_own(resource)]


def _is_own(resource: Mapping[str, Any]) -> bool:
    kind, name = _parts(str(resource["urn"]))
    if kind == _STACK:
        return True
    if kind == COMPONENT:
        return name == COMPONENT_NAME
    if kind in _OWN:
        return _parts(str(resource.get("parent", ""))) == (COMPONENT, COMPONENT_NAME)
    return kind.rpartition("$")[2].startswith(_PROVIDER) and name.startswith(_DEFAULT_PROVIDER)


def _parts(urn: str) -> tuple[str, str]:
    """Return the type, with those of its parents, and the name of a URN."""
    # urn:pulumi:STACK::PROJECT::TYPE::NAME, and a name may hold colons of its own.
    found = urn.split("::", 3)
    return (found[2], found[3]) if len(found) == 4 else ("", "")  # noqa: PLR2004
