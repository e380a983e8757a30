"""The command line, run in this process through its entry point."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Outcome:
    """What a command left behind."""

    status: int
    out: str
    err: str

    @property
    def data(self) -> Any:  # noqa: ANN401  JSON is anything
        """Its standard output as JSON."""
        return json.loads(self.out)


Run = Callable[..., Outcome]
"""Takes the arguments, and ``url`` for the environment; gives what came of it."""
