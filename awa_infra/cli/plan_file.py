"""Plan files on disk."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from pathlib import Path

from awa_infra import __version__
from awa_infra.errors import ConfigurationError
from awa_infra.model import AgreedPlan, DatabaseIdentity, DesiredState, Plan

_LARGEST = 10_000_000
"""Bytes; a plan for a thousand queue-storage schemas has less than one million."""


def read_plan_file(path: Path) -> AgreedPlan:
    """Return the plan in a file.

    Raises:
        ConfigurationError: it cannot be read, or is no plan file.
    """
    from awa_infra.planning.plan_file import read_document  # noqa: PLC0415  pydantic takes a third of a second

    return read_document(_text(path), str(path))


def refuse_other_files(path: Path) -> None:
    """Refuse to replace a file that is no plan.

    Raises:
        ConfigurationError: there is one.
    """
    if not path.exists():
        return
    try:
        read_plan_file(path)
    except ConfigurationError as exc:
        raise ConfigurationError(
            f"{path} is there already, and is no plan file that could be replaced.", hint="Name another file."
        ) from exc


def write_plan(path: Path, plan: Plan, desired: DesiredState, database: DatabaseIdentity) -> None:
    """Write a plan to a file, all of it or nothing.

    Raises:
        ConfigurationError: it cannot be written.
    """
    from awa_infra.bundles.writing import replace_file  # noqa: PLC0415  apply needs none of it
    from awa_infra.planning.plan_file import document  # noqa: PLC0415  see above

    made_by = f"awa-infra {__version__}"
    found = document(plan, desired, database, made_at=datetime.now(UTC), made_by=made_by)
    mask = os.umask(0)
    os.umask(mask)
    try:
        replace_file(path.resolve(), (json.dumps(found, indent=2) + "\n").encode(), mode=0o666 & ~mask)
    except OSError as exc:
        raise ConfigurationError(
            f"Cannot write {path}: {exc.strerror}.", hint="Name a file in a folder in which you may make files."
        ) from exc


def _text(path: Path) -> str:
    try:
        with path.open(encoding="utf-8") as file:
            return file.read(_LARGEST)
    except (OSError, UnicodeDecodeError) as exc:
        reason = exc.strerror if isinstance(exc, OSError) else "it is not UTF-8 text"
        raise ConfigurationError(
            f"Cannot read {path}: {reason}.", hint="Make one with awa-infra plan --out FILE."
        ) from exc
