"""The Flyway bundle: Awa's migrations under their own numbers, everything else repeatable.

Tested with Flyway 10.21.0, 11.20.3, 12.4.0 and 13.12. Two rules keep it upgradable: a versioned file is
Awa's text and nothing else, for Flyway compares checksums; and nothing of ours takes a version number, for
that number belongs to a later Awa.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence

from awa_infra import sqltext
from awa_infra.bundles.contents import HISTORY_SCHEMA, Contents, Format, script_name
from awa_infra.bundles.gates import (
    HISTORY_OWNER,
    dropped_schema_queries,
    history_owner_query,
    line_ends_query,
    lock_table_queries,
)
from awa_infra.bundles.numbering import BEFORE_THE_HISTORY, NOT_ADOPTED
from awa_infra.bundles.preflight import lock_script, locked, preflight, refusal, stop, tool_timeout_query
from awa_infra.model import StepKind
from awa_infra.planning.gates import GateQuery
from awa_infra.planning.session import session_block

_PATCHES_FROM = 0
_QUEUE_STORAGE_AT = 10
_LANES_AT = 20
"""Flyway runs repeatable files in byte order of their description, hence ``awa_00``, ``awa_10``, ``awa_20``."""

_APPLICATION = "awa-infra flyway"

_Value = str | bool | list[str]
_Setting = tuple[str, str, _Value]

ALONE_KEY = 4708303812896250199
"""Of the advisory lock that lets one Flyway at a time go on: "AWA_FLYW" as a number."""

_ABOUT = """\
# Settings of this bundle. Where the database is and who connects comes from the environment:
# FLYWAY_URL, FLYWAY_USER, FLYWAY_PASSWORD."""

_WHO = "Shows in pg_stat_activity; the lock callback reads it to see that Flyway itself opened the connection."

_NO_NAMES = "A pooler gives one session to many clients, whose prepared statements would have the same names."

_JDBC: tuple[_Setting, ...] = ((_WHO, "ApplicationName", _APPLICATION), (_NO_NAMES, "prepareThreshold", "0"))
"""Why, what, and the value; properties of the driver of PostgreSQL, for every way to connect."""

_LOCATIONS = "Relative to the working directory: run Flyway inside this folder, or with -workingDirectory."

_SETTINGS: tuple[_Setting, ...] = (
    ('Without this a wrong working directory means "up to date" and exit status 0.', "failOnMissingLocations", True),
    (
        "Flyway's history table has a schema of its own; schema awa belongs to Awa's migrations.",
        "defaultSchema",
        HISTORY_SCHEMA,
    ),
    ("Awa's text is run as it is.", "placeholderReplacement", False),
    ("", "validateMigrationNaming", True),
    ("One transaction for each file, in the order of Awa's version numbers.", "group", False),
    ("", "outOfOrder", False),
    ("Awa's schema holds jobs; nothing here drops it.", "cleanDisabled", True),
    ("", "outputQueryResults", False),
    (
        "A later Awa release may drop a patch, and a custom schema may leave the configuration.",
        "ignoreMigrationPatterns",
        ["repeatable:missing"],
    ),
)
"""Why, what, and the value; both files of settings are made of this."""

_FIRST = BEFORE_THE_HISTORY | {"isolation-level"}
"""Checked before Flyway makes its history."""

_UNDER_THE_LOCK = frozenset({"newer-schema", NOT_ADOPTED})
"""Checked before each file: on a pool another ``awa migrate`` may run between two. On a connection of Flyway's own
everything is checked again before the first file: the preflight has another connection, which gives the lock back."""


def paths(contents: Contents) -> dict[str, str]:
    """Return the path of every step's file."""
    found = {step.key: f"upstream/{step.key}__awa_{step.key.lower()}.sql" for step in contents.of(StepKind.MIGRATION)}
    for number, step in enumerate(contents.of(StepKind.PATCH), start=_PATCHES_FROM):
        # With the version in its name it is another file after the next migration, and so run again.
        found[step.key] = f"upstream/R__awa_{number:02d}_v{contents.plan.to_version:03d}_{step.subject}.sql"
    for step in contents.of(StepKind.QUEUE_STORAGE):
        found[step.key] = f"custom/R__awa_{_QUEUE_STORAGE_AT}_queue_storage_{script_name(contents, step)}.sql"
    for step in contents.of(StepKind.LANES):
        found[step.key] = f"custom/R__awa_{_LANES_AT}_lanes_{script_name(contents, step)}.sql"
    return found


