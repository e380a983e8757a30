"""Plans on disk: as files that apply takes, and as pages for people."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

from awa_infra import __version__
from awa_infra.cli.files import refuse_devices, write_text
from awa_infra.errors import ConfigurationError
from awa_infra.model import AgreedPlan, DatabaseIdentity, DesiredState, Plan

_MAKE = "Make one with awa-infra plan --out FILE."
_LARGEST = 10_000_000
"""Bytes; a plan for a thousand queue-storage schemas has less than one million."""


def read_plan_file(path: Path) -> AgreedPlan:
    """Return the plan in a file.

    Raises:
        ConfigurationError: it cannot be read, or is no plan file.
    """
    return _plan(_bytes(path), path)


def read_signed_plan_file(path: Path, signature: Path | None, allowed: Path) -> tuple[AgreedPlan, str]:
    """Return the plan in a file, and who signed it. What is checked is what is used: the file is read once.

    Raises:
        SignatureError: it is not signed as it must be.
        ConfigurationError: it cannot be read, or is no plan file.
    """
    from awa_infra.cli.signature import require_signature  # noqa: PLC0415  most plans are not signed

    content = _bytes(path)
    return _plan(content, path), require_signature(content, path, signature, allowed)


def _plan(content: bytes, path: Path) -> AgreedPlan:
    from awa_infra.planning.plan_file import read_document  # noqa: PLC0415  pydantic takes a third of a second

    try:
        text = content.decode()
    except UnicodeDecodeError as exc:
        raise ConfigurationError(f"Cannot read {path}: it is not UTF-8 text.", hint=_MAKE) from exc
    return read_document(text, str(path))


def refuse_other_files(path: Path) -> None:
    """Raise a ConfigurationError if there is a file that is no plan."""
    refuse_devices(path)
    if not path.exists():
        return
    try:
        read_plan_file(path)
    except ConfigurationError as exc:
        raise ConfigurationError(
            f"{path} exists, and is no plan file that could be replaced.", hint="Name another file."
        ) from exc


def write_plan(path: Path, plan: Plan, desired: DesiredState, database: DatabaseIdentity, role: str | None) -> None:
    """Write a plan to a file, all of it or nothing.

    Raises:
        ConfigurationError: it cannot be written.
    """
    from awa_infra.planning.plan_file import document  # noqa: PLC0415  see above

    content = document(plan, desired, database, role=role, made_at=datetime.now(UTC), made_by=_MADE_BY)
    write_text(path, json.dumps(content, indent=2) + "\n")


def refuse_other_pages(path: Path) -> None:
    """Raise a ConfigurationError if there is a file that is no page of a plan."""
    from awa_infra.planning.page import GENERATOR  # noqa: PLC0415  most plans have no page

    refuse_devices(path)
    if path.exists() and GENERATOR.encode() not in _bytes(path, _NEAR_THE_START, hint="Name another file."):
        raise ConfigurationError(
            f"{path} exists, and is no page of a plan that could be replaced.", hint="Name another file."
        )


def write_page(path: Path, database: str, plan: Plan, desired: DesiredState) -> None:
    """Write a plan as a page, all of it or nothing.

    Raises:
        ConfigurationError: it cannot be written.
    """
    from awa_infra.planning.page import plan_page  # noqa: PLC0415  most plans have no page
    from awa_infra.planning.summary import summary_of  # noqa: PLC0415  the same

    shown = summary_of(database, plan, desired)
    write_text(path, plan_page(shown, made_at=datetime.now(UTC), made_by=_MADE_BY))


_MADE_BY = f"awa-infra {__version__}"

_STANDARD_INPUT = Path("/dev/stdin")

_NEAR_THE_START = 1_000
"""Bytes."""


def _bytes(path: Path, most: int = _LARGEST, hint: str = _MAKE) -> bytes:
    try:
        with (path if str(path) != "-" else _STANDARD_INPUT).open("rb") as file:
            return file.read(most)
    except OSError as exc:
        raise ConfigurationError(f"Cannot read {path}: {exc.strerror}.", hint=hint) from exc
