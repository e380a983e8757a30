"""The Flyway bundle: Awa's migrations under their own numbers, everything else repeatable.

Tested with Flyway 11.20.3. Two rules keep it upgradable: a versioned file is
Awa's text and nothing else, for Flyway compares checksums; and nothing of ours takes a version number, for
that number belongs to a later Awa.
"""

from __future__ import annotations

from awa_infra import sqltext
from awa_infra.model import StepKind
from awa_infra.packaging.contents import HISTORY_SCHEMA, Contents, Format, own_name
from awa_infra.packaging.preflight import preflight, stop
from awa_infra.planning.gates import GateQuery

_PATCHES_FROM = 0
_QUEUE_STORAGE_AT = 10
_LANES_AT = 20
"""Flyway runs repeatable files in byte order of their description, hence ``awa_00``, ``awa_10``, ``awa_20``."""

_APPLICATION = "awa-infra flyway"

_UNDER_THE_LOCK = frozenset({"newer-schema"})
"""Asked again before each file: a newer ``awa migrate`` may have run since the preflight."""


def paths(contents: Contents) -> dict[str, str]:
    """Return the path of every step's file."""
    found = {step.key: f"upstream/{step.key}__awa_{step.key.lower()}.sql" for step in contents.of(StepKind.MIGRATION)}
    for number, step in enumerate(contents.of(StepKind.PATCH), start=_PATCHES_FROM):
        # With the version in its name it is another file after the next migration, and so run again.
        found[step.key] = f"upstream/R__awa_{number:02d}_v{contents.plan.to_version:03d}_{own_name(step)}.sql"
    for step in contents.of(StepKind.QUEUE_STORAGE):
        found[step.key] = f"custom/R__awa_{_QUEUE_STORAGE_AT}_queue_storage_{own_name(step)}.sql"
    for step in contents.of(StepKind.LANES):
        found[step.key] = f"custom/R__awa_{_LANES_AT}_lanes_{own_name(step)}.sql"
    return found


def files(contents: Contents) -> dict[str, bytes]:
    """Return the configuration and the callbacks."""
    desired = contents.desired
    asked = [preflight(desired, more=[_not_adopted()], start=contents.plan.from_version), stop()]
    locked = [
        sqltext.render("bundle/lock_flyway.sql", application=_APPLICATION),
        preflight(desired, only=_UNDER_THE_LOCK),
        stop("Nothing more was run."),
    ]
    folders = sorted({path.partition("/")[0] for path in paths(contents).values()} | {"callbacks"})
    return {
        "flyway.toml": _settings(folders).encode(),
        "callbacks/beforeMigrate__awa_infra_preflight.sql": "\n".join(asked).encode(),
        "callbacks/beforeEachMigrate__awa_infra_lock.sql": "\n".join(locked).encode(),
    }


def _not_adopted() -> GateQuery:
    return GateQuery(
        code="not-adopted",
        needs=("awa.schema_version", f"{HISTORY_SCHEMA}.flyway_schema_history"),
        sql=sqltext.load("bundle/flyway_not_adopted.sql"),
    )


def _settings(folders: list[str]) -> str:
    locations = ", ".join(f'"filesystem:{folder}"' for folder in folders)
    return f"""\
# Settings of this bundle. Where the database is and who connects comes from the environment:
# FLYWAY_URL, FLYWAY_USER, FLYWAY_PASSWORD.
[flyway]
# Relative to the working directory: run Flyway inside this folder, or with -workingDirectory.
locations = [{locations}]
# Without this a wrong working directory means "up to date" and exit status 0.
failOnMissingLocations = true
# Flyway's history table has a schema of its own; schema awa belongs to Awa's migrations.
defaultSchema = "{HISTORY_SCHEMA}"
# Awa's text is run as it is.
placeholderReplacement = false
validateMigrationNaming = true
# One transaction for each file, in the order of Awa's version numbers.
group = false
outOfOrder = false
# Awa's schema holds jobs; nothing here drops it.
cleanDisabled = true
outputQueryResults = false
# A later Awa release may drop a patch, and a custom schema may leave the configuration.
ignoreMigrationPatterns = ["repeatable:missing"]

# Shows in pg_stat_activity, and tells the lock callback that Flyway itself opened the connection.
[environments.default.jdbcProperties]
ApplicationName = "{_APPLICATION}"
"""


FLYWAY = Format("flyway", "Flyway", paths, files)
