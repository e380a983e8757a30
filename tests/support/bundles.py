"""Bundles for databases that start empty."""

from __future__ import annotations

from awa_infra.bundles.package import package
from awa_infra.model import DesiredState


def render(fmt: str, desired: DesiredState) -> dict[str, bytes]:
    """Return every file of a new bundle by its path."""
    return dict(package(fmt, desired).files)
