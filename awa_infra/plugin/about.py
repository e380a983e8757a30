"""Where the package is published: what its metadata says, which is what ``[project.urls]`` in pyproject.toml says."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from importlib.metadata import metadata
from typing import Self
from urllib.parse import urlsplit

DISTRIBUTION = "awa-infra"
GO_PACKAGE = "sdk/go/awa"
"""Where the Go SDK lies in the repository; its module is the folder above."""

_LABELS = {"homepage": "homepage", "repository": "repository", "plugindownload": "plugin_download", "logo": "logo"}


@dataclass(frozen=True, slots=True)
class About:
    """Addresses of the project. What is empty is left out of the schema.

    Attributes:
        homepage: page for people; the repository, unless another one is named.
        repository: of the source code; the import path of the Go SDK and the publisher follow from it.
        plugin_download: where Pulumi downloads ``pulumi-resource-awa-vVERSION-OS-ARCH.tar.gz``; the releases of a
            repository on GitHub, ``github://api.github.com/OWNER/REPOSITORY``, unless another place is named.
        logo: picture for Pulumi's registry.
    """

    homepage: str = ""
    repository: str = ""
    plugin_download: str = ""
    logo: str = ""

    @classmethod
    def installed(cls) -> Self:
        """Return what the installed distribution says."""
        return cls.of_urls(metadata(DISTRIBUTION).get_all("Project-URL") or ())

    @classmethod
    def of_urls(cls, urls: Iterable[str]) -> Self:
        """Return what lines of the metadata say.

        Args:
            urls: each as ``Label, https://...``; labels are compared as PyPI does, others are left out.
        """
        pairs = (line.partition(",") for line in urls)
        found = {re.sub(r"[\W_]", "", label).lower(): url.strip() for label, _, url in pairs}
        named = cls(**{name: found[label] for label, name in _LABELS.items() if label in found})
        host, _, path = named._place.partition("/")
        releases = f"github://api.{host}/{path}" if host == "github.com" else ""
        return replace(
            named,
            homepage=named.homepage or named.repository.removesuffix(".git"),
            plugin_download=named.plugin_download or releases,
        )

    @property
    def go_import(self) -> str:
        """The path that Go programs import the SDK by; it can be fetched only if there is a repository."""
        return f"{self._place or DISTRIBUTION}/{GO_PACKAGE}"

    @property
    def publisher(self) -> str:
        """Who publishes the package: the owner of the repository."""
        _host, _, path = self._place.partition("/")
        return path.partition("/")[0] or DISTRIBUTION

    @property
    def links(self) -> dict[str, str]:
        """What the schema says of it."""
        found = {
            "homepage": self.homepage,
            "repository": self.repository,
            "pluginDownloadURL": self.plugin_download,
            "logoUrl": self.logo,
        }
        return {key: url for key, url in found.items() if url}

    @property
    def _place(self) -> str:
        found = urlsplit(self.repository)
        return f"{found.netloc}{found.path}".strip("/").removesuffix(".git")
