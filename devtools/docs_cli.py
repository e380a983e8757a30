"""``docs/reference/cli.md``: every command and option, as click knows them, with the exit statuses.

mkdocs-click 0.9 was tried: it prints ``Sentinel.UNSET`` as the default of most options, and neither variables of the
environment nor exit statuses.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType

import click

from awa_infra import errors
from awa_infra.cli import bundle, dev, doctor, package, plan, verify
from awa_infra.cli.examples import EXAMPLES
from awa_infra.cli.main import CLOSED_PIPE, cli
from devtools.docs_text import markdown, page, sentence, table
from devtools.progress import ToolError

PROGRAM = "awa-infra"

_READS = (errors.ConfigurationError, errors.ConnectionFailedError, errors.LockTimeoutError, errors.SqlFailedError)
_LOCAL = (errors.ConfigurationError, errors.LocalServerError)
_PLANS = (*_READS, errors.BlockedError, errors.ReleaseError)
_ENGINE = (errors.ConfigurationError, errors.ForeignResourcesError, errors.EngineError)

FAILURES: Mapping[str, tuple[type[errors.AwaInfraError], ...]] = MappingProxyType(
    {
        "up": _ENGINE,
        "preview": _ENGINE,
        "refresh": _ENGINE,
        "destroy": _ENGINE,
        "plan": _PLANS,
        "apply": (*_PLANS, errors.CommitUnknownError),
        "status": (*_READS, errors.BlockedError),
        "doctor": (errors.ConfigurationError,),
        "verify": (*_PLANS, errors.NotOursError, errors.CommitUnknownError),
        "package": (errors.ConfigurationError, errors.BlockedError, errors.BundleError, errors.ReleaseError),
        "config check": (errors.ConfigurationError,),
        "config schema": (errors.ConfigurationError,),
        "bundle verify": (*_READS, errors.BundleError),
        "dev start": (*_PLANS, errors.LocalServerError, errors.NotOursError, errors.CommitUnknownError),
        "dev url": _LOCAL,
        "dev psql": _LOCAL,
        "dev status": _LOCAL,
        "dev stop": (*_LOCAL, errors.NotOursError, errors.LockTimeoutError),
        "dev clean": _READS,
        "completion": (errors.ConfigurationError,),
        "explain": (errors.ConfigurationError,),
    }
)
"""How each command can fail, beside a bug and an interruption. Subclasses share the status of their base."""

FINDS: Mapping[str, Mapping[int, str]] = MappingProxyType(
    {
        "plan": {plan.PENDING: "`plan --check`: something is pending."},
        "package": {package.DIFFERENT: "`package --check`: the folder is not what would be written."},
        "doctor": {
            doctor.PROBLEM: "`doctor`: there is a problem.",
            doctor.UNKNOWN: "`doctor`: there is no problem, but something could not be checked.",
        },
        "dev status": {dev.NOT_RUNNING: "`dev status`: no server runs."},
        "verify": {
            verify.DRIFT: "`verify`: the database is not as its release promises.",
            verify.UNCOMPARED: "`verify`: no drift was found, but not everything was compared.",
        },
        "bundle verify": {
            bundle.WRONG: "`bundle verify`: a file is not as it was written, or a database has run another text.",
        },
    }
)
"""Which commands have a status that is neither success nor failure, and when."""

_ALWAYS: tuple[type[errors.AwaInfraError], ...] = (
    errors.AwaInfraError,
    errors.OutputError,
    errors.InterruptionError,
    errors.TerminationError,
)
"""What every command can meet."""

_INTRO = """\
Only `up` and `destroy` ask a question, only on a terminal, and `--yes` answers it. Every command can run in a script.
Where `--json` exists, standard output holds [one JSON document](json.md) and nothing else, of a failure too.

What commands list, they print on a terminal as tables that fit its width, from 40 columns on. Files, pipes and narrower
terminals get plain lines. `NO_COLOR=1` takes the colours away, and so does `TERM=dumb`.

