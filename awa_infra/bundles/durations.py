"""Write the README's table of what each file locks and how long it takes, from committed facts. Pure.

The table does not depend on the clock or the machine.
"""

from __future__ import annotations

from collections.abc import Mapping

from awa_infra.bundles.contents import Contents
from awa_infra.bundles.running import paragraph
from awa_infra.facts import SECONDS_PER_MILLION_ROWS_AND_REPLAY
from awa_infra.facts.durations import Duration, duration_facts
from awa_infra.model import Step
from awa_infra.planning.effort import duration_of
from awa_infra.planning.installer import replays_installer
from awa_infra.wording import counted

_UNKNOWN = "not measured"

_HEADER = """\
| File | Strongest lock on older tables and views | Seconds | per million jobs in `awa` | per million in queue storage |
|---|---|---|---|---|"""


def durations(contents: Contents, paths: Mapping[str, str]) -> str:
    """Return the table, a row for each file in the order in which they run, and what its columns mean."""
    shapes = contents.desired.shapes
    timed = [(step, duration_of(step, shapes)) for step in contents.steps]
    rows = [_row(paths[step.key], step, duration) for step, duration in timed]
    seconds = [duration.seconds for _, duration in timed if duration is not None]
    return "\n".join([_about(sum(seconds)), "", _HEADER, *rows])


def _about(total: float) -> str:
    facts = duration_facts()
    return paragraph(
        f"Measured on {facts.reference}, each file by itself: other machines have other seconds. On an empty database",
        f"all files together take about {max(total, 0.1):.1f} seconds. The last two columns are for a database in",
        "use: what a file takes longer for every million jobs in the tables of schema `awa` itself, and for every",
        "million ready or finished jobs in queue storage, those of all its schemas together. Column 4 empty: under",
        "0.5 s. Column 5 has a figure for each file that runs the queue-storage installer again; these cost most.",
        "Locks are held until the transaction ends; a custom queue-storage schema adds its own tables to those of",
        "schema `awa`, which are counted here.",
    )


def _row(path: str, step: Step, duration: Duration | None) -> str:
    replay = f"{SECONDS_PER_MILLION_ROWS_AND_REPLAY:.0f}" if replays_installer(step) else ""
    if duration is None:
        return f"| `{path}` | {_UNKNOWN} | {_UNKNOWN} | {_UNKNOWN} | {replay} |"
    # As facts have it, the strongest first.
    lock = next((f"`{mode}` on {_tables(duration, mode, n)}" for mode, n in duration.locks.items()), "none")
    more = f"{duration.per_million:.1f}" if duration.per_million else ""
    return f"| `{path}` | {lock} | {max(duration.seconds, 0.01):.2f} | {more} | {replay} |"


def _tables(duration: Duration, mode: str, count: int) -> str:
    if mode in duration.named:
        return ", ".join(f"`{table}`" for table in duration.named[mode])
    return counted(count, "table")
