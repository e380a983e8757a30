"""Stack configuration: Pulumi's own ``Pulumi.<stack>.yaml``, namespace ``awa``, to checked values.

One model validates what comes from a file and what the Pulumi engine hands to a program. Every problem is
reported at once, with its key and, for a file, its line.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import yaml
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StrictBool, StrictInt, ValidationError
from pydantic_core import PydanticCustomError

from awa_infra.errors import ConfigurationError
from awa_infra.model import QueueStorage, Shape
from awa_infra.naming import database_name_problem, schema_name_problem

NAMESPACE = "awa"
"""Pulumi configuration namespace of every key read here."""

Path_ = tuple[str | int, ...]


def _schema_name(value: str) -> str:
    problem = schema_name_problem(value)
    if problem:
        raise PydanticCustomError("schema_name", "{problem}", {"problem": problem})
    return value


def _database_name(value: str) -> str:
    problem = database_name_problem(value)
    if problem:
        raise PydanticCustomError("database_name", "{problem}", {"problem": problem})
    return value


class Encrypted(BaseModel):
    """A value that Pulumi encrypted (``secure: ...``); it stays so unless the engine hands it over."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    secure: str = Field(repr=False)


class QueueStorageEntry(BaseModel):
    """One custom queue-storage schema. Bounds are those of Awa's installer (0.6.9)."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    schema_name: Annotated[str, AfterValidator(_schema_name)] = Field(
        alias="schema", description="Name of the schema: a-z, 0-9 and _, at most 18 characters."
    )
    queue_slots: StrictInt = Field(16, alias="queueSlots", ge=4, description="Ready-queue ring slots; immutable.")
    lease_slots: StrictInt = Field(8, alias="leaseSlots", ge=2, description="Lease ring slots; immutable.")
    claim_slots: StrictInt = Field(8, alias="claimSlots", ge=2, description="Claim ring slots; immutable.")
    receipts: StrictBool = Field(True, description="Whether claims are held as receipts; immutable.")  # noqa: FBT003

    def wanted(self) -> QueueStorage:
        """Return the value that plans are made from."""
        return QueueStorage(
            self.schema_name, Shape(self.queue_slots, self.lease_slots, self.claim_slots, self.receipts)
        )


class StackConfig(BaseModel):
    """Everything that a stack may declare in namespace ``awa``."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    database_url: str | Encrypted | None = Field(
        None,
        alias="databaseUrl",
        repr=False,
        description="Connection string; keep it secret (pulumi config set --secret). Default: $DATABASE_URL.",
    )
    database: Annotated[str, AfterValidator(_database_name)] | None = Field(
        None,
        description="Create this database on the server of databaseUrl if it is missing, and use it.",
    )
    queue_storage_schemas: tuple[QueueStorageEntry, ...] = Field(
        (),
        alias="queueStorageSchemas",
        description="Custom queue-storage schemas beside the default one in awa.",
    )

    def queue_storage(self) -> tuple[QueueStorage, ...]:
        """Return the custom queue-storage schemas as plans want them."""
        return tuple(entry.wanted() for entry in self.queue_storage_schemas)


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong: the key as people write it, what is wrong with it, and its line if known."""

    key: str
    message: str
    line: int | None = None


def validate(
    values: Mapping[str, Any], lines: Mapping[Path_, int] | None = None
) -> tuple[StackConfig | None, list[Problem]]:
    """Check the values of namespace ``awa``, keys without the namespace.

    Returns:
        The configuration and no problems, or ``None`` and every problem.
    """
    lines = lines or {}
    problems: list[Problem] = []
    config: StackConfig | None = None
    try:
        config = StackConfig.model_validate(values)
    except ValidationError as exc:
        problems = list(_problems(exc, values, lines))
    problems += _duplicates(values, lines)
    return (None if problems else config), problems


def queue_storage_problems(values: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return what is wrong with the inputs of one queue-storage schema, as ``(input, message)``.

    Args:
        values: any of ``schema``, ``queue_slots``, ``lease_slots``, ``claim_slots``, ``receipts``; what is
            not given is not checked.
    """
    alias = {"schema": "schema"} | {name: f.alias or name for name, f in QueueStorageEntry.model_fields.items()}
    name_of = {a: name for name, a in alias.items()} | {"schema": "schema"}
    given = {"schema": "placeholder"} | {alias[name]: value for name, value in values.items()}
    try:
        QueueStorageEntry.model_validate(given)
    except ValidationError as exc:
        return [(name_of.get(p.key.rpartition(":")[2], p.key), p.message) for p in _problems(exc, {}, {})]
    return []


def parse(text: str, source: str) -> StackConfig:
    """Return the configuration in the text of a ``Pulumi.<stack>.yaml``.

    Args:
        text: the file's content.
        source: its name, for messages.

    Raises:
        ConfigurationError: it is not YAML, or anything in namespace ``awa`` is wrong; all of it is listed.
    """
    values, lines, problems = _read(text, source)
    config, found = validate(values, lines)
    problems += found
    if problems or config is None:
        raise problems_error(problems, source)
    return config


