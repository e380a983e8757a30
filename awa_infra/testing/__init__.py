"""Databases for tests: a pytest plugin (``awa_database``), and :func:`load` for pytest-postgresql.

Nothing is imported before it is used, because pytest imports this package in every run.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from awa_infra.testing.databases import Databases, TestDatabase
    from awa_infra.testing.prepared import load

__all__ = ["Databases", "TestDatabase", "load"]


def __getattr__(name: str) -> object:
    """Import a name on first use."""
    if name == "load":
        from awa_infra.testing.prepared import load  # noqa: PLC0415  takes half a second to import

        return load
    if name in __all__:
        from awa_infra.testing import databases  # noqa: PLC0415  the same

        return getattr(databases, name)
    message = f"module {__name__!r} has no attribute {name!r}"
    raise AttributeError(message)
