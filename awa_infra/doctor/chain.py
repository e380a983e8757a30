"""Run all checks in order: this machine, the configuration, the network, the server, the schema."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from awa_infra.doctor.checks import Area, Check, Outcome, failed, not_reached
from awa_infra.doctor.database import database_checks
from awa_infra.doctor.machine import machine_checks
from awa_infra.errors import AwaInfraError
from awa_infra.lifecycle.database_url import url_for
from awa_infra.lifecycle.desired import desired_state

if TYPE_CHECKING:
    from awa_infra.spec.stack import StackConfig  # pydantic takes a third of a second to import


def every_check(
    url: str | None,
    path: Path | None,
    load: Callable[[Path | None], StackConfig | None],
    *,
    role: str | None,
    offline: bool,
) -> list[Check]:
    """Return all checks; those behind a failed one are reported as not checked.

    Without a URL it is that of the configuration, whose path is loaded, or of the environment. With ``offline`` this
    machine alone is checked, and no connection opened.
    """
    config = desired = None
    found = machine_checks(path)
    try:
        config = load(path)
        if path is not None:
            found.append(Check(Area.MACHINE, "configuration", Outcome.OK, f"{path} can be used"))
        desired = desired_state(config)
    except AwaInfraError as error:
        found += failed(Area.MACHINE, "configuration", error, known=found)
    if offline:
        return found
    try:
        url = url_for(url, config)
    except AwaInfraError as error:
        return [*found, *failed(Area.NETWORK, "database URL", error), *not_reached(Area.SERVER, Area.SCHEMA)]
    return [*found, *database_checks(url, desired, role=role)]
