"""The golang-migrate bundle: numbered files and nothing else. Tested with golang-migrate 4.19.1."""

from __future__ import annotations

from awa_infra.packaging.contents import Contents, Format
from awa_infra.packaging.numbered import beside, stems, unwrapped, wrapped


def paths(contents: Contents) -> dict[str, str]:
    """Return the path of every step's file."""
    return {key: f"migrations/{stem}.up.sql" for key, stem in stems(contents).items()}


def files(contents: Contents) -> dict[str, bytes]:
    """Return what golang-migrate cannot run by itself."""
    return beside(contents, "golang_migrate")


GOLANG_MIGRATE = Format(
    "golang-migrate", "golang-migrate", paths, files, wrap=wrapped, text_of=unwrapped, appends=True, asks=False
)
