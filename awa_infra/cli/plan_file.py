"""Plans on disk: as files that apply takes, whose signature OpenSSH's own program checks, and as pages for people."""

from __future__ import annotations

import json
import subprocess
from datetime import UTC, datetime
from pathlib import Path

from awa_infra import __version__
from awa_infra.cli.output import refuse_devices, write_text
from awa_infra.errors import ConfigurationError, SignatureMissingError, SignatureToolError
from awa_infra.model import AgreedPlan, DatabaseIdentity, DesiredState, Plan
from awa_infra.planning.signature import MAKE as SIGN
from awa_infra.planning.signature import NAMESPACE, Answer, signer

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


_SECONDS = 10.0
"""A check takes milliseconds; reading a pipe would block for ever."""


def require_signature(document: bytes, plan: Path, signature: Path | None, allowed: Path) -> str:
    """Return who signed a plan file, of which the document was read: what is checked is what is used.

    Without a path of the detached signature it is the plan's with ``.sig`` behind it. The allowed signers are a file as
    ``ssh-keygen(1)`` has it.

    Raises:
        SignatureMissingError: there is no signature.
        SignatureToolError: ssh-keygen is missing, or gave no answer.
        ConfigurationError: the allowed signers cannot be read.
        SignatureError: it is not signed as it must be, see :func:`awa_infra.planning.signature.signer`.
    """
    where = signature or plan.with_name(f"{plan.name}.sig")
    if not where.is_file():
        raise SignatureMissingError(
            f"{plan} must be signed, and there is no signature {where}.", hint=f"{SIGN} Nothing was run."
        )
    _require_readable(allowed)
    # A relative path that begins with a dash would be an option.
    files = ["-s", str(where.absolute()), "-f", str(allowed.absolute())]
    listing = _ssh_keygen("find-principals", *files)
    return signer(
        str(plan),
        str(allowed),
        listing,
        lambda name: _ssh_keygen("verify", *files, "-n", NAMESPACE, "-I", name, document=document),
    )


def _ssh_keygen(action: str, *arguments: str, document: bytes = b"") -> Answer:
    command = ["ssh-keygen", "-Y", action, *arguments]
    try:
        done = subprocess.run(command, input=document, capture_output=True, timeout=_SECONDS, check=False)  # noqa: S603
    except FileNotFoundError as exc:
        raise SignatureToolError(
            "There is no ssh-keygen to check the signature with.",
            hint="Install the client of OpenSSH 8.2 or newer, for example: apt-get install openssh-client.",
        ) from exc
    except (OSError, subprocess.TimeoutExpired) as exc:
        reason = exc.strerror if isinstance(exc, OSError) else f"no answer within {_SECONDS:g} seconds"
        raise SignatureToolError(
            f"ssh-keygen could not check the signature: {reason}.",
            hint="Give the signature and the allowed signers as plain files.",
        ) from exc
    return Answer(done.returncode == 0, done.stdout.decode(errors="replace"), done.stderr.decode(errors="replace"))


def _require_readable(allowed: Path) -> None:
    if allowed.exists() and not allowed.is_file():
        raise ConfigurationError(f"The allowed signers {allowed} are no plain file.", hint="Name a plain file.")
    try:
        with allowed.open("rb"):
            pass
    except OSError as exc:
        raise ConfigurationError(
            f"Cannot read the allowed signers {allowed}: {exc.strerror}.",
            hint="Name a file with a line for each signer: NAME namespaces="
            f'"{NAMESPACE}" KEY-TYPE KEY, as ssh-keygen(1) has it.',
        ) from exc
