"""psql of ``dev psql``, by a stand-in that tells what it got."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

from awa_infra.dev.client import run_psql

URL = "postgresql://postgres:secret@127.0.0.1:5433/jobs"


def _program(folder: Path, text: str) -> str:
    program = folder / "psql"
    program.write_text(f"#!/bin/sh\n{text}\n")
    program.chmod(0o755)
    return str(program)


def test_no_variable_of_the_user_leads_psql_to_another_server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("PGSERVICE", "PGHOSTADDR", "PGSSLMODE", "PGOPTIONS", "PGTARGETSESSIONATTRS", "PGHOST"):
        monkeypatch.setenv(name, "production")
    monkeypatch.setenv("PSQL_PAGER", "less")
    assert run_psql(_program(tmp_path, 'env > "$1"'), URL, [str(tmp_path / "seen")]) == 0
    seen = dict(line.split("=", 1) for line in (tmp_path / "seen").read_text().splitlines() if "=" in line)
    assert {name: value for name, value in seen.items() if name.startswith("PG")} == {
        "PGHOST": "127.0.0.1",
        "PGPORT": "5433",
        "PGUSER": "postgres",
        "PGPASSWORD": "secret",
        "PGDATABASE": "jobs",
    }
    assert seen["PSQL_PAGER"] == "less"


def test_ctrl_c_is_for_psql_alone(tmp_path: Path) -> None:
    before = signal.getsignal(signal.SIGINT)
    # A terminal sends it to both. A shell can trap it only if it was not told to ignore it.
    program = _program(tmp_path, "trap 'exit 42' INT; kill -INT $PPID; sleep 0.3; kill -INT $$; exit 1")
    assert run_psql(program, URL, []) == 42
    assert signal.getsignal(signal.SIGINT) is before


def test_psql_that_a_signal_ends_has_the_status_that_a_shell_gives_it(tmp_path: Path) -> None:
    assert run_psql(_program(tmp_path, "kill -TERM $$"), URL, []) == 128 + signal.SIGTERM
