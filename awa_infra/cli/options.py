"""Options and output that several commands share."""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, cast

import click
from click.core import ParameterSource

from awa_infra.cli.output import LOUDNESS, Loudness, loudness, warn
from awa_infra.model import Policy, Transaction

if TYPE_CHECKING:
    from awa_infra.spec.stack import StackConfig

F = TypeVar("F", bound=Callable[..., Any])


class _Text(click.ParamType):  # type: ignore[type-arg]  # generic from click 8.4 on
    """Text that goes to PostgreSQL, so it is read as UTF-8 whatever the locale says."""

    name = "text"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the text; in a locale that is not UTF-8, Python passes its bytes as surrogates."""
        try:
            return os.fsencode(value).decode("utf-8")
        except UnicodeDecodeError:
            self.fail("is not UTF-8 text.", param, ctx)
        except UnicodeEncodeError:
            return value


class _Role(_Text):
    """A role to become; the text of a variable that is not set must not mean the login."""

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the name."""
        return super().convert(value, param, ctx) or self.fail("is empty; name a role, or leave it out.", param, ctx)


class _Url(_Text):
    """A connection string; the text of a variable that is not set must not mean wherever libpq's defaults lead."""

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the connection string; an empty environment variable is one that is not set."""
        found = super().convert(value, param, ctx)
        given = ctx is None or param is None or ctx.get_parameter_source(str(param.name)) is ParameterSource.COMMANDLINE
        if given and not found.strip():
            self.fail("is empty; give a connection string, or leave the option out.", param, ctx)
        return found


TEXT = _Text()
"""The type of options that are names, connection strings and the like; paths keep their bytes."""

ROLE = _Role()
URL = _Url()


def file_option(*names: str, about: str, required: bool = False) -> Callable[[F], F]:
    """Return an option that takes the path of a file, with what the help says about it."""
    path = click.Path(path_type=Path, dir_okay=False)
    return click.option(*names, type=path, metavar="FILE", help=about, required=required)


database_url_option = click.option(
    "--database-url",
    envvar="DATABASE_URL",
    type=URL,
    metavar="URL",
    help="Connection string. Prefer the environment variable DATABASE_URL: other users can see arguments.",
)

config_option = file_option(
    "--config",
    "config_path",
    about="A Pulumi.<stack>.yaml; its keys awa:* declare roles, queue-storage schemas and more.",
)

json_option = click.option("--json", "as_json", is_flag=True, help="Print the data as JSON.")

transaction_option = click.option(
    "--transaction",
    type=click.Choice([mode.value for mode in Transaction]),
    help="What is committed together: whole, all or nothing, with locks that are held until the end, or each, "
    "every migration by itself: locks are short, and what an interrupted run has committed is kept. Default: "
    "awa:transaction, else whole.",
)


def read_config(path: Path | None) -> StackConfig | None:
    """Return the configuration of an option, or ``None`` without one; warn of what is not safe in it, or not read.

    Raises:
        ConfigurationError: the configuration is wrong; every problem is listed.
    """
    if path is None:
        return None
    from awa_infra import config as stack_config  # noqa: PLC0415  pydantic takes a third of a second to import

    found, warnings = stack_config.load_with_warnings(path)
    for warning in warnings:
        warn(warning)
    return found


def _with_options(command: F, call: Callable[..., Any], options: Sequence[Callable[[F], F]]) -> F:
    """Return a command that also has these options, in this order, and is called by way of a function."""
    made = cast("F", functools.wraps(command)(call))
    for option in reversed(options):
        made = option(made)
    return made


def policy_options(command: F) -> F:
    """Add the options that overrule gates by name, which arrive as one ``policy``, and the role to act as."""

    def call(*args: Any, **kwargs: Any) -> Any:  # noqa: ANN401
        given = {field.name: kwargs.pop(field.name) for field in dataclasses.fields(Policy)}
        return command(*args, policy=Policy(**given), **kwargs)

    return _with_options(command, call, _POLICY)


_POLICY = (
    click.option("--role", type=ROLE, metavar="ROLE", help="Become this role first, so that it owns what is made."),
    click.option(
        "--max-window",
        type=click.FloatRange(min=0),
        metavar="SECONDS",
        help="Refuse if producers and workers would wait for longer, by estimate: from the first lock on what they use "
        "until its commit. 0 allows no such lock.",
    ),
    click.option("--allow-live-runtimes", is_flag=True, help="Overrule runtime-too-old and live-runtimes."),
    click.option("--allow-blocking-sessions", is_flag=True, help="Overrule blocking-session."),
    click.option("--allow-many-locks", is_flag=True, help="Overrule lock-table-too-small."),
    click.option("--allow-pooler", is_flag=True, help="Overrule pooler, for one in session mode."),
)


def lock_options(command: F) -> F:
    """Add how long to wait for locks and how often to try. They arrive as one ``options``."""
    from awa_infra.database.options import ApplyOptions  # noqa: PLC0415  commands without a database need none

    def call(*args: Any, **kwargs: Any) -> Any:  # noqa: ANN401
        given = {name: kwargs.pop(name) for name in ("migration_lock", "table_lock", "table_try", "attempts")}
        return command(*args, options=ApplyOptions(**given), **kwargs)

    defaults, seconds = ApplyOptions(), click.FloatRange(min=0)
    option = functools.partial(click.option, show_default=True)
    options = (
        option(
            "--lock-wait",
            "migration_lock",
            type=seconds,
            default=defaults.migration_lock,
            help="Seconds to wait for another migration to finish.",
        ),
        option(
            "--lock-timeout",
            "table_lock",
            type=seconds,
            default=defaults.table_lock,
            help="Seconds to keep trying for table locks; between two tries everything is rolled back and no session "
            "waits. 0 tries for ever.",
        ),
        option(
            "--lock-try",
            "table_try",
            type=click.FloatRange(min=0.001),
            default=defaults.table_try,
            help="Seconds that one try waits for a table lock. All other sessions wait behind it for as long.",
        ),
        option(
            "--attempts",
            type=click.IntRange(min=1),
            default=defaults.attempts,
            help="How often to try after deadlocks and full lock tables.",
        ),
    )
    return _with_options(command, call, options)


_DOCUMENTS = ("as_json", "requested", "as_markdown", "show_sql", "show_diff")
"""Parameters of commands that request a document, which is printed also with ``--quiet``."""

_NO_DOCUMENT = (None, False, "text")
"""Their values that request none."""


def loudness_options(command: F) -> F:
    """Add ``--quiet`` and ``--verbose``. With ``--quiet``, only a requested document goes to standard output."""

    def call(*args: Any, **kwargs: Any) -> Any:  # noqa: ANN401
        wanted = any(kwargs.get(name) not in _NO_DOCUMENT for name in _DOCUMENTS) and not kwargs.get("output")
        if loudness() is not Loudness.QUIET or wanted:
            return command(*args, **kwargs)
        with Path(os.devnull).open("w", encoding="utf-8") as nowhere, contextlib.redirect_stdout(nowhere):
            return command(*args, **kwargs)

    def choose(ctx: click.Context, _param: click.Parameter, chosen: str | None) -> None:
        if chosen is not None:
            ctx.meta[LOUDNESS] = Loudness(chosen)

    options = [
        click.option(
            *names, "loudness", flag_value=value.value, default=None, expose_value=False, callback=choose, help=text
        )
        for names, value, text in (
            (("-q", "--quiet"), Loudness.QUIET, "Print only failures, warnings and waits."),
            (("-v", "--verbose"), Loudness.VERBOSE, "Print more: how long each step took."),
        )
    ]
    return _with_options(command, call, options)


def or_declared(ctx: click.Context, option: str, value: float, declared: float | None) -> float:
    """Return an option's value if it was given, else what the configuration declares, else its default."""
    given = ctx.get_parameter_source(option) is not ParameterSource.DEFAULT
    return value if given or declared is None else declared
