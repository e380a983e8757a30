"""Write the gates as SQL statements, for tools that have no gates. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

from awa_infra import sqltext
from awa_infra.bundles.conditions import WHO, corrected_by
from awa_infra.bundles.contents import HISTORY_SCHEMA, Contents, Waits
from awa_infra.bundles.verify_script import facts
from awa_infra.facts import EXCLUSIVE_VERSIONS, runtime_floor
from awa_infra.facts.measured import FIRST_VERSION_OF_0_7
from awa_infra.model import CANONICAL_SCHEMA
from awa_infra.planning.access import private_functions
from awa_infra.planning.gates import GateQuery, gate_queries
from awa_infra.planning.pure_gates import STATE_ROWS_HINT, TRANSITION
from awa_infra.planning.session import opening, session_block


def preflight(
    contents: Contents,
    *,
    more: Iterable[GateQuery] = (),
    only: frozenset[str] | None = None,
    each_time: frozenset[str] | None = None,
    begins_itself: bool = False,
) -> str:
    """Return the statements that check every gate and keep everything that blocks for :func:`stop`.

    It is the engine's own gates, each inside a check that the tables it reads are there, so that they run on an empty
    database too. On a database that is as desired no gate blocks: a bundle may run again.

    Args:
        contents: what the bundle contains; decides which gates apply and what they compare with.
        more: gates that only this tool has.
        only: codes to keep, checked whether or not anything is pending; ``None`` keeps all.
        each_time: for a text that runs before each file: codes to check each time. All others are checked only if the
            lock has just been taken, as the setting ``awa_infra.fresh`` says.
        begins_itself: whether the bundle rather than its tool begins the transactions.
    """
    all_queries = (
        *asked_of(contents, begins_itself=begins_itself),
        *start_queries(contents.plan.from_version),
        *more,
    )
    kept = [query for query in all_queries if only is None or query.code in only]
    # Reported in this order: grouped by who can correct them.
    queries = sorted(kept, key=lambda query: corrected_by(query.code))

    def when(code: str, *, pending: bool) -> sqltext.Part:
        if each_time is not None:
            return sqltext.Part("true" if code in each_time else "fresh")
        return sqltext.Part("pending" if pending and only is None else "true")

    conditions = "".join(_condition(query, when(query.code, pending=query.pending)) for query in queries)
    relations = {relation for query in queries for relation in query.needs}
    if only is None:
        asking = when("state-rows-missing", pending=False)
        conditions += sqltext.render("bundle/lost_rows.sql", when=asking, hint=STATE_ROWS_HINT)
        relations |= {"awa.schema_version", f"{CANONICAL_SCHEMA}.{TRANSITION}"}
    text = sqltext.render(
        "bundle/preflight.sql",
        relations=" ".join(sorted(relations)),
        conditions=sqltext.Part(conditions),
    )
    reading = sqltext.load("bundle/read_as_owner.sql")
    # Before a file runs something is pending.
    return "\n".join([reading, *([facts(contents)] if only is None and each_time is None else []), text])


@cache
def locked(waits: Waits, *, first: bool = True) -> str:
    """Return what comes first in every transaction: its settings, and Awa's migration lock; rendered once for a bundle.

    After a query of the tool it is not the first, and the isolation level can no longer be set.
    """
    taken = lock(waits, "pg_try_advisory_xact_lock")
    if not first:
        return f"{session_block(waits.lock_timeout)}\n{taken}"
    return f"-- First in the transaction.\n{opening(waits.lock_timeout)}\n{taken}"


def lock(waits: Waits, take: str) -> str:
    """Return the DO block that takes Awa's migration lock, by a function of PostgreSQL that tries to."""
    return lock_script("bundle/lock.sql", waits, take=sqltext.Part(take))


def lock_script(file: str, waits: Waits, **values: sqltext.Value | sqltext.Part) -> str:
    """Return a script that waits for Awa's migration lock, with the lines that refuse when the wait is over."""
    known = waits.values()
    wait = sqltext.Part(sqltext.render("bundle/lock_wait.sql", **known).rstrip("\n"))
    return sqltext.render(file, wait=wait, **known, **values)


