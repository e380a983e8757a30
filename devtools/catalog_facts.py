"""Write what Awa leaves in PostgreSQL's catalog into ``awa_infra/facts/catalog-<release>.json``.

The real ``awa migrate`` and Awa's own installer of custom queue-storage schemas make the databases, on every major
version. Bodies of functions become hashes. The product itself reads the catalog, because schema comparison libraries
leave out what Awa relies on, such as privileges and storage parameters.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections import defaultdict
from importlib import metadata
from pathlib import Path
from typing import Any

import psycopg

from awa_infra.database.catalogs import prepare as prepare_reading
from awa_infra.database.catalogs import read_catalogs
from awa_infra.database.connection import connect
from awa_infra.database.session import read_transaction
from awa_infra.database.target import Target
from awa_infra.facts.catalog import own_names
from awa_infra.model import CANONICAL_SCHEMA, Shape
from awa_infra.verification.catalog import Key, SchemaName, collapse, digest, expand, structure, with_hashes
from devtools import postgres, postgres_versions
from devtools.progress import ToolError, note, run_cli

FACTS = Path(__file__).resolve().parent.parent / "awa_infra" / "facts"
SAME_TEXTS = {"0.6.9": ("0.6.8", "0.6.9")}
"""Release to all that ship its texts: see ``releases.json``."""

CUSTOM = {
    "with_receipts": Shape(),
    "small": Shape(4, 2, 2),
    "many_slots": Shape(120, 3, 12),
    "no_receipts": Shape(4, 2, 2, receipts=False),
}
"""Custom schemas that are made; the first one becomes the template, and all must follow from it."""

_FAST = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "max_locks_per_transaction": "256"}
Entries = dict[Key, str]


def measure(url: str) -> dict[str, Any]:
    """Return the facts of one database with the schemas of :data:`CUSTOM`, made by :func:`prepare`.

    Raises:
        ToolError: a schema is not what the template says; then templates cannot hold this release.
    """
    with connect(url) as connection, read_transaction(connection):
        templates = {}
        for schema, shape in CUSTOM.items():
            name, found = _read(connection, schema)
            templates[schema] = collapse(found, name, own_names(found))
            _require_equal(expand(templates[schema], name, shape).catalog, found, f"{schema} and its own template")
            if shape.receipts:
                _require_equal(expand(templates["with_receipts"], name, shape).catalog, found, schema)
        name, awa = _read(connection, CANONICAL_SCHEMA, own_names(templates["with_receipts"]))
        private = connection.execute(
            "SELECT p.proname || '(' || pg_catalog.pg_get_function_identity_arguments(p.oid) || ')' AS name "
            "FROM pg_catalog.pg_proc p WHERE p.pronamespace = 'awa'::regnamespace "
            "AND NOT has_function_privilege('public', p.oid, 'EXECUTE') ORDER BY 1"
        ).fetchall()
    substrate = templates["with_receipts"]
    default = expand(substrate, name, Shape()).catalog
    _require_equal(default, {key: text for key, text in awa.items() if key in default}, "the default queue storage")
    without = templates["no_receipts"]
    return {
        "canonical": {key: text for key, text in awa.items() if key not in default},
        "substrate": substrate,
        "without_receipts": {key: text for key, text in without.items() if substrate.get(key) != text},
        "private": [row["name"] for row in private],
        "fingerprint": digest(awa),
    }


def prepare(url: str) -> None:
    """Migrate an empty database with Awa's own command, and install the schemas of :data:`CUSTOM`."""
    command = Path(sys.executable).with_name("awa")
    environment = {**os.environ, "DATABASE_URL": url, "RUST_LOG": "off", "PGOPTIONS": "-c client_min_messages=warning"}
    subprocess.run([command, "migrate"], env=environment, check=True, stdout=subprocess.DEVNULL)
    with psycopg.connect(url, autocommit=True) as connection:
        for schema, shape in CUSTOM.items():
            values = (schema, shape.queue_slots, shape.lease_slots, shape.claim_slots, shape.receipts)
            connection.execute("SELECT awa.install_queue_storage_substrate(%s, %s, %s, %s, %s)", values)
            connection.execute("SELECT awa.apply_receipt_plane_fillfactor(%s)", (schema,))


def document(release: str, measured: dict[int, dict[str, Any]]) -> dict[str, Any]:
    """Return the content of a file of facts: that of the newest major, and where the others differ."""
    newest = measured[max(measured)]
    majors: dict[str, Any] = {}
    for major, facts in sorted(measured.items()):
        majors[str(major)] = {"fingerprint": facts["fingerprint"]}
        if facts["without_receipts"] != newest["without_receipts"] or facts["private"] != newest["private"]:
            raise ToolError(f"PostgreSQL {major} differs in what the files of facts cannot hold")
        for which in ("canonical", "substrate"):
            if facts[which].keys() != newest[which].keys():
                message = f"PostgreSQL {major} has other objects: {facts[which].keys() ^ newest[which].keys()}"
                raise ToolError(message)
            different = {key: text for key, text in facts[which].items() if newest[which][key] != text}
            if different:
                majors[str(major)][which] = _parts(different)
    return {
        "_about": "Written by python -m devtools.catalog_facts from databases that awa migrate made.",
        "releases": list(SAME_TEXTS.get(release, (release,))),
        "canonical": _parts(newest["canonical"]),
        "substrate": _parts(newest["substrate"]),
        "without_receipts": _parts(newest["without_receipts"]),
        "private": newest["private"],
        "majors": majors,
    }


def _read(
    connection: psycopg.Connection[Any], schema: str, own: frozenset[str] | None = None
) -> tuple[SchemaName, Entries]:
    prepare_reading(connection)
    found = read_catalogs(connection, [schema]).get(schema)
    if found is None:
        raise ToolError(f"there is no schema {schema}")
    name, catalog = found
    return name, with_hashes(structure(catalog), name, own_names(catalog) if own is None else own)


def _require_equal(expected: Entries, found: Entries, what: str) -> None:
    different = [key for key in expected.keys() | found.keys() if expected.get(key) != found.get(key)]
    if different:
        raise ToolError(f"{what}: {len(different)} entries differ, such as {sorted(different)[:3]}")


def _parts(entries: Entries) -> dict[str, dict[str, str]]:
    parts: dict[str, dict[str, str]] = defaultdict(dict)
    for (part, name), text in sorted(entries.items()):
        parts[part][name] = text
    return dict(parts)


def _main() -> int:
    """Write the facts of the release that is installed."""
    parser = argparse.ArgumentParser(prog="devtools.catalog_facts", description=_main.__doc__)
    parser.add_argument("--major", type=int, action="append", help="only these majors; default: every one")
    measured = {}
    for major in parser.parse_args().major or postgres_versions.majors():
        note(f"catalog facts: PostgreSQL {major}")
        folder = Path(tempfile.mkdtemp(prefix="awa-infra-facts-"))
        try:
            server = postgres.start(folder / "pg", settings=_FAST, major=major)
            with psycopg.connect(server.url, autocommit=True) as connection:
                connection.execute("CREATE DATABASE facts TEMPLATE template0")
            url = Target.of(server.url).with_database("facts")
            prepare(url)
            measured[major] = measure(url)
        finally:
            postgres.destroy(folder / "pg")
            shutil.rmtree(folder, ignore_errors=True)
    release = metadata.version("awa-pg")
    path = FACTS / f"catalog-{release}.json"
    path.write_text(json.dumps(document(release, measured), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    print(path)
    return 0


if __name__ == "__main__":
    sys.exit(run_cli(_main))
