"""Releases that are made up."""

from __future__ import annotations

from awa_infra.model import Migration, Patch, Provenance, Release


def release_of(*texts: str, patch: str) -> Release:
    """Return a release with these migrations, numbered from 1, and the patch ``fix``."""
    migrations = tuple(Migration(number, "", text, "") for number, text in enumerate(texts, start=1))
    return Release("0.6.9", migrations, (Patch("fix", "", patch, ""),), Provenance.KNOWN)
