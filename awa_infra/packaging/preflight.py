"""The gates as one SQL statement, for tools that know nothing of gates."""

from __future__ import annotations

import re
from collections.abc import Iterable
from textwrap import indent

from awa_infra import sqltext
from awa_infra.model import DesiredState
from awa_infra.planning.gates import GateQuery, gate_queries

_PLACE = "    -- (conditions)\n"
"""The line of ``sql/bundle/preflight.sql`` that the conditions replace."""


def preflight(
    desired: DesiredState, *, more: Iterable[GateQuery] = (), only: frozenset[str] | None = None, start: int = 0
) -> str:
    """Return one DO block that asks every gate and keeps everything that objects for :func:`stop`.

    It is the engine's own gates, each inside a check that the tables it reads are there, so that the block
    runs on an empty database too. On a database that is as desired nothing objects: a bundle may run again.

    Args:
        desired: decides which gates apply and what they compare with.
        more: gates that only this tool has.
        only: codes to keep; ``None`` keeps all.
        start: the version that the database must have reached before.
    """
    queries = [q for q in (*gate_queries(desired), *start_queries(start), *more) if only is None or q.code in only]
    relations = sorted({relation for query in queries for relation in query.needs})
    text = sqltext.render("bundle/preflight.sql", relations=" ".join(relations))
    return text.replace(_PLACE, "\n".join(_condition(query) for query in queries))


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


def stop(outcome: str = "Nothing was run.") -> str:
    """Return the DO block that raises once, with all that :func:`preflight` kept.

    Args:
        outcome: a sentence for the hint.
    """
    return sqltext.render("bundle/stop.sql", outcome=outcome)


def _condition(query: GateQuery) -> str:
    loop = (
        "FOR problem IN\n"
        f"{indent(_without_options(query.sql), '    ')}"
        "LOOP\n"
        "    problems := problems || format('[%s] %s Hint: %s', problem.code, problem.message, problem.hint);\n"
        "END LOOP;\n"
    )
    if query.needs:
        needs = ", ".join(_literal(relation) for relation in query.needs)
        loop = f"IF ARRAY[{needs}] <@ readable THEN\n{indent(loop, '    ')}END IF;\n"
    return indent(f"-- {query.code}\n{loop}", "    ")


def _without_options(text: str) -> str:
    """Return a gate without the options of awa-infra in its hints: whoever runs a bundle has none."""
    text = re.sub(r",? or overrule with --allow-[a-z-]+", "", text)
    return text.replace("--role %I here, SET ROLE elsewhere", "ALTER ROLE ... IN DATABASE ... SET role")


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
