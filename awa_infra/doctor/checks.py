"""What a check says. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

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
    """One link, and what was found.

    Attributes:
        area: what it is about.
        name: of the link, a word or two.
        outcome: ``ok``; ``note`` for what is worth knowing and stops nothing; ``problem``; ``unknown`` where nothing
            could be found out.
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

    def data(self) -> dict[str, Any]:
        """Return it as JSON data."""
        return {
            "area": str(self.area),
            "name": self.name,
            "outcome": str(self.outcome),
            "message": self.message,
            "hint": self.hint,
            "code": self.code,
        }


def failed(area: Area, name: str, error: AwaInfraError, known: Iterable[Check] = ()) -> list[Check]:
    """Return a check for a failure, or where gates are behind it, one for each of them.

    Args:
        area: what it is about.
        name: of the link.
        error: the failure.
        known: checks so far; what one of them has said already is not said again.
    """
    said = {check.code for check in known}
    if isinstance(error, BlockedError) and error.parts:
        found = [Check(area, name, Outcome.PROBLEM, part.message, part.hint, part.code) for part in error.parts]
    else:
        more = "".join(f"; {detail}" for detail in error.details)
        found = [Check(area, name, Outcome.PROBLEM, f"{error.message}{more}", error.hint, error.code)]
    return [check for check in found if check.code not in said]


def worst(checks: Iterable[Check]) -> Outcome:
    """Return what all of them come to: a problem before something unknown; notes are as good as ``ok``."""
    found = {check.outcome for check in checks}
    return next((one for one in (Outcome.PROBLEM, Outcome.UNKNOWN) if one in found), Outcome.OK)


def not_reached(*areas: Area) -> list[Check]:
    """Return that nothing is known of these areas, because a link before them does not hold."""
    return [Check(area, "everything", Outcome.UNKNOWN, "not looked at: what comes before it fails") for area in areas]
