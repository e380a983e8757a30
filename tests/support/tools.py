"""The real programs that results are compared with: Awa's own command and pg_dump."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Collection
from pathlib import Path
from typing import NoReturn

import pytest

from awa_infra.database.catalogs import prepare, read_catalogs
from awa_infra.database.connection import connect
from awa_infra.database.session import read_transaction
from awa_infra.localserver.host import binaries
from awa_infra.verification.catalog import digest, structure


def fingerprints(url: str, schemas: Collection[str]) -> dict[str, str]:
    """Return the fingerprint of each schema: of what stands in it, not of who owns it."""
    with connect(url) as connection, read_transaction(connection):
        prepare(connection)
        found = read_catalogs(connection, schemas)
    return {schema: digest(structure(found[schema][1])) for schema in schemas}


def missing(reason: str) -> NoReturn:
    """Skip a test whose tool is missing; in CI, where every tool must be there, fail."""
    if os.environ.get("CI"):
        pytest.fail(f"{reason} (in CI nothing may be missing)", pytrace=False)
    pytest.skip(reason)


def awa(*arguments: str, url: str) -> str:
    """Run the real ``awa`` command of the ``awa-cli`` wheel and return its output."""
    command = Path(sys.executable).with_name("awa")
    environment = {**os.environ, "DATABASE_URL": url, "RUST_LOG": "off", "PGOPTIONS": "-c client_min_messages=warning"}
    done = subprocess.run(
        [str(command), *arguments], env=environment, capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def dump_schema(url: str, *schemas: str) -> str:
    """Return ``pg_dump --schema-only`` of some schemas, without what differs from run to run."""
    return _dump(url, "--schema-only", *(f"--schema={schema}" for schema in schemas))


def dump_everything(url: str) -> str:
    """Return ``pg_dump`` of a database with all its rows, without what differs from run to run."""
    return _dump(url)


def _dump(url: str, *options: str) -> str:
    command = binaries() / "pg_dump"
    done = subprocess.run(
        [str(command), *options, f"--dbname={url}"], capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stderr
    # pg_dump wraps its output in a key that is made anew every time.
    return re.sub(r"^\\(un)?restrict .*$", "", done.stdout, flags=re.MULTILINE)
