"""Addresses of the project are written in one place, and the schema has what follows from them."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import pytest

from awa_infra.plugin import schema
from awa_infra.plugin.about import About

URLS = (
    "Homepage, https://example.org/awa",
    "Repository, https://github.com/acme/awa-infra.git",
    "Plugin Download, github://api.github.com/acme/awa-infra",
    "logo, https://example.org/awa.svg",
    "Changelog, https://example.org/changes",
)


def test_without_addresses_the_schema_names_none() -> None:
    found = schema.package_schema(About())
    assert not {"repository", "homepage", "pluginDownloadURL", "logoUrl"} & set(found)
    assert found["publisher"] == "awa-infra"
    assert found["language"]["go"]["importBasePath"] == "awa-infra/sdk/go/awa"


def test_addresses_of_the_project_are_in_the_schema_and_in_the_examples_for_go() -> None:
    text = schema.text(About.of_urls(URLS))
    found = json.loads(text)
    assert found["homepage"] == "https://example.org/awa"
    assert found["repository"] == "https://github.com/acme/awa-infra.git"
    assert found["pluginDownloadURL"] == "github://api.github.com/acme/awa-infra"
    assert found["logoUrl"] == "https://example.org/awa.svg"
    assert found["publisher"] == "acme"
    assert found["language"]["go"]["importBasePath"] == "github.com/acme/awa-infra/sdk/go/awa"
    assert '"awa-infra/sdk' not in "".join(spec["description"] for spec in found["resources"].values())
    assert 'import (\n\t"github.com/acme/awa-infra/sdk/go/awa"' in found["resources"]["awa:index:Schema"]["description"]


@pytest.mark.parametrize(
    "url", ["https://git.example.org/acme/tools/awa-infra", "https://git.example.org/acme/tools/awa-infra/"]
)
def test_any_host_of_a_repository_gives_an_import_path(url: str) -> None:
    assert About(repository=url).go_import == "git.example.org/acme/tools/awa-infra/sdk/go/awa"


def test_the_installed_package_says_what_the_project_file_says() -> None:
    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text())["project"]
    assert About.installed() == About.of_urls(f"{label}, {url}" for label, url in project.get("urls", {}).items())


def test_the_line_of_the_repository_is_enough() -> None:
    found = About.of_urls(["Repository, https://github.com/acme/awa-infra.git"])
    assert found.links == {
        "homepage": "https://github.com/acme/awa-infra",
        "repository": "https://github.com/acme/awa-infra.git",
        "pluginDownloadURL": "github://api.github.com/acme/awa-infra",
    }


def test_a_repository_that_is_not_on_github_has_no_place_that_pulumi_knows() -> None:
    found = About.of_urls(["Repository, https://git.example.org/acme/awa-infra"])
    assert found.plugin_download == ""
    assert found.homepage == "https://git.example.org/acme/awa-infra"
