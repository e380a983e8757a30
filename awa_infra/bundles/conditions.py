"""What each condition of a bundle means, by who can correct it. Pure."""

from __future__ import annotations

from collections.abc import Mapping

_ADMINISTRATOR = "The administrator of the server"

CONDITIONS: Mapping[str, Mapping[str, str]] = {
    "The operator who runs the bundle": {
        "history-unreadable": "The role may not read Awa's version table. Act as the owner of schema awa.",
        "isolation-level": "The role or the database has another default isolation level than READ COMMITTED. Reset "
        "it.",
        "line-ends": "A checkout or a copy converted the line ends of the files. Take them as they were handed out.",
        "legacy-numbering": "Awa before 0.4 migrated this database and numbered differently. Run `awa migrate` once.",
        "not-adopted": "The tool's history ends before the version of schema awa: another program migrated it, or the "
        "tool was killed before it noted a file. *A database that `awa migrate` already migrated*.",
        "not-owner": "The role is neither owner of schema awa nor a member that may act as the owner.",
        "owner-not-acting": "The session may not act as the declared owner. Run `roles.sql`, connect as the migrator.",
    },
    _ADMINISTRATOR: {
        "auto-row-security": "An event trigger enables row security on every new table. Disable it for the run.",
        "blocking-session": "A session, or a prepared transaction, holds locks on Awa's tables for long; all others "
        "would wait for it.",
        "cannot-act-as-owner": "The role can neither act as the declared owner nor become a member of it: run "
        "`roles.sql`.",
        "database-encoding": "Awa's functions need encoding UTF8, and the database has another. Use another database.",
        "database-not-owned": "A role lacks a right on the database that only its owner can grant: run `roles.sql`.",
        "history-other-owner": "Schema `awa_migrations`, or a table in it, belongs to a role that is not to be "
        "trusted.",
        "lock-table-too-small": "The server's lock table has too little room for what is to be installed. Raise it.",
        "no-create-privilege": "The role lacks CREATE on the database, which Awa's SQL needs at every run.",
        "no-synchronous-standby": "Every commit waits for synchronous standbys, and too few are connected.",
        "objects-other-owner": "Objects of Awa are not the schema owner's. `awa-infra apply` hands them over.",
        "queue-storage-other-owner": "An empty schema with the name of a queue-storage schema has another owner.",
        "queue-storage-unusable": "The owner of schema awa cannot migrate a queue-storage schema of another owner.",
        "read-only": "This is a standby, or the role or database is set to read-only transactions.",
        "role-too-powerful": "A role for workers or observers is a superuser, or can act as the owner.",
        "roles-not-creatable": "Declared roles are missing, and this role may not create any: run `roles.sql`.",
        "roles-not-grantable": "Roles that are there already cannot be altered or granted by this one: run "
        "`roles.sql`.",
        "schema-other-owner": "Schema awa, or a queue-storage schema, belongs to another role than the declared owner.",
        "server-too-old": "Awa needs PostgreSQL 14 or newer.",
        "setting-not-allowed": "A setting that only a superuser may change has a value under which Awa cannot be "
        "migrated.",
        "tool-timeout": "A timeout of the role or the database would end the tool's own transaction during a "
        "migration.",
    },
    "The operator of the workers and the application": {
        "live-runtimes": "Workers are running, and a version in this bundle needs all of them to be stopped.",
        "runtime-too-old": "A running worker is of a release that cannot live with a version in this bundle. Deploy "
        "first.",
        "storage-not-finalized": "The move of the jobs to queue storage is unfinished. Finish it on Awa 0.6 first.",
    },
    "The author of the bundle": {
        "downgrade": "The database is at a later version than this bundle. Awa cannot go back; run the later bundle.",
        "minor-skipped": "The database is from Awa 0.5 or before, and this bundle is of 0.7. Go to 0.6 first.",
        "newer-schema": "A newer Awa migrated this database. Run the bundle of that release; never this one.",
        "queue-storage-foreign": "A schema with the name of a queue-storage schema holds something else.",
        "queue-storage-shape": "A queue-storage schema has other slot counts; they cannot be changed.",
        "schema-gone": "A queue-storage schema that the tool has installed was dropped. Package without it, then with "
        "it.",
        "shards-not-drained": "Lanes of shards that are to go hold unfinished jobs. Let workers finish them first.",
        "start-not-reached": "The bundle starts after a version that the database has not reached; run the earlier "
        "one.",
    },
    "The administrator of the backups": {
        "damaged-schema": "A table of Awa that every version has is missing. Restore it; run no migrator before that.",
        "empty-history": "Awa's version table lost its rows. Restore them; guessing would run migrations twice.",
        "lost-history": "Objects of Awa are there, its version table is not. Restore it; run no migrator before that.",
        "queue-storage-damaged": "A queue-storage schema lost a table of its rings; migrations would skip it.",
        "state-rows-missing": "Rows that Awa's migrations made are gone. `awa-infra verify` says what can be put back.",
    },
}
"""Meaning of each code, in a line, by who can correct it; in the order in which conditions are checked and listed. The
error itself names the objects and says what to do."""

WHO = tuple(CONDITIONS)


def corrected_by(code: str) -> int:
    """Return who can correct a condition, as an index into :data:`WHO`; by default the server's administrator."""
    return next((place for place, who in enumerate(WHO) if code in CONDITIONS[who]), WHO.index(_ADMINISTRATOR))
