from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from importlib import metadata
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from awa_infra.errors import ReleaseError, ReleaseModifiedError, ReleaseTooOldError
from awa_infra.model import Provenance, Release
from awa_infra.release import build_release, installed_release, normalised_sha256


@pytest.fixture(autouse=True)
def _no_release_of_another_test() -> Iterator[None]:
    installed_release.cache_clear()
    yield
    installed_release.cache_clear()


LINES = st.lists(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r\n")), min_size=1)

Texts = tuple[list[tuple[int, str, str]], list[tuple[str, str, str]]]


def texts_of(release: Release) -> Texts:
    return (
        [(m.version, m.description, m.sql) for m in release.migrations],
        [(p.name, p.description, p.sql) for p in release.patches],
    )


def numbered(versions: Iterable[int]) -> list[tuple[int, str, str]]:
    return [(v, f"step {v}", f"SELECT {v};") for v in versions]


def install(monkeypatch: pytest.MonkeyPatch, name: str, **functions: Callable[[], object]) -> None:
    monkeypatch.setitem(sys.modules, "awa", SimpleNamespace(**functions))
    monkeypatch.setattr(metadata, "version", {"awa-pg": name}.__getitem__)


def test_the_installed_release_is_a_known_one(release: Release) -> None:
    assert release.provenance is Provenance.KNOWN
    assert release.name == metadata.version("awa-pg")
    assert release.schema_version == 40
    assert [p.name for p in release.patches] == ["wait_free_dirty_marks"]


def test_a_release_that_nobody_measured_is_reported_as_unknown_and_not_refused() -> None:
    made_up = build_release("99.1.2", numbered([1, 2]), [("p", "a patch", "SELECT 'p';")])
    assert made_up.provenance is Provenance.UNKNOWN
    assert made_up.name == "99.1.2"
    assert [(m.version, m.description, m.sql) for m in made_up.migrations] == numbered([1, 2])
    assert [(p.name, p.description, p.sql) for p in made_up.patches] == [("p", "a patch", "SELECT 'p';")]


def test_a_version_that_was_never_used_is_a_legal_gap(release: Release) -> None:
    assert 8 not in release.versions
    assert build_release("99.0.0", numbered([1, 7, 9]), ()).versions == {1, 7, 9}


def test_a_known_release_with_another_text_is_refused_by_the_versions_that_differ(release: Release) -> None:
    migrations, patches = texts_of(release)
    migrations[2] = (*migrations[2][:2], migrations[2][2] + "\nDROP TABLE awa.jobs;")
    patches[0] = (*patches[0][:2], "SELECT 'something else'")
    with pytest.raises(ReleaseModifiedError, match=r": V3, wait_free_dirty_marks differ\.") as caught:
        build_release(release.name, migrations, patches)
    assert f"awa-pg=={release.name}" in caught.value.hint


def test_a_known_release_with_a_migration_too_few_or_too_many_is_refused(release: Release) -> None:
    migrations, patches = texts_of(release)
    with pytest.raises(ReleaseModifiedError, match=": V40 differ"):
        build_release(release.name, migrations[:-1], patches)
    with pytest.raises(ReleaseModifiedError, match=": V41 differ"):
        build_release(release.name, [*migrations, (41, "new", "SELECT 1;")], patches)


def test_line_ends_and_trailing_blanks_do_not_make_a_release_another_one(release: Release) -> None:
    migrations, patches = texts_of(release)
    edited = [(v, d, "\n\n" + sql.replace("\n", " \r\n") + "\n\n") for v, d, sql in migrations]
    assert build_release(release.name, edited, patches).provenance is Provenance.KNOWN


@pytest.mark.parametrize("name", ["0.6.7", "0.5.0", "0.6.8rc1", "0.6.8.dev3", "0"])
def test_a_release_below_the_floor_is_refused(name: str) -> None:
    with pytest.raises(ReleaseTooOldError, match=f"Awa {name} is too old") as caught:
        build_release(name, numbered([1]), ())
    assert "awa-pg>=0.6.8" in caught.value.hint


@pytest.mark.parametrize("name", ["0.6.10", "0.10", "1.0.0rc1", "0.6.8.post1", "0.6.9+ours"])
def test_releases_are_compared_as_versions_and_not_as_texts(name: str) -> None:
    assert build_release(name, numbered([1]), ()).provenance is Provenance.UNKNOWN


@pytest.mark.parametrize("versions", [[], [2, 1], [1, 1], [1, 3, 2]], ids=str)
def test_versions_that_do_not_ascend_are_refused(versions: list[int]) -> None:
    with pytest.raises(ReleaseError, match="not an ascending list") as caught:
        build_release("99.0.0", numbered(versions), ())
    assert str(versions) in caught.value.message
    assert caught.value.exit_status == 7


def test_a_missing_wheel_is_named_with_the_way_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "awa", None)
    with pytest.raises(ReleaseError, match="awa-pg, which carries Awa's migrations, is not installed") as caught:
        installed_release()
    assert caught.value.hint == "Install it beside awa-infra: pip install awa-pg."
    assert isinstance(caught.value.__cause__, ImportError)


def test_a_module_awa_that_no_wheel_installed_is_not_trusted(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(name: str) -> str:
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "version", unknown)
    with pytest.raises(ReleaseError, match="is not installed"):
        installed_release()


def test_nothing_but_the_list_functions_of_the_wheel_is_called(monkeypatch: pytest.MonkeyPatch) -> None:
    install(
        monkeypatch,
        "99.0.0",
        migrations=lambda: numbered([1, 2]),
        schema_patches=lambda: [("p", "a patch", "SELECT 1;")],
    )
    found = installed_release()
    assert (found.name, found.schema_version, [p.name for p in found.patches]) == ("99.0.0", 2, ["p"])


def test_a_wheel_without_schema_patches_has_none(monkeypatch: pytest.MonkeyPatch) -> None:
    install(monkeypatch, "99.0.0", migrations=lambda: numbered([1]))
    assert installed_release().patches == ()


def test_a_known_wheel_that_lost_its_schema_patches_is_refused(
    monkeypatch: pytest.MonkeyPatch, release: Release
) -> None:
    install(monkeypatch, release.name, migrations=lambda: texts_of(release)[0])
    with pytest.raises(ReleaseModifiedError, match="wait_free_dirty_marks differ"):
        installed_release()


@given(LINES, st.data())
def test_a_hash_is_blind_to_line_ends_trailing_blanks_and_outer_blank_lines(
    lines: list[str], data: st.DataObject
) -> None:
    blanks = [data.draw(st.text(" \t", max_size=3)) for _ in lines]
    ends = [data.draw(st.sampled_from(["\n", "\r\n"])) for _ in lines]
    outer = data.draw(st.text("\n", max_size=3))
    written = "".join(line + blank + end for line, blank, end in zip(lines, blanks, ends, strict=True))
    assert normalised_sha256(outer + written + outer) == normalised_sha256("\n".join(lines))


@given(LINES, st.integers(min_value=0))
def test_a_hash_sees_every_other_change(lines: list[str], position: int) -> None:
    index = position % len(lines)
    changed = [*lines[:index], f"{lines[index]}x", *lines[index + 1 :]]
    assert normalised_sha256("\n".join(changed)) != normalised_sha256("\n".join(lines))
