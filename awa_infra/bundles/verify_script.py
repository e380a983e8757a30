"""What a database must have after a bundle has run, as facts to report, to require, or to check before. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from awa_infra import sqltext
from awa_infra.bundles.contents import Contents
from awa_infra.facts.measured import FIRST_VERSION_WITH_ROUTING
from awa_infra.model import StepKind
from awa_infra.planning.access import missing_queries
from awa_infra.planning.gates import queue_storage_values
from awa_infra.planning.session import opening

_NOTHING_MISSING = "nothing missing"


@dataclass(frozen=True, slots=True)
class Fact:
    """Something that a bundle promises.

    Attributes:
        what: what it is about, as shown in verify.sql.
        expected: what is promised; ``None`` is for information.
        query: rows of what, expected and found.
        needs: ``schema.relation`` names that must be readable; otherwise it is not as promised.
        brought: whether the bundle makes it, rather than ``roles.sql``.
    """

    what: str
    expected: str | None
    query: str = field(repr=False)
    needs: tuple[str, ...] = ()
    brought: bool = True


def verify(contents: Contents) -> str:
    """Return ``verify.sql``: a query with a verdict for every fact; it reads only."""
    begun = opening("10s", only_reads=True, statement_timeout="60s")
    return sqltext.render("bundle/verify.sql", facts=sqltext.Part(facts(contents)), opening=sqltext.Part(begun))


def verified(contents: Contents, outcome: str = "Everything was rolled back.") -> str:
    """Return the statements that raise if anything that the bundle makes is not as promised.

    What only an administrator's script brings is a warning: it may be run after the bundle.
    """
    return "\n".join([facts(contents), sqltext.render("bundle/verify_stop.sql", outcome=outcome)])


def facts(contents: Contents) -> str:
    """Return the statement that keeps every fact, what is expected and what was found, in settings of the session."""
    promised = tuple(_facts(contents))
    relations = sorted({relation for fact in promised for relation in fact.needs})
    texts = [
        sqltext.render(
            "bundle/fact.sql",
            what=fact.what,
            expected=sqltext.Part("NULL") if fact.expected is None else fact.expected,
            needs=" ".join(fact.needs),
            brought=fact.brought,
            query=sqltext.Part(fact.query.rstrip()),
        )
        for fact in promised
    ]
    return sqltext.render(
        "bundle/facts.sql", relations=" ".join(relations), facts=sqltext.Part("".join(texts).rstrip("\n"))
    )


def _facts(contents: Contents) -> Iterator[Fact]:
    plan, desired = contents.plan, contents.desired
    what, version = "schema awa: version", plan.to_version
    recorded = sum(released <= version for released in desired.release.versions)
    text = sqltext.render("bundle/verify_canonical.sql", what=what, target_version=version, versions=recorded)
    yield Fact(what, str(version), text, ("awa.schema_version",))
    for step in contents.of(StepKind.PATCH):
        patch = step.subject
        if patch in sqltext.names("patches"):
            what = f"schema awa: patch {patch}"
            probe = sqltext.Part(sqltext.load(f"patches/{patch}.sql").rstrip())
            yield Fact(what, "applied", sqltext.render("bundle/verify_patch.sql", what=what, probe=probe))
    for wanted in desired.queue_storage:
        values = queue_storage_values(wanted)
        what = f"queue storage {wanted.schema}: queue/lease/claim slots, receipts"
        needs = tuple(f"{wanted.schema}.{ring}_ring_state" for ring in ("queue", "lease", "claim"))
        text = sqltext.render("bundle/verify_queue_storage.sql", what=what, **values)
        yield Fact(what, str(values["wanted"]), text, needs)
    for query in missing_queries(desired):
        what = query.what
        lanes = ("queue_lanes", "queue_enqueue_heads", "queue_claim_heads") if query.needs else ()
        text = sqltext.render("bundle/verify_missing.sql", what=what, missing=sqltext.Part(query.sql.rstrip()))
        needs = (*(f"{query.needs}.{table}" for table in lanes), *(("awa.queue_meta",) if lanes else ()))
        yield Fact(what, _NOTHING_MISSING, text, needs, brought=bool(query.needs))
    if version >= FIRST_VERSION_WITH_ROUTING:
        what = "job routing (for information)"
        text = sqltext.render("bundle/verify_routing.sql", what=what)
        yield Fact(what, None, text, ("awa.storage_transition_state",), brought=False)
