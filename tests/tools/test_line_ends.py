"""Bundles whose line ends a checkout or a copy has converted, each with the real tool."""

from __future__ import annotations

from pathlib import Path

import pytest

from awa_infra.bundles.writing import write
from awa_infra.model import DesiredState, Release
from tests.support.bundles import render
from tests.support.servers import Database
from tests.support.tools import dump_schema
from tests.tools.bundle_tools import CUSTOM, SCHEMAS, with_crlf
from tests.tools.runners import RUNNERS, Runner

AS_IN_THE_FILE = {"psql", "flyway", "golang-migrate", "dbmate", "sqitch"}
"""Tools that run a text as the file has it; the others read lines."""

WRAPPED = ("golang-migrate", "dbmate")
"""Those whose checks before the first file are left to whoever runs them; their files have some of their own."""

every_tool = pytest.mark.parametrize("tool", RUNNERS.values(), ids=str)


@every_tool
def test_line_ends_of_windows_never_reach_a_function_of_awa(
    tool: Runner, database: Database, release: Release, schema_of_awa: str, tmp_path: Path
) -> None:
    written = tmp_path / "written"
    write(render(tool.name, DesiredState(release, release.schema_version, CUSTOM)), written)
    converted = with_crlf(written, tmp_path / "converted")
    done = tool.up(database.url, converted)
    if tool.name in AS_IN_THE_FILE:
        assert done.status != 0, done.output
        assert "have the line ends of Windows (CRLF)" in done.output
        assert "[line-ends]" in done.output
        assert database.rows("SELECT to_regnamespace('awa') AS awa") == [{"awa": None}]
        done = tool.up(database.url, written)
    assert done.status == 0, done.output
    assert dump_schema(database.url, *SCHEMAS) == schema_of_awa
    # Where nothing is pending nothing is written, so it does not matter.
    again = tool.up(database.url, converted)
    assert again.status == 0, again.output
    assert dump_schema(database.url, *SCHEMAS) == schema_of_awa


@pytest.mark.parametrize("tool", [RUNNERS[name] for name in WRAPPED], ids=str)
def test_one_converted_file_is_refused_by_itself(
    tool: Runner, database: Database, release: Release, tmp_path: Path
) -> None:
    bundle = tmp_path / "bundle"
    write(render(tool.name, DesiredState(release, release.schema_version, CUSTOM)), bundle)
    (converted,) = (bundle / "migrations").glob("*_awa_v002*")
    converted.write_bytes(converted.read_bytes().replace(b"\n", b"\r\n"))
    done = tool.up(database.url, bundle)
    assert done.status != 0, done.output
    assert "This file has the line ends of Windows (CRLF)" in done.output
    assert "[line-ends]" in done.output
    assert database.rows("SELECT max(version) AS version FROM awa.schema_version") == [{"version": 1}]
