"""Runs that only preview, with a login that may only read: what that login may not do is a warning, nothing is written.

A provider cannot see whether its engine previews or updates. So whoever starts the engine says it in the environment.
"""

from __future__ import annotations

import os
from collections.abc import Iterable

from awa_infra.errors import ConfigurationError, PreviewOnlyError
from awa_infra.lifecycle.values import Show
from awa_infra.model import Gate
from awa_infra.planning.gates import login_gates

VARIABLE = "AWA_INFRA_PREVIEW_ONLY"
_SWITCH = {"": False, "0": False, "false": False, "1": True, "true": True}


def preview_only() -> bool:
    """Return whether this process must not write: ``AWA_INFRA_PREVIEW_ONLY`` is 1 or true.

    Raises:
        ConfigurationError: it is neither that nor 0, false or empty.
    """
    found = _SWITCH.get(os.environ.get(VARIABLE, "").strip().lower())
    if found is None:
        raise ConfigurationError(
            f"{VARIABLE} is neither true nor false.", hint="Set it to true where only previews run, or unset it."
        )
    return found


def stopping(gates: Iterable[Gate], show: Show) -> list[Gate]:
    """Return the gates that make a check fail; in a run that only previews, warn of those that are about its login.

    Raises:
        ConfigurationError: see :func:`preview_only`.
    """
    blocking = list(gates)
    if not blocking or not preview_only():
        return blocking
    if not {gate.code for gate in blocking} <= login_gates():
        return blocking
    for gate in blocking:
        # Without its hint, which would have this login get what it is not to have.
        show(f"An up with this login fails: {gate.message} [{gate.code}]", warning=True)
    return []


def refuse_to_write() -> None:
    """Refuse in a run that only previews.

    Raises:
        PreviewOnlyError: it is one.
        ConfigurationError: see :func:`preview_only`.
    """
    if preview_only():
        raise PreviewOnlyError(
            f"{VARIABLE} is set, so nothing is written here.",
            hint=f"Unset {VARIABLE} where up and destroy run, and give them a login that may migrate.",
        )
