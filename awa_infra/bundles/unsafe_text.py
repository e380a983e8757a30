"""Refuse text that a migration tool reads differently from PostgreSQL, and names that it would sort wrongly. Pure.

Awa's text is run as it is, so what a tool cannot carry is refused rather than escaped. A text must pass for every
format: after a move from one tool to another the bundle does the same.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cache

from awa_infra.errors import BundleError
from awa_infra.model import DesiredState, Step, StepKind

_LARGEST_VERSION = 999
"""File names have three digits; a fourth would come first in every tool that orders by name."""

_MOST_PATCHES = 10
"""Flyway runs ``awa_00`` to ``awa_09`` before ``awa_10``, the queue-storage schemas."""

_QUOTED = re.compile(
    r"""
      --[^\n]*
    | /\*.*?\*/
    | (?<!\w)[eE]'(?:[^'\\]|\\.|'')*'
    | '(?:[^']|'')*'
    | "(?:[^"]|"")*"
    | (?<![\w$])(?P<dollar>\$(?:[A-Za-z_]\w*)?\$).*?(?P=dollar)
    """,
    re.VERBOSE | re.DOTALL,
)
"""What PostgreSQL does not look into for statements: comments, strings, quoted names, bodies of functions."""

_ANYWHERE = (
    (re.compile(r"\$\{"), "a placeholder ${...}, which Flyway and Liquibase replace"),
    (re.compile("\ufeff"), "a byte order mark"),
    (re.compile("\x00"), "a NUL character, which PostgreSQL does not take"),
    (re.compile(r"^\s*--\s*\+goose\b", re.MULTILINE), "a comment that goose obeys"),
    (re.compile(r"^\s*--\s*migrate:", re.MULTILINE), "a comment that dbmate obeys"),
)

_OUTSIDE_QUOTES = (
    (re.compile(r"'|\"|/\*|\*/|(?<![\w$])\$(?:[A-Za-z_]\w*)?\$"), "a quote or comment that does not end or is nested"),
    (re.compile(r"\\"), "a backslash command of psql"),
    (re.compile(r"(?<!:):(?:[A-Za-z_{]|\0)"), "a variable of psql (:name)"),
    (
        re.compile(
            r"(?:\A|;)\s*(?:BEGIN|START\s+TRANSACTION|COMMIT|END|ROLLBACK|ABORT|SAVEPOINT|RELEASE|PREPARE\s+TRANSACTION)\b",
            re.IGNORECASE,
        ),
        "transaction control, which is the tool's",
    ),
    (re.compile(r"\bBEGIN\s+ATOMIC\b", re.IGNORECASE), "a function body without quotes, which tools split"),
    (re.compile(r"\bFROM\s+STDIN\b", re.IGNORECASE), "COPY from the client, which only psql can do"),
    (
        re.compile(r"\bINDEX\s+CONCURRENTLY\b|(?:\A|;)\s*(?:VACUUM|ALTER\s+SYSTEM|CREATE\s+DATABASE)\b", re.IGNORECASE),
        "a statement that cannot be in a transaction",
    ),
)


def refuse_what_tools_misread(desired: DesiredState, steps: Iterable[Step]) -> None:
    """Raise a BundleError that lists every text and name that a migration tool cannot carry."""
    listed = tuple(steps)
    declared = [
        f"{what} {name!r} has {problem}."
        for what, name in _declared(desired)
        for pattern, problem in _ANYWHERE
        if pattern.search(name)
    ]
    # A name is reported as such, not by the place that it got to.
    texts = [step for step in listed if not declared or step.kind in {StepKind.MIGRATION, StepKind.PATCH}]
    found = [
        *declared,
        *_names(listed),
        *(f"{step.key}: {problem}" for step in texts for problem in problems(step.sql)),
    ]
    if found:
        raise BundleError(
            "Not everything in the plan can be handed to a migration tool.",
            details=found,
            hint="If the text is Awa's, report it to awa-infra and use awa-infra apply meanwhile; if it comes from the "
            "configuration, choose another name.",
        )


@cache
def problems(text: str) -> tuple[str, ...]:
    """Return everything in a text that a tool would misread, each with its line."""
    # Replace quoted text by a marker, for a psql variable may have quotes, and its newlines, to keep line numbers.
    bare = _QUOTED.sub(_hollow, text)
    anywhere = [reported for pattern, what in _ANYWHERE for reported in _reported(pattern, what, text)]
    return (*anywhere, *(reported for pattern, what in _OUTSIDE_QUOTES for reported in _reported(pattern, what, bare)))


def _declared(desired: DesiredState) -> Iterator[tuple[str, str]]:
    """Return every name that comes from a configuration, with what it names."""
    for wanted in desired.queue_storage:
        yield "queue-storage schema", wanted.schema
        yield from ((f"queue of schema {wanted.schema}", queue.name) for queue in wanted.queues)
    if desired.roles is not None:
        yield from ((f"{duty} role", name) for duty, name in desired.roles.duties().items())


def _reported(pattern: re.Pattern[str], what: str, text: str) -> Iterator[str]:
    found = pattern.search(text)
    if found:
        start = found.end() - len(found[0].lstrip("; \t\n"))
        yield f"line {text.count(chr(10), 0, start) + 1} has {what}."


def _hollow(found: re.Match[str]) -> str:
    comment = found[0].startswith(("--", "/*"))
    return ("" if comment else "\0") + "\n" * found[0].count("\n")


def _names(steps: Iterable[Step]) -> Iterator[str]:
    patches = 0
    for step in steps:
        if step.kind is StepKind.MIGRATION and step.version > _LARGEST_VERSION:
            yield f"{step.key}: versions above {_LARGEST_VERSION} would come first where files are ordered by name."
        if step.kind is StepKind.PATCH:
            patches += 1
            name = step.subject
            if not re.fullmatch(r"[a-z0-9]+(_[a-z0-9]+)*", name):
                yield f"{step.key}: a file name takes lower-case letters, digits and single underscores only."
    if patches > _MOST_PATCHES:
        yield f"{patches} patches: more than {_MOST_PATCHES} would be run after the queue-storage schemas."
