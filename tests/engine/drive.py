"""Does what ``pulumi up`` does in a folder with a ``__main__.py``, without the language host that this needs.

``python drive.py OPERATION STACK PROGRAM [--replace=URN] [--target=URN]
[--parallel=N] [--refresh]`` in the folder of the project.
"""

from __future__ import annotations

import argparse
import datetime as dt
import runpy
import sys
from pathlib import Path

from pulumi import automation
from pulumi.automation._stack import StackInitMode


class Stack(automation.Stack):
    """A stack that is not looked at after an operation: each look would be one more start of Pulumi's command."""

    def outputs(self) -> automation.OutputMap:
        """Return nothing."""
        return {}

    def info(self, show_secrets: bool | None = None) -> automation.UpdateSummary | None:  # noqa: ARG002
        """Return a summary of nothing."""
        now = dt.datetime.now(dt.UTC)
        return automation.UpdateSummary("update", now, "", {}, {}, "succeeded", now)


def main() -> int:
    """Return 0 if the engine succeeded; everything that it says goes to standard output."""
    parser = argparse.ArgumentParser()
    parser.add_argument("operation", choices=["up", "preview"])
    parser.add_argument("stack")
    parser.add_argument("program", type=Path)
    parser.add_argument("--replace", action="append")
    parser.add_argument("--target", action="append")
    parser.add_argument("--parallel", type=int)
    parser.add_argument("--refresh", action="store_true")
    given = parser.parse_args()
    workspace = automation.LocalWorkspace(
        work_dir=".", program=lambda: (runpy.run_path(str(given.program), run_name="__main__"), None)[1]
    )
    stack = Stack(given.stack, workspace, StackInitMode.CREATE_OR_SELECT)
    operate = stack.up if given.operation == "up" else stack.preview
    try:
        operate(
            color="never",
            on_output=print,
            on_error=print,
            replace=given.replace,
            target=given.target,
            parallel=given.parallel,
            refresh=given.refresh or None,
        )
    except automation.CommandError:
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
