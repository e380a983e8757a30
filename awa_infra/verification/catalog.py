"""The objects of a schema as a mapping, and templates that serve every schema name and shape.

A catalog maps *(part, object)* to a definition; ``sql/fingerprint/`` reads it, one file per part. A template is
a catalog in which the name of the schema and the number of a slot are placeholders, so that a family of
partitions is there once. :func:`expand` makes the catalog of one schema from it, :func:`collapse` is the
way back.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache

from awa_infra import sqltext
from awa_infra.facts.catalog import FAMILIES, partition_of
from awa_infra.model import Shape
from awa_infra.naming import quote

Key = tuple[str, str]
"""Part and object, for example ``("column", "leases_0.job_id")``."""

Catalog = Mapping[Key, str]

STRUCTURE = frozenset(
    (
        *("relation", "view", "storage", "partition", "column", "constraint", "index"),
        *("function", "body", "trigger", "sequence", "type"),
        *("security", "policy", "rule", "reference", "inheritance", "other"),
    )
)
"""The parts that count for the fingerprint. Privileges and owners are compared separately: each site has its own."""

MADE_PARTS = frozenset(("relation", "column", "constraint", "index", "function", "trigger", "sequence", "type"))
"""The parts of kinds that Awa makes in a queue-storage schema: of these only a name shows what it did not make."""

SLOT_COUNTS: Mapping[str, str] = {"{q}": "queue_slots", "{l}": "lease_slots", "{c}": "claim_slots"}
"""Placeholder of a slot to the name of its count."""

HASHED = frozenset(("body", "view"))
"""Parts whose definitions are Awa's own texts: facts know only their hash."""

NAME_BYTES = 63
"""``NAMEDATALEN`` of a standard build, less one: PostgreSQL cuts longer names."""

LANE_SEQUENCE = "bigint start 1 increment 1 from 1 to 9223372036854775807 cache 1"
"""How Awa makes every sequence of a lane (0.6.9). It also sets them, so numbers that a session keeps would repeat."""

_LANE = re.compile(r"queue_(enqueue|claim)_seq_[0-9a-f]{32}")
_INDEX_NAME = re.compile(r"\bidx_\{schema\}_[a-z0-9_]+")
_INDEX_TABLE = re.compile(r" on ([^ ]+) \(")


_HEALTH = (
    "weak_roles",
    "denied",
    "public",
    "publications",
    "sessions",
    "extensions",
    "exhausted",
    "behind",
    "collations",
)
"""Files under ``sql/fingerprint/state/`` that are read like parts of the catalog, but are findings by themselves."""


@dataclass(frozen=True, slots=True)
class SchemaName:
    """A schema, and how the server writes its name before a dot (reserved words are quoted)."""

    text: str
    quoted: str

    def qualified(self, thing: str) -> str:
        """Return the name of an object of the schema as statements have it; a function has its arguments behind it."""
        name, bracket, arguments = thing.partition("(")
        return f"{self.quoted}.{quote(name)}{bracket}{arguments}"


@dataclass(frozen=True, slots=True)
class Expanded:
    """The catalog of one schema, made from a template.

    Attributes:
        catalog: what must exist.
        cut: for each index name that PostgreSQL cuts so that several indexes have it, the definitions of all of
            them. Awa's installer creates the first and silently skips the others.
    """

    catalog: dict[Key, str]
    cut: dict[str, tuple[str, ...]] = field(default_factory=dict)


def parts_query(private: Collection[str] = (), *, health: bool) -> str:
    """Return the query of every part of the catalog; ``sql/fingerprint/state/scope.sql`` comes before it.

    With ``health`` it also reads what roles and publications keep workers from, and who may execute private functions.
    """
    parts = [sqltext.load(f"fingerprint/{name}.sql") for name in sqltext.names("fingerprint")]
    if health:
        values: sqltext.Values = {"private": json.dumps(sorted(private))}
        parts += [sqltext.render(f"fingerprint/state/{name}.sql", **values) for name in _HEALTH]
    return "\nUNION ALL\n".join(part.rstrip() for part in parts)


def is_lane_sequence(key: Key) -> bool:
    """Whether Awa creates this sequence when a queue is first used: two per queue, priority and shard."""
    return key[0] in {"sequence", "owner"} and _LANE.fullmatch(key[1]) is not None


def relation_of(key: Key, definition: str) -> str | None:
    """Return the relation that an entry depends on; ``None`` if it depends on none."""
    part, name = key
    if part in {"column", "constraint", "trigger", "policy", "rule", "reference", "inheritance"}:
        return name.partition(".")[0]
    if part in {"storage", "partition", "view", "security"}:
        return name
    table = _INDEX_TABLE.search(definition) if part == "index" else None
    return table[1] if table else None


def structure(catalog: Catalog) -> dict[Key, str]:
    """Return the entries that count for the fingerprint: no proper lane sequences, no privileges, no owners."""
    return {
        key: text
        for key, text in catalog.items()
        if key[0] in STRUCTURE and not (text == LANE_SEQUENCE and key[0] == "sequence" and is_lane_sequence(key))
    }


