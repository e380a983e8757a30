"""List every code that a user can meet and the file it comes from, read from the code so that none is forgotten.

Python's own parser reads the calls. No library knows which of our functions take a code.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import get_args

from awa_infra.verification.findings import FindingCode
from devtools.progress import ToolError

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "awa_infra"

_PLACES: Mapping[str, tuple[int, str]] = MappingProxyType(
    {
        "Finding": (1, "code"),
        "Gate": (0, "code"),
        "Note": (0, "code"),
        "state": (0, "code"),
        "unknown": (0, "code"),
    }
)
"""Which functions take a code, and as which argument: its position, or its name."""


def gates() -> dict[str, Path]:
    """Return every gate and the file that checks it: by its header in SQL, or else by the call in Python."""
    found = _by_header("gate")
    return found | {code: path for code, path in written("Gate") if code not in found}


def notes() -> dict[str, Path]:
    """Return every note and its file; one that a gate explains, too, is not repeated."""
    return _by_header("note") | {code: path for code, path in written("Note") if code not in gates()}


def bundles() -> dict[str, Path]:
    """Return every condition that only a bundle checks, and its file."""
    return {
        code: path.relative_to(ROOT)
        for path in sorted((ROOT / "sql" / "bundle").glob("*.sql"))
        for code in re.findall(r"^SELECT '([a-z-]+)' AS code", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
    }


def findings() -> dict[str, Path]:
    """Return every code of a finding, and the file that makes it.

    Raises:
        ToolError: the list has a code that nothing makes.
    """
    made = {**dict(written("Finding")), **dict(written("state")), **dict(written("unknown")), **_constants()}
    unused = [code for code in get_args(FindingCode) if code not in made]
    if unused:
        raise ToolError(f"FindingCode lists what is nowhere found: {', '.join(unused)}")
    return {code: made[code] for code in get_args(FindingCode)}


def written(function: str) -> Iterator[tuple[str, Path]]:
    """Yield every code that is written where a function is called, and the file.

    Raises:
        ToolError: a code is put together there, so that nobody can list it.
    """
    place, name = _PLACES[function]
    for path, tree in _trees(PACKAGE):
        for call in ast.walk(tree):
            if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Name) or call.func.id != function:
                continue
            given = [k.value for k in call.keywords if k.arg == name] or call.args[place : place + 1]
            for argument in given:
                if isinstance(argument, ast.JoinedStr | ast.BinOp):
                    message = f"{path}:{call.lineno}: a code that is put together cannot be listed; write it out"
                    raise ToolError(message)
                yield from ((code, path) for code in _texts(argument, path))


def _texts(argument: ast.expr, path: Path) -> list[str]:
    """Return the texts that an expression can be: one, or a choice; none if it comes from elsewhere."""
    match argument:
        case ast.Constant(value=str(text)):
            return [text]
        case ast.IfExp():
            return [*_texts(argument.body, path), *_texts(argument.orelse, path)]
    return []


def _constants() -> dict[str, Path]:
    """Return the codes that mappings lead to, with their file."""
    return {
        code: path
        for path, tree in _trees(PACKAGE)
        for mapping in ast.walk(tree)
        if isinstance(mapping, ast.Dict)
        for value in mapping.values
        for code in _texts(value, path)
        if code in get_args(FindingCode)
    }


def _by_header(kind: str) -> dict[str, Path]:
    found = {}
    for path in sorted((ROOT / "sql" / f"{kind}s").glob("*.sql")):
        header = re.search(rf"^-- {kind}: (\S+)$", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
        if header is None:
            raise ToolError(f"{path.relative_to(ROOT)} has no header with its {kind}")
        found[header.group(1)] = path.relative_to(ROOT)
    return found


@cache
def _trees(package: Path) -> tuple[tuple[Path, ast.Module], ...]:
    """Return every module of a package, parsed once: that takes seconds, and each kind of code needs all of them."""
    return tuple(
        (path.relative_to(ROOT), ast.parse(path.read_text(encoding="utf-8"))) for path in sorted(package.rglob("*.py"))
    )
