"""What schemas, databases and roles may be called. One rule for configuration, resources and commands."""

from __future__ import annotations

import re

from awa_infra.model import CANONICAL_SCHEMA

MAX_LENGTH = 18
"""Longest name, in characters, with which PostgreSQL truncates no index name of Awa's installer.

Index names are built from the schema's; beyond 63 characters PostgreSQL cuts them, and the installer then
silently skips the ones that collide (measured with Awa 0.6.9 and slot numbers of two digits).
"""

POSTGRES_MAX_LENGTH = 63
"""Longest name of anything: ``NAMEDATALEN`` of a standard build, less one."""

_PATTERN = re.compile(r"[a-z_][a-z0-9_]*")


def schema_name_problem(name: str) -> str | None:
    """Return what is wrong with the name of a custom queue-storage schema, or ``None``."""
    problem = _form_problem(name)
    if problem:
        return problem
    if name == CANONICAL_SCHEMA:
        return f"{name!r} is the canonical schema: migrations own it and its default queue storage; choose another name"
    if name == "public":
        return f"{name!r} is everybody's schema; queue storage needs one of its own"
    if name.startswith("pg_"):
        return f"{name!r} is reserved: PostgreSQL keeps names that start with pg_ to itself"
    if len(name) > MAX_LENGTH:
        return (
            f"{name!r} has {len(name)} characters; at most {MAX_LENGTH} are possible, "
            "or PostgreSQL would truncate Awa's index names"
        )
    return None


def database_name_problem(name: str) -> str | None:
    """Return what is wrong with the name of a database, or ``None``.

    Stricter than PostgreSQL: names that need no quoting, of at most 63 characters.
    """
    if name in {"template0", "template1"}:
        return f"{name!r} is a template of the server; choose another name"
    return identifier_problem(name)


def identifier_problem(name: str) -> str | None:
    """Return what is wrong with a name that nothing more is known about, or ``None``."""
    return _form_problem(name) or _length_problem(name)


def role_name_problem(name: str) -> str | None:
    """Return what is wrong with the name of a role, or ``None``."""
    problem = _form_problem(name) or _length_problem(name)
    if problem:
        return problem
    if name.startswith("pg_") or name in {"public", "none"}:
        return f"{name!r} is reserved: PostgreSQL has no role of that name to give away"
    return None


def _form_problem(name: str) -> str | None:
    if _PATTERN.fullmatch(name):
        return None
    return f"{name!r} must start with a lower-case letter or _ and hold only lower-case letters, digits and _"


def _length_problem(name: str) -> str | None:
    if len(name) <= POSTGRES_MAX_LENGTH:
        return None
    return f"{name!r} has {len(name)} characters; PostgreSQL keeps {POSTGRES_MAX_LENGTH}"
