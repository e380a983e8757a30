"""What a build of the site is for: which version, and where the repository is. The workflow says it by variables."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Self

from awa_infra import __version__
from awa_infra.plugin.about import About

VERSION = "AWA_INFRA_SITE_VERSION"
REFERENCE = "AWA_INFRA_SITE_REFERENCE"
REPOSITORY = "AWA_INFRA_SITE_REPOSITORY"
ADDRESS = "AWA_INFRA_SITE_ADDRESS"
VERSIONS = "AWA_INFRA_SITE_VERSIONS"
VARIABLES = (VERSION, REFERENCE, REPOSITORY, ADDRESS, VERSIONS)

# Colours of the theme that have less contrast than 4.5:1 with what is behind them, and a blue that is the diagrams'.
LIGHT: Mapping[str, str] = MappingProxyType(
    {
        "color-brand-primary": "#1f4e8c",
        "color-brand-content": "#1f4e8c",
        "color-brand-visited": "#5b3a8c",
        "color-foreground-muted": "#5a5f66",
        "color-sidebar-caption-text": "#4a4f57",
    }
)
DARK: Mapping[str, str] = MappingProxyType(
    {
        "color-brand-primary": "#8ab8f0",
        "color-brand-content": "#8ab8f0",
        "color-brand-visited": "#c3a6f0",
        "color-foreground-muted": "#a2a8b0",
        "color-sidebar-caption-text": "#b4bac2",
    }
)


@dataclass(frozen=True, slots=True)
class Settings:
    """What differs between two builds of the same pages.

    Attributes:
        version: shown beside the name; by default that of the package.
        reference: tag or branch of the repository that links to files lead to.
        repository: ``https://...`` of the repository; empty while the project has none.
        address: ``https://...`` of the published site, ends with ``/``; empty where it is not known.
        versions: whether ``versions.json`` is beside the folder of this version.
    """

    version: str = __version__
    reference: str = "main"
    repository: str = ""
    address: str = ""
    versions: bool = False

    @classmethod
    def of(cls, variables: Mapping[str, str], repository: str) -> Self:
        """Return what variables of the environment say.

        Args:
            variables: the environment.
            repository: used where the variables name none.
        """
        return cls(
            version=variables.get(VERSION) or __version__,
            reference=variables.get(REFERENCE) or "main",
            repository=(variables.get(REPOSITORY) or repository).rstrip("/").removesuffix(".git"),
            address=variables.get(ADDRESS, ""),
            versions=bool(variables.get(VERSIONS)),
        )

    def file(self, path: str, *, folder: bool = False) -> str:
        """Return the address of a file or folder of the repository; empty if the repository is not known."""
        kind = "tree" if folder else "blob"
        return f"{self.repository}/{kind}/{self.reference}/{path}" if self.repository else ""


def read() -> Settings:
    """Return the settings of this build: the environment's, else what the package's metadata says."""
    return Settings.of(os.environ, About.installed().repository)
