"""Check who signed a plan file, with OpenSSH's own program, before anything of it is used."""

from __future__ import annotations

import subprocess
from pathlib import Path

from awa_infra.errors import (
    ConfigurationError,
    SignatureError,
    SignatureMissingError,
    SignatureToolError,
    SignerUnknownError,
)

NAMESPACE = "awa-infra-plan"
"""What a signature must be for (``ssh-keygen -Y sign -n``): one for a Git commit is none for a plan."""

_SECONDS = 10.0
"""A check takes milliseconds; reading a pipe would block for ever."""

_MAKE = f"Sign the plan file: ssh-keygen -Y sign -f KEY -n {NAMESPACE} FILE."


def require_signature(document: bytes, plan: Path, signature: Path | None, allowed: Path) -> str:
    """Return who signed a plan file.

    Args:
        document: what was read from it, and is checked and used.
        plan: its path.
        signature: path of the detached signature; ``None`` is the plan's with ``.sig`` behind it.
        allowed: path of the allowed signers, see ``ssh-keygen(1)``.

    Raises:
        SignatureMissingError: there is no signature.
        SignerUnknownError: no signer in the file has signed it, or the key has expired.
        SignatureError: the file was changed after it was signed, or it was signed for something else.
        SignatureToolError: ssh-keygen is missing, or gave no answer.
        ConfigurationError: the allowed signers cannot be read.
    """
    where = signature or plan.with_name(f"{plan.name}.sig")
    if not where.is_file():
        raise SignatureMissingError(
            f"{plan} must be signed, and there is no signature {where}.", hint=f"{_MAKE} Nothing was run."
        )
    _require_readable(allowed)
    # A relative path that begins with a dash would be an option.
    files = ["-s", str(where.absolute()), "-f", str(allowed.absolute())]
    found = _ssh_keygen("find-principals", *files)
    # A line of the file may name several: ALICE,BOB or !MALLORY,*@example.com.
    listed = found.stdout.decode(errors="replace").replace(",", "\n").splitlines()
    names = [name for name in listed if name and not name.startswith("!")]
    if found.returncode != 0 or not names:
        raise SignerUnknownError(
            f"{plan} has no valid signature by a signer in {allowed}.",
            hint=f"It must be signed with a key that is listed there and has not expired. {_MAKE} Nothing was run.",
            details=_said(found.stderr),
        )
    answers = {name: _ssh_keygen("verify", *files, "-n", NAMESPACE, "-I", name, document=document) for name in names}
    for name, answer in answers.items():
        if answer.returncode == 0:
            return name
    raise SignatureError(
        f"The signature of {plan} by {', '.join(names)} is not valid: the file was changed after it was signed, it "
        f"was signed for something else than {NAMESPACE}, or {allowed} does not allow it.",
        hint="Review the plan again, then have it signed again. Nothing was run.",
        details=_said(*(answer.stderr + answer.stdout for answer in answers.values())),
    )


def _ssh_keygen(action: str, *arguments: str, document: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    command = ["ssh-keygen", "-Y", action, *arguments]
    try:
        return subprocess.run(command, input=document, capture_output=True, timeout=_SECONDS, check=False)  # noqa: S603
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


def _said(*outputs: bytes) -> list[str]:
    lines = (line.strip() for output in outputs for line in output.decode(errors="replace").splitlines())
    return list(dict.fromkeys(line for line in lines if line))[:5]
