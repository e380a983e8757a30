"""The Liquibase bundle: one changelog that lists every file, and adopts what another program migrated.

Tested with Liquibase 4.33.0 and 5.0.4. Every changeset names its logical path, so that the history
does not depend on where the bundle lies. None has a rollback block: an empty one would delete history rows
and leave the schema.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import yaml

from awa_infra import sqltext
from awa_infra.bundles.contents import HISTORY_SCHEMA, KILLED, Contents, Format, plain_paths, script_name
from awa_infra.bundles.gates import dropped_schema_queries, history_owner_query, lock_table_queries
from awa_infra.bundles.numbering import prerequisite
from awa_infra.bundles.preflight import keeping_installer, own_statements_query, preflight, stop
from awa_infra.bundles.preflight import lock as take_lock
from awa_infra.model import CANONICAL_SCHEMA, Step, StepKind
from awa_infra.planning.gates import GateQuery
from awa_infra.planning.session import keep_query, session_block, transaction

_LOGICAL_PATH = "awa"
_AUTHOR = "awa-infra"
"""Liquibase knows a changeset by its id, author and path: these three and the ids never change."""

_HEADER = """\
# Awa's migrations for Liquibase. Changesets awa-vNNN are Awa's own text; on a database where Awa's version
# table already has that version, or a later one, they are marked as run. The first two and the last one run at every
# update.
"""

_FIRST_OF_ALL = """\
-- First of every update. Liquibase runs all changesets on one connection, so what is set and taken here holds
-- until unlock.sql, the last one, or until Liquibase disconnects."""

_PROPERTIES = f"""\
# Settings of this bundle. Where the database is and who connects comes from the environment:
# LIQUIBASE_COMMAND_URL, LIQUIBASE_COMMAND_USERNAME, LIQUIBASE_COMMAND_PASSWORD.
changelogFile=changelog.yaml
# Liquibase's own tables have a schema of their own; schema awa belongs to Awa's migrations.
liquibaseSchemaName={HISTORY_SCHEMA}
# Liquibase puts this schema first in the search path after every rollback; another one could have functions with the
# names of PostgreSQL's own.
defaultSchemaName={HISTORY_SCHEMA}
liquibase.showBanner=false
# Of Liquibase's own lock. A run that was killed leaves it behind; five minutes are the default.
liquibase.changelogLockWaitTimeInMinutes=1
liquibase.analytics.enabled=false
"""


def _gates(contents: Contents) -> list[GateQuery]:
    return [
        history_owner_query(),
        *lock_table_queries(contents, together=False),
        *dropped_schema_queries(contents, "liquibase", lambda step: _queue_storage_set(contents, step)),
        own_statements_query(),
    ]


def files(contents: Contents, gates: Iterable[GateQuery]) -> dict[str, bytes]:
    """Return the changelog, its settings and the SQL that runs around Awa's."""
    wait = contents.waits.lock_timeout
    lock = [
        _FIRST_OF_ALL,
        transaction(),
        keep_query(wait),
        session_block(wait, local=False),
        take_lock(contents.waits, "pg_try_advisory_lock"),
        preflight(contents, more=gates),
    ]
    unlock = sqltext.render(
        "bundle/unlock_liquibase.sql", give_back=sqltext.Part(sqltext.load("session/give_back.sql"))
    )
    return {
        "changelog.yaml": _changelog(contents).encode(),
        "liquibase.properties": _PROPERTIES.encode(),
        "prerequisite.sql": prerequisite(contents, (own_statements_query(),)),
        "awa_infra/preflight.sql": "\n".join(lock).encode(),
        "awa_infra/stop.sql": stop(session=True).encode(),
        "awa_infra/unlock.sql": f"{keeping_installer()}\n{unlock}".encode(),
    }


def _changelog(contents: Contents) -> str:
    where = plain_paths(contents)
    migrations = contents.of(StepKind.MIGRATION)
    always = {"runAlways": True, "runOnChange": True}
    sets = [
        _changeset("awa-infra-preflight", _sql_file("awa_infra/preflight.sql"), always),
        _changeset("awa-infra-stop", _sql_file("awa_infra/stop.sql"), always),
    ]
    for step in migrations:
        adopted = {"preConditions": _not_yet_there(step.version)}
        name = f"awa-{step.key.lower()}"
        sets.append(_changeset(name, _sql_file(where[step.key]), adopted))
        sets.append(_changeset(name.replace("awa-", "awa-tag-"), {"tagDatabase": {"tag": name}}, {}))
    last = migrations[-1].key.lower()
    sets += [
        # With the version in its name it is another changeset after the next migration, and so run again.
        _changeset(f"awa-patch-{step.subject}-{last}", _sql_file(where[step.key]), {"runOnChange": True})
        for step in contents.of(StepKind.PATCH)
    ]
    sets += [
        _changeset(_queue_storage_set(contents, step), _sql_file(where[step.key]), {"runOnChange": True})
        for step in contents.of(StepKind.QUEUE_STORAGE)
    ]
    sets += [
        _changeset(f"awa-infra-lanes-{script_name(contents, step)}", _sql_file(where[step.key]), {"runOnChange": True})
        for step in contents.of(StepKind.LANES)
    ]
    sets.append(_changeset("awa-infra-unlock", _sql_file("awa_infra/unlock.sql"), always))
    return _HEADER + yaml.dump({"databaseChangeLog": sets}, Dumper=_Dumper, sort_keys=False, width=110)


def _queue_storage_set(contents: Contents, step: Step) -> str:
    return f"awa-infra-queue-storage-{script_name(contents, step)}"


def _changeset(identity: str, change: dict[str, Any], attributes: dict[str, Any]) -> dict[str, Any]:
    body = {"id": identity, "author": _AUTHOR, "logicalFilePath": _LOGICAL_PATH, **attributes, "changes": [change]}
    return {"changeSet": body}


def _sql_file(path: str) -> dict[str, Any]:
    # The text goes to the server whole: Liquibase's splitter cuts dollar-quoted bodies.
    return {
        "sqlFile": {
            "path": path,
            "relativeToChangelogFile": True,
            "encoding": "UTF-8",
            "splitStatements": False,
            "stripComments": False,
        }
    }


def _not_yet_there(version: int) -> list[dict[str, Any]]:
    # The highest version counts, as for Awa: where a row is lost, its migration would run on top of all later ones.
    # Preconditions are not part of a changeset's checksum. Liquibase stops at the first alternative that holds, so the
    # query never meets a missing table. "TEST" makes update-sql ask as well, which by default writes out what an
    # adopted database already has.
    table = {"schemaName": CANONICAL_SCHEMA, "tableName": "schema_version"}
    query = sqltext.render("bundle/version_reached.sql", version=version).strip()
    return [
        {"onFail": "MARK_RAN"},
        {"onSqlOutput": "TEST"},
        {"or": [{"not": [{"tableExists": table}]}, {"sqlCheck": {"expectedResult": "0", "sql": query}}]},
    ]


class _Dumper(yaml.SafeDumper):
    """Writes equal values in full, without YAML anchors."""

    def ignore_aliases(self, _data: object) -> bool:
        """Return that nothing is to be aliased."""
        return True


_STOPPING = (
    "If Liquibase itself is killed, its row in `databasechangeloglock` stays: `liquibase release-locks`. " + KILLED
)

LIQUIBASE = Format(
    "liquibase",
    "Liquibase",
    plain_paths,
    _gates,
    files,
    stopping=_STOPPING,
)
