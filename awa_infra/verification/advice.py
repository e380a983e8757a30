"""Add to each finding what repairs it: a step of ``--repair``, a statement, a backup, or an edit by hand. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace

from awa_infra.facts.catalog import own_names, partition_of
from awa_infra.model import CANONICAL_SCHEMA, Release
from awa_infra.verification.bodies import last_definer
from awa_infra.verification.catalog import relation_of
from awa_infra.verification.checks import BY_HAND
from awa_infra.verification.findings import Finding, FindingKind
from awa_infra.verification.statements import statements

REPLAY = "replay"
_PRECIOUS = frozenset(("column", "sequence", "type"))
"""Parts that must not come back empty: defaults instead of data, counters from 1."""

_DEFINES = {
    "function": r"FUNCTION\s+awa\.{name}\s*\(",
    "body": r"FUNCTION\s+awa\.{name}\s*\(",
    "view": r"CREATE\s+(OR\s+REPLACE\s+)?VIEW\s+awa\.{name}\b",
    "trigger": r"CREATE\s+(OR\s+REPLACE\s+)?(CONSTRAINT\s+)?TRIGGER\s+{name}\b",
    "index": r"CREATE\s+(UNIQUE\s+)?INDEX\s+(IF\s+NOT\s+EXISTS\s+)?{name}\b",
    "constraint": r"ADD\s+CONSTRAINT\s+{name}\b",
    "storage": r"ALTER\s+TABLE\s+awa\.{name}\s+SET\s*\(",
    "relation": r"CREATE\s+TABLE\s+(IF\s+NOT\s+EXISTS\s+)?awa\.{name}\b",
}
"""What in Awa's texts makes an object of each part, and makes it again where it is missing."""

_REPLACEABLE = frozenset(("function", "body", "view", "trigger", "storage"))
"""Parts that Awa's texts correct where an object exists but differs; they leave the others alone."""

STATEMENTS = "Nothing here overwrites it: run the statement as the owner, when Awa is idle."
"""What to do where a statement puts it right that nothing here runs."""

BACKUP = "Restore it from a backup: a new one would be empty, and Awa would use it."

FIRST = "Repair the other findings first."
"""What to do where another finding is in the way of a step."""

EXTRA = "Awa did not create it, and awa-infra does not drop it: ask whose it is, and move or drop it."
"""What to do about an object that no release makes."""

_STOPS = "Awa did not create it, and it can stop a worker; awa-infra does not drop it."
_EXTRA_ADVICE = {
    "constraint trigger": "PostgreSQL does not check this constraint. Run the statement as a superuser.",
    "inheritance": "Awa's statements use the rows of both tables. Run the statement as the owner of both.",
    "policy": _STOPS,
    "reference": "Awa deletes and moves the rows that it refers to, and it refuses that: drop it, and keep plain ids.",
    "rule": _STOPS,
    "storage": "Awa sets no such parameter. Run the statement as the owner.",
    "trigger": _STOPS,
}


def with_repairs(
    findings: Iterable[Finding], release: Release, substrate: Iterable[tuple[str, str]], *, known: bool
) -> tuple[Finding, ...]:
    """Return the findings of an examination, each with what would repair it by the texts of the release.

    Where it is not known, there are no facts about the release, and nothing of the catalog is repaired.
    """
    own = own_names(substrate)
    judged = [_with_advice(f, release, own) if f.part != "state" and f.is_drift and known else f for f in findings]
    missing = {f.step for f in judged if f.code == "patch-missing"}
    covered = [f for f in judged if f.part != "state" and f.step in missing]
    reported = [f for f in judged if f not in covered]
    reported = [
        replace(f, also=sum(1 + h.also for h in covered if h.step == f.step)) if f.code == "patch-missing" else f
        for f in reported
    ]
    differing = [f for f in reported if f.part != "state" and f.is_drift and f.schema == CANONICAL_SCHEMA]
    unrepairable = any(not f.repairable for f in differing)
    # An empty table does not say which version it was at, unless every object is that of the release.
    lost = any(f.code == "version-rows-missing" and f.repair for f in reported)
    if unrepairable or not known or (lost and differing):
        reported = [
            replace(f, step=None, repair=f.repair or FIRST) if f.code == "version-rows-missing" else f for f in reported
        ]
    # Awa's installer would make a partition anew that is in another schema, and fail.
    elsewhere = {f.schema for f in reported if f.part == "inheritance"}
    return tuple(
        replace(f, step=None, sql=(), repair=FIRST)
        if elsewhere and (f.step == REPLAY or f.step in {f"install:{schema}" for schema in elsewhere})
        else _with_wording(f)
        for f in reported
    )


