"""Read the installed ``awa-pg`` wheel as a checked :class:`~awa_infra.model.Release`.

The texts are Awa's own. This module counts, orders and hashes them, and changes nothing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable
from functools import cache
from importlib import metadata

from packaging.version import Version

from awa_infra.errors import ReleaseError, ReleaseModifiedError, ReleaseTooOldError
from awa_infra.facts import FLOOR, known_releases
from awa_infra.facts.measured import FIRST_VERSION_NEVER_LEGACY
from awa_infra.model import Migration, Patch, Provenance, Release

DISTRIBUTION = "awa-pg"
"""The wheel on PyPI that carries Awa's migrations."""


@cache
def normalised_sha256(sql: str) -> str:
    """Return the hash of a text, blind to line ends, trailing blanks and outer blank lines.

    The same rule as in ``facts/releases.json``; it is for comparing, the text itself stays as it is.
    """
    lines = [line.rstrip() for line in sql.replace("\r\n", "\n").split("\n")]
    body = "\n".join(lines).strip("\n") + "\n"
    return hashlib.sha256(body.encode()).hexdigest()


def build_release(
    name: str,
    migrations: Iterable[tuple[int, str, str]],
    patches: Iterable[tuple[str, str, str]],
) -> Release:
    """Return one release that may migrate databases, its texts checked against the committed facts.

    Args:
        name: version of the wheel, for example ``0.6.9``.
        migrations: ``(version, description, sql)``, as ``awa.migrations()`` returns them.
        patches: ``(name, description, sql)``, as ``awa.schema_patches()`` returns them.

    Raises:
        ReleaseTooOldError: the release is below :data:`awa_infra.facts.FLOOR`.
        ReleaseError: see :func:`checked_release`.
    """
    if Version(name) < Version(FLOOR):
        raise ReleaseTooOldError(
            f"Awa {name} is too old to migrate a database safely.",
            hint=f"Install awa-pg {FLOOR} or newer in this environment, for example: pip install 'awa-pg>={FLOOR}'.",
        )
    return checked_release(name, migrations, patches)


def checked_release(
    name: str,
    migrations: Iterable[tuple[int, str, str]],
    patches: Iterable[tuple[str, str, str]],
) -> Release:
    """Check the texts of one release, however old, against the committed facts and return it.

    Raises:
        ReleaseModifiedError: a known release whose texts differ from what it shipped.
        ReleaseError: no migrations at all, or versions that do not ascend.
    """
    checked = tuple(Migration(v, d, sql, normalised_sha256(sql)) for v, d, sql in migrations)
    repeatable = tuple(Patch(n, d, sql, normalised_sha256(sql)) for n, d, sql in patches)
    versions = [m.version for m in checked]
    if not versions or versions != sorted(set(versions)):
        raise ReleaseError(
            f"Awa {name} lists its migrations as {versions}, which is not an ascending list.",
            hint="Reinstall awa-pg; if it stays so, report it to the awa-infra project.",
        )
    return Release(name, checked, repeatable, _provenance(name, checked, repeatable))


def _provenance(name: str, migrations: tuple[Migration, ...], patches: tuple[Patch, ...]) -> Provenance:
    facts = known_releases().get(name)
    if facts is None:
        return Provenance.UNKNOWN
    found = {f"V{m.version}": m.sha256 for m in migrations} | {p.name: p.sha256 for p in patches}
    expected = {f"V{v}": h for v, h in facts["migrations"].items()} | facts["patches"]
    different = [key for key in (found | expected) if found.get(key) != expected.get(key)]
    if different:
        raise ReleaseModifiedError(
            f"The installed awa-pg {name} does not ship the texts that Awa {name} released: "
            f"{', '.join(different)} differ.",
            hint=f"Reinstall it from PyPI: pip install --force-reinstall awa-pg=={name}. Nothing was run.",
        )
    return Provenance.KNOWN


@cache
def installed_release() -> Release:
    """Return the release of the ``awa-pg`` wheel in this environment; built once, because hashing takes 17 ms.

    Only the list functions of the wheel are called; its version probe writes to the database.

    Raises:
        ReleaseError: the wheel is missing or unusable, see :func:`build_release`.
    """
    try:
        import awa  # noqa: PLC0415  a native module, wanted only by commands that need SQL

        name = metadata.version(DISTRIBUTION)
    except (ImportError, metadata.PackageNotFoundError) as exc:
        raise ReleaseError(
            "The Python package awa-pg, which carries Awa's migrations, is not installed here.",
            hint="Install it beside awa-infra: pip install awa-pg.",
        ) from exc
    patches = awa.schema_patches() if hasattr(awa, "schema_patches") else ()
    return build_release(name, awa.migrations(), patches)


def is_legacy_numbering(versions: Collection[int], tables: Collection[str]) -> bool:
    """Whether version rows are in the numbering of Awa before 0.4.

    The rule is that of Awa 0.6.9's own runner, which normalises such rows before it migrates.

    Args:
        versions: the rows of ``awa.schema_version``.
        tables: which of ``queue_state_counts`` (version 4 of today) and ``runtime_instances`` (version 2) exist.
    """
    highest = max(versions, default=0)
    if highest >= FIRST_VERSION_NEVER_LEGACY:
        return False
    if highest >= 4:  # noqa: PLR2004
        return "queue_state_counts" not in tables
    return highest == 3 and "runtime_instances" not in tables  # noqa: PLR2004
