from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.support.servers import Database
from tests.support.wheels import ROOT, build_wheel


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the wheel and unpack it, far from the checkout."""
    folder = tmp_path_factory.mktemp("wheel")
    zipfile.ZipFile(build_wheel(folder)).extractall(folder / "site")
    return folder / "site"


def run(installed: Path, *arguments: str, url: str = "") -> str:
    code = (
        "import sys, awa_infra; from awa_infra.cli.main import main; "
        f"assert awa_infra.__file__.startswith({str(installed)!r}), awa_infra.__file__; "
        "sys.argv[0] = 'awa-infra'; main()"
    )
    environment = {**os.environ, "PYTHONPATH": str(installed), "DATABASE_URL": url}
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments],
        cwd=installed.parent,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_wheel_migrates_a_database_far_from_the_checkout(installed: Path, database: Database) -> None:
    assert "schema awa is at version 40" in run(installed, "apply", url=database.url)
    assert "version 40" in run(installed, "status", url=database.url)


@pytest.mark.parametrize("bundle", ["flyway", "liquibase"])
def test_the_wheel_writes_bundles_far_from_the_checkout(installed: Path, tmp_path: Path, bundle: str) -> None:
    assert "Wrote a" in run(installed, "package", f"--format={bundle}", f"--out={tmp_path / bundle}")
    assert (tmp_path / bundle / "README.md").exists()


def test_the_wheel_carries_every_sql_file_and_no_tests(installed: Path) -> None:
    carried = {path.relative_to(installed / "awa_infra" / "sql") for path in installed.rglob("*.sql")}
    assert carried == {path.relative_to(ROOT / "sql") for path in (ROOT / "sql").rglob("*.sql")}
    assert not (installed / "tests").exists()
    assert (installed / "awa_infra" / "py.typed").exists()


def test_a_stranger_builds_the_same_bytes_from_a_copy(tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    subprocess.run(["git", "clone", "--quiet", "--depth=1", f"file://{ROOT}", str(copy)], check=True, timeout=120)
    shutil.copytree(copy, tmp_path / "other place")
    subprocess.run(["chmod", "-R", "go=", str(copy)], check=True, timeout=60)
    built = []
    for place, zone in ((copy, "Asia/Tokyo"), (tmp_path / "other place", "UTC")):
        folder = tmp_path / zone
        command = [sys.executable, "-m", "hatchling", "build", "--directory", str(folder)]
        variables = {**os.environ, "TZ": zone}
        subprocess.run(command, cwd=place, env=variables, check=True, capture_output=True, timeout=120)
        built.append({path.name: path.read_bytes() for path in folder.iterdir()})
    assert built[0].keys() == {name for name in built[0] if name.endswith((".whl", ".tar.gz"))}
    assert len(built[0]) == 2
    assert built[0] == built[1]


def test_the_page_that_the_wheel_brings_to_the_index_has_no_link_into_a_checkout(installed: Path) -> None:
    (described,) = installed.glob("awa_infra-*.dist-info/METADATA")
    page = described.read_text(encoding="utf-8").partition("\n\n")[2]
    assert page.startswith("# awa-infra\n")
    assert re.findall(r"\]\((?!https://)[^)\n]+\)", page) == []


def test_the_wheel_explains_codes_far_from_the_checkout(installed: Path) -> None:
    assert (installed / "awa_infra" / "errors.yaml").is_file()
    assert run(installed, "explain", "downgrade").startswith("downgrade: a gate\n")
