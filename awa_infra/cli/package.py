"""``awa-infra package``."""

from __future__ import annotations

import dataclasses
import difflib
from pathlib import Path

import click

from awa_infra.cli.desired import desired_state, read_config
from awa_infra.cli.options import config_option, json_option, print_json
from awa_infra.model import DesiredState
from awa_infra.packaging.bundle import FORMATS, render
from awa_infra.packaging.write import write


def _known_format(_ctx: click.Context, _option: click.Parameter, value: str) -> str:
    if value in FORMATS:
        return value
    near = difflib.get_close_matches(value, FORMATS, n=1)
    hint = f"did you mean {near[0]}?" if near else f"known are {', '.join(FORMATS)}."
    raise click.BadParameter(f"unknown format {value!r}; {hint}")


@click.command()
@click.option(
    "--format",
    "bundle_format",
    required=True,
    callback=_known_format,
    metavar="FORMAT",
    help=" or ".join(FORMATS) + ".",
)
@config_option
@click.option(
    "--out", type=click.Path(path_type=Path), required=True, metavar="DIR", help="Folder to write, or to replace."
)
@json_option
def package(*, bundle_format: str, config_path: Path | None, out: Path, as_json: bool) -> None:
    """Write a bundle for a DBA's tool: the same SQL that apply runs, from an empty database on.

    Without --config the bundle holds the default schema awa alone. Of a configuration it holds schema awa up to
    awa:targetVersion and the queue-storage schemas; roles, privileges and lanes are not part of it yet. An older
    bundle in DIR is replaced; a folder that awa-infra did not write is refused.
    """
    desired = desired_state(read_config(config_path))
    if desired.roles is not None or any(q.queues for q in desired.queue_storage):
        desired = _without_access(desired)
        click.echo(
            "Note: roles, privileges and lanes are not part of a bundle yet; awa-infra apply makes them.", err=True
        )
    files = render(bundle_format, desired)
    write(files, out)
    if as_json:
        print_json({"format": bundle_format, "out": str(out), "release": desired.release.name, "files": sorted(files)})
        return
    click.echo(
        f"Wrote a {bundle_format} bundle of {len(files)} files to {out}: Awa {desired.release.name}, "
        f"schema awa up to version {desired.target_version}"
        + (f", queue-storage {', '.join(q.schema for q in desired.queue_storage)}" if desired.queue_storage else "")
        + ". Start with its README.md."
    )


def _without_access(desired: DesiredState) -> DesiredState:
    storage = tuple(dataclasses.replace(wanted, queues=()) for wanted in desired.queue_storage)
    return dataclasses.replace(desired, roles=None, queue_storage=storage)
