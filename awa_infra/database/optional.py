"""Ask one more question in a round trip, whose failure costs nothing but its answer."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import psycopg
from psycopg import Cursor, errors
from psycopg.rows import DictRow

from awa_infra.database.connection import Connection


@dataclass(slots=True)
class Question:
    """A question that not every server answers, asked as the last one of a round trip."""

    connection: Connection
    cursor: Cursor[DictRow] | None = None

    def ask(self, query: str) -> None:
        """Ask it."""
        self.connection.execute(b"SAVEPOINT awa_infra_optional")
        self.cursor = self.connection.execute(query.encode())
        self.connection.execute(b"RELEASE SAVEPOINT awa_infra_optional")

    def value(self, column: str) -> str | None:
        """Return what it answered; ``None`` if it did not, or was not asked."""
        row = self.cursor.fetchone() if self.cursor is not None else None
        return None if row is None else str(row[column])


@contextmanager
def may_fail(connection: Connection) -> Iterator[Question]:
    """Give a question whose failure costs nothing but its answer: a service may not support a function that it has."""
    question = Question(connection)
    try:
        yield question
    except (errors.FeatureNotSupported, errors.InsufficientPrivilege) as exc:
        try:
            connection.execute(b"ROLLBACK TO SAVEPOINT awa_infra_optional")
        except psycopg.Error:
            # Another question failed, before this one.
            raise exc from None
        question.cursor = None