def load(path: Path) -> StackConfig:
    """Return the configuration in a file.

    Raises:
        ConfigurationError: the file cannot be read, or see :func:`parse`.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as exc:
        reason = exc.strerror if isinstance(exc, OSError) else "it is not UTF-8 text"
        raise ConfigurationError(
            f"Cannot read {path}: {reason}.", hint="Give the path of a Pulumi.<stack>.yaml."
        ) from exc
    return parse(text, str(path))


def problems_error(problems: list[Problem], source: str) -> ConfigurationError:
    """Return one error that lists every problem, in the order of the file."""
    ordered = sorted(problems, key=lambda p: (p.line or 0, p.key))
    listed = [
        f"{source}:{p.line}: {p.key}: {p.message}" if p.line else f"{source}: {p.key}: {p.message}" for p in ordered
    ]
    if len(listed) == 1:
        return ConfigurationError(
            listed[0] + ("" if listed[0].endswith("?") else "."), hint="Correct it and run again; nothing was done."
        )
    return ConfigurationError(
        f"{source} has {len(listed)} problems.",
        details=listed,
        hint="Correct them and run again; nothing was done.",
    )


def _read(text: str, source: str) -> tuple[dict[str, Any], dict[Path_, int], list[Problem]]:
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
        document = yaml.safe_load(text)
    except (yaml.YAMLError, ValueError, LookupError, AttributeError, RecursionError) as exc:
        mark = getattr(exc, "problem_mark", None)
        where = f"{source}:{mark.line + 1}" if mark else source
        reason = getattr(exc, "problem", None) or "it is not YAML"
        raise ConfigurationError(f"{where}: {reason}.", hint="Correct the YAML; nothing was done.") from exc
    document = {} if document is None else document
    if not isinstance(document, dict) or not isinstance(document.get("config") or {}, dict):
        raise ConfigurationError(
            f"{source}: a stack configuration is a mapping with a mapping under config.",
            hint="Start it with config: and indent keys such as awa:queueStorageSchemas under it.",
        )
    lines: dict[Path_, int] = {}
    repeated: list[Problem] = []
    if root is not None:
        _walk(root, (), lines, repeated, frozenset())
    config: dict[str, Any] = document.get("config") or {}
    prefix = f"{NAMESPACE}:"
    values = {key.removeprefix(prefix): value for key, value in config.items() if str(key).startswith(prefix)}
    own = {
        (str(path[1]).removeprefix(prefix), *path[2:]): line
        for path, line in lines.items()
        if len(path) > 1 and path[0] == "config" and str(path[1]).startswith(prefix)
    }
    bare = [
        Problem(str(key), f"keys of awa-infra have a namespace; write {prefix}{key}", lines.get(("config", key)))
        for key in config
        if key in _aliases(StackConfig)
    ]
    return values, own, bare + [p for p in repeated if p.key == "config" or p.key.startswith(prefix)]


def _walk(
    node: yaml.Node, path: Path_, lines: dict[Path_, int], repeated: list[Problem], above: frozenset[int]
) -> None:
    if id(node) in above:
        return  # an alias of what holds it
    above |= {id(node)}
    lines.setdefault(path, node.start_mark.line + 1)
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            below = (*path, key.value)
            line = key.start_mark.line + 1
            if below in lines:
                repeated.append(
                    Problem(_written(below[1:] or below), f"given twice, first in line {lines[below]}", line)
                )
            lines[below] = line
            _walk(value, below, lines, repeated, above)
    elif isinstance(node, yaml.SequenceNode):
        for index, item in enumerate(node.value):
            _walk(item, (*path, index), lines, repeated, above)


def _problems(exc: ValidationError, values: Mapping[str, Any], lines: Mapping[Path_, int]) -> Iterator[Problem]:
    seen: set[Path_] = set()
    for error in exc.errors(include_url=False, include_input=False):
        path: Path_ = error["loc"]
        if path[0] == "databaseUrl":
            # A union: pydantic puts the tried member second, and complains once per member.
            path = (path[0], *path[2:])
            if len(path) == 1 and isinstance(values.get("databaseUrl"), Mapping):
                continue
        if path in seen:
            continue
        seen.add(path)
        message = error["msg"][0].lower() + error["msg"][1:]
        if error["type"] == "extra_forbidden":
            inner = Encrypted if path[0] == "databaseUrl" else QueueStorageEntry
            message = _unknown_key(str(path[-1]), StackConfig if len(path) == 1 else inner)
        elif error["type"] == "missing":
            message = "is missing"
        yield Problem(_written((f"{NAMESPACE}:{path[0]}", *path[1:])), message, _line(path, lines))


def _duplicates(values: Mapping[str, Any], lines: Mapping[Path_, int]) -> list[Problem]:
    entries = values.get("queueStorageSchemas")
    problems = []
    first: dict[str, int] = {}
    for index, entry in enumerate(entries if isinstance(entries, list | tuple) else ()):
        name = entry.get("schema") if isinstance(entry, Mapping) else None
        if not isinstance(name, str):
            continue
        if name in first:
            path = ("queueStorageSchemas", index, "schema")
            key = _written((f"{NAMESPACE}:queueStorageSchemas", index, "schema"))
            other = f"queueStorageSchemas[{first[name]}]"
            problems.append(Problem(key, f"{name!r} is declared twice, first in {other}", _line(path, lines)))
        first.setdefault(name, index)
    return problems


def _unknown_key(key: str, model: type[BaseModel]) -> str:
    known = _aliases(model)
    folded = {name.lower(): name for name in known}
    near = [folded[n] for n in difflib.get_close_matches(key.lower(), folded, n=1)]
    return f"unknown key; did you mean {near[0]}?" if near else f"unknown key; known are {', '.join(known)}"


def _aliases(model: type[BaseModel]) -> list[str]:
    return [field.alias or name for name, field in model.model_fields.items()]


def _line(path: Path_, lines: Mapping[Path_, int]) -> int | None:
    # A missing key has no line of its own; that of what should hold it is the next best.
    while path:
        if path in lines:
            return lines[path]
        path = path[:-1]
    return None


def _written(path: Path_) -> str:
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else str(part)
    return text