def digest(catalog: Catalog) -> str:
    """Return the fingerprint of a catalog; order does not matter."""
    lines = sorted(f"{part}\t{name}\t{text}\n" for (part, name), text in catalog.items())
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def body_hash(text: str) -> str:
    """Return the hash of a function's body or a view's query; line ends do not change it."""
    lines = text.replace("\r\n", "\n")
    return f"sha256 {hashlib.sha256(lines.encode()).hexdigest()}"


def expand(template: Catalog, schema: SchemaName, shape: Shape) -> Expanded:
    """Return the catalog that a template means for one schema."""
    catalog: dict[Key, str] = {}
    cut: defaultdict[Key, list[str]] = defaultdict(list)
    for (part, name), text in template.items():
        slot, numbers = _slots(name, shape)
        definitions = _filled(text, schema, slot, numbers)
        for filled, definition in zip(_filled(name, schema, slot, numbers), definitions, strict=True):
            key = part, filled
            if key in catalog:
                cut[key].append(definition)
            else:
                catalog[key] = definition
    return Expanded(catalog, {key[1]: (catalog[key], *others) for key, others in cut.items()})


def collapse(catalog: Catalog, schema: SchemaName, own: frozenset[str]) -> dict[Key, str]:
    """Return the template of a schema's catalog.

    Where slots of a family disagree, the definition of most of them is taken. Whether a catalog is regular at
    all, is checked by expanding the result again. The names of the schema's own objects are as :func:`own_names` has
    them.
    """
    found: dict[Key, Counter[str]] = defaultdict(Counter)
    for key, definition in catalog.items():
        pair = [_unschema(value, schema, own) for value in (key[1], definition)]
        partition = partition_of(relation_of(key, definition) or key[1])
        if partition:
            pair = [_unslot(value, *partition) for value in pair]
        found[key[0], pair[0]][pair[1]] += 1
    return {key: texts.most_common(1)[0][0] for key, texts in found.items()}


def with_hashes(catalog: Catalog, schema: SchemaName, own: Iterable[str]) -> dict[Key, str]:
    """Return a catalog in which bodies of functions and queries of views are hashes.

    What has no name of the template's own is hashed as observed.
    """
    names = frozenset(own)
    return {
        key: body_hash(neutral_body(text, schema, names) if key[1].partition("(")[0] in names else text)
        if key[0] in HASHED
        else text
        for key, text in catalog.items()
    }


def neutral_body(text: str, schema: SchemaName, own: frozenset[str]) -> str:
    """Return a function's body with a placeholder wherever it names its schema before one of its own objects."""
    return _unschema(text, schema, own).replace(f"'{schema.text}'", "'{schema}'")


def concrete_body(text: str, schema: SchemaName) -> str:
    """Return a neutral body for one schema."""
    return text.replace("{schema}.", f"{schema.quoted}.").replace("'{schema}'", f"'{schema.text}'")


def _slots(name: str, shape: Shape) -> tuple[str, range]:
    for slot, count in SLOT_COUNTS.items():
        if slot in name:
            return slot, range(getattr(shape, count))
    return "", range(1)


def _filled(text: str, schema: SchemaName, slot: str, numbers: range) -> list[str]:
    """Return a text of the template for every slot of its family: a large one has thousands of entries."""
    pieces = text.split(slot) if slot else [text]
    if "idx_{schema}_" in text:
        # PostgreSQL cuts the name of an index after its number.
        return [_named(str(number).join(pieces), schema) for number in numbers]
    pieces = [piece.replace("{schema}.", f"{schema.quoted}.") for piece in pieces]
    return [str(number).join(pieces) for number in numbers] if len(pieces) > 1 else pieces * len(numbers)


def _named(text: str, schema: SchemaName) -> str:
    filled = _INDEX_NAME.sub(lambda m: m[0].replace("{schema}", schema.text)[:NAME_BYTES], text)
    return filled.replace("{schema}.", f"{schema.quoted}.")


def _unschema(text: str, schema: SchemaName, own: frozenset[str]) -> str:
    if f"{schema.quoted}." in text:
        text = _mentions(schema.quoted, own).sub("{schema}.", text)
    # Only index names hold the name of their schema.
    return re.sub(rf"\bidx_{re.escape(schema.text)}_(?=[a-z0-9_])", "idx_{schema}_", text) if "idx_" in text else text


@cache
def _mentions(quoted: str, own: frozenset[str]) -> re.Pattern[str]:
    # A table alias can be called like the schema: only before a name of its own objects it means the schema.
    names = "|".join(map(re.escape, sorted(own, key=len, reverse=True)))
    return re.compile(rf'(?<![\w".]){re.escape(quoted)}\.(?=(?:{names})(?:_[0-9]+)?(?!\w))')


def _unslot(text: str, parent: str, number: int) -> str:
    slot = FAMILIES[parent]
    text = re.sub(rf"(?<=[a-z])_{number}(?![0-9])", f"_{slot}", text)
    return text.replace(f"FOR VALUES IN ({number})", f"FOR VALUES IN ({slot})")
