"""SDKs of the plugin, made by Pulumi's own generators from the schema that the plugin gives."""

from __future__ import annotations

import importlib
import inspect
import json
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType

import pytest

from awa_infra import __version__
from awa_infra.plugin import functions, schema
from awa_infra.plugin.about import About
from awa_infra.plugin.kinds import KINDS, PROVIDER, STACK, worded
from awa_infra.plugin.schema import description
from awa_infra.spec.base import Input, Output, snake
from devtools import go_build, sdks
from devtools.docs_shown import ROOT
from devtools.progress import ToolError
from devtools.sdks import LANGUAGES, Language
from tests.support.plugin import COMMAND
from tests.support.pulumi_tools import engine, generated

SUFFIXES: Mapping[Language, str] = {"python": "py", "nodejs": "ts", "go": "go"}


@pytest.fixture
def awa_sdk(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """Return the Python SDK."""
    monkeypatch.syspath_prepend(generated("python"))
    return importlib.import_module("pulumi_awa")


def words(text: str | None) -> str:
    return " ".join((text or "").split())


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_same_schema_gives_the_same_sdk_in_every_language(language: Language, tmp_path: Path) -> None:
    first = generated(language)
    sdks.write(language, tmp_path, schema.text())
    again = {path.relative_to(tmp_path): path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    assert {first / name: content for name, content in again.items()} == {
        first / name: (first / name).read_bytes() for name in again
    }
    told = "\n".join(text.decode() for path, text in again.items() if path.suffix == f".{SUFFIXES[language]}")
    assert [token for token in (*KINDS, STACK) if description(token).partition("\n")[0] not in told] == []


def test_a_schema_that_pulumi_has_a_remark_about_gives_no_sdk(tmp_path: Path) -> None:
    generated("python")  # or it is skipped
    odd = schema.package_schema()
    odd["resources"]["awa:index:Schema"]["properties"]["urn"] = {"type": "string"}
    with pytest.raises(ToolError, match=r"(?s)makes no python SDK.*schema\.json.*awa:index:Schema.*urn is a reserved"):
        sdks.write("python", tmp_path, json.dumps(odd))
    odd = schema.package_schema() | {"licence": "Apache-2.0"}
    with pytest.raises(ToolError, match=r'unknown field "licence"'):
        sdks.write("python", tmp_path, json.dumps(odd))
    assert list(tmp_path.iterdir()) == []


def test_pulumi_has_nothing_to_say_against_the_schema_that_the_plugin_gives() -> None:
    pulumi, kept = engine() / "pulumi", ROOT / "provider" / "schema.json"
    for command in (("schema", "check", str(kept)), ("package", "get-schema", str(COMMAND))):
        done = subprocess.run(
            [pulumi, "--non-interactive", *command], capture_output=True, text=True, timeout=300, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
        assert "warning" not in (done.stdout + done.stderr).lower()
    given, written = json.loads(done.stdout), json.loads(kept.read_text())
    assert given["version"] == written["version"]
    for part in ("resources", "functions", "types"):
        assert given[part].keys() == written[part].keys()


def test_with_an_address_the_go_sdk_is_imported_by_it(tmp_path: Path) -> None:
    generated("go")  # or it is skipped
    sdks.write("go", tmp_path, schema.text(About(repository="https://github.com/acme/awa-infra")))
    own, other = "github.com/acme/awa-infra/sdk/go/awa", "awa-infra/sdk/go/awa"
    text = "\n".join(path.read_text() for path in tmp_path.rglob("*.go"))
    assert f'"{own}"' in text
    assert f'"{other}"' not in text
    (module,) = re.findall(r"^module (\S+)$", "\n".join(p.read_text() for p in tmp_path.rglob("go.mod")), re.MULTILINE)
    assert own.startswith(f"{module}/") or own == module


@pytest.mark.parametrize("token", KINDS)
def test_the_python_sdk_has_every_input_and_output_with_our_words(awa_sdk: ModuleType, token: str) -> None:
    kind, name = KINDS[token], token.rpartition(":")[2]
    resource, arguments = getattr(awa_sdk, name), getattr(awa_sdk, f"{name}Args")
    taken = set(inspect.signature(arguments).parameters)
    assert taken == {field.name for field in kind.inputs}
    assert {n for n, found in vars(resource).items() if isinstance(found, property)} >= taken
    missed = [f.name for f in kind.inputs if not described(arguments, f) or not described(resource, f)]
    missed += [output.name for output in kind.outputs if not described(resource, output)]
    assert missed == []


def described(holder: type, field: Input | Output) -> bool:
    text = worded(field.text).partition(" Default: ")[0]
    return text in words(inspect.getdoc(getattr(holder, field.name)))


@pytest.mark.parametrize("token", functions.ARGUMENTS)
def test_the_python_sdk_has_every_function(awa_sdk: ModuleType, token: str) -> None:
    name = snake(token.rpartition(":")[2])
    taken = set(inspect.signature(getattr(awa_sdk, name)).parameters) - {"opts"}
    assert taken == {field.name for field in functions.ARGUMENTS[token].described()}
    result = getattr(awa_sdk, f"G{token.rpartition(':g')[2]}Result")
    assert [output.name for output in functions.RESULTS[token].described() if not described(result, output)] == []


def test_the_python_sdk_has_the_stack_with_the_keys_of_a_stack_configuration(awa_sdk: ModuleType) -> None:
    taken = set(inspect.signature(awa_sdk.StackArgs).parameters)
    assert taken == {snake(key) for key in schema.package_schema()["resources"][STACK]["inputProperties"]}


def test_the_python_sdk_asks_for_the_plugin_of_its_own_version(awa_sdk: ModuleType) -> None:
    assert awa_sdk._utilities.get_version() == __version__


def test_examples_in_the_python_sdk_are_typed_right(tmp_path: Path) -> None:
    sdk = generated("python")
    tokens = (*KINDS, STACK, PROVIDER, *functions.ARGUMENTS)
    programs = [re.findall(r"```python\n(.*?)```", description(token), re.DOTALL)[0] for token in tokens]
    for number, program in enumerate(programs):
        (tmp_path / f"example_{number}.py").write_text(program)
    (tmp_path / "mypy.ini").write_text(f"[mypy]\nstrict = true\nfollow_imports = silent\nmypy_path = {sdk}\n")
    checked = subprocess.run(
        [
            *(sys.executable, "-m", "mypy", f"--cache-dir={ROOT / '.mypy_cache'}"),
            *sorted(path.name for path in tmp_path.glob("*.py")),
        ],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert checked.returncode == 0, checked.stdout


def test_the_generators_are_those_of_the_command_that_is_built() -> None:
    pinned = re.compile(r"github\.com/pulumi/pulumi/(?:pkg|sdk)/v3 v\S+")
    of_generators, of_command = (
        set(pinned.findall((m / "go.mod").read_text())) for m in (sdks.MODULE, go_build.NEWEST)
    )
    assert of_generators == of_command
    assert len(of_generators) == 2
