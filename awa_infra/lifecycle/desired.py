"""Build the desired state of a whole stack configuration, for what brings it about in one go."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from awa_infra.model import DesiredState, Policy, Transaction
from awa_infra.planning.pure_gates import raise_if_blocked, release_gate
from awa_infra.release import installed_release

if TYPE_CHECKING:
    from awa_infra.spec.stack import StackConfig  # pydantic takes a third of a second to import


def desired_state(
    config: StackConfig | None,
    target_version: int | None = None,
    policy: Policy = Policy(),  # noqa: B008  frozen
    transaction: str | None = None,
) -> DesiredState:
    """Return the desired state: the installed release, what the configuration declares, and the options over it.

    Args:
        config: the stack's, if there is one.
        target_version: the highest version.
        policy: which gates are overruled.
        transaction: what is committed together: ``whole`` or ``each``.

    Raises:
        BlockedError: another release is installed than the configuration expects.
        ReleaseError: the installed ``awa-pg`` cannot be used.
    """
    release = installed_release()
    together = Transaction(transaction or (config.transaction if config else Transaction.WHOLE))
    if config is None:
        version = release.schema_version if target_version is None else target_version
        return DesiredState(release, version, (), policy, transaction=together)
    objection = release_gate(config.release, release)
    # Before anything is read: every other gate would check for the wrong release.
    raise_if_blocked([objection] if objection else [], "")
    declared = release.schema_version if config.target_version is None else config.target_version
    return DesiredState(
        release,
        declared if target_version is None else target_version,
        config.queue_storage(),
        dataclasses.replace(policy, allow_live_runtimes=policy.allow_live_runtimes or config.allow_live_runtimes),
        config.roles_wanted(),
        config.database.name if config.database else None,
        config.guarded(),
        together,
    )
