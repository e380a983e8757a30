"""``structure.sql`` of a bundle on a server, run by psql, against what ``awa-infra verify`` finds there."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

from awa_infra.bundles.package import contents_of
from awa_infra.bundles.structure_script import STRUCTURE_FILE, structure_script
from awa_infra.database.fingerprint import verify
from awa_infra.model import DesiredState
from awa_infra.release import installed_release
from awa_infra.verification.findings import FindingKind
from tests.rough.profiles import CUSTOM, Site, statements
from tests.rough.ways import where
from tests.support.folders import folder_of_the_run
from tests.tools.runners import run

_COLUMN = "\x1f"
_KINDS = {FindingKind.MISSING: "missing", FindingKind.EXTRA: "extra", FindingKind.CHANGED: "changed"}
_MORE = re.compile(r", and [0-9]+ more like it$")

DAMAGES = (
    f"DROP INDEX {CUSTOM.schema}.idx_{CUSTOM.schema}_dlq_queue_time",
    f"CREATE FUNCTION {CUSTOM.schema}.mine() RETURNS pg_catalog.int4 LANGUAGE sql AS 'SELECT 1'",
    (
        "ALTER TABLE awa.queue_meta ADD COLUMN a pg_catalog.interval DEFAULT '1 mon 2 days 03:04:05',"
        " ADD COLUMN b pg_catalog.float8 DEFAULT '0.1234567890123'::pg_catalog.float8,"
        " ADD COLUMN c pg_catalog.timestamptz DEFAULT '2020-02-03 04:05:06+00'::pg_catalog.timestamptz,"
        " ADD COLUMN d pg_catalog.bytea DEFAULT E'\\\\x0102'::pg_catalog.bytea"
    ),
    'CREATE TABLE awa."It\'s ""odd""" (id pg_catalog.int4 PRIMARY KEY, "select" pg_catalog.text)',
    "DROP FUNCTION awa.storage_status()",
    "CREATE OR REPLACE FUNCTION awa.active_storage_engine() RETURNS pg_catalog.text LANGUAGE sql AS 'SELECT NULL'",
    "ALTER TABLE awa.ready_entries_3 SET (fillfactor = 51)",
)
"""Values whose text depends on a setting, names that have to be quoted, bodies, what is gone and what is too much."""


@cache
def script() -> Path:
    """Return the script that a bundle for every way has."""
    release = installed_release()
    contents = contents_of(DesiredState(release, release.schema_version, (CUSTOM,)))
    path = folder_of_the_run("rough") / STRUCTURE_FILE
    path.write_bytes(structure_script(contents)[STRUCTURE_FILE])
    return path


def proof(site: Site) -> tuple[dict[str, tuple[str, str]], dict[str, str]]:
    """Return what the script names, with what is expected and found, and its verdict about each schema."""
    here = where(site)
    words = [str(here.programs / "psql"), "-X", "-q", "-A", "-t", "-F", _COLUMN, "-v", "ON_ERROR_STOP=1"]
    done = run(here, [*words, "-d", here.url, "-f", str(script())], Path(), {"PGOPTIONS": ""})
    assert done.status == 0, done.output[-2000:]
    rows = [line.split(_COLUMN) for line in done.output.splitlines()]
    assert all(len(row) == 4 for row in rows), done.output[-2000:]
    named = {_MORE.sub("", what): (wanted, found) for what, wanted, found, ok in rows if ok == "f"}
    verdicts = {what: ok for what, _wanted, _found, ok in rows if what.endswith(": structure")}
    return {what: both for what, both in named.items() if what not in verdicts}, verdicts


def as_verify_says(site: Site) -> dict[str, tuple[str, str]]:
    """Return the same from ``awa-infra verify``, run by a superuser."""
    _observed, seen = verify(site.admin, installed_release(), ("awa", CUSTOM.schema))
    return {
        f"schema {f.schema}: {f.message or f'{_KINDS[f.kind]} {f.part} {f.object}'}": (f.expected or "", f.found or "")
        for f in seen.drift
    }


def assert_proof(site: Site, remarked: frozenset[str] = frozenset()) -> None:
    """Compare what the script says of a database that is as the release makes it.

    Args:
        site: who runs the script, and where.
        remarked: how the findings begin that a server like this one causes; none without it.
    """
    named, verdicts = proof(site)
    assert named == as_verify_says(site)
    assert {finding for finding in remarked if any(name.startswith(finding) for name in named)} == remarked
    assert len(named) == len(remarked), named
    assert verdicts == {f"schema {schema}: structure": "t" for schema in ("awa", CUSTOM.schema)}


def assert_damage_is_named(site: Site, looked_at: Site | None = None) -> None:
    """Damage a database and compare what the script names with what ``awa-infra verify`` finds.

    Args:
        site: who runs the script, and where.
        looked_at: the site where the damage is done, if it is another one.
    """
    # Whatever the database sets for everybody would be in the way of the damage alone.
    statements((looked_at or site).admin, "SET default_transaction_read_only = off", *DAMAGES)
    named, verdicts = proof(site)
    assert named == as_verify_says(looked_at or site)
    assert len(named) > len(DAMAGES)
    assert set(verdicts.values()) == {"f"}
