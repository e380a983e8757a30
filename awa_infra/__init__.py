"""awa-infra: provision, package and verify the PostgreSQL side of the Awa job queue.

The Pulumi resources are imported on first use, so that ``import awa_infra`` costs nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from awa_infra.resources import (
        AwaDatabase,
        AwaRoles,
        AwaSchema,
        AwaStack,
        QueueStorageSchema,
        StorageActivation,
    )

__version__ = "0.1.0"

__all__ = [
    "AwaDatabase",
    "AwaRoles",
    "AwaSchema",
    "AwaStack",
    "QueueStorageSchema",
    "StorageActivation",
    "__version__",
]


def __getattr__(name: str) -> object:
    """Import a resource on first use."""
    if name in __all__:
        from awa_infra import resources  # noqa: PLC0415  pulumi takes a fifth of a second to import

        return getattr(resources, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
