"""Read the text of a stack configuration that has no file."""

from __future__ import annotations

from awa_infra.config import examine, problems_error
from awa_infra.spec.stack import StackConfig


def parse(text: str, source: str) -> StackConfig:
    """Return the configuration in the text of a ``Pulumi.<stack>.yaml``; what is wrong is an error, as for a file."""
    config, problems = examine(text)
    if config is None:
        raise problems_error(problems, source)
    return config
