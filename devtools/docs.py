"""``make docs``: writes the pages of docs/reference from the code. Pure: the same code gives the same bytes."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType

from devtools.docs_cli import render as cli
from devtools.docs_configuration import render as configuration
from devtools.docs_configuration import render_schema as stack_schema
from devtools.docs_errors import render as errors
from devtools.docs_resources import render as resources
from devtools.progress import note, run_cli

ROOT = Path(__file__).resolve().parent.parent
REFERENCE = ROOT / "docs" / "reference"

PAGES: Mapping[str, Callable[[], str]] = MappingProxyType(
    {
        "cli.md": cli,
        "configuration.md": configuration,
        "errors.md": errors,
        "resources.md": resources,
        "stack-config.schema.json": stack_schema,
    }
)
"""Each generated page and what renders it."""


def _main() -> int:
    for name, render in PAGES.items():
        path = REFERENCE / name
        text = render()
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")
            note(f"docs: wrote {path.relative_to(ROOT)}")
    return 0


if __name__ == "__main__":
    sys.exit(run_cli(_main))
