from __future__ import annotations

import sys

import pytest

from awa_infra.cli.main import main
from tests.support.command import Outcome, Run


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Give a function that runs the command in this process, through its entry point."""

    def command(*arguments: str, url: str | None = None) -> Outcome:
        monkeypatch.setattr(sys, "argv", ["awa-infra", *arguments])
        if url is None:
            monkeypatch.delenv("DATABASE_URL", raising=False)
        else:
            monkeypatch.setenv("DATABASE_URL", url)
        with pytest.raises(SystemExit) as caught:
            main()
        assert isinstance(caught.value.code, int)
        return Outcome(caught.value.code, *capsys.readouterr())

    return command
