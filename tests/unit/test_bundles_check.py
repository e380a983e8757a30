from __future__ import annotations

import json
from pathlib import Path

import pytest

from awa_infra.bundles.checking import applied_files, check, flyway_checksum, unknown_releases
from awa_infra.bundles.existing import ExistingBundle
from awa_infra.bundles.formats import FORMATS
from awa_infra.bundles.lock_file import LOCK_FILE
from awa_infra.bundles.manifest import CHECKSUMS, MANIFEST, checksums
from awa_infra.bundles.package import package
from awa_infra.errors import BundleError
from awa_infra.model import DesiredState, History, HistoryRow, QueueStorage, Release

every_format = pytest.mark.parametrize("form", FORMATS)

ACME = QueueStorage("acme")


def bundle(form: str, release: Release) -> dict[str, bytes]:
    return dict(package(form, DesiredState(release, 40, (ACME,))).files)


def found(files: dict[str, bytes]) -> list[str]:
    return [str(finding) for finding in check(ExistingBundle(Path("b"), files))]


def summed(files: dict[str, bytes]) -> dict[str, bytes]:
    """Return the files as somebody leaves them who edits the sums, too."""
    return {**files, CHECKSUMS: checksums({path: text for path, text in files.items() if path != CHECKSUMS})}


@every_format
def test_a_bundle_as_it_was_written_is_intact(form: str, release: Release) -> None:
    files = bundle(form, release)
    assert found(files) == []
    assert unknown_releases(ExistingBundle(Path("b"), files)) == ()


def test_every_file_that_is_not_as_it_was_written_is_reported(release: Release) -> None:
    files = bundle("psql", release) | {"README.md": b"mine", "notes.txt": b"mine"}
    del files["upstream/V003.sql"]
    assert found(files) == [
        "notes.txt was not written by awa-infra.",
        "upstream/V003.sql is missing.",
        "README.md was edited: SHA256SUMS has another hash.",
    ]


def test_a_file_whose_line_ends_were_converted_is_not_called_edited(release: Release) -> None:
    files = bundle("psql", release)
    for path in ("apply.sql", "upstream/V003.sql"):
        files[path] = files[path].replace(b"\n", b"\r\n")
    files["upstream/V003.sql"] += b"mine\n"
    assert found(files) == [
        "apply.sql has the line ends of Windows (CRLF), and is otherwise as it was written.",
        "upstream/V003.sql was edited: SHA256SUMS has another hash.",
        f"upstream/V003.sql is not the text that Awa {release.name} released.",
    ]


def test_who_edits_the_sums_is_found_out_by_the_lock(release: Release) -> None:
    files = bundle("psql", release)
    ours = "awa_infra/queue_storage_acme.sql"
    files[ours] += b"\n-- mine\n"
    files["upstream/V003.sql"] += b"\n-- mine\n"
    assert found(summed(files)) == [
        f"upstream/V003.sql is not what was released with Awa {release.name}: the lock has another hash.",
        f"{ours} is not what was released with Awa {release.name}: the lock has another hash.",
        f"upstream/V003.sql is not the text that Awa {release.name} released.",
    ]


def test_who_edits_the_lock_as_well_is_found_out_by_what_awa_has_released(release: Release) -> None:
    forged = [
        type(m)(m.version, m.description, m.sql + ("\n-- mine\n" if m.version == 7 else ""), m.sha256)
        for m in release.migrations
    ]
    patch = release.patches[0]
    patches = (type(patch)(patch.name, patch.description, patch.sql + "\n-- mine\n", ""),)
    files = bundle("flyway", Release(release.name, tuple(forged), patches, release.provenance))
    assert found(files) == [
        f"upstream/V007__awa_v007.sql is not the text that Awa {release.name} released.",
        f"upstream/R__awa_00_v040_wait_free_dirty_marks.sql is not the text that Awa {release.name} released.",
    ]


def test_a_manifest_that_contradicts_the_lock_is_reported(release: Release) -> None:
    files = bundle("flyway", release)
    manifest = json.loads(files[MANIFEST])
    manifest["format"] = "psql"
    manifest["migrations"].pop()
    files[MANIFEST] = json.dumps(manifest).encode()
    assert found(summed(files)) == [
        "manifest.json says format 'psql', the lock says 'flyway'.",
        "manifest.json lists other migrations than the lock.",
    ]


