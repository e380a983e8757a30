"""Make the SDKs of the package ``awa`` with Pulumi's own code generators, pinned in ``pulumi-sdks/``.

``pulumi package gen-sdk`` starts a language host for that, which not every machine can get. The generators are a Go
package that the language hosts only wrap; a small program of our own wraps it too, built once into the cache.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
import tempfile
from pathlib import Path
from typing import Final, Literal, get_args

from awa_infra.plugin import schema
from devtools import cache, go_build
from devtools.processes import answer_of
from devtools.progress import ToolError, run_cli, tail

Language = Literal["python", "nodejs", "go"]
LANGUAGES: Final[tuple[Language, ...]] = get_args(Language)

MODULE = Path(__file__).parent / "pulumi-sdks"
SOURCES = ("go.mod", "go.sum", "imported.go", "main.go")
RUN_TIMEOUT = 60.0


def generated(language: Language) -> Path:
    """Return a folder with the SDK of one language, made from the schema as it is now.

    It is shared: write nothing to it. With the Python one on ``sys.path``, ``import pulumi_awa`` works.
    """
    text = schema.text()
    target = _root() / f"{language}-{_hash(_sources(), text.encode(), Path(__file__).read_bytes())}"

    def make() -> None:
        with cache.built_beside(target) as side:
            write(language, side, text)
            if language == "python":
                _describe_installed(side, text)

    cache.once(target, language, f"making the {language} SDK", make)
    return target


def write(language: Language, folder: Path, text: str) -> None:
    """Write the SDK for a schema into a folder.

    Raises:
        ToolError: Pulumi remarks something about the schema, were it only a warning, or Go cannot be had.
    """
    command = _generator()
    with tempfile.TemporaryDirectory() as scratch:
        # Diagnostics name the file.
        source = Path(scratch) / "schema.json"
        source.write_text(text, encoding="utf-8")
        done = answer_of([command, language, source.name, folder.absolute()], RUN_TIMEOUT, cwd=scratch)
    if done.returncode != 0:
        raise ToolError(f"Pulumi makes no {language} SDK of this schema\n{tail(done.stderr)}")


def imported(language: Language, state: Path) -> str:
    """Return the program that ``pulumi import`` prints for every resource of the plugin in an exported state.

    Raises:
        ToolError: Pulumi cannot write it, or Go cannot be had.
    """
    command = _generator()
    with tempfile.TemporaryDirectory() as scratch:
        source = Path(scratch) / "schema.json"
        source.write_text(schema.text(), encoding="utf-8")
        done = answer_of([command, "import", language, source.name, state.absolute()], RUN_TIMEOUT, cwd=scratch)
    if done.returncode != 0:
        raise ToolError(f"Pulumi writes no {language} program for {state}\n{tail(done.stderr)}")
    return done.stdout


def _describe_installed(folder: Path, text: str) -> None:
    """Write what the SDK asks its installation for, its version; an import fails without."""
    described = json.loads(text)
    information = folder / f"pulumi_awa-{described['version']}.dist-info"
    information.mkdir()
    lines = ["Metadata-Version: 2.1", "Name: pulumi_awa", f"Version: {described['version']}", ""]
    (information / "METADATA").write_text("\n".join(lines), encoding="utf-8")


def _generator() -> Path:
    """Return the program that writes SDKs, building it if needed."""
    target = _root() / f"generator-{_hash(_sources())}"
    cache.once(target, "generator", "building the generator of SDKs", lambda: _build(target))
    return target / "sdks"


def _build(target: Path) -> None:
    with cache.built_beside(target) as side:
        go_build.build(side / "sdks", MODULE, ".", "the generator of SDKs; takes up to a minute, once")


def _root() -> Path:
    return cache.directory() / "sdks"


def _sources() -> bytes:
    return b"\0".join((MODULE / name).read_bytes() for name in SOURCES)


def _hash(*parts: bytes) -> str:
    return hashlib.sha256(b"\0".join(parts)).hexdigest()[:12]


def _main() -> int:
    """Write the SDK of one language: ``python -m devtools.sdks nodejs --out sdk/nodejs``."""
    parser = argparse.ArgumentParser(prog="devtools.sdks", description=_main.__doc__)
    parser.add_argument("language", choices=LANGUAGES)
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="a folder that is new or empty")
    given = parser.parse_args()
    if given.out.exists() and any(given.out.iterdir()):
        raise ToolError(f"{given.out} is not empty")
    write(given.language, given.out, schema.text())
    print(given.out)
    return 0


if __name__ == "__main__":
    sys.exit(run_cli(_main))
