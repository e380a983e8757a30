"""Which steps replay Awa's queue-storage installer. Pure."""

from __future__ import annotations

from awa_infra.model import Step, StepKind

INSTALLER = "FUNCTION awa.install_queue_storage_substrate("
"""What the text of a migration has that replays the installer."""


def replays_installer(step: Step) -> bool:
    """Whether a step replays Awa's queue-storage installer, which locks and scans its tables."""
    return step.kind is StepKind.MIGRATION and INSTALLER in step.sql
