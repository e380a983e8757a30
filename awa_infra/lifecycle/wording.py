"""Adapt messages for programs: name inputs instead of command-line options."""

from __future__ import annotations

import re

_INPUTS = frozenset({"lock-timeout", "lock-wait", "role", "allow-live-runtimes", "repair", "transaction"})
"""Options that the resources have as inputs."""

_COMMAND = re.compile(r"((?:awa-infra|pip|pulumi) [^.;,]*)|(?<![\w-])--([a-z]+(?:-[a-z]+)*)")
"""A command to be typed, which stays as it is, or an option that is mentioned by itself."""


def with_inputs(text: str) -> str:
    """Return a message with the names of inputs for options; what only ``awa-infra apply`` has is named as such."""

    def named(found: re.Match[str]) -> str:
        command, option = found.groups()
        if command:
            return found[0]
        return option.replace("-", "_") if option in _INPUTS else f"awa-infra apply --{option}"

    return _COMMAND.sub(named, text)


def placed(key: str, reason: str) -> tuple[str, str]:
    """Return what an engine is given as the property and as the reason of a failed check.

    An engine prints the value of the property that is named; of a part of one, such as ``queues[0].name``, it finds
    none and would print ``<nil>``.
    """
    return ("", f"{key}: {reason}") if "." in key or "[" in key else (key, reason)


def in_lines(text: str) -> str:
    """Return a message with its hint on a line of its own, as failures have it."""
    return text.replace(" Hint: ", "\nHint: ")
