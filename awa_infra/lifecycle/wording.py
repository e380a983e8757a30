"""Adapt messages for programs: name inputs instead of command-line options."""

from __future__ import annotations

import re

_INPUTS = frozenset({"lock-timeout", "lock-wait", "role", "allow-live-runtimes", "repair", "transaction"})
"""Options that the resources have as inputs."""

_COMMAND = re.compile(r"((?:awa-infra|pip|pulumi) [^.;,]*)|(?<![\w-])--([a-z]+(?:-[a-z]+)*)")
"""A command to be typed, which stays as it is, or an option that is mentioned by itself."""


_WORD = re.compile(r"[\w .-]{1,63}")
"""A value that no connection string can be."""


def with_inputs(text: str) -> str:
    """Return a message with the names of inputs for options; what only ``awa-infra apply`` has is named as such."""

    def named(found: re.Match[str]) -> str:
        command, option = found.groups()
        if command:
            return found[0]
        return option.replace("-", "_") if option in _INPUTS else f"awa-infra apply --{option}"

    return _COMMAND.sub(named, text)


def placed(key: str, reason: str, value: object, *, secret: bool) -> tuple[str, str]:
    """Return what an engine is given as the property and as the reason of a failed check.

    An engine prints the value of the property that is named, as the program gave it. So none is named that has no
    value, for it would print ``<nil>``; none that is a list or part of one; and none whose value may be a password,
    such as a connection string under a mistyped name.

    Args:
        key: the input as people write it, down to the part that is wrong.
        reason: what is wrong with it.
        value: the input's as it was given; ``None`` if it was not.
        secret: whether its value may be a secret.
    """
    plain = isinstance(value, bool | int | float) or (isinstance(value, str) and _WORD.fullmatch(value))
    shown = plain and not secret and "." not in key and "[" not in key
    return (key, reason) if shown else ("", f"{key}: {reason}")


def in_lines(text: str) -> str:
    """Return a message with its hint on a line of its own, as failures have it."""
    return text.replace(" Hint: ", "\nHint: ")
