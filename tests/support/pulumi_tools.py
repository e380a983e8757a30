"""Pulumi's command and the generated SDKs, or a skipped test where they cannot be had."""

from __future__ import annotations

from pathlib import Path

from devtools import pulumi_cli, sdks
from devtools.progress import ToolError
from devtools.sdks import Language
from tests.support.tools import missing


def engine() -> Path:
    """Return the folder of a usable Pulumi command, or skip the test."""
    try:
        return pulumi_cli.ensure().directory
    except ToolError as exc:
        missing(f"no Pulumi engine: {exc}")


def generated(language: Language) -> Path:
    """Return the folder of a generated SDK, to which nobody writes, or skip the test."""
    try:
        return sdks.generated(language)
    except ToolError as exc:
        missing(f"no SDK: {exc}")
