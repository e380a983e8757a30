"""``awa-infra bundle``: check a bundle, and compare it with a database."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import click

from awa_infra.bundles.checking import CONVERTED, Applied, Flaw, applied_files, check, unknown_releases
from awa_infra.bundles.existing import ExistingBundle, read
from awa_infra.cli.examples import examples
from awa_infra.cli.main import SuggestingGroup
from awa_infra.cli.options import database_url_option, json_option
from awa_infra.cli.output import print_json
from awa_infra.cli.tables import tables
from awa_infra.errors import BundleError
from awa_infra.model import History
from awa_infra.wording import counted

WRONG = 1
"""Exit status of ``bundle verify`` when something is not as it should be."""

_STATES = ("applied", "adopted", "pending", "different", "failed")


@click.group(cls=SuggestingGroup)
def bundle() -> None:
    """Look at a bundle that awa-infra package has written."""


@bundle.command(epilog=examples("bundle verify"))
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False), metavar="DIR")
@database_url_option
@json_option
@click.pass_context
def verify(ctx: click.Context, *, folder: Path, database_url: str | None, as_json: bool) -> None:
    """Check that a bundle is as it was written, and that every text of Awa in it is one that a release shipped.

    With a database URL it also shows what a database has run of it, by the tool's own history table. Reads only.

    Exit status: 0, or 1 if a file is not as it should be, or if the database has run another text or failed in one.
    Files that are pending do not change it.
    """
    existing = read(folder)
    if existing is None:
        raise BundleError(f"Folder {folder} has no bundle.", hint="Name the folder that awa-infra package wrote.")
    found = check(existing)
    history: History | None = None
    done: tuple[Applied, ...] = ()
    if database_url:
        from awa_infra.database.bundle_history import read_history  # noqa: PLC0415  psycopg, only where it is wanted

        history = read_history(database_url, existing.lock.form)
        done = applied_files(existing, history)
    if as_json:
        print_json(
            {
                "bundle": str(folder),
                "format": existing.lock.form,
                "to_version": existing.lock.to_version,
                "digest": existing.manifest.get("digest"),
                "intact": not found,
                "findings": [{"file": finding.file, "message": finding.what} for finding in found],
                "unknown_releases": list(unknown_releases(existing)),
                "database": None if history is None else history.database,
                "files": [{"file": entry.file, "state": entry.state} for entry in done],
            }
        )
    else:
        _print(folder, existing, _lines(found))
        if history is not None:
            _print_progress(history, done)
    if found or any(entry.state in {"different", "failed"} for entry in done):
        ctx.exit(WRONG)


def _lines(found: Sequence[Flaw]) -> list[str]:
    """Return a line for each finding, and one for all files whose line ends were converted."""
    converted = [finding.file for finding in found if finding.what == CONVERTED]
    others = [str(finding) for finding in found if finding.what != CONVERTED]
    if not converted:
        return others
    if len(converted) == 1:
        return [f"{converted[0]} {CONVERTED}", *others]
    files = f"{converted[0]} and {counted(len(converted) - 1, 'more file')}"
    together = (
        f"{files} have the line ends of Windows (CRLF), and are otherwise as they were written. Take them from where "
        "nothing converts them; in git the file .gitattributes keeps them."
    )
    return [together, *others]


def _print(folder: Path, existing: ExistingBundle, findings: list[str]) -> None:
    lock = existing.lock
    for finding in findings:
        click.echo(f"{click.style('Wrong:', fg='red', bold=True)} {finding}")
    for release in unknown_releases(existing):
        click.echo(f"Note: this awa-infra knows no texts of Awa {release}, so it cannot tell whether they are Awa's.")
    releases = ", ".join(sorted({entry.release for entry in lock.frozen.values()}))
    verdict = (
        click.style(counted(len(findings), "finding"), fg="red") if findings else click.style("intact", fg="green")
    )
    click.echo(
        f"{folder}: {lock.form} bundle of Awa {releases}, versions {lock.from_version} to {lock.to_version}, "
        f"{len(existing.files)} files: {verdict}."
    )
    digest = existing.manifest.get("digest")
    if digest and not findings:
        click.echo(f"Digest: {digest}")


def _print_progress(history: History, done: tuple[Applied, ...]) -> None:
    if history.rows is None:
        click.echo(f"Database {history.database} has run nothing of it.")
        return
    counts = Counter(entry.state for entry in done)
    summary = ", ".join(f"{counts[state]} {state}" for state in _STATES if counts[state])
    click.echo(f"Database {history.database}, {len(done)} files: {summary}.")
    left = [entry for entry in done if entry.state not in {"applied", "adopted"}]
    drawing = tables()
    if drawing is not None and left:
        rows = (([(entry.state, "yellow" if entry.state == "pending" else "red")], entry.file) for entry in left)
        drawing.table(("State", "File"), rows)
        return
    for entry in left:
        click.echo(f"  {entry.state + ':':<10} {entry.file}")
