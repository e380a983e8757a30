"""``docs/reference/json.md``: the fields of ``--json``. The texts are in ``json.yaml`` beside it.

Tests compare ``json.yaml`` with real documents. A JSON Schema would say the types, and not what a field means.
"""

from __future__ import annotations

from pathlib import Path

import yaml

from awa_infra.cli.output import JSON_VERSION
from devtools.docs_text import page, sentence, table

SOURCE = Path(__file__).resolve().parent.parent / "docs" / "reference" / "json.yaml"

_INTRO = f"""\
With `--json` a command prints one JSON document on standard output and nothing else there. What is for people, such as
progress, notes and errors, stays on standard error.

A document starts with `json_version`, now {JSON_VERSION}. The number grows when a field is removed, renamed or changes
its meaning. New fields may come at any time, so ignore those that you do not know. Texts are for people and may be
reworded; codes and keys stay.

A failure is a document with `error` in place of the fields of the command. Gates, notes and findings are no failure by
themselves: `plan --json` lists gates in its document and exits with 3, `config check --json` lists problems and exits
with 2, `verify --json` lists findings and exits with 1.

```json
{{
  "json_version": {JSON_VERSION},
  "error": {{
    "code": "connection-failed",
    "message": "Cannot connect to app@db.example.com:5432/shop: Connection refused.",
    "hint": "Check that the server runs, and host, port, user and password of the database URL.",
    "details": [],
    "sqlstate": null,
    "exit_status": 4
  }}
}}
```
"""


def fields() -> dict[str, dict[str, str]]:
    """Return what is documented: by document the fields, each with its type and meaning."""
    found: dict[str, dict[str, str]] = yaml.safe_load(SOURCE.read_text(encoding="utf-8"))
    return found


def render() -> str:
    """Return the page."""
    parts = ["# JSON output", _INTRO]
    for document, told in fields().items():
        rows = []
        for name, text in told.items():
            kind, colon, meaning = text.partition(": ")
            rows.append((f"`{name}`", kind, sentence(meaning)) if colon else ("", "", sentence(text)))
        parts += [f"## {document[0].upper()}{document[1:]}", table(("Field", "Type", "Meaning"), rows)]
    return page(*parts)
