"""Pack the plugin for `pulumi plugin install`: an archive for this platform, with a Python and an Awa of its own.

PyInstaller makes the folder; here is what it is told, and the name and the layout that Pulumi expects of the archive
(https://www.pulumi.com/docs/iac/guides/building-extending/packages/publishing-packages/).
"""

from __future__ import annotations

import argparse
import gzip
import os
import platform
import re
import sys
import tarfile
import tempfile
from pathlib import Path
from typing import Final, TypeAlias

from awa_infra import __version__
from devtools.processes import find_uv, run_bounded
from devtools.progress import ToolError, note, run_cli, tail

ROOT = Path(__file__).parent.parent
NAME: Final = "pulumi-resource-awa"
Version: TypeAlias = tuple[int, int]
TIMEOUT = 10 * 60.0

SYSTEMS: Final = {"Linux": "linux", "Darwin": "darwin"}
MACHINES: Final = {"x86_64": "amd64", "aarch64": "arm64", "arm64": "arm64"}
"""What Pulumi calls a platform, by what Python calls it: those that awa-pg has wheels for."""

OLDEST: Final = {
    "linux-amd64": "x86_64-manylinux_2_28",
    "linux-arm64": "aarch64-manylinux_2_28",
    "darwin-amd64": "x86_64-apple-darwin",
    "darwin-arm64": "aarch64-apple-darwin",
}
"""The oldest systems that an archive is for, as uv calls them: it takes no wheel that needs a newer one."""

OF_THE_MACHINE: Final = ("libgcc_s.so.", "libstdc++.so.")
"""Libraries that PyInstaller copies from the machine that packs, and that need its C library. Others have their own."""

CONTENTS: Final = (
    *("--collect-submodules", "awa_infra.plugin"),
    *("--collect-data", "awa_infra"),  # the SQL
    *("--collect-all", "awa"),  # the migrations are in its library
    *("--recursive-copy-metadata", "awa-infra"),  # versions, and the licences of everything in it
)

OF_THE_INSTALLATION: Final = {"RECORD", "INSTALLER", "REQUESTED", "direct_url.json"}
"""Files of a `*.dist-info` that tell where and how it was installed: two builds would differ in nothing else."""

BUILD_TIME: Final = 315619200
"""1980-01-02, the first day that every archive format can tell: of all files, so that two builds are alike."""

_NEEDS = re.compile(rb"\bGLIBC_(\d+)\.(\d+)")


def name() -> str:
    """Return the file name that Pulumi looks for on this platform.

    Raises:
        ToolError: Awa's Python SDK, which has the migrations, is not published for this platform.
    """
    return f"{NAME}-v{__version__}-{_where()}.tar.gz"


def _where() -> str:
    try:
        return f"{SYSTEMS[platform.system()]}-{MACHINES[platform.machine()]}"
    except KeyError as exc:
        message = f"awa-pg has no wheel for {platform.system()} on {platform.machine()}"
        raise ToolError(message) from exc


def build(folder: Path, python: str = sys.executable, newest: Version | None = None) -> Path:
    """Build the archive into a folder and return its path.

    Args:
        folder: is made if it does not exist.
        python: the one to pack, as `uv --python` takes it. The archive needs a C library at least as new as this
            Python does, so a release takes one that is built for old systems.
        newest: the newest GNU C library that it may need; by default any.

    Raises:
        ToolError: uv or PyInstaller could not, and the text has the end of what they printed; or a newer C library is
            needed.
    """
    target = folder / name()
    note(f"plugin: packing {target.name}; takes up to a minute")
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="awa-infra-archive-") as scratch:
        place = Path(scratch)
        environment = {
            **{key: value for key, value in os.environ.items() if key not in {"VIRTUAL_ENV", "PYTHONPATH"}},
            "UV_PROJECT_ENVIRONMENT": str(place / "venv"),
            "PYTHONHASHSEED": "0",
            "SOURCE_DATE_EPOCH": str(BUILD_TIME),
        }
        # Only what the wheel needs, in the locked versions: no development tool ends up in it.
        install = (
            "sync",
            "--quiet",
            "--frozen",
            "--no-default-groups",
            "--group=archive",
            "--no-editable",
            f"--python-platform={OLDEST[_where()]}",
            "--python",
            python,
        )
        _run("installing the plugin", environment, find_uv(), *install)
        packed = place / "venv" / "bin" / "pyinstaller"
        options = ("--onedir", "--noconfirm", "--log-level", "WARN", "--name", NAME, *CONTENTS)
        places = ("--distpath", place / "dist", "--workpath", place / "work", "--specpath", place)
        _run("packing the plugin", environment, packed, *options, *places, ROOT / "provider" / "__main__.py")
        packed_folder = place / "dist" / NAME
        for path in packed_folder.rglob("*.so.*"):
            if path.name.startswith(OF_THE_MACHINE):
                path.unlink()
        if newest is not None:
            demand(packed_folder, newest)
        _archive(packed_folder, target)
    return target


