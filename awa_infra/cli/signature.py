"""Have OpenSSH's own program check the signature of a plan file, before anything of the file is used."""

from __future__ import annotations

import subprocess
from pathlib import Path

from awa_infra.errors import ConfigurationError, SignatureMissingError, SignatureToolError
from awa_infra.planning.signature import MAKE, NAMESPACE, Answer, signer

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
            f"{plan} must be signed, and there is no signature {where}.", hint=f"{MAKE} Nothing was run."
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