def _gates(contents: Contents) -> list[GateQuery]:
    return [
        history_owner_query(),
        line_ends_query(),
        _not_adopted(contents),
        *lock_table_queries(contents, together=False),
        *dropped_schema_queries(contents, "flyway", lambda step: paths(contents)[step.key].rpartition("/")[2]),
        tool_timeout_query("Flyway"),
        GateQuery("isolation-level", (), sqltext.load("bundle/isolation_level.sql")),
    ]


def files(contents: Contents, gates: Sequence[GateQuery]) -> dict[str, bytes]:
    """Return the configuration and the callbacks."""
    # Flyway has run queries in the transactions of its callbacks, which therefore keep their isolation level.
    begun = session_block(contents.waits.lock_timeout)
    conditions = [locked(contents.waits, first=False), preflight(contents, more=gates), stop()]
    each = [
        f"-- Runs in the transaction of each file, before it.\n{begun}",
        lock_script("bundle/lock_flyway.sql", contents.waits, application=_APPLICATION),
        preflight(contents, more=gates, each_time=_UNDER_THE_LOCK),
        stop("Nothing more was run."),
    ]
    alone = sqltext.render("bundle/alone_flyway.sql", application=_APPLICATION, key=ALONE_KEY)

    def first(codes: frozenset[str]) -> bytes:
        return "\n".join([begun, preflight(contents, more=gates, only=codes), refusal(), alone]).encode()

    folders = sorted({path.partition("/")[0] for path in paths(contents).values()} | {"callbacks"})
    return {
        "flyway.toml": _settings(folders).encode(),
        "classic.conf": _classic_settings(folders).encode(),
        # Before Flyway's own lock, on the connection that stays until the end. The first of them is for the very
        # first run: where its schema is missing Flyway has nothing to validate.
        "callbacks/beforeCreateSchema__awa_infra_alone.sql": first(_FIRST),
        # Validating reads the history, which may be a view of somebody else.
        "callbacks/beforeValidate__awa_infra_alone.sql": first(frozenset({HISTORY_OWNER})),
        "callbacks/beforeMigrate__awa_infra_preflight.sql": "\n".join(conditions).encode(),
        "callbacks/beforeEachMigrate__awa_infra_lock.sql": "\n".join(each).encode(),
    }


def _not_adopted(contents: Contents) -> GateQuery:
    versions = json.dumps(sorted(contents.desired.release.versions))
    return GateQuery(
        code=NOT_ADOPTED,
        needs=("awa.schema_version", f"{HISTORY_SCHEMA}.flyway_schema_history"),
        sql=sqltext.render("bundle/flyway_not_adopted.sql", versions=versions),
    )


def _settings(folders: list[str]) -> str:
    settings = _explained(_with_locations(folders), lambda name, value: f"{name} = {json.dumps(value)}")
    driver = _explained(_JDBC, lambda name, value: f"{name} = {json.dumps(value)}")
    return "\n".join([_ABOUT, "[flyway]", *settings, "", "[environments.default.jdbcProperties]", *driver, ""])


def _classic_settings(folders: list[str]) -> str:
    """Return the same for Flyway before TOML, and for frameworks that take properties."""
    title = "# The settings of flyway.toml, for: flyway -configFiles=classic.conf migrate"
    settings = _explained(_with_locations(folders), lambda name, value: f"flyway.{name}={_classic(value)}")
    driver = _explained(_JDBC, lambda name, value: f"flyway.jdbcProperties.{name}={value}")
    return "\n".join([_ABOUT, title, *settings, *driver, ""])


def _with_locations(folders: list[str]) -> tuple[_Setting, ...]:
    return ((_LOCATIONS, "locations", [f"filesystem:{folder}" for folder in folders]), *_SETTINGS)


def _explained(settings: Iterable[_Setting], line: Callable[[str, _Value], str]) -> list[str]:
    """Return a line for each setting, behind one that says why."""
    return [text for why, name, value in settings for text in (*([f"# {why}"] if why else []), line(name, value))]


def _classic(value: _Value) -> str:
    """Return a value as properties have it."""
    if isinstance(value, bool):
        return str(value).lower()
    return value if isinstance(value, str) else ",".join(value)


FLYWAY = Format("flyway", "Flyway", paths, _gates, files)
