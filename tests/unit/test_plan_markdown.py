from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from markdown_it import MarkdownIt

from awa_infra.model import DesiredState, Gate, Note, ObservedState, Plan, QueueStorage, Release, Shape
from awa_infra.planning.markdown import plan_markdown
from awa_infra.planning.planner import make_plan
from awa_infra.planning.summary import summary_of

ODD = "it's | `odd` <b>"


@pytest.fixture
def wanted(release: Release) -> DesiredState:
    return DesiredState(release, 40, (QueueStorage("small", Shape(4, 2, 2)),))


@pytest.fixture
def plan(wanted: DesiredState) -> Plan:
    return make_plan(wanted, ObservedState(database="shop"))


Written = Callable[..., str]


@pytest.fixture
def written(wanted: DesiredState) -> Written:
    def write(plan: Plan, database: str = "shop") -> str:
        return plan_markdown(summary_of(database, plan, wanted))

    return write


def html(text: str) -> str:
    return str(MarkdownIt().enable("table").render(text))


def test_a_plan_for_a_pull_request_has_a_row_for_every_step(plan: Plan, written: Written) -> None:
    text = written(plan)
    assert text.startswith("### Awa in database `shop`\n\nSchema awa from version 0 to 40, Awa 0.6.9, 41 steps.")
    assert f"`{plan.digest}`" in text
    shown = html(text)
    assert shown.count("<tr>") == 1 + len(plan.steps)
    assert "V40 Allow queue-storage finalization" in shown


def test_many_steps_are_counted_so_that_a_comment_is_not_cut(plan: Plan, written: Written) -> None:
    many = replace(plan, steps=tuple(replace(plan.steps[0], key=f"V{n}") for n in range(200)))
    text = written(many)
    assert "140 more steps" in text
    assert len(text) < 65_536


def test_names_and_texts_are_shown_as_they_are_and_never_as_markup(plan: Plan, written: Written) -> None:
    odd = replace(plan, steps=(replace(plan.steps[0], title=ODD, locks=ODD),), notes=(Note("odd", ODD),))
    shown = html(written(odd, ODD))
    assert "<b>" not in shown
    assert shown.count("it's | `odd` &lt;b&gt;") >= 3
    assert shown.count("<td>") == 5


def test_what_blocks_is_said_first_and_what_to_do_about_it(plan: Plan, written: Written) -> None:
    blocked = replace(plan, steps=(), gates=(Gate("pooler", "A pooler.", "Go round it."),))
    text = written(blocked)
    assert "Nothing can be planned." in text
    assert "**Blocked: 1 condition does not hold.**" in text
    assert "- A pooler. (`pooler`)<br>Go round it." in text


def test_a_database_that_is_as_desired_has_nothing_to_look_at(plan: Plan, written: Written) -> None:
    done = replace(plan, from_version=40, steps=(), notes=())
    assert written(done) == (
        "### Awa in database `shop`\n\nAs desired: schema awa is at version 40 of Awa 0.6.9. Nothing to do.\n"
    )
    only_patch = replace(plan, from_version=40, steps=plan.steps[:1])
    assert "stays at version 40, Awa 0.6.9, 1 step." in written(only_patch)


def test_a_step_says_how_long_it_took_elsewhere_and_what_it_takes_for_jobs(plan: Plan, written: Written) -> None:
    text = written(plan)
    assert "| 0.01 s, 0.6 s more for a million jobs in schema awa |" in text
    assert " s more for a million jobs in queue storage |" in text
    assert "Durations were measured on PostgreSQL 18" in text
    assert "All steps are one transaction: all or nothing." in text
    unknown = replace(plan, steps=(replace(plan.steps[0], sql="SELECT 1", locks=""),))
    assert "| not measured | not measured |" in written(unknown)
