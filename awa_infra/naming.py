"""Rules for the names of schemas, databases and roles, for configuration, resources and commands alike."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from awa_infra.model import CANONICAL_SCHEMA

MAX_LENGTH = 18
"""Longest name, in characters, with which PostgreSQL truncates no index name of Awa's installer.

Index names are built from the schema's; beyond 63 characters PostgreSQL cuts them, and the installer then
silently skips the ones that collide (measured with Awa 0.6.9 and slot numbers of two digits).
"""

POSTGRES_MAX_LENGTH = 63
"""Longest name of anything, in bytes: ``NAMEDATALEN`` of a standard build, less one."""

_WORDS = """
all analyse analyze and any array as asc asymmetric authorization binary both case cast check collate collation
column concurrently constraint create cross current_catalog current_date current_role current_schema
current_time current_timestamp current_user default deferrable desc distinct do else end except false fetch for
foreign freeze from full grant group having ilike in initially inner intersect into is isnull join lateral
leading left like limit localtime localtimestamp natural not notnull null offset on only or order outer overlaps
placing primary references returning right select session_user similar some symmetric system_user table
tablesample then to trailing true union unique user using variadic verbose when where window with
"""

RESERVED_WORDS = frozenset(_WORDS.split())
"""Words that PostgreSQL 14 to 18 accepts as the name of a schema only in quotes.

Read from ``pg_get_keywords()`` (categories R and T) of 14.23, 15.19, 16.15, 17.11 and 18.6: 14 and 15 have all of them
but ``system_user``, the others have all.

Awa's ``storage prepare-queue-storage-schema`` does not quote (0.6.9): it fails with a syntax error on each of them, and
accepts the words that are reserved less strictly.
"""

TAKEN = {
    CANONICAL_SCHEMA: "is the canonical schema: migrations own it and its default queue storage; choose another name",
    "public": "is shared by all roles; queue storage needs a schema of its own",
    "information_schema": "is a schema of PostgreSQL itself; choose another name",
    "awa_migrations": "is the schema in which migration tools keep their history; choose another name",
    "awa_infra_guard": "is the schema of the functions that guard others; choose another name",
}
"""Schemas that cannot be custom ones, and why."""

_PATTERN = re.compile(r"[a-z_][a-z0-9_]*")


def schema_name_problem(name: str) -> str | None:
    """Return what is wrong with the name of a custom queue-storage schema, or ``None``."""
    problem = _form_problem(name)
    if problem:
        return problem
    if name in TAKEN:
        return f"{name!r} {TAKEN[name]}"
    if name in RESERVED_WORDS:
        return f"{name!r} is a reserved word of SQL, which Awa's own command cannot use either; choose another name"
    if name.startswith("pg_"):
        return f"{name!r} is reserved: PostgreSQL keeps names that start with pg_ to itself"
    if len(name) > MAX_LENGTH:
        return (
            f"{name!r} has {len(name)} characters; at most {MAX_LENGTH} are possible, "
            "or PostgreSQL would truncate Awa's index names"
        )
    return None


def database_name_problem(name: str) -> str | None:
    """Return what is wrong with the name of a database, or ``None``: any that PostgreSQL can create is fine."""
    if name in {"template0", "template1"}:
        return f"{name!r} is a template of the server; choose another name"
    return name_problem(name)


def identifier_problem(name: str) -> str | None:
    """Return why a name would need quoting in SQL, or ``None``."""
    return _form_problem(name) or name_problem(name)


def role_name_problem(name: str) -> str | None:
    """Return what is wrong with the name of a role, or ``None``: any that PostgreSQL can create is fine."""
    problem = name_problem(name)
    if problem:
        return problem
    if name.startswith("pg_") or name in {"public", "none"}:
        return f"{name!r} is reserved: PostgreSQL has no role of that name to give away"
    return None


def name_problem(name: str) -> str | None:
    """Return what is wrong with the name of anything in PostgreSQL, or ``None``.

    PostgreSQL allows control characters too; here they are taken for mistakes, such as a line end that was copied.
    """
    if not name:
        return "'' is empty; give it a name"
    if any(unicodedata.category(character) in {"Cc", "Cs"} for character in name):
        return f"{name!r} contains non-printable characters"
    size = len(name.encode())
    if size > POSTGRES_MAX_LENGTH:
        return f"{name!r} has {size} bytes in UTF-8; PostgreSQL keeps {POSTGRES_MAX_LENGTH}"
    return None


def quote(name: str) -> str:
    """Return an identifier in quotation marks."""
    return '"' + name.replace('"', '""') + '"'


def nearest(word: str, known: Iterable[str]) -> str:
    """Return the known word that was probably meant, in any case of letters; empty if none is near."""
    import difflib  # noqa: PLC0415  only where something is wrong

    folded = {name.lower(): name for name in known}
    return next((folded[n] for n in difflib.get_close_matches(word.lower(), folded, n=1)), "")


def _form_problem(name: str) -> str | None:
    if _PATTERN.fullmatch(name):
        return None
    return f"{name!r} must start with a lower-case letter or _ and hold only lower-case letters, digits and _"
