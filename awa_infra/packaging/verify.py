"""``verify.sql``: one query that says whether the database is what the bundle promises."""

from __future__ import annotations

from awa_infra import sqltext
from awa_infra.model import StepKind
from awa_infra.packaging.contents import Contents
from awa_infra.planning.access import lack_queries
from awa_infra.planning.gates import queue_storage_values

FIRST_VERSION_WITH_ROUTING = 10
"""The version that creates ``awa.storage_transition_state`` (Awa 0.6.9)."""

_PLACE = "        -- (probe)\n"
"""The line of ``sql/bundle/verify_patch.sql`` that the probe replaces."""

_FACTS = "        -- (facts)\n"
"""The line of ``sql/bundle/verify_stop.sql`` that the facts replace."""

_LACKS = "        -- (lacks)\n"
"""The line of ``sql/bundle/verify_lacks.sql`` that the query for what is missing replaces."""

_WHAT = {"": "roles and privileges"}

_HEADER = """\
-- Run after the bundle, as any role that can read schema awa, for example: psql -f verify.sql
-- Every row should say true in column ok. A missing relation is an error: then the bundle has not been run.
SELECT what, expected, found, expected IS NULL OR expected = found AS ok
  FROM (
"""


def verify(contents: Contents) -> str:
    """Return the query with a verdict for every fact; it reads only."""
    return f"{_HEADER}{facts(contents)}       ) AS facts;\n"


def verified(contents: Contents, outcome: str = "Everything was rolled back.") -> str:
    """Return the statement that raises if any fact is not as expected.

    Args:
        contents: what the bundle contains.
        outcome: a sentence for the hint.
    """
    return sqltext.render("bundle/verify_stop.sql", outcome=outcome).replace(_FACTS, facts(contents))


def facts(contents: Contents) -> str:
    """Return the query for every fact, what is expected and what was found; it reads only."""
    plan, desired = contents.plan, contents.desired
    probes = set(sqltext.names("patches"))
    parts = [
        sqltext.render(
            "bundle/verify_canonical.sql",
            target_version=plan.to_version,
            versions=sum(version <= plan.to_version for version in desired.release.versions),
        )
    ]
    for step in contents.of(StepKind.PATCH):
        patch = step.key.partition(":")[2]
        if patch in probes:
            text = sqltext.render("bundle/verify_patch.sql", patch=patch)
            parts.append(text.replace(_PLACE, sqltext.load(f"patches/{patch}.sql")))
    parts += [
        sqltext.render("bundle/verify_queue_storage.sql", **queue_storage_values(wanted))
        for wanted in desired.queue_storage
    ]
    parts += [
        sqltext.render("bundle/verify_lacks.sql", what=_WHAT.get(query.needs, f"lanes in {query.needs}")).replace(
            _LACKS, query.sql.rstrip() + "\n"
        )
        for query in lack_queries(desired)
    ]
    if plan.to_version >= FIRST_VERSION_WITH_ROUTING:
        parts.append(sqltext.load("bundle/verify_routing.sql"))
    return "UNION ALL\n".join(parts)
