"""Check that a bundle is unchanged, and compare it with what a database has run of it. Pure."""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import yaml

from awa_infra.bundles import numbering
from awa_infra.bundles.existing import ExistingBundle
from awa_infra.bundles.formats import format_named
from awa_infra.bundles.lock_file import LockFile, Released, sha256
from awa_infra.bundles.manifest import MANIFEST
from awa_infra.errors import BundleError
from awa_infra.facts import known_releases
from awa_infra.model import History, HistoryRow
from awa_infra.release import normalised_sha256

CONVERTED = "has the line ends of Windows (CRLF), and is otherwise as it was written."
"""What is said of a file that a checkout or a copy has converted."""


@dataclass(frozen=True, slots=True)
class Flaw:
    """Something about a file of a bundle that is not as it should be, in one line."""

    file: str
    what: str

    def __str__(self) -> str:
        return f"{self.file} {self.what}"


@dataclass(frozen=True, slots=True)
class Applied:
    """What a database has run of one file.

    Attributes:
        file: its path.
        state: ``applied``, ``adopted``, ``pending``, ``different`` (another text was run) or ``failed``.
    """

    file: str
    state: str


def check(existing: ExistingBundle) -> tuple[Flaw, ...]:
    """Return everything in a bundle that disagrees: files, sums, lock, manifest, and what Awa has released.

    Raises:
        BundleError: the lock file cannot be read.
    """
    lock = existing.lock
    found = [Flaw(path, "was not written by awa-infra.") for path in existing.foreign]
    found += [Flaw(path, "is missing.") for path in existing.missing]
    converted = frozenset(existing.converted)
    found += [
        Flaw(path, CONVERTED if path in converted else "was edited: SHA256SUMS has another hash.")
        for path in existing.edited
    ]
    found += _against_the_lock(existing, lock)
    found += _against_awa(existing, lock)
    return tuple(found)


def unknown_releases(existing: ExistingBundle) -> tuple[str, ...]:
    """Return the releases in a bundle whose texts this awa-infra does not know, so it cannot verify them."""
    known = known_releases()
    return tuple(sorted({entry.release for entry in existing.lock.frozen.values()} - known.keys()))


def applied_files(existing: ExistingBundle, history: History) -> tuple[Applied, ...]:
    """Return what a database has run, file by file: migrations by version, then repeatable files.

    Raises:
        BundleError: the lock file cannot be read.
    """
    lock = existing.lock
    rows = {row.identity: row for row in history.rows or ()}
    if lock.form == "flyway":
        return tuple(_flyway(existing, lock, rows))
    if format_named(lock.form).appends:
        return tuple(_numbered(lock, rows))
    names = _changesets(existing) if lock.form == "liquibase" else {}
    identities = {entry.file: names.get(entry.file, str(version)) for version, entry in sorted(lock.frozen.items())}
    # Only a tool with a history records whether it ran a repeatable file.
    identities |= {path: names[path] for path in _repeatable(existing, lock) if path in names}
    ran = {file: rows.get(identity) for file, identity in identities.items()}
    return tuple(Applied(file, row.outcome if row else "pending") for file, row in ran.items())


def flyway_checksum(content: bytes) -> int:
    """Return Flyway's checksum of a script: a signed CRC32 over its lines without their ends."""
    crc = 0
    # Java's line ends, which are fewer than Python's.
    for line in re.split(r"\r\n|\r|\n", content.decode().removeprefix("\ufeff")):
        crc = zlib.crc32(line.encode(), crc)
    return crc - (1 << 32) if crc >= 1 << 31 else crc


def _flyway(existing: ExistingBundle, lock: LockFile, rows: Mapping[str, HistoryRow]) -> Iterator[Applied]:
    ran = {int(identity): row for identity, row in rows.items() if identity.isdigit()}
    baseline = max((version for version, row in ran.items() if row.outcome == "baseline"), default=0)
    for version, entry in sorted(lock.frozen.items()):
        ours = _against(existing.files.get(entry.file), ran.get(version), otherwise="different")
        yield Applied(entry.file, "adopted" if version <= baseline else ours)
    for path in _repeatable(existing, lock):
        # Another text of a repeatable file is one that Flyway will run.
        yield Applied(path, _against(existing.files[path], rows.get(path.rpartition("/")[2]), otherwise="pending"))


