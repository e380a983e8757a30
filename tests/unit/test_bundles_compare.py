from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from awa_infra.bundles.existing import changes, unified
from awa_infra.bundles.writing import archive, read_archive, write_archive
from awa_infra.errors import BundleError

OLD = {"a": b"1\n", "b": b"1\n2\n", "c": b"same\n"}
NEW = {"b": b"1\n3\n", "c": b"same\n", "d": b"1\r\n"}


def test_what_writing_would_do_is_reported_by_path() -> None:
    assert [(change.file, change.what) for change in changes(OLD, NEW)] == [
        ("a", "removed"),
        ("b", "changed"),
        ("d", "added"),
    ]


def test_a_diff_names_both_sides_and_shows_line_ends() -> None:
    lines = [line for change in changes(OLD, NEW) for line in unified(change, OLD, NEW)]
    assert lines == [
        *("--- a/a", "+++ /dev/null", "@@ -1 +0,0 @@", "-1"),
        *("--- a/b", "+++ b/b", "@@ -1,2 +1,2 @@", " 1", "-2", "+3"),
        *("--- /dev/null", "+++ b/d", "@@ -0,0 +1 @@", "+1\r"),
    ]


def test_an_archive_depends_on_nothing_but_the_files() -> None:
    backwards = dict(reversed(NEW.items()))
    assert archive(NEW) == archive(backwards)


def test_a_failure_leaves_no_half_an_archive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_path: Path, _target: Path) -> Path:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(BundleError, match=r"cannot be written to .*: No space left on device\."):
        write_archive(NEW, tmp_path / "a.zip")
    assert list(tmp_path.iterdir()) == []


def test_an_archive_of_somebody_else_is_not_replaced(tmp_path: Path) -> None:
    target = tmp_path / "a.zip"
    with zipfile.ZipFile(target, "w") as made:
        made.writestr("manifest.json", '{"tool": "another"}')
    before = target.read_bytes()
    with pytest.raises(BundleError, match="did not write it"):
        write_archive(NEW, target)
    assert target.read_bytes() == before


@pytest.mark.parametrize("content", [b"mine", b""])
def test_a_file_that_is_no_archive_is_not_replaced(tmp_path: Path, content: bytes) -> None:
    target = tmp_path / "a.zip"
    target.write_bytes(content)
    with pytest.raises(BundleError, match="did not write it"):
        write_archive(NEW, target)
    assert target.read_bytes() == content


def test_an_archive_of_ours_is_replaced_and_its_folder_is_made(tmp_path: Path) -> None:
    target = tmp_path / "deep" / "a.zip"
    for version in (b"1", b"2"):
        write_archive({"manifest.json": b'{"tool": "awa-infra"}', "v": version}, target)
    with zipfile.ZipFile(target) as found:
        assert found.read("v") == b"2"
    assert list(target.parent.iterdir()) == [target]


def test_an_archive_below_a_file_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    with pytest.raises(BundleError, match="cannot be written"):
        write_archive(NEW, tmp_path / "file" / "a.zip")


def test_a_bundle_is_read_from_its_archive(tmp_path: Path) -> None:
    target = tmp_path / "a.zip"
    assert read_archive(target) is None
    write_archive({"manifest.json": b'{"tool": "awa-infra"}', "deep/v": b"1"}, target)
    found = read_archive(target)
    assert found is not None
    assert found.files["deep/v"] == b"1"
    with pytest.raises(BundleError, match=r"archive .* cannot be read: Is a directory\."):
        read_archive(tmp_path)
