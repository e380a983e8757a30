"""Count the objects of a complete queue-storage schema: one formula, for plans and for the SQL that installs it.

Only objects with names that Awa makes are counted, so that what somebody else added never hides one that is missing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

from awa_infra import sqltext
from awa_infra.facts.catalog import FAMILIES, newest_catalog_facts
from awa_infra.model import Shape, Substrate


@dataclass(frozen=True, slots=True)
class _Count:
    """How many objects of one kind a queue-storage schema has: some, and more for each slot of a ring."""

    fixed: int
    queue: int
    lease: int
    claim: int

    def of(self, shape: Shape) -> int:
        return self.fixed + sum(factor * slots for factor, slots in self._terms(shape))

    def _terms(self, shape: Shape) -> tuple[tuple[int, int], ...]:
        return (self.queue, shape.queue_slots), (self.lease, shape.lease_slots), (self.claim, shape.claim_slots)

    def sql(self, shape: Shape) -> sqltext.Part:
        """Return the sum as it is written in SQL, so that a reader sees what it consists of."""
        terms = [str(slots) if factor == 1 else f"{factor} * {slots}" for factor, slots in self._terms(shape)]
        return sqltext.Part(" + ".join([str(self.fixed), *terms]))


_WIDTH = 100
"""Characters of a line of names."""

_TABLES = _Count(16, 8, 1, 4)
_INDEXES = _Count(21, 20, 7, 16)
_TRIGGERS = 2
_FUNCTIONS = 8
"""Measured with Awa 0.6.8 and 0.6.9. Lease and claim partitions have a fill factor, one for each slot."""


def is_complete(substrate: Substrate | None) -> bool:
    """Whether there is a queue-storage schema with every table, index, function, trigger and parameter of its shape."""
    return (
        substrate is not None
        and substrate.tables >= _TABLES.of(substrate.shape)
        and substrate.indexes >= _INDEXES.of(substrate.shape)
        and substrate.functions >= _FUNCTIONS
        and substrate.triggers >= _TRIGGERS
        and substrate.partitions_without_fillfactor == 0
    )


def expected_counts(shape: Shape) -> sqltext.Values:
    """Return the placeholders of ``sql/queue_storage/install.sql`` that say what a complete schema has."""
    return {
        "expected_tables": _TABLES.sql(shape),
        "expected_indexes": _INDEXES.sql(shape),
        "expected_functions": _FUNCTIONS,
        "expected_triggers": _TRIGGERS,
        **own_objects(),
    }


@cache
def own_objects() -> sqltext.Values:
    """Return the placeholders that name what Awa makes in a queue-storage schema, each an array of PostgreSQL.

    The number of a slot is left out, and in names of indexes that of the schema.
    """
    found: dict[str, list[str]] = {"relation": [], "index": [], "function": [], "trigger": []}
    for (part, name), text in newest_catalog_facts().substrate.items():
        if part in found and (part != "relation" or text == "table"):
            found[part].append(name)
    indexes = {re.sub(r"\{(q|l|c)\}", "", n.rpartition(".")[2].replace("{schema}_", "")) for n in found["index"]}
    return {
        "own_tables": _array(name for name in found["relation"] if "{" not in name),
        "own_partitioned": _array(f"{name}_" for name in FAMILIES),
        "own_indexes": _array(indexes),
        "own_functions": _array(found["function"]),
        "own_triggers": _array(name.rpartition(".")[2] for name in found["trigger"]),
    }


def _array(names: Iterable[str]) -> str:
    """Return names as an array of PostgreSQL, in lines that a reader of a bundle can see whole."""
    return sqltext.array(sorted(names), width=_WIDTH)
