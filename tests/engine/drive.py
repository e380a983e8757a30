"""Does what ``pulumi up`` does in a folder with a ``__main__.py``, without the language host that this needs.

``python drive.py OPERATION STACK PROGRAM [--replace=URN] [--target=URN] [--parallel=N]`` in the folder of the project.
"""

from __future__ import annotations

import argparse
import runpy
import sys
from pathlib import Path

import yaml
from pulumi import automation


def main() -> int:
    """Return 0 if the engine succeeded; everything that it says goes to standard output."""
    parser = argparse.ArgumentParser()
    parser.add_argument("operation", choices=["up", "preview"])
    parser.add_argument("stack")
    parser.add_argument("program", type=Path)
    parser.add_argument("--replace", action="append")
    parser.add_argument("--target", action="append")
    parser.add_argument("--parallel", type=int)
    given = parser.parse_args()
    stack = automation.create_or_select_stack(
        given.stack,
        project_name=yaml.safe_load(Path("Pulumi.yaml").read_text(encoding="utf-8"))["name"],
        program=lambda: (runpy.run_path(str(given.program), run_name="__main__"), None)[1],
        opts=automation.LocalWorkspaceOptions(work_dir="."),
    )
    operate = stack.up if given.operation == "up" else stack.preview
    try:
        operate(
            color="never",
            on_output=print,
            on_error=print,
            replace=given.replace,
            target=given.target,
            parallel=given.parallel,
        )
    except automation.CommandError:
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
