"""The bundles as text to review: ``python -m devtools.golden`` writes ``tests/golden`` anew.

Two configurations in every format. Each file of ours is there once, in the folder of the formats and configurations
that share it; of Awa's own SQL only name, size and hash are. Hashes and entries that repeat for every migration are
left out for all versions but the first and last ones; ``FILES.txt`` has the hash of such a file.
"""

from __future__ import annotations

import re
import sys
import tomllib
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from types import MappingProxyType

from awa_infra.cli.desired import desired_state, read_config
from awa_infra.model import DesiredState, Step, StepKind
from awa_infra.packaging.bundle import FORMATS, contents_of, render
from awa_infra.packaging.compare import changes, unified
from awa_infra.packaging.contents import Format
from awa_infra.packaging.lock import sha256
from awa_infra.packaging.manifest import CHECKSUMS
from devtools.progress import ToolError, note, run_cli

ROOT = Path(__file__).resolve().parent.parent
GOLDEN = ROOT / "tests" / "golden"

CONFIGURATIONS: Mapping[str, Path] = MappingProxyType(
    {
        "quickstart": ROOT / "examples" / "quickstart" / "Pulumi.dev.yaml",
        "full": GOLDEN / "Pulumi.full.yaml",
    }
)

_FIRST, _LAST = 3, 38
"""The versions that are left out of lists: the two before and the two after say enough."""

_ENTRIES = (
    r'    \{{\n      "version": {version},\n(?:      .*\n)+    \}},?\n',  # manifest.json
    r'    \{{"version": {version}, .*\n',  # awa-infra.lock
    r"- changeSet:\n    id: awa-(?:tag-)?v{version:03d}\n(?:    .*\n)+",  # changelog.yaml
    r"       :awa_version < {version} AS .*\n",  # apply.sql
    r"\\if :awa_v{version:03d}\n(?:    .*\n)+\\endif\n\n",  # apply.sql
    r"{version:03d}000_awa_v{version:03d} .*\n",  # sqitch.plan
)


_WORTH_A_REFERENCE = 600
"""Bytes of a text that others refer to rather than repeat it."""


@dataclass(frozen=True)
class _Place:
    """A file of a bundle: in which format, of which configuration, at which path."""

    form: str
    configuration: str
    path: str


def golden() -> dict[str, bytes]:
    """Return every file of the folder by its path in it, but for the configuration.

    Raises:
        ToolError: another release of Awa is installed than ``uv.lock`` pins.
    """
    _refuse_another_release()
    found: dict[str, bytes] = {}
    users: dict[bytes, list[_Place]] = {}
    said: dict[_Place, str] = {}
    for configuration, source in CONFIGURATIONS.items():
        desired = desired_state(read_config(source))
        found["awa.txt"] = _awas(desired)
        for form in FORMATS.values():
            for path, what, text in _files(form, desired):
                place = _Place(form.name, configuration, path)
                said[place] = what
                if text is not None:
                    users.setdefault(text, []).append(place)
    # The shortest first, so that a longer one can refer to it.
    for text, places in sorted(users.items(), key=lambda item: len(item[0])):
        where = _where(places)
        if where in found:
            raise ToolError(f"Two texts would stand in {where}.")
        shown = _referring(text, found)
        for place in places:
            digest = "" if shown == text or said[place] else f"sha256 {sha256(text)}"
            said[place] = " ".join(filter(None, [said[place], digest, f"-> {where}"]))
        found[where] = shown
    return found | _lists(said)


def standing() -> dict[str, bytes]:
    """Return what is in the folder."""
    inputs = set(CONFIGURATIONS.values())
    paths = [path for path in GOLDEN.rglob("*") if path.is_file() and path not in inputs]
    return {path.relative_to(GOLDEN).as_posix(): path.read_bytes() for path in paths}


def differences() -> list[str]:
    """Return a unified diff between the folder and what would be written, in lines."""
    old, new = standing(), golden()
    return [line for change in changes(old, new) for line in unified(change, old, new)]


