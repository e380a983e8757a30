"""Write the README of a bundle, for the database administrator who runs it and does not know awa-infra."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from importlib import resources

from awa_infra.bundles.admin_scripts import GUARD_FILE, ROLES_FILE
from awa_infra.bundles.conditions import CONDITIONS
from awa_infra.bundles.contents import Contents, Format, seconds
from awa_infra.bundles.earlier_waits import EarlierWaits
from awa_infra.bundles.preflight import asked_of, start_queries
from awa_infra.bundles.running import abort, bad_release, durations, statement, total
from awa_infra.bundles.structure_script import facts_to_compare
from awa_infra.facts import SECONDS_PER_MILLION_ROWS_AND_REPLAY
from awa_infra.model import Plan, Provenance, Step, StepKind
from awa_infra.planning.effort import WAITING, effort_of, replays_installer
from awa_infra.planning.markdown import as_code, as_text
from awa_infra.wording import and_listed


def readme(form: Format, contents: Contents, paths: Mapping[str, str], earlier: Sequence[EarlierWaits] = ()) -> str:
    """Return the README: the part that all formats share, with this format's commands and failures."""
    plan, release = contents.plan, contents.desired.release
    values = {
        "title": form.title,
        "release": release.name,
        "provenance": _PROVENANCE[release.provenance],
        "to_version": str(plan.to_version),
        "order": _order(form, contents, paths),
        "queue_storage": _queue_storage(contents),
        "start": _start(plan),
        "digest": plan.digest,
        "digest_of": f"at version {plan.from_version}" if plan.from_version else "that is empty",
        "asks": "Before anything runs, the bundle checks" if form.asks else "`preflight.sql` checks",
        "kept": _kept([*contents.kept, *map(str, earlier)]),
        "total": total(contents),
        "watch": statement("bundle/watch.sql"),
        "abort": abort(form),
        "bad_release": bad_release(contents),
        "structure": _STRUCTURE if facts_to_compare(contents) else _NO_STRUCTURE,
        "locks": _locks(form, contents, paths, earlier),
        "durations": durations(contents, paths),
        "roles": _roles(contents),
        "grants": _GRANTS_NOTHING
        if contents.desired.roles is None
        else "Roles and privileges are in `roles.sql` alone.",
        "conditions": _conditions(form, contents),
        "table_lock": _table_locks(contents, earlier),
        "migration_lock": "` or `".join(
            dict.fromkeys(seconds(waits.migration_lock) for waits in (contents.waits, *(one.waits for one in earlier)))
        ),
        "packaged": _PACKAGED[form.asks],
        "tag": f"awa-{contents.of(StepKind.MIGRATION)[-1].key.lower()}",
        **{
            key: text.replace("{again}", form.again or "Run again; it continues where it stopped.")
            for key, text in (_AT_ONCE if form.one_transaction else _FILE_BY_FILE).items()
        },
        "again": form.again or "Run again.",
    }
    # The first section is how to run it; the others are for later.
    run, rest = _fill(_text(form.name), values).split("\n## ", maxsplit=1)
    values |= {"run": run.removeprefix("## Run it\n").strip("\n"), "usage": f"## {rest.rstrip()}"}
    return _fill(_text("common"), values)


_PROVENANCE = {
    Provenance.KNOWN: "Every text has the hash that awa-infra recorded for this release.",
    Provenance.UNKNOWN: "awa-infra knows no hashes of this release, so it cannot check its texts.",
}


_PACKAGED = {
    True: "when the bundle is packaged",
    False: "when a file is packaged first: released files keep theirs",
}
"""From when on a changed wait holds, by whether the bundle checks the gates when it is run."""

_GRANTS_NOTHING = "It creates no roles and grants nothing."

_FILE_BY_FILE = {
    "rolled_back": "That file was rolled back",
    "interrupted": (
        "The ones before the current file are done, and it was rolled back, unless only the answer to its COMMIT was "
        "lost. {again}"
    ),
    "history": "The tool's own tables are in schema `awa_migrations`.",
}
_AT_ONCE = {
    "rolled_back": "Everything was rolled back",
    "interrupted": (
        "Either everything is done or nothing; only if the answer to COMMIT was lost it cannot be known. Run again."
    ),
    "history": "Nothing else is made.",
}


_STRUCTURE = """
    psql -X -q -h HOST -U ROLE -d DATABASE -f structure.sql

compares every table, column, index, constraint, function and its body, trigger, view and sequence of these schemas with
what the release makes on this major of PostgreSQL, and names what is missing, extra or changed, as `awa-infra verify`
does; owners, privileges, row-level security and the rows that Awa's migrations made, too. Any role may run it, in any
console. Where the role may not read a table, its rows are not checked: column ok is empty there."""

_NO_STRUCTURE = "`awa-infra verify` compares every object."


def _text(name: str) -> str:
    return resources.files(__package__).joinpath("texts", f"{name}.md").read_text(encoding="utf-8")


def _fill(text: str, values: Mapping[str, str]) -> str:
    return re.sub(r"\{\{(\w+)\}\}", lambda found: values[found.group(1)], text)


def _bound(lock_timeout: float) -> str:
    return f"at most {seconds(lock_timeout)}" if lock_timeout else "without a bound"


