"""What a queue-storage schema may be called. One rule for configuration, resources and commands."""

from __future__ import annotations

import re

from awa_infra.model import CANONICAL_SCHEMA

MAX_LENGTH = 18
"""Longest name, in characters, with which PostgreSQL truncates no index name of Awa's installer.

Index names are built from the schema's; beyond 63 characters PostgreSQL cuts them, and the installer then
silently skips the ones that collide (measured with Awa 0.6.9 and slot numbers of two digits).
"""

_POSTGRES_MAX_LENGTH = 63
"""``NAMEDATALEN`` of a standard build, less one."""

_PATTERN = re.compile(r"[a-z_][a-z0-9_]*")


def schema_name_problem(name: str) -> str | None:
    """Return what is wrong with the name of a custom queue-storage schema, or ``None``."""
    if not _PATTERN.fullmatch(name):
        return f"{name!r} must start with a lower-case letter or _ and hold only lower-case letters, digits and _"
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
    if not _PATTERN.fullmatch(name):
        return f"{name!r} must start with a lower-case letter or _ and hold only lower-case letters, digits and _"
    if len(name) > _POSTGRES_MAX_LENGTH:
        return f"{name!r} has {len(name)} characters; PostgreSQL keeps {_POSTGRES_MAX_LENGTH}"
    if name in {"template0", "template1"}:
        return f"{name!r} is a template of the server; choose another name"
    return None


def role_name_problem(name: str) -> str | None:
    """Return what is wrong with the name of a role, or ``None``; the rule is that of databases."""
    if not _PATTERN.fullmatch(name):
        return f"{name!r} must start with a lower-case letter or _ and hold only lower-case letters, digits and _"
    if len(name) > _POSTGRES_MAX_LENGTH:
        return f"{name!r} has {len(name)} characters; PostgreSQL keeps {_POSTGRES_MAX_LENGTH}"
    if name.startswith("pg_") or name in {"public", "none"}:
        return f"{name!r} is reserved by PostgreSQL; choose another name"
    return None