def _files(form: Format, desired: DesiredState) -> Iterator[tuple[str, str, bytes | None]]:
    """Give each file of a bundle: its path, what is said of it, and its text if that is shown."""
    contents = contents_of(desired)
    paths = form.paths(contents)
    awas = {paths[step.key]: step for kind in (StepKind.MIGRATION, StepKind.PATCH) for step in contents.of(kind)}
    around = None
    bundle = render(form.name, desired)
    texts = Counter(bundle.values())
    for path, content in bundle.items():
        version = re.search(r"\b(?:V|0)(\d\d)(?:000)?_", path)
        if path == CHECKSUMS:
            yield path, "the hash of every other file", None
        elif path in awas:
            surroundings = _without(awas[path], content)
            if surroundings in {b"", around}:
                yield path, f"Awa's {awas[path].key}" + (", wrapped like the first one" if around else ""), None
            else:
                around = surroundings
                yield path, f"Awa's {awas[path].key}, wrapped", content.replace(*_cut(awas[path]))
        elif version and _FIRST <= int(version[1]) <= _LAST and texts[content] == 1:
            yield path, f"sha256 {sha256(content)}", None
        else:
            text = _folded(content.decode())
            yield path, "" if text.encode() == content else f"sha256 {sha256(content)}", text.encode()


def _without(step: Step, content: bytes) -> bytes:
    return content.replace(step.sql.encode(), b"")


def _cut(step: Step) -> tuple[bytes, bytes]:
    return step.sql.encode(), f"[Awa's own text of {step.key}]".encode()


def _folded(text: str) -> str:
    """Return a text without the entries of most versions."""
    for entry in _ENTRIES:
        mark = f"[versions {_FIRST} to {_LAST}: the same]\n"
        for version in range(_FIRST, _LAST + 1):
            pattern = re.compile(entry.format(version=version))
            if pattern.search(text):
                text, mark = pattern.sub(mark.replace("\\", ""), text, count=1), ""
    return text


def _awas(desired: DesiredState) -> bytes:
    """Return what is kept of Awa's own SQL: names, sizes and hashes."""
    steps = [step for step in contents_of(desired).plan.steps if step.kind in {StepKind.MIGRATION, StepKind.PATCH}]
    lines = [f"Awa {desired.release.name}\n"]
    lines += [f"{sha256(step.sql.encode())}  {len(step.sql.encode()):>6}  {step.key}\n" for step in steps]
    return "".join(lines).encode()


def _where(places: list[_Place]) -> str:
    """Return where a text is kept that these files share."""
    forms, configurations = {place.form for place in places}, {place.configuration for place in places}
    form = places[0].form if len(forms) == 1 else "shared"
    configuration = places[0].configuration if len(configurations) == 1 else "both"
    return f"{form}/{configuration}/{places[0].path}"


def _referring(text: bytes, found: Mapping[str, bytes]) -> bytes:
    """Return a text with a reference in place of another one that it contains as a whole."""
    for where, other in sorted(found.items(), key=lambda item: -len(item[1])):
        if len(other) >= _WORTH_A_REFERENCE and where.partition("/")[0] == "shared":
            text = text.replace(other, f"[all of {where}]\n".encode())
    return text


def _lists(said: Mapping[_Place, str]) -> dict[str, bytes]:
    """Return the list of the files of every bundle."""
    found: dict[str, str] = {}
    for place in sorted(said, key=lambda place: place.path):
        where = f"{place.form}/{place.configuration}/FILES.txt"
        found[where] = found.get(where, "") + f"{place.path}  {said[place]}\n"
    return {where: text.encode() for where, text in found.items()}


def _refuse_another_release() -> None:
    packages = tomllib.loads((ROOT / "uv.lock").read_text(encoding="utf-8"))["package"]
    locked = next(package["version"] for package in packages if package["name"] == "awa-pg")
    if metadata.version("awa-pg") != locked:
        message = f"tests/golden is of Awa {locked}, as in uv.lock, and {metadata.version('awa-pg')} is installed"
        raise ToolError(f"{message}; run devtools/setup.")


def _main() -> int:
    new = golden()
    for change in changes(standing(), new):
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