def _condition(query: GateQuery, when: sqltext.Part) -> str:
    return sqltext.render(
        "bundle/condition.sql",
        code=f"{query.code}, for {WHO[corrected_by(query.code)].lower()}",
        when=when,
        needs=" ".join(query.needs),
        query=sqltext.Part(query.sql.rstrip()),
    )


_IN_A_TRANSACTION = ("idle_in_transaction_session_timeout", "transaction_timeout")

ENOUGH = 600_000
"""Milliseconds: a migration of a large queue takes minutes, by the benchmark page."""

OWN_STATEMENTS = 10_000
"""Milliseconds: on a busy machine Liquibase ran into half a second and into one, by the page of rough servers."""


def tool_timeout_query(tool: str) -> GateQuery:
    """Return the gate of a tool with a connection of its own that is idle in a transaction meanwhile."""
    what = f"{tool} keeps a transaction of its own open while a migration runs, which this would end."
    return _timeout_query(_IN_A_TRANSACTION, ENOUGH, what)


def own_statements_query() -> GateQuery:
    """Return the gate of Liquibase, whose own statements need more time than a short timeout."""
    what = "What Liquibase does with its own tables would end in it."
    return _timeout_query(("statement_timeout", *_IN_A_TRANSACTION), OWN_STATEMENTS, what)


def _timeout_query(settings: tuple[str, ...], enough: int, consequence: str) -> GateQuery:
    text = sqltext.render(
        "bundle/tool_timeout.sql", settings=" ".join(settings), enough=enough, consequence=consequence
    )
    return GateQuery("tool-timeout", (), text)


def asked_of(contents: Contents, *, begins_itself: bool = False) -> tuple[GateQuery, ...]:
    """Return the engine's gates for what a bundle contains, without those that no database could fail.

    With ``begins_itself`` the bundle rather than its tool begins the transactions.
    """
    queries = gate_queries(contents.desired, begins_itself=begins_itself)
    return tuple(query for query in queries if _can_block(query.code, contents))


def _can_block(code: str, contents: Contents) -> bool:
    start, end = contents.plan.from_version, contents.plan.to_version
    if code == "downgrade":
        return end < contents.desired.release.schema_version
    if code in {"minor-skipped", "storage-not-finalized"}:
        return end >= FIRST_VERSION_OF_0_7
    if code == "live-runtimes":
        return any(start < version <= end for version in EXCLUSIVE_VERSIONS)
    return code != "runtime-too-old" or runtime_floor(start, end) is not None


def start_queries(start: int) -> tuple[GateQuery, ...]:
    """Return the gates of a bundle that does not start at an empty database."""
    if not start:
        return ()
    code = "start-not-reached"
    reached = sqltext.render("bundle/start_not_reached.sql", from_version=start)
    return (
        GateQuery(code, (), sqltext.render("bundle/start_not_there.sql", from_version=start)),
        GateQuery(code, ("awa.schema_version",), reached),
    )


def stop(outcome: str = "Nothing was run.", *, session: bool = False) -> str:
    """Return :func:`refusal`, and :func:`acting` after it."""
    return f"{refusal(outcome)}\n{acting(session=session)}"


def refusal(outcome: str = "Nothing was run.") -> str:
    """Return the DO block that raises once, with all that :func:`preflight` kept; the outcome begins its hint."""
    return sqltext.render("bundle/stop.sql", outcome=outcome)


@cache
def acting(*, session: bool = False) -> str:
    """Return the DO block from which on everything belongs to the owner of schema ``awa``, where the session may.

    That is until the end of the transaction, or with ``session`` of the session.
    """
    text = sqltext.render("bundle/act_as_owner.sql", history_schema=HISTORY_SCHEMA, until_the_end=not session)
    # The file before may have made Awa's installer.
    return text + "\n" + keeping_installer()


def keeping_installer() -> str:
    """Return the DO block that takes Awa's installer from roles that default privileges gave it to."""
    return sqltext.render("roles/installer.sql", private=private_functions())
