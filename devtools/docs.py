"""``make docs``: write docs/reference, docs/diagrams and the plugin's schema from the code, always the same bytes.

Each page of the reference comes from a module of its own, as Markdown that a code host shows as it is.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from types import MappingProxyType

from awa_infra.plugin.schema import text as package_schema
from devtools import diagrams
from devtools.docs_cli import render as cli
from devtools.docs_configuration import render as configuration
from devtools.docs_configuration import render_schema as stack_schema
from devtools.docs_errors import render as errors
from devtools.docs_json import render as json
from devtools.docs_plugin import render as plugin
from devtools.docs_resources import render as resources
from devtools.docs_versions import render as versions
from devtools.progress import note, run_cli

ROOT = Path(__file__).resolve().parent.parent
REFERENCE = ROOT / "docs" / "reference"

PAGES: Mapping[str, Callable[[], str]] = MappingProxyType(
    {
        "docs/reference/cli.md": cli,
        "docs/reference/configuration.md": configuration,
        "docs/reference/errors.md": errors,
        "docs/reference/json.md": json,
        "docs/reference/plugin.md": plugin,
        "docs/reference/resources.md": resources,
        "docs/reference/stack-config.schema.json": stack_schema,
        "docs/reference/supported-versions.md": versions,
        "provider/schema.json": package_schema,
        **{f"docs/diagrams/{name}.svg": partial(diagrams.draw, name) for name in diagrams.names()},
    }
)
"""Each generated file and what renders it."""


def _main() -> int:
    for name, render in PAGES.items():
        path = ROOT / name
        text = render()
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")
            note(f"docs: wrote {name}")
    return 0


if __name__ == "__main__":
    sys.exit(run_cli(_main))
