"""What ``Pulumi.yaml`` and Pulumi ESC add to the configuration of a stack."""

from __future__ import annotations

from pathlib import Path

import pytest

from awa_infra import config
from awa_infra.config import environment_warning
from awa_infra.config.project import project_file
from awa_infra.errors import ConfigurationError

STACK = "config:\n  awa:queues: [mail]\n"


def stack_of(folder: Path, project: str, stack: str = STACK, name: str = "Pulumi.dev.yaml") -> Path:
    """Write a project and the file of a stack of it."""
    folder.mkdir(exist_ok=True)
    (folder / "Pulumi.yaml").write_text(project)
    (folder / name).write_text(stack)
    return folder / name


def problem_of(path: Path) -> str:
    with pytest.raises(ConfigurationError) as refused:
        config.load(path)
    return "\n".join([refused.value.message, *refused.value.details])


@pytest.mark.parametrize("given", ["awa:database: shop", "awa:database: {value: shop}", '"awa:database": "shop"'])
def test_a_key_of_the_project_holds_for_every_stack_that_does_not_give_it(tmp_path: Path, given: str) -> None:
    project = f"name: jobs\nruntime: python\nconfig:\n  jobs:size: 3\n  {given}\n"
    found = config.load(stack_of(tmp_path, project))
    assert found.database is not None
    assert found.database.name == "shop"
    assert [queue.name for queue in found.queues] == ["mail"]
    own = config.load(stack_of(tmp_path, project, "config:\n  awa:database: other\n"))
    assert own.database is not None
    assert own.database.name == "other"


def test_lists_and_mappings_of_the_project_are_read_as_pulumi_does(tmp_path: Path) -> None:
    project = (
        "\ufeffname: jobs\nruntime: python\nconfig:\n  awa:queueStorageSchemas: [{schema: q}]\n"
        "  awa:roles: {value: {owner: o}}\n  awa:targetVersion: '38'\n"
    )
    found = config.load(stack_of(tmp_path, project, "{}\n"))
    assert found.schemas() == ("q",)
    assert found.roles is not None
    assert found.target_version == 38


def test_problems_of_the_project_name_its_file_and_line(tmp_path: Path) -> None:
    project = (
        "name: jobs\nruntime: python\nconfig:\n  awa:targetVersion: -1\n"
        "  awa:queueStorageSchemas: [{schema: A-b, x: 1}]\n"
    )
    text = problem_of(stack_of(tmp_path, project))
    assert "awa:targetVersion: must be at least 1 (Pulumi.yaml:4 declares it)" in text
    assert "awa:queueStorageSchemas[0].x: unknown key" in text
    assert text.count("(Pulumi.yaml:5 declares it)") == 2
    text = problem_of(stack_of(tmp_path, project, "config:\n  awa:targetVersion: 0\n  awa:queueStorageSchemas: []\n"))
    assert "Pulumi.dev.yaml:2: awa:targetVersion: must be at least 1" in text
    assert "Pulumi.yaml:" not in text


def test_a_key_of_the_project_that_pulumi_refuses_is_a_problem(tmp_path: Path) -> None:
    project = "name: jobs\nruntime: python\nconfig:\n  awa:database: {default: shop}\n"
    assert "awa:database: needs its value below value:" in problem_of(stack_of(tmp_path, project))
    project = "name: jobs\nruntime: python\nconfig:\n  awa:database: a\n  awa:database: b\n"
    assert "awa:database: given twice, first in line 4 (Pulumi.yaml:5 declares it)" in problem_of(
        stack_of(tmp_path, project)
    )


def test_the_folder_of_the_stacks_is_found_from_a_project_above_it(tmp_path: Path) -> None:
    stacks = tmp_path / "stacks" / "all"
    stacks.mkdir(parents=True)
    file = stacks / "Pulumi.eu.prod.yaml"
    file.write_text(STACK)
    assert project_file(file) is None
    project = tmp_path / "Pulumi.yaml"
    for words in ("stackConfigDir: stacks/all", "config: ./stacks/all/"):
        project.write_text(f"name: jobs\nruntime: python\n{words}\n")
        assert project_file(file) == project
        assert config.load(file).database is None
    project.write_text("name: jobs\nruntime: python\nstackConfigDir: stacks\nconfig:\n  awa:database: shop\n")
    assert project_file(file) is None
    # That project keeps the files of its stacks elsewhere.
    (tmp_path / "Pulumi.dev.yaml").write_text(STACK)
    assert project_file(tmp_path / "Pulumi.dev.yaml") is None


def test_only_the_file_of_a_stack_has_a_project(tmp_path: Path) -> None:
    project = "name: jobs\nruntime: python\nconfig:\n  awa:database: shop\n"
    assert config.load(stack_of(tmp_path, project, name="awa.yaml")).database is None
    assert config.load(stack_of(tmp_path, project, name="Pulumi.dev.yml")).database is None, "it has a Pulumi.yml"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("name: [x\n", "cannot be read: expected "),
        ("", "is no mapping"),
        ("- a\n", "is no mapping"),
        ("name: \xff\n", "cannot be read: "),
        ("name: x\nconfig:\n  awa:queues: !!set {a, b}\n  awa:guard: !own x\n", "cannot be read: could not determine"),
    ],
)
def test_a_project_file_that_cannot_be_read_is_named(tmp_path: Path, text: str, reason: str) -> None:
    path = stack_of(tmp_path, "")
    (tmp_path / "Pulumi.yaml").write_text(text, encoding="latin-1")
    assert f"{tmp_path}/Pulumi.yaml {reason}" in problem_of(path)
    (tmp_path / "Pulumi.yaml").unlink()
    (tmp_path / "Pulumi.yaml").mkdir()
    assert config.load(path).database is None


def test_a_project_file_without_permission_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = stack_of(tmp_path, "name: x\n")
    text = config.read(path)

    def refused(*_args: object, **_options: object) -> str:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "read_text", refused)
    with pytest.raises(ConfigurationError, match=r"Pulumi\.yaml cannot be read: Permission denied\."):
        config.examine(text, config.project_keys(path))


@pytest.mark.parametrize("environment", ["[shared/dev]", "{values: {pulumiConfig: {'awa:database': shop}}}", "shared"])
def test_environments_of_pulumi_esc_are_warned_of_because_only_pulumi_reads_them(
    tmp_path: Path, environment: str
) -> None:
    path = stack_of(tmp_path, "name: x\n", f"environment: {environment}\n{STACK}")
    _found, warnings = config.load_with_warnings(path)
    assert warnings == [environment_warning(config.read(path), str(path))]
    assert "Pulumi ESC, which only Pulumi reads" in warnings[0]


@pytest.mark.parametrize(
    "text",
    [
        *(STACK, f"environment:\n{STACK}", f"environment: []\n{STACK}"),
        *("", "{", "- a\n", "environment: {", "- environment\n"),
    ],
)
def test_without_environments_there_is_no_warning(text: str) -> None:
    assert environment_warning(text, "Pulumi.dev.yaml") == ""


def test_the_file_of_a_project_is_not_taken_for_that_of_a_stack(tmp_path: Path) -> None:
    project = stack_of(tmp_path, "name: jobs\nruntime: yaml\nconfig:\n  awa:database: shop\n").with_name("Pulumi.yaml")
    assert "this is the file of a project; give that of a stack, Pulumi.<stack>.yaml" in problem_of(project)
