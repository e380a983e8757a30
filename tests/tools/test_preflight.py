from __future__ import annotations

import pytest

from awa_infra.bundles.formats import FORMATS
from awa_infra.bundles.gates import lock_table_queries
from awa_infra.bundles.package import contents_of
from awa_infra.bundles.preflight import preflight
from awa_infra.database.migration_lock import MIGRATION_LOCK_KEY
from awa_infra.model import DesiredState, QueueStorage, Release, Shape
from tests.support.bundles import render
from tests.support.servers import Database
from tests.tools.bundle_tools import CUSTOM

PROBLEMS = "SELECT current_setting('awa_infra.problems') AS problems"


def problems(database: Database, release: Release) -> str:
    text = preflight(contents_of(DesiredState(release, release.schema_version, CUSTOM)))
    # One statement string is one session and one transaction; the last result is not the first.
    database.rows(text)
    keep = "CREATE TABLE public.kept AS " + PROBLEMS
    database.rows(text + keep)
    return str(database.rows("SELECT problems FROM public.kept")[0]["problems"])


def test_nothing_objects_on_an_empty_database(database: Database, release: Release) -> None:
    assert problems(database, release) == ""


def test_nothing_objects_on_a_migrated_database(awa_database: Database, release: Release) -> None:
    assert problems(awa_database, release) == ""


def test_a_schema_without_its_history_objects(awa_database: Database, release: Release) -> None:
    awa_database.rows("DROP TABLE awa.schema_version")
    said = problems(awa_database, release)
    message, hint = said.split("\n")[:2]
    assert message.endswith(" [lost-history]")
    assert hint.startswith("Hint: ")


def test_only_missing_schemas_count_for_the_lock_table(awa_database: Database, release: Release) -> None:
    huge = (QueueStorage("huge", Shape(1024, 64, 64)), QueueStorage("small"))
    contents = contents_of(DesiredState(release, release.schema_version, huge))
    (each,) = lock_table_queries(contents, together=False)
    (all_,) = lock_table_queries(contents, together=True)
    assert [row["message"].partition(" locks")[0] for row in awa_database.rows(each.sql)] == [
        "Installing queue storage huge (1024/64/64 slots with receipts)"
    ]
    (row,) = awa_database.rows(all_.sql)
    # Schema awa is there; the two others would be one transaction.
    assert row["code"] == "lock-table-too-small"
    assert "with receipts) and queue storage small (16/8/8 slots with receipts) locks about" in row["message"]
    assert "Raise max_locks_per_transaction" in row["hint"]
    awa_database.rows("CREATE SCHEMA huge; CREATE TABLE huge.queue_ring_state ()")
    assert awa_database.rows(all_.sql) == []


@pytest.mark.parametrize("form", FORMATS)
def test_every_bundle_takes_the_lock_of_awa_migrate(release: Release, form: str) -> None:
    files = render(form, DesiredState(release, release.schema_version))
    key = str(MIGRATION_LOCK_KEY).encode()
    if not FORMATS[form].asks:
        # They run nothing around the files, so each takes it for itself.
        assert all(key in text for path, text in files.items() if path.startswith("migrations/"))
    else:
        assert any(key in text for path, text in files.items() if "awa_infra" in path)
