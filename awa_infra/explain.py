"""What every code means: the text of the error reference, which the package carries."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path

import yaml

LEFT: Mapping[str, str] = {
    "gates": "Nothing was written.",
    "bundles": "Nothing was written but, perhaps, the tool's own history table.",
    "notes": "Nothing was written: `plan` only reads.",
    "findings": "Nothing was written: `verify` only reads.",
}
"""What a section of a group says that does not say it itself. A failure must."""


@dataclass(frozen=True, slots=True)
class Section:
    """The prose of one code: what happened, what was left behind, what to do, and statements for that if there are any.

    The group is ``failures``, ``gates``, ``bundles``, ``notes`` or ``findings``.
    """

    group: str
    happened: str
    left: str
    do: str
    sql: str = ""


@cache
def sections() -> Mapping[str, tuple[Section, ...]]:
    """Return the sections of every code: a gate and a finding about the same thing share one.

    The wheel carries the file inside the package; a checkout has it in its documentation.
    """
    packaged = resources.files("awa_infra").joinpath("errors.yaml")
    checkout = Path(__file__).resolve().parent.parent / "docs" / "reference" / "errors.yaml"
    text = (packaged if packaged.is_file() else checkout).read_text(encoding="utf-8")
    found: dict[str, tuple[Section, ...]] = {}
    for group, codes in yaml.safe_load(text).items():
        for code, sections_of in codes.items():
            left = sections_of.get("left", LEFT.get(group, ""))
            section = Section(
                group,
                sections_of["happened"].strip(),
                left.strip(),
                sections_of["do"].strip(),
                sections_of.get("sql", ""),
            )
            found[code] = (*found.get(code, ()), section)
    return found
