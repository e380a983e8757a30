"""Write what a README says first: how long the run takes, how to stop it, what to do about a bad release.

And the table of what each file locks and how long it takes, from committed facts. Pure.
"""

from __future__ import annotations

import textwrap
from collections.abc import Mapping

from awa_infra import sqltext
from awa_infra.bundles.contents import Contents, Format
from awa_infra.facts import SECONDS_PER_MILLION_ROWS_AND_REPLAY, runtime_floor
from awa_infra.facts.durations import Duration, duration_facts
from awa_infra.model import Step
from awa_infra.planning.effort import duration_of, effort_of, replays_installer
from awa_infra.wording import counted


def paragraph(*sentences: str) -> str:
    """Return sentences as a paragraph in lines that people can read in an editor."""
    return textwrap.fill(" ".join(sentences), 120, break_on_hyphens=False)


def statement(path: str) -> str:
    """Return a file of SQL with one statement as Markdown shows it for copying, with the semicolon psql waits for."""
    return textwrap.indent(f"{sqltext.load(path).rstrip()};", "    ")


def total(contents: Contents) -> str:
    """Return how long all files together take from the version at which the bundle starts, and how jobs are counted."""
    effort = effort_of(contents.steps, contents.desired.shapes)
    start = contents.plan.from_version
    where = f"From version {start}" if start else "From an empty database"
    sentences = [
        f"**How long it takes.** {where} about {max(effort.seconds, 0.1):.1f} s,",
        f"measured on {duration_facts().reference}.",
    ]
    if effort.unmeasured:
        sentences.append(f"Not counted: {effort.unmeasured} files that were never measured.")
    more = []
    if effort.per_million:
        more.append(f"{effort.per_million:.1f} s for every million jobs in the tables of schema `awa`")
    if effort.replays:
        seconds = effort.replays * SECONDS_PER_MILLION_ROWS_AND_REPLAY
        more.append(f"{seconds:.0f} s for every million ready or finished jobs in queue storage")
    if more:
        sentences.append(f"A database in use adds {' and '.join(more)}.")
        sentences.append(
            "At a later version it needs only the files above that version: add up their rows in the last table."
        )
    text = paragraph(*sentences)
    if not more:
        return text
    counted = statement("observe/count_jobs.sql")
    by = "This counts the jobs, by the server's statistics; after pg_upgrade or a crash run `ANALYZE` first:"
    return f"{text}\n\n{by}\n\n{counted}"


def abort(form: Format) -> str:
    """Return how a run is stopped, and what remains of it."""
    remains = (
        "Nothing was changed: all of it is one transaction, and was rolled back."
        if form.one_transaction
        else "The files before the current one stay committed. The current one was rolled back."
    )
    return paragraph(
        "**Stop it.** `SELECT pg_cancel_backend(PID);` with the `pid` that has the migration lock.",
        f"{form.title} reports the error and ends. {remains}",
        form.stopping,
        "Run again to go on; what is done is not done twice.",
    )


def bad_release(contents: Contents) -> str:
    """Return what to do if the release turns out to be bad after the run."""
    plan = contents.plan
    floor = runtime_floor(plan.from_version, plan.to_version)
    workers = (
        f"Workers of Awa {floor} and newer run on version {plan.to_version}; older ones do not."
        if floor
        else f"Awa names no release whose workers would be too old for version {plan.to_version}."
    )
    return paragraph(
        "**If the release is bad.** First deploy the earlier application and workers; leave the database as it is.",
        f"{workers} Awa has no migrations that go back. Restore the backup from before the run only if the database",
        "itself is wrong. Stop the workers before; everything that was enqueued or done since the backup is lost.",
    )


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