def _order(form: Format, contents: Contents, paths: Mapping[str, str]) -> str:
    migrations = contents.of(StepKind.MIGRATION)
    first, last = paths[migrations[0].key], paths[migrations[-1].key]
    transactions = "all in one transaction" if form.one_transaction else "one transaction each"
    again = "" if form.appends else "; repeatable"
    lines = [f"`{ROLES_FILE}`: once, by an administrator, see below."] if contents.desired.roles else []
    if contents.desired.guarded:
        lines.append(
            f"`{GUARD_FILE}`: once, by a superuser, at any time: it keeps the schemas from being dropped by accident."
        )
    if not form.asks:
        lines.append("`prerequisite.sql` and `preflight.sql`: with psql; the first once, the second before every run.")
    lines.append(f"`{first}` to `{last}`: Awa's migrations, {transactions}.")
    if form.appends and {entry.file for entry in contents.released} - set(paths.values()):
        lines[-1] += " Replaced scripts have numbers between them; the current text of each is below."
    lines += [f"`{paths[step.key]}`: Awa's {as_text(step.title)}{again}." for step in contents.of(StepKind.PATCH)]
    for step in contents.of(StepKind.QUEUE_STORAGE):
        lines.append(f"`{paths[step.key]}`: {as_text(step.title)}{again}; {step.locks}.")
    lines += [f"`{paths[step.key]}`: {as_text(step.title)}{again}." for step in contents.of(StepKind.LANES)]
    return "\n".join(f"{number}. {line}" for number, line in enumerate(lines, start=1))


def _start(plan: Plan) -> str:
    if not plan.from_version:
        return "Brings a PostgreSQL database"
    return f"Brings a PostgreSQL database that has reached version {plan.from_version}"


def _table_locks(contents: Contents, earlier: Sequence[EarlierWaits]) -> str:
    """Return how long files wait that are written now, and those that keep their waits."""
    now = _bound(contents.waits.table_lock)
    others = [wait for wait in dict.fromkeys(_bound(one.waits.table_lock) for one in earlier) if wait != now]
    return f"{now}, or {' or '.join(others)} in files released before" if others else now


def _kept(lines: Sequence[str]) -> str:
    """Return the section about what is not as it would be written now; empty if there is nothing."""
    if not lines:
        return ""
    listed = "\n".join(f"- {line}" for line in lines)
    return f"\nMigrations already handed out never change, because the tool remembers what it ran:\n\n{listed}\n"


def _locks(form: Format, contents: Contents, paths: Mapping[str, str], earlier: Sequence[EarlierWaits]) -> str:
    """Return what the files lock, and what is known about how long it takes."""
    replays = [step for step in contents.of(StepKind.MIGRATION) if replays_installer(step)]
    listed = ", ".join(f"`{paths[step.key]}`" for step in replays)
    transaction = "the one transaction" if form.one_transaction else "all files together"
    found = [
        "On an empty database it takes seconds, and nothing else uses an empty database.",
        "Workers may keep running unless a condition below blocks; they wait for the locks.",
        "Every migration may take `ACCESS EXCLUSIVE` on the tables that it changes, until its transaction ends.",
        f"It waits for a lock {_table_locks(contents, earlier)}; then the transaction is rolled back."
        if contents.waits.table_lock or any(one.waits.table_lock for one in earlier)
        else "It waits for locks without a bound (`awa:lockTimeout` is 0).",
        f"The server's lock table needs room for about {contents.plan.lock_objects} objects in {transaction}.",
    ]
    if replays:
        microseconds = round(SECONDS_PER_MILLION_ROWS_AND_REPLAY)
        found.append(
            "These replay the installer of queue storage and scan its ready and finished jobs, for about"
            f" {microseconds} µs for each job and each of the files (with a million jobs {microseconds} s for each):"
            f" {listed}. Until the end {_waiting(replays)}."
        )
    return "\n".join(f"- {line}" for line in found)


def _waiting(steps: Sequence[Step]) -> str:
    """Return who waits for steps that replay the installer, from what was measured."""
    effort = effort_of(steps, {})
    if effort.unmeasured:
        return "all sessions may have to wait; what they lock was not measured"
    others = [who for who in WAITING if who not in effort.waiting]
    return f"{and_listed(effort.waiting)} wait; {and_listed(others) or 'no one'} can go on"


def _roles(contents: Contents) -> str:
    """Return the section about the roles, with a blank line behind it; empty where none are declared."""
    roles = contents.desired.roles
    if roles is None:
        return ""
    duties = [("runs the bundle, acting as the owner", roles.migrator)]
    duties += [("workers and producers", roles.runtime), ("reads", roles.observer)]
    rows = [f"| {as_code(name, cell=True)} | {duty} |" for duty, name in duties if name]
    table = "\n".join([f"| {as_code(roles.owner, cell=True)} | owns everything, does not log in |", *rows])
    acting = (
        f"run the bundle as {as_code(roles.migrator)}: its sessions in this database start as {as_code(roles.owner)},"
        " so everything belongs to that role."
        if roles.migrator
        else f"run the bundle in a session that starts as {as_code(roles.owner)}:"
        " ALTER ROLE ... IN DATABASE ... SET role."
    )
    return _fill(_text("roles"), {"table": table, "acting": acting}) + "\n"


def _conditions(form: Format, contents: Contents) -> str:
    """Return a table of what a bundle checks, for each person who can correct it."""
    queries = (*asked_of(contents), *start_queries(contents.plan.from_version), *form.gates(contents))
    codes = {"state-rows-missing", *(query.code for query in queries)}
    parts = []
    for who, meanings in CONDITIONS.items():
        rows = [f"| `{code}` | {meanings[code]} |" for code in sorted(codes & meanings.keys())]
        if rows:
            parts.append("\n".join([f"**{who}**", "", "| Code | Meaning |", "|---|---|", *rows]))
    return "\n\n".join(parts)


def _queue_storage(contents: Contents) -> str:
    names = [f"`{step.subject}`" for step in contents.of(StepKind.QUEUE_STORAGE)]
    if not names:
        return "This bundle contains no custom queue-storage schema."
    return f"Custom queue-storage schemas in this bundle: {', '.join(names)}."
