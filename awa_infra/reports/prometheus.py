"""A verification as gauges in Prometheus' text format, for node_exporter's collector of text files."""

from __future__ import annotations

from collections import Counter

from prometheus_client import CollectorRegistry, Gauge, generate_latest

from awa_infra.model import ObservedState
from awa_infra.reports.items import Outcome, Unchecked, items
from awa_infra.verification.drift import Examination


def prometheus(observed: ObservedState, release: str, found: Examination, now: float) -> str:
    """Return the metrics; each check is there whether it failed or not, so that no alert waits for one to appear.

    Now is in seconds since 1970, for alerts about a verification that does not run any more.
    """
    gauges = _Gauges(observed.database)
    gauges.ran(release, now, up=True, healthy=found.healthy)
    gauges.set("schema_version", "Version of schema awa.", observed.version)
    drift, unknown = (Counter(finding.schema for finding in findings) for findings in (found.drift, found.unknown))
    for item in items(found):
        schema = item.schema
        gauges.set("verify_drift", "Findings that are not as the release promises.", drift[schema], schema=schema)
        gauges.set("verify_not_compared", "Findings that say what was not compared.", unknown[schema], schema=schema)
        failed = item.outcome is Outcome.FAILED
        about = "1 if the check found something wrong."
        gauges.set("verify_check_failed", about, failed, schema=schema, check=item.name)
    return gauges.text()


def prometheus_unchecked(unchecked: Unchecked, now: float) -> str:
    """Return the metrics of a verification that could not be made; why is not shown. Now is in seconds since 1970."""
    gauges = _Gauges(unchecked.database)
    gauges.ran(unchecked.release, now, up=False, healthy=False)
    return gauges.text()


class _Gauges:
    def __init__(self, database: str) -> None:
        self._database = database
        self._registry = CollectorRegistry()
        self._known: dict[str, Gauge] = {}

    def set(self, name: str, about: str, value: float, **labels: str) -> None:
        """Set a gauge; the first call makes it."""
        if name not in self._known:
            self._known[name] = Gauge(f"awa_{name}", about, ("database", *labels), registry=self._registry)
        self._known[name].labels(self._database, *labels.values()).set(value)

    def ran(self, release: str, now: float, *, up: bool, healthy: bool) -> None:
        """Set what is there after every run, so that no alert waits for a gauge to appear."""
        self.set("verify_up", "1 if the database could be checked.", up)
        about = "1 if everything was compared and is as the release promises."
        self.set("verify_healthy", about, healthy, release=release)
        self.set("verify_timestamp_seconds", "When verify last ran, whether it could check or not.", now)

    def text(self) -> str:
        """Return all of them in the text format."""
        return generate_latest(self._registry).decode()
