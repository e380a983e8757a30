"""From options to the desired state, for the commands that go straight to a database or write a bundle."""

from __future__ import annotations

from pathlib import Path

from awa_infra.model import DesiredState, Policy
from awa_infra.release import installed_release


def desired_state(
    config_path: Path | None,
    target_version: int | None = None,
    policy: Policy = Policy(),  # noqa: B008  frozen
) -> DesiredState:
    """Return what the options ask for: the installed release, and what the configuration declares.

    Raises:
        ConfigurationError: the configuration is wrong; every problem is listed.
        ReleaseError: the installed ``awa-pg`` cannot be used.
    """
    config = None
    if config_path is not None:
        from awa_infra import config as stack_config  # noqa: PLC0415  pydantic takes a third of a second to import

        config = stack_config.load(config_path)
    release = installed_release()
    target = release.schema_version if target_version is None else target_version
    return DesiredState(release, target, config.queue_storage() if config else (), policy)
