"""Read the stack configuration of an option."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from awa_infra.cli.output import warn

if TYPE_CHECKING:
    from awa_infra.spec.stack import StackConfig


def read_config(path: Path | None) -> StackConfig | None:
    """Return the configuration of an option, or ``None`` without one; warn of passwords that are not encrypted in it.

    Raises:
        ConfigurationError: the configuration is wrong; every problem is listed.
    """
    if path is None:
        return None
    from awa_infra import config as stack_config  # noqa: PLC0415  pydantic takes a third of a second to import

    found = stack_config.load(path)
    warn(stack_config.clear_warning(found.secrets(), str(path)))
    return found
