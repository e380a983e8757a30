"""Which Pulumi projects consist of YAML alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from awa_infra.errors import ConfigurationError, OwnProgramError
from awa_infra.resources.project import StackFile, refuse_own_program, target_of

YAML_ALONE = "name: jobs\nruntime: python\n"


@pytest.mark.parametrize("text", [YAML_ALONE, "name: jobs\nruntime:\n  name: python\n  options: {virtualenv: venv}\n"])
def test_a_project_of_yaml_alone_may_run(tmp_path: Path, text: str) -> None:
    (tmp_path / "Pulumi.yaml").write_text(text)
    refuse_own_program(StackFile(tmp_path, "dev"), "up")


@pytest.mark.parametrize(
    ("text", "program"),
    [
        ("name: jobs\nruntime: yaml\nresources: {}\n", "runtime: yaml"),
        ("name: jobs\nruntime: nodejs\n", "runtime: nodejs"),
        ("name: jobs\nruntime: {name: go}\n", "runtime: go"),
        ("name: jobs\nruntime: python\nmain: src\n", "main: src"),
        ("name: jobs\n", "runtime: None"),
    ],
)
def test_a_project_with_a_program_is_refused_with_the_command_to_run(tmp_path: Path, text: str, program: str) -> None:
    (tmp_path / "Pulumi.yaml").write_text(text)
    with pytest.raises(OwnProgramError) as refused:
        refuse_own_program(StackFile(tmp_path, "dev"), "destroy")
    assert f"({program})" in refused.value.message
    assert refused.value.hint == f"Run pulumi destroy --stack dev --cwd {tmp_path}"


def test_a_folder_with_a_main_module_has_a_program(tmp_path: Path) -> None:
    (tmp_path / "Pulumi.yaml").write_text(YAML_ALONE)
    (tmp_path / "__main__.py").touch()
    with pytest.raises(OwnProgramError, match=r"\(__main__.py\)"):
        refuse_own_program(StackFile(tmp_path, "dev"), "up")


@pytest.mark.parametrize("text", ["name: [jobs\n", "jobs\n", "\xff"])
def test_a_project_file_that_cannot_be_read_is_named(tmp_path: Path, text: str) -> None:
    (tmp_path / "Pulumi.yaml").write_text(text, encoding="latin-1")
    with pytest.raises(ConfigurationError, match=r"Pulumi\.yaml"):
        refuse_own_program(StackFile(tmp_path, "dev"), "up")


@pytest.mark.parametrize("name", ["Pulumi.yaml", "Pulumi.yml", "Pulumi..yaml", "awa.yaml", "Pulumi.dev.json"])
def test_a_file_that_is_not_named_like_that_of_a_stack_makes_no_stack(tmp_path: Path, name: str) -> None:
    (tmp_path / "Pulumi.yaml").write_text(YAML_ALONE)
    with pytest.raises(ConfigurationError, match="is not named like a stack configuration"):
        target_of(tmp_path / name)


def test_a_stack_whose_name_has_dots_keeps_them(tmp_path: Path) -> None:
    (tmp_path / "Pulumi.yaml").write_text(YAML_ALONE)
    assert target_of(tmp_path / "Pulumi.eu.prod.yaml") == StackFile(tmp_path, "eu.prod")


@pytest.mark.parametrize("name", ["dev", "acme/dev", "acme/jobs/dev"])
def test_a_stack_may_be_named_with_its_organization(tmp_path: Path, name: str) -> None:
    (tmp_path / "Pulumi.yaml").write_text(YAML_ALONE)
    found = target_of(tmp_path / "Pulumi.dev.yaml", name)
    assert found == StackFile(tmp_path, name)
    assert found.command("up") == f"pulumi up --stack {name} --cwd {tmp_path}"


@pytest.mark.parametrize("name", ["prod", "dev/prod", "acme/dev/", ""])
def test_the_name_of_another_stack_than_that_of_the_file_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / "Pulumi.yaml").write_text(YAML_ALONE)
    with pytest.raises(ConfigurationError, match="is the configuration of a stack dev, not of"):
        target_of(tmp_path / "Pulumi.dev.yaml", name)
