"""Make what is published of the SDKs: a package for npm, a wheel for PyPI, a module for Go.

`devtools.sdks` has Pulumi's generators write the code; npm, TypeScript and uv make packages of it. What the generators
leave to whoever publishes is here: the licence, the README that the Python project names, the compilation.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from devtools import node_packages
from devtools.processes import answer_of, find_uv
from devtools.progress import ToolError, note, run_cli, tail
from devtools.sdks import LANGUAGES, Language, generated

ROOT = Path(__file__).parent.parent
TYPESCRIPT = ROOT / "examples" / "plugin-typescript"
"""Its lock file names the compiler."""

TIMEOUT = 5 * 60.0


def build(language: Language, folder: Path) -> list[Path]:
    """Write what is published for a language into a folder; return the paths.

    Raises:
        ToolError: the SDK cannot be generated, compiled or packed; the text says by whom.
    """
    note(f"sdks: packing {language}")
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="awa-infra-sdk-") as scratch:
        source = Path(scratch) / "sdk"
        shutil.copytree(generated(language), source)
        shutil.copy(ROOT / "LICENSE", source)
        return {"nodejs": _npm, "python": _wheel, "go": _module}[language](source, folder)


def _npm(source: Path, folder: Path) -> list[Path]:
    modules = source / "node_modules"
    modules.symlink_to(node_packages.installed(TYPESCRIPT))
    _run("tsc", source, modules / ".bin" / "tsc")
    modules.unlink()
    shutil.copy(source / "package.json", source / "bin")  # the compiled code reads its version from there
    packed = _run(
        "npm pack", source, "npm", "pack", "--silent", "--ignore-scripts", "--pack-destination", folder.absolute()
    )
    return [folder / packed.split()[-1]]


def _wheel(source: Path, folder: Path) -> list[Path]:
    for described in source.glob("*.dist-info"):  # stands for an installation where there is none
        shutil.rmtree(described)
    # The generator writes the README beside the code, and names it as one beside the project's file.
    shutil.copy(source / "pulumi_awa" / "README.md", source)
    made = source / "dist"
    _run("uv build", source, find_uv(), "build", "--quiet", "--python", sys.executable, "--out-dir", made)
    found = sorted(path for path in made.iterdir() if path.name.endswith((".whl", ".tar.gz")))
    return [Path(shutil.copy(path, folder)) for path in found]


def _module(source: Path, folder: Path) -> list[Path]:
    target = folder / "sdk" / "go"  # where the import path of the module says that it is
    shutil.copytree(source, target)
    return [target]


def _run(doing: str, folder: Path, *command: str | Path) -> str:
    try:
        done = answer_of(command, TIMEOUT, cwd=folder)
    except (OSError, subprocess.TimeoutExpired) as exc:
        raise ToolError(f"{doing}: {exc}") from exc
    if done.returncode != 0:
        raise ToolError(f"{doing} failed\n{tail(done.stdout + done.stderr)}")
    return done.stdout


def _main() -> int:
    """Make what is published of the SDKs: ``python -m devtools.sdk_packages --out dist/sdks``."""
    parser = argparse.ArgumentParser(prog="devtools.sdk_packages", description=_main.__doc__)
    parser.add_argument("languages", nargs="*", metavar="LANGUAGE", help=f"of {', '.join(LANGUAGES)}; default: all")
    parser.add_argument("--out", type=Path, default=Path("dist/sdks"), metavar="DIR", help="default: dist/sdks")
    given = parser.parse_args()
    for language in LANGUAGES:
        if not given.languages or language in given.languages:
            for path in build(language, given.out):
                print(path)
    return 0


if __name__ == "__main__":
    sys.exit(run_cli(_main))