def test_of_a_release_that_is_not_known_it_is_said_that_nobody_can_tell(release: Release) -> None:
    unknown = Release("9.9.9", release.migrations, release.patches, release.provenance)
    files = bundle("liquibase", unknown)
    assert found(files) == []
    assert unknown_releases(ExistingBundle(Path("b"), files)) == ("9.9.9",)


def test_flyways_checksum_is_the_one_that_flyway_itself_reported(release: Release) -> None:
    text = next(m.sql for m in release.migrations if m.version == 24)
    assert flyway_checksum(text.encode()) == 1515903779


def test_line_ends_and_a_byte_order_mark_are_nothing_to_flyway() -> None:
    assert flyway_checksum(b"a\nb\n") == flyway_checksum(b"\xef\xbb\xbfa\r\nb") == flyway_checksum(b"a\nb")


def states(files: dict[str, bytes], *rows: HistoryRow) -> dict[str, str]:
    seen = applied_files(ExistingBundle(Path("b"), files), History("shop", rows))
    return {entry.file.rpartition("/")[2]: entry.state for entry in seen}


def test_flyways_history_tells_of_every_file_what_became_of_it(release: Release) -> None:
    files = bundle("flyway", release)
    good = {path.rpartition("/")[2]: flyway_checksum(text) for path, text in files.items() if path.endswith(".sql")}
    patch = "R__awa_00_v040_wait_free_dirty_marks.sql"
    told = states(
        files,
        HistoryRow("30", None, "baseline"),
        HistoryRow("031", good["V031__awa_v031.sql"], "applied"),
        HistoryRow("032", 1, "applied"),
        HistoryRow("033", good["V033__awa_v033.sql"], "failed"),
        HistoryRow(patch, 1, "applied"),
        HistoryRow("R__awa_10_queue_storage_acme.sql", good["R__awa_10_queue_storage_acme.sql"], "applied"),
    )
    assert told["V030__awa_v030.sql"] == "adopted"
    assert told["V031__awa_v031.sql"] == "applied"
    assert told["V032__awa_v032.sql"] == "different"
    assert told["V033__awa_v033.sql"] == "failed"
    assert told["V034__awa_v034.sql"] == "pending"
    # Flyway runs a repeatable file again whose text has changed.
    assert told[patch] == "pending"
    assert told["R__awa_10_queue_storage_acme.sql"] == "applied"
    del files["upstream/V031__awa_v031.sql"]
    assert states(files, HistoryRow("031", 1, "applied"))["V031__awa_v031.sql"] == "different"


def test_liquibases_history_tells_what_was_run_and_what_was_there(release: Release) -> None:
    files = bundle("liquibase", release)
    told = states(
        files,
        HistoryRow("awa-v001", None, "adopted"),
        HistoryRow("awa-v002", None, "applied"),
        HistoryRow("awa-infra-queue-storage-acme", None, "applied"),
    )
    assert (told["V001.sql"], told["V002.sql"], told["V003.sql"]) == ("adopted", "applied", "pending")
    assert (told["queue_storage_acme.sql"], told["patch_wait_free_dirty_marks.sql"]) == ("applied", "pending")
    assert len(told) == len(release.migrations) + 2


def test_psql_has_no_history_but_that_of_awa(release: Release) -> None:
    told = states(bundle("psql", release), HistoryRow("1", None, "applied"))
    assert (told["V001.sql"], told["V002.sql"]) == ("applied", "pending")
    assert len(told) == len(release.migrations)


@pytest.mark.parametrize("content", [b"{", b"[]", b"databaseChangeLog: [{changeSet: {id: a, changes: []}}]"])
def test_a_changelog_that_cannot_be_read_is_an_error(content: bytes, release: Release) -> None:
    files = bundle("liquibase", release) | {"changelog.yaml": content}
    with pytest.raises(BundleError, match=r"changelog\.yaml cannot be read"):
        applied_files(ExistingBundle(Path("b"), files), History("shop", None))


def test_without_its_lock_a_bundle_cannot_be_checked(release: Release) -> None:
    files = bundle("psql", release)
    del files[LOCK_FILE]
    with pytest.raises(BundleError, match=r"has lost its file awa-infra\.lock"):
        found(files)
