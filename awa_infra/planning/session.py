"""The settings under which all SQL of this project runs, for the engine and for bundles alike. Pure.

What they are and why stands in ``sql/session/settings.sql``.
"""

from __future__ import annotations

import re
from functools import cache

from awa_infra import sqltext

NO_TIMEOUT = "0"


@cache
def session_settings(lock_timeout: str, *, statement_timeout: str = NO_TIMEOUT) -> str:
    """Return the SELECT of the settings that differ from what they have to be: names and values.

    Args:
        lock_timeout: as PostgreSQL writes it, for example ``30000ms``; ``0`` waits for ever.
        statement_timeout: the same for each statement.
    """
    text = sqltext.render("session/settings.sql", lock_timeout=lock_timeout, statement_timeout=statement_timeout)
    return text.rstrip("\n")


@cache
def session_query(lock_timeout: str, *, local: bool = True) -> str:
    """Return one SELECT that sets them; it needs no procedural language.

    Args:
        lock_timeout: as for :func:`session_settings`.
        local: until the end of the transaction rather than of the session.
    """
    settings = sqltext.Part(session_settings(lock_timeout))
    return sqltext.render("session/select.sql", settings=settings, local=local)


def keep_query(lock_timeout: str) -> str:
    """Return the SELECT that keeps what is about to be set for the session, for ``session/give_back.sql``."""
    return sqltext.render("session/keep.sql", settings=sqltext.Part(session_settings(lock_timeout)))


def transaction(*, write: bool) -> str:
    """Return the statement that has to be the first one of a transaction.

    Args:
        write: whether the transaction is to write.
    """
    return sqltext.render("session/transaction.sql", access=sqltext.Part("WRITE" if write else "ONLY"))


def begin(*, write: bool) -> str:
    """Return the statement that begins such a transaction, for whoever begins it."""
    statement = re.sub(r"^--.*\n", "", transaction(write=write), flags=re.MULTILINE).strip()
    return statement.replace("SET TRANSACTION", "BEGIN").removesuffix(";")


def session_block(lock_timeout: str, *, local: bool = True, statement_timeout: str = NO_TIMEOUT) -> str:
    """Return the DO block that sets them and shows nothing, for scripts.

    Args:
        lock_timeout: as for :func:`session_settings`.
        local: until the end of the transaction rather than of the session.
        statement_timeout: as for :func:`session_settings`.
    """
    settings = sqltext.Part(session_settings(lock_timeout, statement_timeout=statement_timeout))
    return sqltext.render("session/block.sql", settings=settings, local=local)


def opening(lock_timeout: str, *, write: bool = True, statement_timeout: str = NO_TIMEOUT) -> str:
    """Return what a script runs first in a transaction: :func:`transaction` and :func:`session_block`."""
    return f"{transaction(write=write)}\n{session_block(lock_timeout, statement_timeout=statement_timeout)}"
