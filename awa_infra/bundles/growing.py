"""Add a newer release to a bundle, and refuse what would change a released file. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Any

from awa_infra.bundles.contents import Format
from awa_infra.bundles.existing import ExistingBundle, age
from awa_infra.bundles.lock_file import LockFile, sha256
from awa_infra.bundles.manifest import tool_version
from awa_infra.errors import BundleError
from awa_infra.model import CANONICAL_SCHEMA, DesiredState, Migration
from awa_infra.release import normalised_sha256


@dataclass(frozen=True, slots=True)
class Kept:
    """A file that stays as an earlier Awa release had it, although the newer one has another text for it."""

    file: str
    release: str
    newer: str

    def __str__(self) -> str:
        return f"{self.file} stays as Awa {self.release} released it to this bundle; Awa {self.newer} has another text."


def with_released_texts(
    desired: DesiredState, form: Format, existing: ExistingBundle
) -> tuple[DesiredState, tuple[Kept, ...]]:
    """Return the desired state with the texts that the bundle has released, and those that differ.

    Raises:
        BundleError: the bundle cannot become that by adding files.
    """
    lock = existing.lock
    _refuse(desired, form, lock, existing)
    migrations, kept = [], []
    for migration in desired.release.migrations:
        released = lock.frozen.get(migration.version)
        if released is None:
            migrations.append(migration)
            continue
        content = existing.files.get(released.file, b"")
        if sha256(content) != released.sha256:
            raise BundleError(
                f"{existing.folder / released.file} is not what this bundle released: the lock file has another hash.",
                hint="Restore it from version control; databases have already run the released text.",
            )
        text = form.text_of(content)
        if text != migration.sql:
            kept.append(Kept(released.file, released.release, desired.release.name))
        migrations.append(Migration(migration.version, migration.description, text, normalised_sha256(text)))
    release = replace(desired.release, migrations=tuple(migrations))
    return replace(desired, release=release), tuple(kept)


def grown_from(desired: DesiredState, form: Format, existing: ExistingBundle) -> dict[str, Any]:
    """Return what the contents of a bundle need from the bundle that grows, as fields of :class:`Contents`."""
    lock = existing.lock
    declared = {entry["schema"] for entry in existing.manifest.get("queue_storage", ())} | {CANONICAL_SCHEMA}
    returned = frozenset(q.schema for q in desired.queue_storage if q.schema in lock.shapes.keys() - declared)
    returns = {schema: _times(schema, lock) + (schema in returned) for schema in lock.shapes}
    files = [entry.file for entry in lock.repeatable if entry.file in existing.files]
    return {
        "released": lock.repeatable,
        "texts": {file: form.text_of(existing.files[file]) for file in files},
        "returns": returns,
        "returned": returned,
    }


def _times(schema: str, lock: LockFile) -> int:
    """Return how often a schema has come back already, by the names of its files."""
    named = re.compile(rf"_{re.escape(schema)}-([0-9]+)\.sql")
    return max((int(found[1]) - 1 for entry in lock.repeatable if (found := named.search(entry.file))), default=0)


def refuse_older(release: str, existing: ExistingBundle) -> None:
    """Raise a BundleError if a bundle was written with a newer Awa, or by a newer awa-infra, than the one at hand."""
    own, other = tool_version(), str(existing.manifest.get("tool_version", ""))
    if age(own) < age(other):
        raise BundleError(
            f"The bundle in {existing.folder} was written by awa-infra {other}, and awa-infra {own} is installed, "
            "which is older: it would put its own scripts in the place of corrected ones.",
            hint=f"Install awa-infra {other} or newer, for example: pip install 'awa-infra>={other}'. Nothing was "
            "changed.",
        )
    newest = existing.release
    if age(release) < age(newest):
        raise BundleError(
            f"The bundle in {existing.folder} was written with Awa {newest}, and Awa {release} is installed, which is "
            "older.",
            hint=f"Install awa-pg {newest} or newer, for example: pip install 'awa-pg>={newest}'. Nothing was changed.",
        )


def refuse_another_archive(archive: ExistingBundle, folder: ExistingBundle) -> None:
    """Raise a BundleError if a folder's bundle has not grown out of the archive's, whose releases would be lost."""
    old, new = archive.lock, folder.lock
    released = old.frozen.items() <= new.frozen.items() and set(old.repeatable) <= set(new.repeatable)
    if (old.form, old.from_version) != (new.form, new.from_version) or not released:
        raise BundleError(
            f"The archive {archive.folder} holds another bundle than the folder {folder.folder}, or a later one: "
            f"{old.form} from version {old.from_version} to {old.to_version}, beside {new.form} from version "
            f"{new.from_version} to {new.to_version}. What it has released would be lost.",
            hint="Choose another --archive. If the archive is the later one, unpack it into a new folder and give that "
            "as --out.",
        )


def _refuse(desired: DesiredState, form: Format, lock: LockFile, existing: ExistingBundle) -> None:
    where = existing.folder
    if lock.form != form.name:
        raise BundleError(
            f"The folder {where} holds a {lock.form} bundle, and a {form.name} bundle was requested.",
            hint="Write each format to a folder of its own.",
        )
    refuse_older(desired.release.name, existing)
    target = desired.target_version or 0
    if target < lock.to_version:
        raise BundleError(
            f"The bundle in {where} has released version {lock.to_version}, and only {target} was requested.",
            hint=f"Request version {lock.to_version} or later, of Awa {lock.frozen[lock.to_version].release} or newer.",
        )
    gone = sorted(lock.frozen.keys() - desired.release.versions)
    if gone:
        raise BundleError(
            f"The bundle in {where} has released version {gone[0]}, which Awa {desired.release.name} does not have.",
            hint="Install the awa-pg that it was written with, or a newer one.",
        )
    between = [
        m.version
        for m in desired.release.migrations
        if lock.from_version < m.version < lock.to_version and m.version not in lock.frozen
    ]
    if between:
        raise BundleError(
            f"Awa {desired.release.name} has a version {between[0]}, below the {lock.to_version} that the bundle in "
            f"{where} has released; databases that are past it would never run it.",
            hint="Write a new bundle to a new folder for new databases; ask Awa's makers how to upgrade the others.",
        )
    _refuse_other_shapes(desired, lock, existing)


def _refuse_other_shapes(desired: DesiredState, lock: LockFile, existing: ExistingBundle) -> None:
    for wanted in desired.queue_storage:
        released = lock.shapes.get(wanted.schema)
        if released is not None and released != wanted.shape:
            raise BundleError(
                f"The bundle in {existing.folder} has released queue-storage schema {wanted.schema} with {released}, "
                f"and {wanted.shape} was requested.",
                hint="Slot counts and receipts cannot be changed: declare the released ones, or declare a new schema "
                "beside it.",
            )
