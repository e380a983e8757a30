"""The result of a check. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from awa_infra.errors import AwaInfraError, BlockedError


class Outcome(StrEnum):
    """How a check ended."""

    OK = "ok"
    NOTE = "note"
    PROBLEM = "problem"
    UNKNOWN = "unknown"


class Area(StrEnum):
    """What a check is about."""

    MACHINE = "this machine"
    NETWORK = "network"
    SERVER = "server"
    SCHEMA = "schemas"


@dataclass(frozen=True, slots=True)
class Check:
    """One check, and what was found.

    Attributes:
        area: what it is about.
        name: of the check, a word or two.
        outcome: ``ok``; ``note`` for information that blocks nothing; ``problem``; ``unknown`` if it could not be
            checked.
        message: what was found, one line.
        hint: what to do; may be empty.
        code: of the failure, gate, note or finding behind it, which ``awa-infra explain`` knows; may be empty.
    """

    area: Area
    name: str
    outcome: Outcome
    message: str
    hint: str = ""
    code: str = ""


def failed(area: Area, name: str, error: AwaInfraError, known: Iterable[Check] = ()) -> list[Check]:
    """Return a check for a failure, or where gates are behind it, one for each of them.

    A code that one of the known checks reports is not reported again.
    """
    reported = {check.code for check in known}
    if isinstance(error, BlockedError) and error.parts:
        found = [Check(area, name, Outcome.PROBLEM, part.message, part.hint, part.code) for part in error.parts]
    else:
        parts = [part.removesuffix(".") for part in (error.message, *error.details)]
        message = "; ".join(parts) if error.details else error.message
        found = [Check(area, name, Outcome.PROBLEM, message, error.hint, error.code)]
    return [check for check in found if check.code not in reported]


def worst(checks: Iterable[Check]) -> Outcome:
    """Return the overall outcome: a problem before something unknown; notes count as ``ok``."""
    found = {check.outcome for check in checks}
    return next((one for one in (Outcome.PROBLEM, Outcome.UNKNOWN) if one in found), Outcome.OK)


def not_reached(*areas: Area) -> list[Check]:
    """Return checks that say that these areas were not checked, because an earlier check failed."""
    return [Check(area, "everything", Outcome.UNKNOWN, "not checked: an earlier check failed") for area in areas]
