"""Write the statements that put one object back as the release makes it, for an operator to read and run. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace

from awa_infra.facts.catalog import partition_of
from awa_infra.naming import quote
from awa_infra.verification.findings import Finding, FindingKind

_COLUMN = re.compile(r"(?P<type>.*?)(?P<not_null> not null)?(?: default (?P<default>.*))?", re.DOTALL)
_SEQUENCE = re.compile(r"(\w+) start (\d+) increment (\d+) from (\d+) to (\d+) cache (\d+)")
_OPTION = re.compile(r"(\w+)=([^,]*)")
_BOUND = re.compile(r" (?:DEFAULT|FOR VALUES .*)$")
_SWITCHED = re.compile(r" (?:disabled|enabled as [AR])$")


def statements(finding: Finding) -> tuple[str, ...]:
    """Return what puts an object back that is changed or missing, or takes one away that Awa did not make.

    Args:
        finding: about an object; one about a family has the statements of each of its partitions.

    Returns:
        Nothing where no statement is right whatever the rows are, such as for a column's type.
    """
    write = _WRITERS.get(finding.part)
    if write is None:
        return ()
    return tuple(text for one in _each(finding) for text in write(one))


def _each(finding: Finding) -> list[Finding]:
    """Return the finding for each partition of its family."""

    def filled(text: str | None, slot: int) -> str | None:
        return text and text.replace("_*", f"_{slot}")

    return [
        replace(
            finding,
            object=str(filled(finding.object, slot)),
            expected=filled(finding.expected, slot),
            found=filled(finding.found, slot),
        )
        for slot in finding.slots
    ] or [finding]


def _names(finding: Finding) -> tuple[str, str]:
    """Return the table, qualified, and the name of what is in it."""
    table, _, name = finding.object.partition(".")
    return f"{quote(finding.schema)}.{quote(table)}", quote(name)


def _column(finding: Finding) -> list[str]:
    table, name = _names(finding)
    wanted, found = (_COLUMN.fullmatch(text or "") for text in (finding.expected, finding.found))
    if finding.kind is not FindingKind.CHANGED or not wanted or not found or wanted["type"] != found["type"]:
        return []
    changes = []
    if wanted["default"] != found["default"]:
        changes.append("DROP DEFAULT" if wanted["default"] is None else f"SET DEFAULT {wanted['default']}")
    if wanted["not_null"] != found["not_null"]:
        changes.append("SET NOT NULL" if wanted["not_null"] else "DROP NOT NULL")
    return [f"ALTER TABLE {table} ALTER COLUMN {name} {change};" for change in changes]


def _constraint(finding: Finding) -> list[str]:
    table, name = _names(finding)
    if finding.found == f"{finding.expected} NOT VALID" or (finding.found or "").startswith("NOT NULL "):
        return [f"ALTER TABLE {table} VALIDATE CONSTRAINT {name};"]
    changes = [] if finding.found is None else [f"DROP CONSTRAINT {name}"]
    changes += [] if finding.expected is None else [f"ADD CONSTRAINT {name} {finding.expected}"]
    return [f"ALTER TABLE {table} {', '.join(changes)};"]


def _index(finding: Finding) -> list[str]:
    schema, (table, dot, _) = quote(finding.schema), finding.object.partition(".")
    if finding.kind is FindingKind.MISSING:
        return []
    if finding.found == f"{finding.expected} invalid":
        # PostgreSQL chose the name of a partition's index: it is found by its table alone.
        return [f"REINDEX {f'TABLE {schema}' if dot else f'INDEX CONCURRENTLY {schema}'}.{quote(table)};"]
    if finding.kind is FindingKind.CHANGED and not finding.object.startswith("idx_"):
        # It belongs to a constraint, or to the index of a partitioned table, and cannot be dropped alone.
        return []
    return [f"DROP INDEX {schema}.{quote(finding.object)};"]


def _inheritance(finding: Finding) -> list[str]:
    table, _ = _names(finding)
    kind, _, rest = (finding.found or "").partition(" ")
    other = _BOUND.sub("", rest)
    if kind == "partition" and partition_of(finding.object.partition(".")[2]):
        return [f"ALTER TABLE {other} SET SCHEMA {quote(finding.schema)};"]
    return {
        "partition": [f"ALTER TABLE {table} DETACH PARTITION {other};"],
        "child": [f"ALTER TABLE {other} NO INHERIT {table};"],
        "parent": [f"ALTER TABLE {table} NO INHERIT {other};"],
    }[kind]


def _partition(finding: Finding) -> list[str]:
    partition = partition_of(finding.object)
    pending = finding.found == f"{finding.expected} detach pending"
    if partition is None or not (pending or finding.kind is FindingKind.MISSING):
        return []
    name, _ = _names(finding)
    change = f"ALTER TABLE {quote(finding.schema)}.{quote(partition[0])}"
    attach = f"{change} ATTACH PARTITION {name} FOR VALUES IN ({partition[1]});"
    return [f"{change} DETACH PARTITION {name} FINALIZE;", attach] if pending else [attach]


def _on_table(finding: Finding) -> list[str]:
    table, name = _names(finding)
    return [f"DROP {finding.part.upper()} {name} ON {table};"]


def _relation(finding: Finding) -> list[str]:
    table, _ = _names(finding)
    return [f"ALTER TABLE {table} SET LOGGED;"] if finding.found == f"{finding.expected} unlogged" else []


def _sequence(finding: Finding) -> list[str]:
    name, _ = _names(finding)
    wanted = _SEQUENCE.fullmatch(finding.expected or "")
    if finding.kind is not FindingKind.CHANGED or not wanted:
        return []
    kind, start, increment, lowest, highest, cache = wanted.groups()
    logged = [f"ALTER SEQUENCE {name} SET LOGGED;"] if (finding.found or "").endswith(" unlogged") else []
    return [
        *logged,
        (
            f"ALTER SEQUENCE {name} AS {kind} INCREMENT {increment} MINVALUE {lowest} MAXVALUE {highest} START {start} "
            f"CACHE {cache} NO CYCLE;"
        ),
    ]


def _storage(finding: Finding) -> list[str]:
    table, _ = _names(finding)
    wanted, found = (dict(_OPTION.findall(text or "")) for text in (finding.expected, finding.found))
    reset = ", ".join(sorted(found.keys() - wanted.keys()))
    different = ", ".join(f"{name}={value}" for name, value in wanted.items() if found.get(name) != value)
    changes = [f"RESET ({reset})"] if reset else []
    changes += [f"SET ({different})"] if different else []
    return [f"ALTER TABLE {table} {change};" for change in changes]


def _trigger(finding: Finding) -> list[str]:
    table, name = _names(finding)
    found = finding.found or ""
    if found.startswith("constraint trigger "):
        return [f"ALTER TABLE {table} ENABLE TRIGGER ALL;"]
    if finding.kind is FindingKind.EXTRA:
        return _on_table(finding)
    return [f"ALTER TABLE {table} ENABLE TRIGGER {name};"] if _SWITCHED.sub("", found) == finding.expected else []


_WRITERS: Mapping[str, Callable[[Finding], list[str]]] = {
    "column": _column,
    "constraint": _constraint,
    "index": _index,
    "inheritance": _inheritance,
    "partition": _partition,
    "policy": _on_table,
    "relation": _relation,
    "rule": _on_table,
    "sequence": _sequence,
    "storage": _storage,
    "trigger": _trigger,
}
