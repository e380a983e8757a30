"""``awa-infra.lock``: lists every file that a bundle released, so that none of them changes afterwards. Pure.

Migration tools remember what they ran by checksum. Awa now and then publishes a corrected text of an old migration;
a bundle that took it over would no longer fit the databases that it was run on.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from awa_infra.errors import BundleError
from awa_infra.model import Shape

LOCK_FILE = "awa-infra.lock"

_LAYOUT = 1
"""Raised when an older awa-infra could not read it any more."""


@dataclass(frozen=True, slots=True)
class Released:
    """One text of one file, as it was handed out: its path, the Awa release that it was written with, and its hash."""

    file: str
    release: str
    sha256: str


@dataclass(frozen=True, slots=True)
class LockFile:
    """What a bundle has released.

    Attributes:
        form: name of the format.
        from_version: the version of a database before the bundle.
        frozen: the one text of each migration, by version. Never changes.
        repeatable: every text of each repeatable file, the newest of a file last. The tool runs a changed one again.
        shapes: of every queue-storage schema that the bundle ever held.
    """

    form: str
    from_version: int
    frozen: Mapping[int, Released] = field(default_factory=dict)
    repeatable: tuple[Released, ...] = ()
    shapes: Mapping[str, Shape] = field(default_factory=dict)

    @property
    def to_version(self) -> int:
        """The newest version that was released."""
        return max(self.frozen, default=self.from_version)


def sha256(content: bytes) -> str:
    """Return the hash of a file's bytes."""
    return hashlib.sha256(content).hexdigest()


def grown(
    old: LockFile,
    release: str,
    migrations: Mapping[int, str],
    repeatable: Iterable[str],
    files: Mapping[str, bytes],
    shapes: Mapping[str, Shape],
) -> LockFile:
    """Return the lock after these files were released, too."""
    frozen = {version: Released(path, release, sha256(files[path])) for version, path in migrations.items()}
    released_before = {(entry.file, entry.sha256): entry for entry in old.repeatable}
    new = [Released(path, release, sha256(files[path])) for path in repeatable]
    # A text that a file had before comes to the end again: the last one of a file is what is there.
    now = {(entry.file, entry.sha256): released_before.get((entry.file, entry.sha256), entry) for entry in new}
    before = [entry for key, entry in released_before.items() if key not in now]
    return replace(
        old, frozen={**frozen, **old.frozen}, repeatable=(*before, *now.values()), shapes={**old.shapes, **shapes}
    )


def written(lock: LockFile) -> bytes:
    """Return the text of the file, sorted, one line for each released text."""
    frozen = [{"version": version, **asdict(lock.frozen[version])} for version in sorted(lock.frozen)]
    # A stable sort: of one file, the texts stay in the order in which they were released.
    repeatable = [asdict(entry) for entry in sorted(lock.repeatable, key=lambda entry: entry.file)]
    data: dict[str, Any] = {
        "tool": "awa-infra",
        "layout": _LAYOUT,
        "format": lock.form,
        "from_version": lock.from_version,
        "queue_storage": {schema: asdict(lock.shapes[schema]) for schema in sorted(lock.shapes)},
    }
    head = [f"  {json.dumps(key)}: {json.dumps(value)}," for key, value in data.items()]
    lists = [
        f'  "{name}": [\n' + ",\n".join(f"    {json.dumps(entry)}" for entry in entries) + "\n  ]"
        for name, entries in (("frozen", frozen), ("repeatable", repeatable))
    ]
    return "\n".join(["{", *head, ",\n".join(lists), "}", ""]).encode()


def parsed(content: bytes, where: str) -> LockFile:
    """Return what a lock file says.

    Raises:
        BundleError: it cannot be read.
    """
    try:
        data = json.loads(content)
        if data["layout"] > _LAYOUT:
            raise BundleError(
                f"{where} was written by a newer awa-infra.", hint="Install that one; nothing here was changed."
            )
        frozen = {entry.pop("version"): Released(**entry) for entry in data["frozen"]}
        repeatable = tuple(Released(**entry) for entry in data["repeatable"])
        shapes = {schema: Shape(**shape) for schema, shape in data["queue_storage"].items()}
        return LockFile(data["format"], data["from_version"], frozen, repeatable, shapes)
    except (ValueError, TypeError, KeyError, AttributeError) as exc:
        raise BundleError(
            f"{where} is no lock file of awa-infra, or is damaged.",
            hint="Restore the bundle's folder from version control: the lock says what must not change.",
        ) from exc
