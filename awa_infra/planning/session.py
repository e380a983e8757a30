"""The settings under which all SQL of this project runs, for the engine and for bundles alike. Pure.

``sql/session/settings.sql`` says what they are, and why.
"""

from __future__ import annotations

from functools import cache

from awa_infra import sqltext

NO_TIMEOUT = "0"


@cache
def session_settings(lock_timeout: str, *, statement_timeout: str = NO_TIMEOUT) -> str:
    """Return the SELECT of the settings that differ from what they have to be: names and values.

    The timeouts are as PostgreSQL writes them, for example ``30000ms``; ``0`` waits for ever.
    """
    text = sqltext.render("session/settings.sql", lock_timeout=lock_timeout, statement_timeout=statement_timeout)
    return text.rstrip("\n")


@cache
def session_query(lock_timeout: str, *, local: bool = True, statement_timeout: str = NO_TIMEOUT) -> str:
    """Return one SELECT that sets them, local to the transaction or not; it needs no procedural language."""
    settings = sqltext.Part(session_settings(lock_timeout, statement_timeout=statement_timeout))
    return sqltext.render("session/select.sql", settings=settings, local=local)


def keep_query(lock_timeout: str) -> str:
    """Return the SELECT that keeps what is about to be set for the session, for ``session/give_back.sql``."""
    return sqltext.render("session/keep.sql", settings=sqltext.Part(session_settings(lock_timeout)))


def transaction(*, only_reads: bool = False) -> str:
    """Return the statement that has to be the first one of a transaction.

    A script does not say that it writes: a standby would refuse that with an error, before any gate can say so.
    """
    why = "-- By name: under another default of the role or the database this would look at a stale snapshot."
    return f"{why}\n{_by_name('SET TRANSACTION', ', READ ONLY' if only_reads else '')};\n"


def begin(*, write: bool) -> str:
    """Return the statement that begins such a transaction, for a caller that begins it itself."""
    return _by_name("BEGIN", ", READ WRITE" if write else ", READ ONLY")


def _by_name(statement: str, access: str) -> str:
    parts = {"statement": sqltext.Part(statement), "access": sqltext.Part(access)}
    return sqltext.render("session/transaction.sql", **parts).rstrip("\n")


def session_block(lock_timeout: str, *, local: bool = True, statement_timeout: str = NO_TIMEOUT) -> str:
    """Return the DO block that sets them, local to the transaction or not, and shows nothing, for scripts."""
    settings = sqltext.Part(session_settings(lock_timeout, statement_timeout=statement_timeout))
    return sqltext.render("session/block.sql", settings=settings, local=local)


def opening(lock_timeout: str, *, only_reads: bool = False, statement_timeout: str = NO_TIMEOUT) -> str:
    """Return what a script runs first in a transaction: :func:`transaction` and :func:`session_block`."""
    return f"{transaction(only_reads=only_reads)}\n{session_block(lock_timeout, statement_timeout=statement_timeout)}"


def quiet(query: str) -> str:
    """Return the statements that run a query in a transaction and show nothing; they need no procedural language."""
    return sqltext.render("session/quiet.sql", query=sqltext.Part(query.rstrip().removesuffix(";")))
