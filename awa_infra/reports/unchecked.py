"""A verification that could not be made, for the formats of other programs. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass


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
