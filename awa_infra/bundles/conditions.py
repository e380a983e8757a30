"""Say what each condition of a bundle means, and who can correct it. Pure."""

from __future__ import annotations

from awa_infra.bundles.contents import Contents, Format
from awa_infra.bundles.gates import lock_table_queries
from awa_infra.bundles.preflight import asked_of, start_queries
from awa_infra.bundles.who import WHO, who_mends
from awa_infra.model import StepKind

CONDITIONS = {
    "database-encoding": "Awa's functions need encoding UTF8, and the database has another. Use another database.",
    "cannot-act-as-owner": "The role can neither act as the declared owner nor become a member of it: run `roles.sql`.",
    "blocking-session": "A session holds locks on Awa's tables in a long transaction; all others would wait for it.",
    "damaged-schema": "A table of Awa that every version has is missing. Restore it; run no migrator before that.",
    "database-not-owned": "A role lacks a right on the database that only its owner can grant: run `roles.sql`.",
    "downgrade": "The database is at a later version than this bundle. Awa cannot go back; run the later bundle.",
    "empty-history": "Awa's version table lost its rows. Restore them; guessing would run migrations twice.",
    "history-unreadable": "The role may not read Awa's version table. Act as the owner of schema awa.",
    "legacy-numbering": "Awa before 0.4 migrated this database and numbered differently. Run `awa migrate` once.",
    "live-runtimes": "Workers are running, and a version in this bundle needs all of them to be stopped.",
    "lock-table-too-small": "The server's lock table has too little room for what is to be installed. Raise it.",
    "lost-history": "Objects of Awa are there, its version table is not. Restore it; run no migrator before that.",
    "minor-skipped": "The database is from Awa 0.5 or before, and this bundle is of 0.7. Go to 0.6 first.",
    "newer-schema": "A newer Awa migrated this database. Run the bundle of that release; never this one.",
    "no-create-privilege": "The role lacks CREATE on the database, which Awa's SQL needs at every run.",
    "not-adopted": "The tool's history does not know what is there, or was killed before it had noted version 1: "
    "*A database that `awa migrate` already migrated*.",
    "not-owner": "The role is neither owner of schema awa nor a member that may act as the owner.",
    "objects-other-owner": "Objects of Awa are not the schema owner's. `awa-infra apply` hands them over.",
    "owner-not-acting": "The session may not act as the declared owner. Run `roles.sql`, connect as the migrator.",
    "queue-storage-damaged": "A queue-storage schema lost a table of its rings; migrations would skip it.",
    "queue-storage-foreign": "A schema with the name of a queue-storage schema holds something else.",
    "queue-storage-shape": "A queue-storage schema has other slot counts; they cannot be changed.",
    "queue-storage-unusable": "The owner of schema awa cannot migrate a queue-storage schema of another owner.",
    "tool-timeout": "A timeout of the role or the database would end the tool's own transaction during a migration.",
    "auto-row-security": "An event trigger enables row security on every new table. Disable it for the run.",
    "no-synchronous-standby": "Every commit waits for a synchronous standby, and none is connected.",
    "setting-not-allowed": "A setting that only a superuser may change has a value under which Awa cannot be migrated.",
    "read-only": "This is a standby, or the role or database is set to read-only transactions.",
    "role-too-powerful": "A role for workers or observers is a superuser, or can act as the owner.",
    "roles-not-creatable": "Declared roles are missing, and this role may not create any: run `roles.sql`.",
    "roles-not-grantable": "Roles that are there already cannot be altered or granted by this one: run `roles.sql`.",
    "runtime-too-old": "A running worker is of a release that cannot live with a version in this bundle. Deploy first.",
    "schema-gone": "A queue-storage schema that the tool has installed was dropped. Package without it, then with it.",
    "schema-other-owner": "Schema awa, or a queue-storage schema, belongs to another role than the declared owner.",
    "server-too-old": "Awa needs PostgreSQL 14 or newer.",
    "start-not-reached": "The bundle starts after a version that the database has not reached; run the earlier one.",
    "state-rows-missing": "Rows that Awa's migrations made are gone. `awa-infra verify` says what can be put back.",
    "storage-not-finalized": "The move of the jobs to queue storage is unfinished. Finish it on Awa 0.6 first.",
}
"""What each condition means, in a line. The error itself names the objects and says what to do."""

_BELIEVE_THEIR_HISTORY = frozenset({"flyway", "goose", "golang-migrate", "dbmate", "sqitch"})


def conditions(form: Format, contents: Contents) -> str:
    """Return a table of what a bundle checks, for each role that can correct it.

    Args:
        form: the format, some of which check more.
        contents: what the bundle contains.
    """
    codes = {query.code for query in asked_of(contents)}
    codes |= {"state-rows-missing", *(query.code for query in start_queries(contents.plan.from_version))}
    codes |= {query.code for query in lock_table_queries(contents, together=form.one_transaction)}
    codes |= {"schema-gone"} if contents.of(StepKind.QUEUE_STORAGE) and form.name != "psql" else set()
    codes |= {"tool-timeout"} if form.name in {"flyway", "sqitch"} else set()
    codes |= {"not-adopted"} if form.name in _BELIEVE_THEIR_HISTORY else set()
    parts = []
    for group, who in enumerate(WHO):
        rows = [
            f"| `{code}` | {CONDITIONS.get(code, 'See the message.')} |"
            for code in sorted(codes)
            if who_mends(code) == group
        ]
        if rows:
            parts.append("\n".join([f"**{who}**", "", "| Code | Meaning |", "|---|---|", *rows]))
    return "\n\n".join(parts)
