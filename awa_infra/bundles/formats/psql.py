r"""The psql bundle: Awa's files, and one script that runs the pending ones, in one transaction or in several.

The script is for people to read: which versions are to be run is one SELECT, and each file has its own ``\if``.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Mapping

from awa_infra import sqltext
from awa_infra.bundles.contents import Contents, Format, plain_paths
from awa_infra.bundles.gates import line_ends_query, lock_table_queries
from awa_infra.bundles.preflight import acting, keeping_installer, locked, preflight, refusal
from awa_infra.bundles.verify_script import verified
from awa_infra.model import Step, StepKind
from awa_infra.planning.gates import GateQuery

_HEADER = """\
-- Brings a database to Awa {release}, schema version {to_version}: what is already there is skipped, so this can be run
-- again, and takes over what `awa migrate` left. In one transaction: if anything fails, nothing was done.
--
--     psql -X -v ON_ERROR_STOP=1 -h HOST -U ROLE -d DATABASE -f apply.sql
--
-- With -v dry_run=1 it does everything, reports the result, and rolls it back. With -v each=1 it commits every
-- migration by itself: locks are short, and after a failure what was committed before stays.
-- \\ir reads a file beside this one; every other line that starts with a backslash is psql's, too.
\\set ON_ERROR_STOP on
-- To see every statement as it runs, start psql with --echo-all.
\\set QUIET on
\\pset pager off
-- What Awa's functions return is not shown.
\\pset tuples_only on
\\pset format unaligned
\\if :{{?dry_run}}
    \\set awa_each off
\\elif :{{?each}}
    \\set awa_each on
\\else
    \\set awa_each off
\\endif

-- A transaction that writes, whatever the default of the role or the database is; on a standby a condition says so.
SHOW in_hot_standby \\gset awa_
\\if :awa_in_hot_standby
    BEGIN;
\\else
    BEGIN READ WRITE;
\\endif
\\ir awa_infra/lock.sql
\\ir awa_infra/preflight.sql
\\ir awa_infra/stop.sql
\\ir awa_infra/act_as_owner.sql
\\if :awa_each
    \\ir awa_infra/lock_session.sql
\\endif
"""

_COMMITTED = """\
\\if :awa_each
    COMMIT;
    BEGIN READ WRITE;
    \\ir awa_infra/lock.sql
    \\ir awa_infra/act_as_owner.sql
\\endif
"""

_VERSION = """\
-- The version that the schema is at; 0 is an empty database.
SELECT to_regclass('awa.schema_version') IS NOT NULL AS awa_has_history \\gset
\\if :awa_has_history
    SELECT coalesce(max(version), 0) AS awa_version FROM awa.schema_version \\gset
\\else
    \\set awa_version 0
\\endif
"""

_FOOTER = """\
\\ir awa_infra/installer.sql
SELECT set_config('awa_infra.each', :'awa_each', true) AS each_set \\gset awa_
\\ir awa_infra/verified.sql

\\if :{?dry_run}
    ROLLBACK;
    \\echo 'Dry run: everything was rolled back.'
\\else
    COMMIT;
    -- What comes now only shows: it is committed, whatever happens.
    \\set ON_ERROR_STOP off
    \\pset tuples_only off
    \\pset format aligned
    \\echo 'Done:'
    \\ir verify.sql
\\endif
"""


def files(contents: Contents, gates: Iterable[GateQuery]) -> dict[str, bytes]:
    """Return the script, and the SQL that it runs around Awa's."""
    return {
        "apply.sql": _script(contents).encode(),
        "awa_infra/lock.sql": locked(contents.waits).encode(),
        "awa_infra/lock_session.sql": sqltext.load("bundle/lock_session.sql").encode(),
        "awa_infra/preflight.sql": preflight(contents, more=gates, begins_itself=True).encode(),
        "awa_infra/stop.sql": refusal().encode(),
        "awa_infra/act_as_owner.sql": acting().encode(),
        "awa_infra/installer.sql": keeping_installer().encode(),
        "awa_infra/verified.sql": verified(contents).encode(),
    }


def _script(contents: Contents) -> str:
    where = plain_paths(contents)
    migrations = contents.of(StepKind.MIGRATION)
    header = _HEADER.format(release=contents.desired.release.name, to_version=contents.plan.to_version)
    parts = [header, _VERSION, _pending(migrations)]
    # The last one commits with the patches, which must be checked again after it.
    parts += [_guarded(_variable(step), step, where, then=_COMMITTED) for step in migrations[:-1]]
    parts += [_guarded(_variable(step), step, where) for step in migrations[-1:]]
    parts += [_patch(step, where) for step in contents.of(StepKind.PATCH)]
    for kind in (StepKind.QUEUE_STORAGE, StepKind.LANES):
        # These check themselves what exists.
        parts += [_run(step, where) for step in contents.of(kind)]
    return "\n".join([*parts, _FOOTER])


def _pending(migrations: Iterable[Step]) -> str:
    """Return the SELECT that says of every file whether it is to be run."""
    steps = tuple(migrations)
    rows = [f":awa_version < {step.version} AS {_variable(step)}" for step in steps]
    newest = steps[-1].version
    return (
        "-- What is to be run: everything above that version.\n"
        f"SELECT :awa_version < {newest} AS awa_any,\n       " + ",\n       ".join(rows) + "\n\\gset\n"
    )


def _patch(step: Step, where: Mapping[str, str]) -> str:
    """Return the lines for a patch: after any migration, or if it is not applied."""
    name = step.subject
    variable = f"awa_patch_{name}"
    if name not in sqltext.names("patches"):
        return _run(step, where)
    probe = sqltext.load(f"patches/{name}.sql").strip()
    lines = (
        "-- After a migration the patch is run again; without one, only if it is missing.",
        "\\if :awa_any",
        f"    \\set {variable} on",
        "\\else",
        f"    SELECT NOT probe.applied AS {variable} FROM (",  # noqa: S608  made of this package's own text
        probe,
        "    ) AS probe \\gset",
        "\\endif\n",
    )
    return "\n".join(lines) + _guarded(variable, step, where)


def _guarded(variable: str, step: Step, where: Mapping[str, str], then: str = "") -> str:
    return f"\\if :{variable}\n{textwrap.indent(_run(step, where) + then, ' ' * 4)}\\endif\n"


def _run(step: Step, where: Mapping[str, str]) -> str:
    # The title is Awa's; psql would end the text at a quote, and read a backslash as an escape.
    title = sqltext.one_line(step.title).replace("\\", "\\\\").replace("'", "''")
    return f"\\echo '{title}'\n\\ir {where[step.key]}\n"


def _variable(step: Step) -> str:
    return f"awa_{step.key.lower()}"


_STOPPING = "Ctrl-C in psql does the same. With `-v each=1` the migrations before the current one stay."


def _gates(contents: Contents) -> list[GateQuery]:
    return [line_ends_query(), *lock_table_queries(contents, together=True)]


PSQL = Format("psql", "psql", plain_paths, _gates, files, one_transaction=True, stopping=_STOPPING)
