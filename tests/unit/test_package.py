from __future__ import annotations

import subprocess
import sys
from importlib import metadata

import pytest

import awa_infra


def test_every_name_of_the_package_can_be_imported_from_it() -> None:
    assert all(getattr(awa_infra, name) is not None for name in awa_infra.__all__)
    assert awa_infra.AwaStack.__name__ == "AwaStack"


def test_a_name_that_the_package_does_not_have_is_an_ordinary_error() -> None:
    with pytest.raises(AttributeError, match="module 'awa_infra' has no attribute 'AwaNothing'"):
        awa_infra.AwaNothing  # noqa: B018


def test_the_version_is_that_of_the_distribution() -> None:
    assert awa_infra.__version__ == metadata.version("awa-infra")


def test_the_plugin_starts_without_the_dynamic_resources_of_python() -> None:
    code = (
        "import sys, awa_infra.plugin.servicer; print([name for name in sys.modules if 'awa_infra.resources' in name])"
    )
    assert subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout == "[]\n"
