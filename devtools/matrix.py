"""``make test-matrix``: every way from every start on every PostgreSQL major and every kind of server; writes tables.

One pytest run per major, each with a server of its own. Its results go to ``docs/reference/equivalence.jsonl``, one
line per cell, and the table is made from that file alone. The kinds of servers have a run, a file and a page of their
own. Reporters of pytest keep one run; these tables grow over many, on machines that do not have every major.
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

ROUGH_RESULTS = Path("docs/reference/rough-servers.jsonl")
ROUGH_PAGE = Path("docs/reference/rough-servers.md")
ROUGH_TESTS = ("tests/rough",)

_ROUGH_INTRO = """\
# Rough servers

Servers as other people set them up, and every way in which a database on one of them is brought to the current release
with one custom schema. Made by `make test-matrix`; each kind of server is a few lines in `tests/rough/profiles.py`, and
`make test` runs each of them by one way.

A cell says `same` where the schema ends with the fingerprint that a tame server gives. A code means that this way
refuses this server before it has written anything but the schema of its tool's own tables: see [errors](errors.md).
What is in quotes is the server's or the tool's own message, where no code of awa-infra applies. `-`: the tool
cannot connect to such a server. In every other case the test fails, and the cell says `not run`.
"""

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
dumped. A dump without privileges (`--no-privileges`) also loses that Awa revokes its installer from PUBLIC: `verify`
then finds [`public-may-install`](errors.md#public-may-install) and prints the statement that is wanted.
"""


def render(lines: list[dict[str, Any]]) -> str:
    """Return the page for what runs have found; the newest line of a cell counts."""
    cells = [line for line in lines if "way" in line]
    return "\n".join(filter(None, [_table(cells), _restored([line for line in lines if "restored" in line])]))


def render_rough(lines: list[dict[str, Any]]) -> str:
    """Return the page for what runs on rough servers have found; the newest line of a cell counts."""
    found = {(line["profile"], line["way"]): line for line in lines}
    profiles = dict.fromkeys(line["profile"] for line in lines)
    ways = dict.fromkeys(line["way"] for line in lines)
    rows = [_ROUGH_INTRO, "| server | what is odd | " + " | ".join(ways) + " |", "|---" * (len(ways) + 2) + "|"]
    for profile in profiles:
        own = [found.get((profile, way)) for way in ways]
        what = next(line["what"] for line in own if line)
        rows.append(f"| {profile} | {what} | " + " | ".join(_rough_cell(line) for line in own) + " |")
    return "\n".join(rows) + "\n"


def _rough_cell(line: dict[str, Any] | None) -> str:
    if line is None:
        return "not run"
    outcome = str(line["outcome"])
    if outcome in {"same", "-"}:
        return outcome
    return f'"{outcome}"' if " " in outcome else f"[`{outcome}`](errors.md#{outcome})"


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


def _run(tests: tuple[str, ...], results: Path, major: int, rest: list[str]) -> int:
    environment = {
        **os.environ,
        "AWA_INFRA_MATRIX": "all",
        "AWA_INFRA_MATRIX_RESULTS": str(results.resolve()),
        "AWA_INFRA_TEST_MAJOR": str(major),
    }
    command = [sys.executable, "-m", "pytest", "--no-cov", "--timeout=1200", *tests, *rest]
    return subprocess.run(command, env=environment, check=False).returncode


def _main() -> int:
    parser = argparse.ArgumentParser(prog="devtools.matrix", description=__doc__)
    parser.add_argument("--major", type=int, action="append", help="only this one; may be given again")
    parser.add_argument("--table-only", action="store_true", help="make the tables of what was found before")
    parser.add_argument("--rough-only", action="store_true", help="only the kinds of servers")
    parser.add_argument("--starts-only", action="store_true", help="not the kinds of servers")
    parser.add_argument("rest", nargs="*", help="arguments for pytest, after --")
    given = parser.parse_args()
    status = 0
    majors = [] if given.table_only else given.major or postgres_versions.majors()
    for major in [] if given.rough_only else majors:
        note(f"matrix: PostgreSQL {major}")
        status = max(status, _run(TESTS, RESULTS, major, given.rest))
    if majors and not given.starts_only:
        note(f"matrix: kinds of servers, PostgreSQL {majors[-1]}")
        status = max(status, _run(ROUGH_TESTS, ROUGH_RESULTS, majors[-1], given.rest))
    for results, page, rendered in ((RESULTS, PAGE, render), (ROUGH_RESULTS, ROUGH_PAGE, render_rough)):
        cells = [json.loads(line) for line in results.read_text(encoding="utf-8").splitlines()]
        page.write_text(rendered(cells), encoding="utf-8")
        note(f"matrix: wrote {page}")
    return status


if __name__ == "__main__":
    sys.exit(run_cli(_main))
