"""Render the files of a bundle for a desired state. No clock and no network: same input, same bytes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from awa_infra.bundles.admin_scripts import guard_script, roles_script
from awa_infra.bundles.contents import Contents, Waits
from awa_infra.bundles.earlier_waits import EarlierWaits, earlier_waits
from awa_infra.bundles.existing import ExistingBundle, read, refuse_what_changed
from awa_infra.bundles.formats import format_named
from awa_infra.bundles.growing import Kept, grown_from, refuse_another_archive, refuse_older, with_released_texts
from awa_infra.bundles.lock_file import LOCK_FILE, LockFile, grown, written
from awa_infra.bundles.manifest import CHECKSUMS, MANIFEST, checksums, manifest
from awa_infra.bundles.readme import readme
from awa_infra.bundles.script_headers import with_headers
from awa_infra.bundles.structure_script import structure_script
from awa_infra.bundles.unsafe_text import refuse_what_tools_misread
from awa_infra.bundles.verify_script import verify
from awa_infra.bundles.writing import read_archive
from awa_infra.errors import BundleError, ConfigurationError
from awa_infra.model import DesiredState, ObservedState, StepKind
from awa_infra.planning.planner import make_plan
from awa_infra.planning.pure_gates import raise_if_blocked

_ATTRIBUTES = b"* -text\n"
"""For git: a checkout that converts line ends would change what was released."""


@dataclass(frozen=True, slots=True)
class Bundle:
    """A bundle that is not on disk yet.

    Attributes:
        files: the bytes of every file by its path.
        kept: files that stay as they were released, although the release at hand has another text.
        waits: files that keep other lock waits than those declared now.
        digest: of the plan that it carries out, on a database at the version at which it starts.
    """

    files: Mapping[str, bytes] = field(repr=False)
    kept: tuple[Kept, ...] = ()
    waits: tuple[EarlierWaits, ...] = ()
    digest: str = ""


def package(
    fmt: str,
    desired: DesiredState,
    *,
    from_version: int | None = None,
    existing: ExistingBundle | None = None,
    waits: Waits | None = None,
) -> Bundle:
    """Return a bundle: a new one, or one that grows by what a newer release adds.

    The texts are those of the plan's steps, byte for byte, so a bundle cannot differ from an apply.

    Args:
        fmt: a key of :data:`FORMATS`.
        desired: what the database is to hold after the bundle has run.
        from_version: the version of the databases before; ``None`` is what the existing bundle has, or 0.
        existing: the bundle that is to grow. What it has released stays as it is.
        waits: how long it waits for locks; ``None`` is the defaults.

    Raises:
        ConfigurationError: there is no such format, or this cannot be reached from that version.
        BlockedError: the release has no such version, or it is too early for what is declared.
        BundleError: the existing bundle cannot become this by adding files.
    """
    form = format_named(fmt)
    lock = LockFile(form.name, from_version or 0)
    kept: tuple[Kept, ...] = ()
    if existing is not None:
        lock = existing.lock
        _refuse_another_start(from_version, lock)
        desired, kept = with_released_texts(desired, form, existing)
        contents = replace(contents_of(desired, lock.from_version, kept), **grown_from(desired, form, existing))
    else:
        contents = contents_of(desired, lock.from_version)
    contents = replace(contents, waits=waits or Waits())
    refuse_what_tools_misread(desired, contents.plan.steps)
    paths = form.paths(contents)
    files = {
        paths[step.key]: form.wrap(contents, step, paths[step.key]) if form.wrap else step.sql.encode()
        for step in contents.steps
    }
    earlier: tuple[EarlierWaits, ...] = ()
    if existing is not None:
        stay = (*lock.frozen.values(), *(lock.repeatable if form.appends else ()))
        files |= {entry.file: existing.files[entry.file] for entry in stay if entry.file in existing.files}
        earlier = earlier_waits(files, [entry.file for entry in stay], contents.waits)
    around = {
        **form.files(contents, form.gates(contents)),
        **roles_script(contents),
        **guard_script(contents),
        **structure_script(contents),
        "verify.sql": verify(contents).encode(),
    }
    files.update(with_headers(around))
    files["README.md"] = readme(form, contents, paths, earlier).encode()
    files[".gitattributes"] = _ATTRIBUTES
    migrations = {step.version: paths[step.key] for step in contents.of(StepKind.MIGRATION)}
    repeatable = [paths[s.key] for s in contents.steps if s.kind is not StepKind.MIGRATION]
    lock = grown(lock, desired.release.name, migrations, repeatable, files, desired.shapes)
    files[LOCK_FILE] = written(lock)
    files[MANIFEST] = manifest(form.name, contents, paths, lock)
    files[CHECKSUMS] = checksums(files)
    return Bundle(files, kept, earlier, contents.plan.digest)


def bundle_to_replace(out: Path | None, archive: Path | None, release: str, *, written: bool) -> ExistingBundle | None:
    """Return the bundle that grows: the one in the folder, or where there is none the one in the archive.

    Args:
        out: the folder.
        archive: the archive; with a folder it is only replaced if the bundle in the folder has grown out of it.
        release: the installed Awa release.
        written: whether it will be replaced. Otherwise edited files are only compared, but a released file must exist.

    Raises:
        BundleError: writing would lose something, or what is there is no bundle.
    """
    replaced = None if archive is None else read_archive(archive)
    if replaced is not None:
        refuse_older(release, replaced)
    existing = replaced if out is None else read(out)
    if existing is not None and replaced is not None:
        refuse_another_archive(replaced, existing)
    elif written:
        # The folder of a pipeline is new in every run; what was released is in the archive.
        existing = existing or replaced
    if existing is not None and written:
        refuse_what_changed(existing)
    elif existing is not None:
        _refuse_lost_files(existing)
    return existing


def _refuse_lost_files(existing: ExistingBundle) -> None:
    lock = existing.lock
    released = (*lock.frozen.values(), *(lock.repeatable if format_named(lock.form).appends else ()))
    lost = [entry.file for entry in released if entry.file not in existing.files]
    if lost:
        raise BundleError(
            f"The bundle in {existing.folder} has lost files that it released: {', '.join(lost)}.",
            hint="Restore them from version control.",
        )


def contents_of(desired: DesiredState, from_version: int = 0, kept: tuple[Kept, ...] = ()) -> Contents:
    """Plan from a database that is at a version; 0 means an empty one.

    Raises:
        ConfigurationError: schema ``awa`` is left out, or the range holds nothing.
        BlockedError: the release has no such version, or it is too early for what is declared.
    """
    if not desired.target_version:
        raise ConfigurationError(
            "A bundle starts at an empty database, so it must bring schema awa; the configuration leaves it out.",
            hint="Give schema awa a version to migrate to.",
        )
    _refuse_an_impossible_range(desired, from_version)
    before = frozenset(version for version in desired.release.versions if version <= from_version)
    plan = make_plan(desired, ObservedState(versions=before))
    raise_if_blocked(plan.gates, "")
    return Contents(desired, plan, tuple(str(entry) for entry in kept))


def _refuse_an_impossible_range(desired: DesiredState, from_version: int) -> None:
    if from_version and from_version not in desired.release.versions:
        raise ConfigurationError(
            f"Awa {desired.release.name} has no version {from_version} that a bundle could start after.",
            hint=f"Use a version that a database can be at, up to {desired.release.schema_version}.",
        )
    if desired.target_version is not None and from_version >= desired.target_version:
        raise ConfigurationError(
            f"A bundle from version {from_version} to {desired.target_version} holds no migration.",
            hint="A range starts after its first number and ends with its second: from 39 to 40 is version 40 alone.",
        )


def _refuse_another_start(from_version: int | None, lock: LockFile) -> None:
    if from_version is not None and from_version != lock.from_version:
        raise ConfigurationError(
            f"The bundle starts after version {lock.from_version}, and --from {from_version} was given.",
            hint="Leave --from out when a bundle grows, or write another bundle to another folder.",
        )