def _numbered(lock: LockFile, rows: Mapping[str, HistoryRow]) -> Iterator[Applied]:
    ran = {int(identity): row for identity, row in rows.items()}
    # Some remember the last number only: everything below it was run.
    last = max((number for number, row in ran.items() if row.outcome in {"baseline", "failed"}), default=0)
    for path in sorted({entry.file for entry in (*lock.frozen.values(), *lock.repeatable)}):
        number = numbering.number(path)
        row = ran.get(number)
        if row is not None and row.outcome == "failed":
            yield Applied(path, "failed")
        else:
            yield Applied(path, "applied" if row is not None or number < last else "pending")


def _against(content: bytes | None, row: HistoryRow | None, *, otherwise: str) -> str:
    if row is None:
        return "pending"
    same = content is not None and row.checksum == flyway_checksum(content)
    return row.outcome if same or row.outcome == "failed" else otherwise


def _repeatable(existing: ExistingBundle, lock: LockFile) -> list[str]:
    return sorted({entry.file for entry in lock.repeatable} & existing.files.keys())


def _changesets(existing: ExistingBundle) -> dict[str, str]:
    """Return the id of the changeset of each file, as the changelog has it."""
    try:
        sets = [entry["changeSet"] for entry in yaml.safe_load(existing.files["changelog.yaml"])["databaseChangeLog"]]
        changes = [(entry["id"], entry["changes"][0].get("sqlFile")) for entry in sets]
        return {script["path"]: identity for identity, script in changes if script}
    except (KeyError, TypeError, AttributeError, IndexError, yaml.YAMLError) as exc:
        raise BundleError(
            f"{existing.folder / 'changelog.yaml'} cannot be read.", hint="Restore it from version control."
        ) from exc


def _against_the_lock(existing: ExistingBundle, lock: LockFile) -> Iterator[Flaw]:
    """Compare what is there with what was released; what the sums have reported already is not reported again."""
    reported = {*existing.edited, *existing.missing}
    texts: dict[str, dict[str, Released]] = {}
    for entry in (*lock.frozen.values(), *lock.repeatable):
        texts.setdefault(entry.file, {})[entry.sha256] = entry
    for file, known in texts.items():
        content = existing.files.get(file)
        # Which of its texts a repeatable file has now is checked by SHA256SUMS.
        if content is not None and file not in reported and sha256(content) not in known:
            entry = list(known.values())[-1]
            yield Flaw(entry.file, f"is not what was released with Awa {entry.release}: the lock has another hash.")
    manifest = existing.manifest
    if manifest.get("format") != lock.form:
        yield Flaw(MANIFEST, f"says format {manifest.get('format')!r}, the lock says {lock.form!r}.")
    listed = {entry["version"]: entry["release"] for entry in manifest.get("migrations", [])}
    if listed != {version: entry.release for version, entry in lock.frozen.items()}:
        yield Flaw(MANIFEST, "lists other migrations than the lock.")


def _against_awa(existing: ExistingBundle, lock: LockFile) -> Iterator[Flaw]:
    text_of = format_named(lock.form).text_of
    known = known_releases()
    expected = [
        (entry.file, entry.release, known[entry.release]["migrations"].get(str(version)))
        for version, entry in sorted(lock.frozen.items())
        if entry.release in known
    ]
    manifest = existing.manifest
    release = manifest.get("awa_release", "")
    if release in known:
        expected += [
            (entry["file"], release, known[release]["patches"].get(entry["name"]))
            for entry in manifest.get("patches", [])
        ]
    for path, name, sha in expected:
        content = existing.files.get(path)
        if content is not None and normalised_sha256(text_of(content)) != sha:
            yield Flaw(path, f"is not the text that Awa {name} released.")