def _with_advice(finding: Finding, release: Release, own: frozenset[str]) -> Finding:
    if finding.kind is FindingKind.MISSING and finding.part in _PRECIOUS:
        return replace(finding, repair=BACKUP)
    finding = replace(finding, sql=statements(finding))
    if finding.kind is FindingKind.EXTRA:
        return replace(finding, repair=_extra_advice(finding))
    if finding.kind is FindingKind.CHANGED and finding.part not in _REPLACEABLE:
        return replace(finding, repair=_changed_advice(finding))
    if any(" RESET (" in statement for statement in finding.sql):
        # Awa's texts only set storage parameters.
        return replace(finding, repair=STATEMENTS)
    relation = relation_of((finding.part, finding.object), finding.expected or "") or finding.object.partition("(")[0]
    if relation.removesuffix("_*") in own or partition_of(relation) is not None:
        return _queue_storage(finding, release, relation)
    return _canonical(finding, release)


def _queue_storage(finding: Finding, release: Release, relation: str) -> Finding:
    if finding.part == "relation" and partition_of(relation.replace("_*", "_0")) is None:
        return replace(finding, repair=BACKUP)
    # The installer makes tables with their constraints and partitions, and adds few to tables that are there.
    if finding.part == "partition" or (finding.part == "constraint" and _definer(finding, release) is None):
        return replace(finding, repair=STATEMENTS)
    if finding.part == "storage" and re.fullmatch(r"(leases|lease_claims)_([0-9]+|\*)", finding.object):
        return replace(finding, step=f"fillfactor:{finding.schema}")
    return replace(finding, step=f"install:{finding.schema}")


def _canonical(finding: Finding, release: Release) -> Finding:
    definer = _definer(finding, release)
    if definer is not None and definer.startswith("patch:"):
        return replace(finding, step=definer)
    if finding.part == "relation":
        return replace(finding, repair=BACKUP)
    first = f"V{release.migrations[0].version}"
    if definer is None or definer == first:
        how = STATEMENTS if finding.sql else BY_HAND
        return replace(finding, repair=f"Only {first} makes it, which cannot be run again. " + how)
    return replace(finding, step=REPLAY)


def _definer(finding: Finding, release: Release) -> str | None:
    pattern = _DEFINES.get(finding.part)
    if pattern is None:
        return None
    name = finding.object.partition("(")[0]
    if finding.part in {"trigger", "constraint"}:
        name = name.partition(".")[2]
    return last_definer(release, pattern.replace("{name}", re.escape(name)))


def _extra_advice(finding: Finding) -> str:
    switched_off = (finding.found or "").startswith("constraint trigger ")
    return _EXTRA_ADVICE.get("constraint trigger" if switched_off else finding.part, EXTRA)


def _changed_advice(finding: Finding) -> str:
    if finding.part == "index" and any(statement.startswith("DROP ") for statement in finding.sql):
        return "Run the statement when Awa is idle, then verify with --repair, which makes the index again."
    return STATEMENTS if finding.sql else BY_HAND


def _with_wording(finding: Finding) -> Finding:
    step = finding.step or ""
    kind, _, name = step.partition(":")
    wording = {
        "patch": f"--repair applies patch {name} again.",
        "install": f"--repair runs Awa's installer again over {name}, which locks its tables and scans its jobs.",
        "fillfactor": f"--repair sets the storage parameters of {name} again.",
        "sequences": f"--repair moves the sequences of {name} forward, never back; or run the statements.",
        "version-rows": "--repair inserts them with the statements of Awa's own migrations.",
        "transition": "--repair inserts it as Awa's migrations do; new jobs go where they go now.",
        "marker": "--repair inserts it again; routing does not change.",
        REPLAY: "--repair runs every migration except the first again, with the patches, in one transaction.",
    }
    either = " Or run the statement." if finding.part != "state" and finding.sql else ""
    return replace(finding, repair=wording[kind] + either) if kind else finding
