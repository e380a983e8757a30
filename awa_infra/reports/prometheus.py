"""A verification as gauges in Prometheus' text format, for node_exporter's collector of text files."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Gauge, generate_latest

from awa_infra.model import ObservedState
from awa_infra.reports.items import Outcome, items
from awa_infra.verification.drift import Examination


def prometheus(observed: ObservedState, release: str, found: Examination, now: float) -> str:
    """Return the metrics; each check is there whether it failed or not, so that no alert waits for one to appear.

    Args:
        observed: the database.
        release: what it was compared with.
        found: what was found.
        now: seconds since 1970, for alerts about a verification that does not run any more.
    """
    registry = CollectorRegistry()

    def gauge(name: str, about: str, *labels: str) -> Gauge:
        return Gauge(f"awa_{name}", about, ("database", *labels), registry=registry)

    database = observed.database
    healthy = gauge("verify_healthy", "1 if everything was compared and is as the release promises.", "release")
    healthy.labels(database, release).set(found.healthy)
    gauge("verify_timestamp_seconds", "When the database was verified.").labels(database).set(now)
    gauge("schema_version", "Version of schema awa.").labels(database).set(observed.version)
    drift = gauge("verify_drift", "Findings that are not as the release promises.", "schema")
    unknown = gauge("verify_not_compared", "Findings that say what was not compared.", "schema")
    failed = gauge("verify_check_failed", "1 if the check found something wrong.", "schema", "check")
    for item in items(found):
        drift.labels(database, item.schema).set(sum(f.schema == item.schema for f in found.drift))
        unknown.labels(database, item.schema).set(sum(f.schema == item.schema for f in found.unknown))
        failed.labels(database, item.schema, item.name).set(item.outcome is Outcome.FAILED)
    return generate_latest(registry).decode()
