"""``docs/reference/supported-versions.md``: read from the pins of the tests and from what the matrix has run.

No documentation builder knows these places. Each line is read where its test takes the version from.
"""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement

from awa_infra.release import installed_release
from devtools import docs_text, java_tools, node_packages, postgres_versions

ROOT = Path(__file__).resolve().parent.parent
PYTHONS = "Programming Language :: Python :: 3."

_INTRO = """\
What awa-infra supports, and which versions the tests start for real: `make test` and the workflows on every change, for
the majors of PostgreSQL also `make test-matrix`. Older and newer versions may work; they are not tested. A version is
added by adding it to the tests.

A PostgreSQL that is newer than all of these is taken for the newest of them. With 19rc1 that was tried by hand:
`apply`, roles, the guard, `verify` and `structure.sql` do what they do on 18, and a healthy schema is healthy.
"""


def render() -> str:
    """Return the page."""
    project = _toml("pyproject.toml")["project"]
    floors = {one.name: str(one.specifier) for one in map(Requirement, project["dependencies"])}
    locked = _locked()
    oldest, *_, newest = majors = _matrix_majors()
    rows = [
        ("Python", project["requires-python"], ", ".join(pythons())),
        ("PostgreSQL", f"{oldest} to {newest}", ", ".join(map(str, majors))),
        ("Awa (`awa-pg`), as migrator", floors["awa-pg"], installed_release().name),
        ("Awa, databases to start from", "0.3.0 and newer", "see [equivalence](equivalence.md)"),
        ("Pulumi SDK for Python", floors["pulumi"], locked["pulumi"]),
        ("Pulumi command", "3.200 and newer", _go_pin("pulumi-engine", "github.com/pulumi/pulumi/pkg/v3")),
        ("Flyway", "10 and newer", _flyways()),
        ("Liquibase", "4.33 and newer", ", ".join(java_tools.LIQUIBASES)),
        ("Spring Boot", "3.5 and newer", ", ".join(java_tools.SPRING_BOOTS)),
        ("psql", "14 and newer", str(postgres_versions.majors()[-1])),
        ("pytest, of the plugin for tests", "8 and newer", locked["pytest"]),
        ("pytest-postgresql", "7 and newer", locked["pytest-postgresql"]),
        ("Alembic", "1.16 and newer", locked["alembic"]),
        ("goose", "3", _go_pin("goose", "github.com/pressly/goose/v3")),
        ("golang-migrate", "4", _go_pin("golang-migrate", "github.com/golang-migrate/migrate/v4")),
        ("dbmate", "2", node_packages.DBMATE),
        ("sqitch", "1", "that of Debian"),
    ]
    table = docs_text.table(("", "supported", "tested"), rows)
    return docs_text.page("# Supported versions", _INTRO, table)


def _flyways() -> str:
    """Return every Flyway that is tested, by how it is run."""
    others = f"as a library {java_tools.FLYWAY_LIBRARY}, by Maven {java_tools.FLYWAY_MAVEN}"
    return f"{', '.join(java_tools.FLYWAYS)}, {others}"


def pythons() -> list[str]:
    """Return the minor versions of Python that the package says it is for, as ``3.11``."""
    project = _toml("pyproject.toml")["project"]
    return [f"3.{kind.removeprefix(PYTHONS)}" for kind in project["classifiers"] if kind.startswith(PYTHONS)]


def _toml(name: str) -> dict[str, Any]:
    return tomllib.loads((ROOT / name).read_text(encoding="utf-8"))


def _matrix_majors() -> list[int]:
    lines = (ROOT / "docs/reference/equivalence.jsonl").read_text(encoding="utf-8").splitlines()
    return sorted({json.loads(line)["major"] for line in lines})


def _locked() -> dict[str, str]:
    return {package["name"]: package["version"] for package in _toml("uv.lock")["package"] if "version" in package}


def _go_pin(folder: str, module: str) -> str:
    text = (ROOT / "devtools" / folder / "go.mod").read_text(encoding="utf-8")
    found = re.search(rf"^\s*{re.escape(module)} v(\S+)", text, re.MULTILINE)
    if found is None:
        raise LookupError(module)
    return found[1]
