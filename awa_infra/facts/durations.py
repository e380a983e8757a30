"""Committed facts about how long each text of Awa takes, and what it locks.

``durations-<release>.json`` is written by ``python -m devtools.duration_facts``. Seconds belong to the machine that it
names; what is written from them is the same on every machine.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from awa_infra.facts import measured_files


@dataclass(frozen=True, slots=True)
class Duration:
    """What one script took, and locked until its transaction ended.

    Attributes:
        seconds: on a database without jobs.
        locks: how many tables and views of Awa that were there before it locked, by the strongest mode on each,
            strongest first.
        waiting: who needs one of them in a way that the lock forbids: ``producers``, ``workers``,
            ``readers of ready jobs``, ``readers of finished jobs``.
        named: names of those that it locked against writes, by mode; only where they are few.
        per_million: seconds that it takes longer for a million jobs in the tables of before queue storage.
    """

    seconds: float
    locks: Mapping[str, int]
    waiting: tuple[str, ...] = ()
    named: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    per_million: float = 0.0


@dataclass(frozen=True, slots=True)
class DurationFacts:
    """Everything that was measured.

    Attributes:
        reference: where: server and processors.
        texts: of Awa's migrations and patches, by the hash of their text.
        installation: of a new queue-storage schema.
        objects: about how many objects that one had; the seconds grow with them.
        lanes: of the lanes of a queue.
    """

    reference: str
    texts: Mapping[str, Duration] = field(repr=False)
    installation: Duration
    objects: int
    lanes: Duration


@cache
def duration_facts() -> DurationFacts:
    """Return the facts of all releases; where one has measured again, those of the newest."""
    files = measured_files("durations")
    newest = files[-1]
    return DurationFacts(
        reference=newest["reference"],
        texts={entry["sha256"]: _duration(entry) for data in files for entry in data["texts"]},
        installation=_duration(newest["queue_storage"]),
        objects=newest["queue_storage"]["objects"],
        lanes=_duration(newest["lanes"]),
    )


def _duration(entry: Mapping[str, Any]) -> Duration:
    waiting = tuple(entry.get("waiting", ()))
    named = {mode: tuple(tables) for mode, tables in entry.get("named", {}).items()}
    per_million = float(entry.get("per_million", 0.0))
    return Duration(float(entry["seconds"]), entry.get("locks", {}), waiting, named, per_million)
