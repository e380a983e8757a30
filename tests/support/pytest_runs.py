"""Runs of pytest in a project of its own, and the databases that they make on a server."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import psycopg

from tests.support.servers import TestServer


def ours(server: TestServer, start: str) -> set[str]:
    """Return the names of the databases of a server that start so."""
    text = "SELECT datname FROM pg_database WHERE starts_with(datname, %s)"
    with psycopg.connect(server.url) as connection:
        return {name for (name,) in connection.execute(text, (start,)).fetchall()}


def start(folder: Path, server: TestServer, *options: str) -> subprocess.Popen[str]:
    """Start pytest in a folder, with a server for its tests."""
    environment = {**os.environ, "AWA_TEST_DATABASE_URL": server.url, "PYTHONDONTWRITEBYTECODE": "1"}
    words = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *options]
    return subprocess.Popen(
        words, cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
