"""Name everything that a verification checks, so that each has an identifier that stays the same from run to run.

And say of a verification that could not be made why nothing is known.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import get_args

from awa_infra.explain import sections
from awa_infra.model import CANONICAL_SCHEMA
from awa_infra.verification.catalog import STRUCTURE
from awa_infra.verification.drift import Examination
from awa_infra.verification.findings import Finding, FindingCode, FindingKind, StateOfAwa, StateOfDeclared, StateOfEach

OF_AWA: tuple[FindingCode, ...] = get_args(StateOfAwa)
OF_EACH: tuple[FindingCode, ...] = get_args(StateOfEach)
OF_DECLARED: tuple[FindingCode, ...] = get_args(StateOfDeclared)
"""These are listed only where they are found; all others always."""

OBJECTS = tuple(sorted(STRUCTURE))
"""Parts of the catalog, each of which is compared as a whole."""


class Outcome(StrEnum):
    """How one check ended."""

    PASSED = "passed"
    FAILED = "failed"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Item:
    """One thing that was verified, or that could not be.

    Attributes:
        schema: where.
        name: a part of the catalog, such as ``column``, or the code of a state; unique in the schema.
        outcome: how it ended.
        findings: what is wrong, or why it was skipped.
    """

    schema: str
    name: str
    outcome: Outcome
    findings: tuple[Finding, ...] = ()


def items(found: Examination) -> tuple[Item, ...]:
    """Return everything that was verified, schema by schema, in an order that stays the same."""
    schemas = dict.fromkeys([*(f.schema for f in found.fingerprints), *(f.schema for f in found.findings)])
    return tuple(item for schema in sorted(schemas) for item in _of_schema(schema, found))


def text_of(finding: Finding) -> str:
    """Return what is wrong, as one line."""
    if finding.message:
        return finding.message
    more = f", and {finding.also} entries that depend on it" if finding.also else ""
    return f"{finding.part} {finding.object} is {finding.kind.value}{more}"


def hint_of(finding: Finding) -> str:
    """Return what to do about it, as one line."""
    if finding.repair:
        return finding.repair
    return next(section.do for section in sections()[finding.code] if section.group == "findings")


def lines_of(finding: Finding) -> Iterator[str]:
    """Yield everything about a finding, line by line: what, the difference, what to do, the statements for it."""
    yield f"[{finding.code}] {text_of(finding)}"
    if finding.diff:
        yield from finding.diff
    elif finding.kind is FindingKind.CHANGED:
        yield f"- {finding.expected}"
        yield f"+ {finding.found}"
    yield f"Hint: {hint_of(finding)}"
    yield from finding.sql


def _of_schema(schema: str, found: Examination) -> Iterator[Item]:
    here = [finding for finding in found.findings if finding.schema == schema]
    unknown = tuple(finding for finding in here if finding.kind is FindingKind.UNKNOWN)
    compared = any(fingerprint.schema == schema for fingerprint in found.fingerprints)
    for part in OBJECTS:
        yield _item(schema, part, [f for f in here if f.is_drift and f.part == part], () if compared else unknown)
    for code in (*OF_AWA, *OF_EACH) if schema == CANONICAL_SCHEMA else OF_EACH:
        yield _item(schema, code, [f for f in here if f.is_drift and f.code == code], ())
    declared = [finding for finding in here if finding.code in OF_DECLARED]
    for code in dict.fromkeys(finding.code for finding in declared):
        yield _item(schema, code, [finding for finding in declared if finding.code == code], ())
    for code in dict.fromkeys(finding.code for finding in unknown):
        yield Item(schema, code, Outcome.SKIPPED, tuple(finding for finding in unknown if finding.code == code))


def _item(schema: str, name: str, wrong: list[Finding], unknown: tuple[Finding, ...]) -> Item:
    if wrong:
        return Item(schema, name, Outcome.FAILED, tuple(wrong))
    return Item(schema, name, Outcome.SKIPPED if unknown else Outcome.PASSED, unknown)


@dataclass(frozen=True, slots=True)
class Unchecked:
    """Why nothing is known of a database, without any secret.

    Attributes:
        database: its name; empty if not even that is known.
        release: name of the Awa release that it would have been compared with; empty if that cannot be used.
        code: of the failure, which ``awa-infra explain`` knows.
        message: what happened.
        hint: what to do; may be empty.
        details: one line for each of several problems.
        exit_status: what the command exits with.
    """

    database: str
    release: str
    code: str
    message: str
    hint: str
    details: tuple[str, ...]
    exit_status: int

    def lines(self) -> Iterator[str]:
        """Yield everything, line by line: what, each detail, what to do."""
        yield f"[{self.code}] {self.message}"
        yield from (f"- {detail}" for detail in self.details)
        if self.hint:
            yield f"Hint: {self.hint}"
