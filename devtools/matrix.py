"""``make test-matrix``: every way from every start on every PostgreSQL major, and the table in the docs.

One pytest run per major, each with a server of its own. What a run finds goes to
``docs/reference/equivalence.jsonl``, one line per cell; the table is made of that file alone.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from devtools import postgres_versions
from devtools.progress import note, run_cli

RESULTS = Path("docs/reference/equivalence.jsonl")
PAGE = Path("docs/reference/equivalence.md")
TESTS = ("tests/matrix", "tests/database/test_faults.py", "tests/database/test_verify_jobs.py")

_INTRO = """\
# Equivalence

Whatever a database starts from, and whichever way it is brought to the current version, it ends in the same schema,
with every job as it was. Made by `make test-matrix`, which also checks the rows, states and payloads of all jobs, and
that the storage transition is untouched.

A cell says on how many of the PostgreSQL majors below the database ended with the fingerprint that `awa migrate` gives
an empty database of the same major; where it was run and differs, the test fails and there is no cell. A code instead
of a number means that this way refuses this start, and says so: see [errors](errors.md). `-` was not run.
"""


_RESTORED = """\
## A restored pg_dump

A database with jobs (`{start}`) that was dumped with the `pg_dump` of its major and restored into an empty one
has the same fingerprint, jobs and storage transition as the original. `awa-infra verify` calls it healthy, and `apply`
finds nothing to do. It is shown here and not counted above, because its catalog differs where no fingerprint looks:

| PostgreSQL | what differs | how often |
|---|---|---|
{rows}

The primary key of a partition came with the partition; restored, it is made alone and attached, and the catalog marks
it as one that no further table inherits. Nothing depends on that. A privilege that holds without being granted is not
dumped. A dump without privileges (`--no-privileges`) also loses that Awa keeps everybody from its installer: `verify`
then finds [`public-may-install`](errors.md#public-may-install) and prints the statement that is wanted.
"""


def render(lines: list[dict[str, Any]]) -> str:
    """Return the page for what runs have found; the newest line of a cell counts."""
    cells = [line for line in lines if "way" in line]
    return "\n".join(filter(None, [_table(cells), _restored([line for line in lines if "restored" in line])]))


def _restored(lines: list[dict[str, Any]]) -> str:
    newest = {line["major"]: line for line in lines}
    rows = []
    for major, line in sorted(newest.items()):
        if line["outcome"] == "same":
            rows += [f"| {major} | {what} | {count} |" for what, count in line["differences"].items()]
        else:
            rows.append(f"| {major} | not tried: there is no `pg_dump` among the binaries of this major here | |")
    start = next((line["restored"] for line in newest.values()), "")
    return _RESTORED.format(start=start, rows="\n".join(rows)) if rows else ""


def _table(cells: list[dict[str, Any]]) -> str:
    found = {(c["start"], c["way"], c["major"]): c for c in cells}
    majors = sorted({c["major"] for c in cells})
    starts = list(dict.fromkeys(c["start"] for c in cells))
    ways = list(dict.fromkeys(c["way"] for c in cells))
    lines = [_INTRO, f"PostgreSQL {', '.join(map(str, majors))}:", ""]
    lines += ["| start | " + " | ".join(ways) + " |", "|---" * (len(ways) + 1) + "|"]
    for start in starts:
        row = [_cell([found.get((start, way, major)) for major in majors]) for way in ways]
        lines.append(f"| {start} | " + " | ".join(row) + " |")
    return "\n".join(lines) + "\n"


def _cell(cells: list[dict[str, Any] | None]) -> str:
    run = [cell for cell in cells if cell is not None]
    if not run:
        return "-"
    refused = {cell["outcome"] for cell in run if cell["outcome"] != "same"}
    if refused:
        return ", ".join(f"`{code}`" for code in sorted(refused))
    return f"same on {len(run)}"


def _main() -> int:
    parser = argparse.ArgumentParser(prog="devtools.matrix", description=__doc__)
    parser.add_argument("--major", type=int, action="append", help="only this one; may be given again")
    parser.add_argument("--table-only", action="store_true", help="make the table of what was found before")
    parser.add_argument("rest", nargs="*", help="arguments for pytest, after --")
    given = parser.parse_args()
    status = 0
    for major in [] if given.table_only else given.major or postgres_versions.majors():
        note(f"matrix: PostgreSQL {major}")
        environment = {
            **os.environ,
            "AWA_INFRA_MATRIX": "all",
            "AWA_INFRA_MATRIX_RESULTS": str(RESULTS.resolve()),
            "AWA_INFRA_TEST_MAJOR": str(major),
        }
        command = [sys.executable, "-m", "pytest", "--no-cov", "--timeout=1200", *TESTS, *given.rest]
        status = max(status, subprocess.run(command, env=environment, check=False).returncode)
    cells = [json.loads(line) for line in RESULTS.read_text(encoding="utf-8").splitlines()]
    PAGE.write_text(render(cells), encoding="utf-8")
    note(f"matrix: wrote {PAGE}")
    return status


if __name__ == "__main__":
    sys.exit(run_cli(_main))
