from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path

import pytest

from awa_infra.bundles.existing import read
from awa_infra.bundles.manifest import CHECKSUMS, MANIFEST, checksums
from awa_infra.bundles.package import bundle_to_replace, package
from awa_infra.bundles.writing import write, write_archive
from awa_infra.errors import BundleError
from awa_infra.model import DesiredState, QueueStorage, Release


def bundle(*more: str) -> dict[str, bytes]:
    files = {MANIFEST: b'{"tool": "awa-infra"}', **{path: path.encode() for path in more}}
    return {**files, CHECKSUMS: checksums(files)}


def tree(folder: Path) -> dict[str, bytes]:
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def test_a_bundle_is_written_with_its_folders(tmp_path: Path) -> None:
    write(bundle("upstream/V1.sql"), tmp_path / "a" / "b")
    assert tree(tmp_path) == {f"a/b/{path}": text for path, text in bundle("upstream/V1.sql").items()}


def test_a_bundle_is_replaced_as_a_whole(tmp_path: Path) -> None:
    write(bundle("old/V1.sql", "same.sql"), tmp_path / "out")
    write(bundle("new/V1.sql", "same.sql"), tmp_path / "out")
    assert tree(tmp_path / "out") == bundle("new/V1.sql", "same.sql")
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_an_empty_folder_is_filled(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    write(bundle(), tmp_path / "out")
    assert tree(tmp_path / "out") == bundle()


@pytest.mark.parametrize("content", ["no json", "[]", '{"tool": "another"}'])
def test_a_folder_of_somebody_else_is_refused(tmp_path: Path, content: str) -> None:
    (tmp_path / MANIFEST).write_text(content)
    before = tree(tmp_path)
    with pytest.raises(BundleError, match="awa-infra did not write it"):
        write(bundle(), tmp_path)
    assert tree(tmp_path) == before


def test_a_folder_of_folders_is_refused(tmp_path: Path) -> None:
    (tmp_path / "out" / "src").mkdir(parents=True)
    with pytest.raises(BundleError, match="did not write it"):
        write(bundle(), tmp_path / "out")


def test_a_file_that_somebody_put_into_a_bundle_is_not_lost(tmp_path: Path) -> None:
    out = tmp_path / "out"
    write(bundle(), out)
    (out / "notes.txt").write_text("mine")
    with pytest.raises(BundleError, match=r"notes\.txt"):
        write(bundle("new.sql"), out)
    assert (out / "notes.txt").read_text() == "mine"


def test_what_python_keeps_of_a_script_that_alembic_runs_is_in_nobodys_way(tmp_path: Path) -> None:
    write(bundle("versions/001.py"), tmp_path)
    cache = tmp_path / "versions" / "__pycache__"
    cache.mkdir()
    (cache / "001.cpython-311.pyc").write_bytes(b"bytecode")
    write(bundle("versions/001.py", "versions/002.py"), tmp_path)
    assert tree(tmp_path) == bundle("versions/001.py", "versions/002.py")
    cache.mkdir()
    (cache / "notes.txt").touch()
    with pytest.raises(BundleError, match=r"did not write: versions/__pycache__/notes\.txt"):
        write(bundle(), tmp_path)


def test_a_file_in_the_place_of_the_folder_is_refused(tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.write_text("mine")
    with pytest.raises(BundleError, match="is a file"):
        write(bundle(), out)
    assert out.read_text() == "mine"


def test_the_working_directory_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(BundleError, match="is the current working directory"):
        write(bundle(), Path())


def test_a_failure_while_writing_leaves_everything_as_it_was(tmp_path: Path) -> None:
    out = tmp_path / "out"
    write(bundle("old.sql"), out)
    # A file and a folder of one name cannot both be written.
    with pytest.raises(BundleError, match="cannot be written"):
        write(bundle("a", "a/b"), out)
    assert tree(tmp_path) == {f"out/{path}": text for path, text in bundle("old.sql").items()}


def test_a_failure_removes_the_folders_made_for_it(tmp_path: Path) -> None:
    with pytest.raises(BundleError):
        write(bundle("a", "a/b"), tmp_path / "x" / "y" / "out")
    assert list(tmp_path.iterdir()) == []


def test_a_link_to_a_bundle_stays_a_link(tmp_path: Path) -> None:
    write(bundle("old.sql"), tmp_path / "real")
    (tmp_path / "link").symlink_to("real")
    write(bundle("new.sql"), tmp_path / "link")
    assert (tmp_path / "link").is_symlink()
    assert tree(tmp_path / "real") == bundle("new.sql")


def test_a_disk_that_fails_while_writing_leaves_the_old_bundle(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(bundle("old.sql"), tmp_path / "out")
    before = tree(tmp_path)

    def full(_path: Path, _content: bytes) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(BundleError, match=r"cannot be written to .*: No space left on device\."):
        write(bundle("new.sql"), tmp_path / "out")
    assert tree(tmp_path) == before


@pytest.mark.parametrize(
    ("failure", "raised"),
    [(OSError(5, "Input/output error"), BundleError), (KeyboardInterrupt(), KeyboardInterrupt)],
    ids=["disk", "Ctrl-C"],
)
def test_a_failure_in_the_exchange_puts_the_old_bundle_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, failure: BaseException, raised: type[BaseException]
) -> None:
    write(bundle("old.sql"), tmp_path / "out")
    before = tree(tmp_path)
    rename = Path.rename

    def fail_for_the_new_one(path: Path, target: Path) -> Path:
        if path.name == "new":
            raise failure
        return rename(path, target)

    monkeypatch.setattr(Path, "rename", fail_for_the_new_one)
    with pytest.raises(raised):
        write(bundle("new.sql"), tmp_path / "out")
    assert tree(tmp_path) == before


def test_an_old_bundle_that_cannot_be_put_back_is_kept_beside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(bundle("old.sql"), tmp_path / "out")
    rename = Path.rename

    def only_the_first(path: Path, target: Path) -> Path:
        if path.name != "out":
            raise OSError(5, "Input/output error")
        return rename(path, target)

    monkeypatch.setattr(Path, "rename", only_the_first)
    with pytest.raises(BundleError, match="Input/output error"):
        write(bundle("new.sql"), tmp_path / "out")
    (side,) = tmp_path.glob(".out.*")
    assert (side / "replaced" / "old.sql").exists()


def test_a_failure_without_an_old_bundle_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_path: Path, _target: Path) -> Path:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(Path, "rename", fail)
    with pytest.raises(BundleError, match="Input/output error"):
        write(bundle(), tmp_path / "deep" / "out")
    assert not list(tmp_path.iterdir())


def test_a_folder_that_cannot_be_read_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(bundle(), tmp_path / "out")

    def unreadable(_path: Path) -> list[Path]:
        raise OSError(13, "Permission denied")

    monkeypatch.setattr(Path, "iterdir", unreadable)
    with pytest.raises(BundleError, match=r"cannot be read: Permission denied\."):
        write(bundle(), tmp_path / "out")


def test_a_checkout_that_converted_line_ends_is_named_as_such(tmp_path: Path) -> None:
    out = tmp_path / "out"
    files = {MANIFEST: bundle()[MANIFEST], "a.sql": b"a\n", "b.sql": b"b\n"}
    write({**files, CHECKSUMS: checksums(files)}, out)
    for name in ("a.sql", "b.sql"):
        (out / name).write_bytes((out / name).read_bytes().replace(b"\n", b"\r\n"))
    with pytest.raises(BundleError, match=r"2 of its files have the line ends of Windows \(CRLF\)") as refused:
        write(bundle("new.sql"), out)
    assert ".gitattributes" in refused.value.hint
    (out / "a.sql").write_text("mine")
    with pytest.raises(BundleError, match=r"a\.sql was edited, b\.sql was edited"):
        write(bundle("new.sql"), out)


def test_a_file_that_somebody_edited_or_removed_is_named(tmp_path: Path) -> None:
    out = tmp_path / "out"
    write(bundle("a.sql", "b.sql"), out)
    (out / "a.sql").write_text("mine")
    (out / "b.sql").unlink()
    with pytest.raises(BundleError, match=r"a\.sql was edited, b\.sql is missing"):
        write(bundle("new.sql"), out)
    assert (out / "a.sql").read_text() == "mine"


def test_a_link_in_a_bundle_is_no_file_of_it(tmp_path: Path) -> None:
    out = tmp_path / "out"
    write(bundle(), out)
    (out / "link").symlink_to(tmp_path)
    with pytest.raises(BundleError, match="did not write: link"):
        write(bundle("new.sql"), out)


def test_a_pipe_in_a_bundle_is_no_file_of_it_and_nobody_waits_for_its_writer(tmp_path: Path) -> None:
    out = tmp_path / "out"
    write(bundle("a.sql"), out)
    (out / "a.sql").unlink()
    os.mkfifo(out / "a.sql")
    os.mkfifo(out / "pipe")
    with pytest.raises(BundleError, match="did not write: pipe"):
        write(bundle("new.sql"), out)
    (out / "pipe").unlink()
    with pytest.raises(BundleError, match=r"a\.sql was edited"):
        write(bundle("new.sql"), out)


def test_a_backup_beside_a_bundle_is_not_read_to_its_end(tmp_path: Path) -> None:
    out = tmp_path / "out"
    write(bundle(), out)
    with (out / "backup.dump").open("wb") as file:
        file.truncate(1 << 40)  # a sparse file: no disk holds it, and no memory
    with pytest.raises(BundleError, match=r"did not write: backup\.dump"):
        write(bundle("new.sql"), out)


@pytest.fixture(scope="module")
def flyway(release: Release) -> Mapping[str, bytes]:
    return package("flyway", DesiredState(release, 40)).files


MIGRATION = "upstream/V040__awa_v040.sql"


def test_the_bundle_that_grows_is_that_of_the_folder_else_that_of_the_archive(
    flyway: Mapping[str, bytes], tmp_path: Path
) -> None:
    out, zipped = tmp_path / "out", tmp_path / "a.zip"
    assert bundle_to_replace(out, zipped, "0.6.9", written=True) is None
    write_archive(flyway, zipped)
    # In a pipeline the folder is new in every run. A comparison is with the folder that was named.
    assert bundle_to_replace(out, zipped, "0.6.9", written=False) is None
    for folder in (None, out):
        found = bundle_to_replace(folder, zipped, "0.6.9", written=True)
        assert found is not None
        assert (found.folder, found.files) == (zipped, flyway)
    write(flyway, out)
    grows = bundle_to_replace(out, None, "0.6.9", written=True)
    assert grows is not None
    assert (grows.folder, grows.files) == (out, flyway)


def test_an_archive_of_a_newer_release_is_not_replaced(flyway: Mapping[str, bytes], tmp_path: Path) -> None:
    write_archive(flyway, tmp_path / "a.zip")
    with pytest.raises(BundleError, match=r"a\.zip was written with Awa 0\.6\.9, and Awa 0\.6\.1 is installed"):
        bundle_to_replace(tmp_path / "out", tmp_path / "a.zip", "0.6.1", written=True)


def test_an_archive_is_only_replaced_by_what_has_grown_out_of_it(release: Release, tmp_path: Path) -> None:
    out, zipped = tmp_path / "out", tmp_path / "a.zip"
    early, late = (package("flyway", DesiredState(release, version)).files for version in (39, 40))
    write_archive(early, zipped)
    write(late, out)
    assert bundle_to_replace(out, zipped, "0.6.9", written=True) is not None
    write_archive(late, zipped)
    assert bundle_to_replace(out, zipped, "0.6.9", written=True) is not None
    for other in (early, package("goose", DesiredState(release, 40)).files):
        place = tmp_path / str(len(other))
        write(other, place)
        with pytest.raises(BundleError, match=r"a\.zip holds another bundle than the folder .*: flyway from version 0"):
            bundle_to_replace(place, zipped, "0.6.9", written=True)


def test_a_bundle_of_a_newer_awa_infra_is_left_as_it_is(
    flyway: Mapping[str, bytes], release: Release, tmp_path: Path
) -> None:
    manifest = json.loads(flyway["manifest.json"]) | {"tool_version": "99.1"}
    write({**flyway, "manifest.json": json.dumps(manifest).encode()}, tmp_path / "out")
    with pytest.raises(BundleError, match=r"was written by awa-infra 99\.1, and awa-infra .* is installed") as caught:
        package("flyway", DesiredState(release, 40), existing=read(tmp_path / "out"))
    assert "pip install 'awa-infra>=99.1'" in caught.value.hint


def test_an_edited_file_is_compared_but_not_replaced(flyway: Mapping[str, bytes], tmp_path: Path) -> None:
    write(flyway, tmp_path)
    (tmp_path / MIGRATION).write_text("-- mine")
    found = bundle_to_replace(tmp_path, None, "0.6.9", written=False)
    assert found is not None
    assert found.edited == [MIGRATION]
    with pytest.raises(BundleError, match=f"{MIGRATION} was edited"):
        bundle_to_replace(tmp_path, None, "0.6.9", written=True)


@pytest.mark.parametrize(
    ("form", "file", "compared"),
    [
        ("flyway", MIGRATION, False),
        ("flyway", "custom/R__awa_10_queue_storage_acme.sql", True),
        ("goose", "migrations/040002_queue_storage_acme.sql", False),
    ],
)
def test_without_a_released_file_a_bundle_is_not_even_compared(
    form: str, file: str, *, compared: bool, release: Release, tmp_path: Path
) -> None:
    write(package(form, DesiredState(release, 40, (QueueStorage("acme"),))).files, tmp_path)
    (tmp_path / file).unlink()
    if compared:
        found = bundle_to_replace(tmp_path, None, "0.6.9", written=False)
        assert found is not None
        assert found.missing == [file]
    else:
        with pytest.raises(BundleError, match=f"has lost files that it released: {file}"):
            bundle_to_replace(tmp_path, None, "0.6.9", written=False)
