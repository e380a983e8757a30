"""``awa-infra package``."""

from __future__ import annotations

from pathlib import Path

import click

from awa_infra.bundles.contents import Waits
from awa_infra.bundles.existing import Change, ExistingBundle, changes, unified
from awa_infra.bundles.formats import FORMATS
from awa_infra.bundles.package import Bundle, bundle_to_replace
from awa_infra.bundles.package import package as make
from awa_infra.bundles.writing import write, write_archive
from awa_infra.cli.examples import examples
from awa_infra.cli.options import config_option, file_option, json_option, loudness_options, read_config
from awa_infra.cli.output import print_error, print_json
from awa_infra.lifecycle.desired import desired_state
from awa_infra.naming import nearest
from awa_infra.wording import listed

DIFFERENT = 1
"""Exit status of ``package --check`` when the folder is not what would be written."""


def _known_format(_ctx: click.Context, _option: click.Parameter, value: str) -> str:
    if value in FORMATS:
        return value
    near = nearest(value, FORMATS)
    hint = f"did you mean {near}?" if near else f"known are {', '.join(FORMATS)}."
    raise click.BadParameter(f"unknown format {value!r}; {hint}")


@click.command(epilog=examples("package"))
@click.option(
    "--format",
    "bundle_format",
    required=True,
    callback=_known_format,
    shell_complete=lambda _ctx, _param, begun: [form for form in FORMATS if form.startswith(begun)],
    metavar="FORMAT",
    help=", ".join(FORMATS) + ".",
)
@config_option
@click.option("--out", type=click.Path(path_type=Path), metavar="DIR", help="Folder to write, or to add to.")
@click.option(
    "--from",
    "from_version",
    type=click.IntRange(min=0),
    metavar="N",
    help="Start after this version; 0, an empty database, without it. A bundle that grows keeps its start.",
)
@click.option(
    "--to", "to_version", type=click.IntRange(min=1), metavar="N", help="Stop at this version, not at the newest."
)
@click.option("--check", is_flag=True, help="Write nothing; exit with status 1 if DIR is not what would be written.")
@click.option("--diff", "show_diff", is_flag=True, help="Write nothing; print what would change in DIR.")
@file_option("--archive", "archive_path", about="Write the bundle as a zip archive, too, or instead of DIR.")
@loudness_options
@json_option
@click.pass_context
def package(
    ctx: click.Context,
    *,
    bundle_format: str,
    config_path: Path | None,
    out: Path | None,
    from_version: int | None,
    to_version: int | None,
    check: bool,
    show_diff: bool,
    archive_path: Path | None,
    as_json: bool,
) -> None:
    """Write a bundle for a DBA's tool: the same SQL that apply runs, from an empty database on.

    Without --config the bundle holds the default schema awa alone. A bundle that is in DIR already (or in FILE, where
    DIR is new) grows: files are added, and no migration that it has released ever changes, even where a newer Awa has
    another text for it; each such file is reported. A bundle that a newer Awa or a newer awa-infra wrote is refused,
    and so is a folder that awa-infra did not write, or with an edited file.

    Exit status: 0, or with --check 1 if DIR is not what would be written.
    """
    looking = check or show_diff
    if out is None and (looking or archive_path is None):
        raise click.UsageError("Give --out, the folder of the bundle" + ("." if looking else ", or --archive."))
    config = read_config(config_path)
    desired = desired_state(config, to_version)
    existing = bundle_to_replace(out, archive_path, desired.release.name, written=not looking)
    bundle = make(bundle_format, desired, from_version=from_version, existing=existing, waits=Waits.declared_by(config))
    done = changes(existing.files if existing else {}, bundle.files)
    if not looking:
        if out is not None:
            write(bundle.files, out)
        if archive_path is not None:
            write_archive(bundle.files, archive_path)
    if as_json:
        print_json(
            {
                "format": bundle_format,
                "out": None if out is None else str(out),
                "archive": None if archive_path is None else str(archive_path),
                "written": not looking,
                "release": desired.release.name,
                **_document(bundle, done),
            }
        )
    elif looking:
        _show(existing, bundle, done, out, as_diff=show_diff)
    else:
        places = " and ".join(str(place) for place in (out, archive_path) if place)
        article = "an" if bundle_format[0] in "aeiou" else "a"
        custom = f", queue-storage {listed(q.schema for q in desired.queue_storage)}" if desired.queue_storage else ""
        click.echo(
            f"Wrote {article} {bundle_format} bundle of {len(bundle.files)} files to {places}: "
            f"Awa {desired.release.name}, schema awa up to version {desired.target_version}{custom}. "
            f"Start with its README.md.\nDigest: {bundle.digest}"
        )
    for entry in (*bundle.kept, *bundle.waits):
        print_error(f"{click.style('Kept:', bold=True)} {entry}")
    if check and done:
        ctx.exit(DIFFERENT)


def _document(bundle: Bundle, done: tuple[Change, ...]) -> dict[str, object]:
    """Return what is in the bundle, for ``--json``."""
    waits = [
        {"files": list(one.files), "lock_timeout": one.waits.table_lock, "lock_wait": one.waits.migration_lock}
        for one in bundle.waits
    ]
    return {
        "digest": bundle.digest,
        "files": sorted(bundle.files),
        "changes": [{"file": change.file, "what": change.what} for change in done],
        "kept": [{"file": k.file, "release": k.release, "newer": k.newer} for k in bundle.kept],
        "kept_waits": waits,
    }


def _show(
    existing: ExistingBundle | None, bundle: Bundle, done: tuple[Change, ...], out: Path | None, *, as_diff: bool
) -> None:
    if not done:
        click.echo(f"{out} is what would be written.", err=as_diff)
        return
    before = existing.files if existing else {}
    if not as_diff:
        for change in done:
            click.echo(f"{change.what}: {change.file}")
        return
    colours = {"+": "green", "-": "red", "@": "cyan"}
    for change in done:
        for line in unified(change, before, bundle.files):
            click.echo(click.style(line, fg=colours.get(line[:1])))
