"""The recording of the quick tour that the README and the site show: its commands are run here again."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest
from rich.text import Text

from devtools import terminal
from devtools.docs_shown import environment
from devtools.progress import ToolError
from tests.support.servers import Database


def compared(lines: list[str], database: str) -> str:
    """Return what is shown, without durations, the server's version and where lines break."""
    text = "".join("".join(lines).replace(database, terminal.DATABASE).split())
    text = re.sub(r"[\d.]+s(?=[;,onf])", "Ns", text)
    return re.sub(r"PostgreSQL\d+|\d+(?=morelines)", "N", text)


def test_the_recording_shows_what_its_commands_print(database: Database, tmp_path: Path) -> None:
    lines = terminal.record(tmp_path, environment(Path(sys.executable).parent, DATABASE_URL=database.url))
    shown = terminal.words(terminal.PICTURE.read_text(encoding="utf-8"))
    here = [line.plain for line in lines]
    assert compared(shown, terminal.DATABASE) == compared(here, database.name), "run python -m devtools.terminal"
    assert compared(terminal.words(terminal.drawn(lines)), database.name) == compared(here, database.name)


def test_a_picture_of_a_terminal_names_no_font_of_another_host() -> None:
    assert re.findall(r"url\((?!#)|@font-face|https?://(?!www\.w3\.org/)", terminal.PICTURE.read_text()) == []


def test_faint_and_coloured_letters_are_recorded_and_what_was_erased_is_not(tmp_path: Path) -> None:
    script = r"print('gone', end='\r\x1b[2K'); print('\x1b[2mfaint\x1b[0m \x1b[32mgreen\x1b[0m \x1b[1mbold\x1b[0m <&>')"
    (tmp_path / "show.py").write_text(script, encoding="utf-8")
    (line,) = terminal.run(f"{sys.executable} show.py", tmp_path, {})
    assert line.plain == "faint green bold <&>"
    svg = terminal.drawn([line])
    assert terminal.words(svg) == ["faint green bold <&>"]
    assert {"#9198a1", "#3fb950"} <= set(re.findall(r"#[0-9a-f]{6}", svg))


def test_a_command_of_the_tour_that_fails_stops_the_recording(tmp_path: Path) -> None:
    with pytest.raises(ToolError, match="ended with status 1"):
        terminal.run(f"{sys.executable} -c 'raise SystemExit(1)'", tmp_path, {})


def test_a_long_output_is_shortened_and_says_so() -> None:
    lines = [Text(str(number)) for number in range(60)]
    short = [line.plain for line in terminal.shortened(lines)]
    assert short == [*"01234567", "  ... 48 more lines", "56", "57", "58", "59"]
    assert terminal.shortened(lines[:18]) == lines[:18]