Output is UTF-8 in files and pipes, whatever the locale says. On a terminal of another encoding, a character that it
lacks is written as an escape, such as `\\u2603`.
"""


def render() -> str:
    """Return the page."""
    context = click.Context(cli, info_name=PROGRAM, **cli.context_settings)
    found = dict(_commands(cli, context))
    if set(found) != set(FAILURES):
        raise ToolError(f"devtools/docs_cli.py: FAILURES and the commands differ: {set(found) ^ set(FAILURES)}")
    return page(
        "# Command line",
        _text(cli.help or ""),
        _INTRO,
        _options(cli, context),
        _statuses(),
        *(_command(name, command) for name, command in found.items()),
    )


def helps() -> dict[str, str]:
    """Return what ``--help`` prints of every command, by the words after ``awa-infra``."""
    context = click.Context(cli, info_name=PROGRAM, **cli.context_settings)
    return {name: command.get_help(inner) for name, (command, inner) in _commands(cli, context)}


def failures() -> list[type[errors.AwaInfraError]]:
    """Return every class of failures, bases before their subclasses."""
    found = [errors.AwaInfraError]
    for kind in found:
        found += [sub for sub in kind.__subclasses__() if sub.__module__ == errors.__name__]
    return found


def link(code: str) -> str:
    """Return a link to the section of a code."""
    return f"[`{code}`](errors.md#{code})"


def _commands(group: click.Group, context: click.Context) -> Iterator[tuple[str, tuple[click.Command, click.Context]]]:
    """Return every command with its context, those of groups by both names."""
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        if isinstance(command, click.Group):
            inner = click.Context(command, context, name)
            yield from ((f"{name} {below}", found) for below, found in _commands(command, inner))
        elif command is not None:
            yield name, (command, click.Context(command, context, name))


def _command(name: str, found: tuple[click.Command, click.Context]) -> str:
    command, context = found
    usage = " ".join([context.command_path, *command.collect_usage_pieces(context)])
    statuses = {0, CLOSED_PIPE, *(kind.exit_status for kind in (*_ALWAYS, *FAILURES[name]))}
    statuses |= FINDS.get(name, {}).keys()
    return "\n\n".join(
        [
            f"## {context.command_path}",
            _text(command.help or ""),
            f"```text\n{usage}\n```",
            _options(command, context),
            "```text\n" + "\n".join(f"# {what}\n{PROGRAM} {words}" for what, words in EXAMPLES[name]) + "\n```",
            f"Exit statuses: {', '.join(str(status) for status in sorted(statuses))}.",
        ]
    )


def _options(command: click.Command, context: click.Context) -> str:
    rows = []
    for option in command.get_params(context):
        record = option.get_help_record(context)
        # An argument is in the usage line, and explained by the command's own text.
        if record is None or isinstance(option, click.Argument):
            continue
        names, text = record
        required = " Required." if option.required else ""
        text, _, extra = text.replace("  [required]", "").partition("  [")
        extra = f" ({extra.removesuffix(']')})" if extra else ""
        variable = f" Environment: `{option.envvar}`." if isinstance(option.envvar, str) else ""
        rows.append((f"`{names}`", sentence(_text(text + extra)) + required + variable))
    return table(("Option", "Meaning"), rows)


def _statuses() -> str:
    meanings: dict[int, list[str]] = {}
    for kind in failures():
        meanings.setdefault(kind.exit_status, []).append(link(kind.code))
    rows = {status: ", ".join(links) for status, links in meanings.items()}
    rows[0] = "Done, or nothing was to be done."
    for status, meaning in (found for finds in FINDS.values() for found in finds.items()):
        rows[status] = " ".join(filter(None, [rows.get(status, ""), meaning]))
    rows[errors.ConfigurationError.exit_status] += ", and wrong options or arguments"
    rows[errors.BlockedError.exit_status] += ", and the code of any [gate](errors.md#gates)"
    rows[CLOSED_PIPE] = "The reader of the output has gone, as with `| head`; nothing is printed."
    listed = [(str(status), rows[status]) for status in sorted(rows)]
    return "## Exit statuses\n\n" + table(("Status", "Meaning"), listed)


def _text(text: str) -> str:
    """Return help text as Markdown, one line for each paragraph."""
    text = text.replace("<", "\\<")
    text = text.replace("awa-infra explain CODE explains", "[Errors](errors.md) and `awa-infra explain CODE` explain")
    return "\n\n".join(markdown(" ".join(part.split())) for part in text.split("\n\n"))
