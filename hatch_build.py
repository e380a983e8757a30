"""Make the page of the package index out of README.md, whose links lead into this repository."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from hatchling.metadata.plugin.interface import MetadataHookInterface

_LINK = re.compile(r"(?P<picture>!?)\[(?P<words>[^\[\]]*)\]\((?!https?:|#)(?P<path>[^()\s]+)\)")
_PICTURE_ALONE = re.compile(r"^!\[[^\[\]]*\]\((?!https?:)[^()\s]+\)\n\n?", re.MULTILINE)


def page(text: str, repository: str, version: str) -> str:
    """Return the text with links that work outside the repository.

    Args:
        text: README.md.
        repository: ``https://...`` of the repository, as a label of ``[project.urls]`` has it; with none, links become
            their words, and pictures are left out.
        version: its tag ``vVERSION`` has the files that the links lead to.
    """
    place = repository.rstrip("/").removesuffix(".git")
    if not place:
        return _LINK.sub(lambda found: found["words"], _PICTURE_ALONE.sub("", text))
    return _LINK.sub(
        lambda found: (
            f"{found['picture']}[{found['words']}]({place}/{'raw' if found['picture'] else 'blob'}/v{version}/"
            f"{found['path']})"
        ),
        text,
    )


class PageOfTheIndex(MetadataHookInterface):
    """What hatchling asks for the field ``readme``."""

    PLUGIN_NAME = "custom"

    def update(self, metadata: dict[str, Any]) -> None:
        """Set ``readme``: from README.md, and the label ``Repository`` of ``[project.urls]``."""
        urls = {re.sub(r"[\W_]", "", label).lower(): url for label, url in metadata.get("urls", {}).items()}
        text = (Path(self.root) / "README.md").read_text(encoding="utf-8")
        metadata["readme"] = {
            "content-type": "text/markdown",
            "text": page(text, urls.get("repository", ""), metadata["version"]),
        }
