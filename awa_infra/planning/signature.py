"""Decide who has signed a plan file, from the answers of OpenSSH's ssh-keygen. Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from awa_infra.errors import SignatureError, SignerUnknownError

NAMESPACE = "awa-infra-plan"
"""What a signature must be for (``ssh-keygen -Y sign -n``): one for a Git commit is none for a plan."""

MAKE = f"Sign the plan file: ssh-keygen -Y sign -f KEY -n {NAMESPACE} FILE."

_SHOWN = 5
"""Lines of ssh-keygen in an error."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What ssh-keygen answered: whether its exit status is 0, its standard output and its standard error."""

    success: bool
    output: str
    errors: str


def signer(plan: str, allowed: str, listing: Answer, verify: Callable[[str], Answer]) -> str:
    """Return the allowed signer of a plan file; both paths are for messages.

    ``listing`` is the answer to ``find-principals``: whose key the signature is made with. ``verify`` returns the
    answer to ``verify`` for one of those names.

    Raises:
        SignerUnknownError: no signer in the file has signed it, or the key has expired.
        SignatureError: the file was changed after it was signed, or it was signed for something else.
    """
    # A line of the file may name several: ALICE,BOB or !MALLORY,*@example.com.
    listed = listing.output.replace(",", "\n").splitlines()
    names = [name for name in listed if name and not name.startswith("!")]
    if not listing.success or not names:
        raise SignerUnknownError(
            f"{plan} has no valid signature by a signer in {allowed}.",
            hint=f"It must be signed with a key that is listed there and has not expired. {MAKE} Nothing was run.",
            details=_lines(listing.errors),
        )
    answers = {name: verify(name) for name in names}
    for name, answer in answers.items():
        if answer.success:
            return name
    raise SignatureError(
        f"The signature of {plan} by {', '.join(names)} is not valid: the file was changed after it was signed, it "
        f"was signed for something else than {NAMESPACE}, or {allowed} does not allow it.",
        hint="Review the plan again, then have it signed again. Nothing was run.",
        details=_lines(*(answer.errors + answer.output for answer in answers.values())),
    )


def _lines(*outputs: str) -> list[str]:
    lines = (line.strip() for output in outputs for line in output.splitlines())
    return list(dict.fromkeys(line for line in lines if line))[:_SHOWN]
