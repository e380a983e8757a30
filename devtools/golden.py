"""Write the bundles as a reviewer reads them into ``tests/golden``: ``python -m devtools.golden``.

Two configurations in every format, each file whole and at its own path. Awa's own SQL is not kept here: one line names
it, with size and hash. The files of most versions differ from those of the first two and the last two in names alone;
they are left out, and their hashes are in the bundle's own ``SHA256SUMS``. Snapshot plugins of pytest keep such a tree
in one file of their own, which nobody reviews.
"""

from __future__ import annotations

import re
import sys
import tomllib
from collections.abc import Mapping
from importlib import metadata
from pathlib import Path
from types import MappingProxyType

from awa_infra.bundles.existing import changes, unified
from awa_infra.bundles.formats import FORMATS
from awa_infra.bundles.lock_file import sha256
from awa_infra.bundles.package import contents_of, package
from awa_infra.bundles.structure_script import STRUCTURE_FILE
from awa_infra.cli.options import read_config
from awa_infra.lifecycle.desired import desired_state
from awa_infra.model import StepKind
from devtools.progress import ToolError, note, run_cli

ROOT = Path(__file__).resolve().parent.parent
GOLDEN = ROOT / "tests" / "golden"

CONFIGURATIONS: Mapping[str, Path] = MappingProxyType(
    {
        "quickstart": ROOT / "examples" / "quickstart" / "Pulumi.dev.yaml",
        "full": GOLDEN / "Pulumi.full.yaml",
    }
)

_OF_A_VERSION = re.compile(r"(?:^|/)V?0(\d\d)(?:000)?_")
_LEFT_OUT = range(3, 39)


_LONG = re.compile(rb"'\[\[[^\n]{10000,}\]\]'")
"""The facts about a release in one literal; they are reviewed where they are committed."""


def _named(found: re.Match[bytes]) -> bytes:
    return f"'[facts: {len(found[0])} bytes, sha256 {sha256(found[0])}]'".encode()


def golden() -> dict[str, bytes]:
    """Return every file of the folder by its path in it, but for the configuration.

    Raises:
        ToolError: another release of Awa is installed than ``uv.lock`` pins.
    """
    _refuse_another_release()
    found: dict[str, bytes] = {}
    for configuration, source in CONFIGURATIONS.items():
        desired = desired_state(read_config(source))
        plan = contents_of(desired).plan
        awas = [step for step in plan.steps if step.kind in {StepKind.MIGRATION, StepKind.PATCH}]
        # The longest first: some migrations contain an earlier one.
        awas.sort(key=lambda step: -len(step.sql))
        marks = [
            (sql, f"[Awa's own text of {step.key}: {len(sql)} bytes, sha256 {sha256(sql)}]\n".encode())
            for step in awas
            for sql in [step.sql.encode()]
        ]
        for form in FORMATS:
            for path, content in package(form, desired).files.items():
                version = _OF_A_VERSION.search(path)
                if version and int(version[1]) in _LEFT_OUT:
                    continue
                shown = content
                for sql, mark in marks:
                    shown = shown.replace(sql, mark)
                if path == STRUCTURE_FILE:
                    shown = _LONG.sub(_named, shown)
                found[f"{form}/{configuration}/{path}"] = shown
    return found


def existing() -> dict[str, bytes]:
    """Return what is in the folder."""
    inputs = set(CONFIGURATIONS.values())
    paths = [path for path in GOLDEN.rglob("*") if path.is_file() and path not in inputs]
    return {path.relative_to(GOLDEN).as_posix(): path.read_bytes() for path in paths}


def differences() -> list[str]:
    """Return a unified diff between the folder and what would be written, in lines."""
    old, new = existing(), golden()
    return [line for change in changes(old, new) for line in unified(change, old, new)]


def _refuse_another_release() -> None:
    packages = tomllib.loads((ROOT / "uv.lock").read_text(encoding="utf-8"))["package"]
    locked = next(package["version"] for package in packages if package["name"] == "awa-pg")
    if metadata.version("awa-pg") != locked:
        message = f"tests/golden is of Awa {locked}, as in uv.lock, and {metadata.version('awa-pg')} is installed"
        raise ToolError(f"{message}; run devtools/setup.")


def _main() -> int:
    new = golden()
    for change in changes(existing(), new):
        path = GOLDEN / change.file
        if change.what == "removed":
            path.unlink()
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(new[change.file])
        note(f"golden: {change.what} {change.file}")
    return 0


if __name__ == "__main__":
    sys.exit(run_cli(_main))