def c_library(path: Path) -> Version:
    """Return the version of GNU's C library that a program or library needs; zero for any other file."""
    with path.open("rb") as file:
        if file.read(4) != b"\x7fELF":
            return (0, 0)
        found = _NEEDS.findall(file.read())
    return max(((int(major), int(minor)) for major, minor in found), default=(0, 0))


def demand(folder: Path, newest: Version) -> None:
    """Check that nothing in a folder needs a newer C library.

    Raises:
        ToolError: something does; the text names it.
    """
    needed = {path: c_library(path) for path in folder.rglob("*") if path.is_file()}
    newer = sorted(path for path, version in needed.items() if version > newest)
    if newer:
        lines = [f"{path.relative_to(folder)} needs {'.'.join(map(str, needed[path]))}" for path in newer]
        message = "\n".join([f"the archive needs a C library newer than {'.'.join(map(str, newest))}", *lines])
        raise ToolError(message)


def _run(doing: str, environment: dict[str, str], *command: str | Path) -> None:
    words = [str(word) for word in command]
    failure = run_bounded(words, TIMEOUT, activity=f"plugin: still {doing}", cwd=ROOT, environment=environment)
    if failure is not None:
        message = f"{doing} failed\n{tail(failure)}"
        raise ToolError(message)


def _archive(folder: Path, target: Path) -> None:
    """Write the files of a folder, without the folder: Pulumi starts what is at the root of the archive."""

    def alike(member: tarfile.TarInfo) -> tarfile.TarInfo:
        member.uid = member.gid = 0
        member.uname = member.gname = ""
        member.mtime = BUILD_TIME
        member.mode = 0o755 if member.isdir() or member.mode & 0o100 else 0o644
        return member

    with (
        target.open("wb") as raw,
        gzip.GzipFile(filename="", fileobj=raw, mode="wb", mtime=BUILD_TIME, compresslevel=6) as packed,
        tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as archive,
    ):
        for path in sorted(folder.rglob("*")):
            if path.parent.suffix == ".dist-info" and path.name in OF_THE_INSTALLATION:
                continue
            archive.add(path, path.relative_to(folder), recursive=False, filter=alike)
        archive.add(ROOT / "LICENSE", "LICENSE", filter=alike)


def _version(text: str) -> Version:
    major, minor = text.split(".")
    return int(major), int(minor)


def _main() -> int:
    """Pack the plugin for this platform: ``python -m devtools.plugin_archive --out dist``."""
    parser = argparse.ArgumentParser(prog="devtools.plugin_archive", description=_main.__doc__)
    parser.add_argument("--out", type=Path, default=Path("dist"), metavar="DIR", help="default: dist")
    parser.add_argument("--python", default=sys.executable, help="the Python to pack; default: the one that runs this")
    parser.add_argument(
        "--c-library", type=_version, metavar="VERSION", help="fail if it needs a newer one, e. g. 2.28"
    )
    given = parser.parse_args()
    print(build(given.out, given.python, given.c_library))
    return 0


if __name__ == "__main__":
    sys.exit(run_cli(_main))
