from __future__ import annotations

import pytest

from awa_infra.lifecycle.wording import in_lines, with_inputs
from awa_infra.plugin.kinds import worded


@pytest.mark.parametrize(
    ("said", "python", "others"),
    [
        ("or raise --lock-timeout.", "or raise lock_timeout.", "or raise lockTimeout."),
        ("raise --lock-wait. Nothing", "raise lock_wait. Nothing", "raise lockWait. Nothing"),
        (
            "overrule with --allow-live-runtimes.",
            "overrule with allow_live_runtimes.",
            "overrule with allowLiveRuntimes.",
        ),
        ("or leave --role out", "or leave role out", "or leave role out"),
        ("--role app here", "role app here", "role app here"),
        ("overrule with --allow-pooler.", "overrule with awa-infra apply --allow-pooler.", None),
        ("or raise --max-window.", "or raise awa-infra apply --max-window.", None),
        ("Run awa-infra verify --repair --role x.", "Run awa-infra verify --repair --role x.", None),
        ("Run pip install --force-reinstall awa-pg.", "Run pip install --force-reinstall awa-pg.", None),
        ("lane -- and x--role", "lane -- and x--role", None),
    ],
)
def test_a_hint_in_a_program_names_inputs_rather_than_options(said: str, python: str, others: str | None) -> None:
    assert with_inputs(said) == python
    assert worded(with_inputs(said)) == (python if others is None else others)


def test_the_hint_of_a_warning_is_on_a_line_of_its_own() -> None:
    assert in_lines("Schema awa has drifted. Hint: look.") == "Schema awa has drifted.\nHint: look."
