"""Plans in people's words; pure, and the same words in a preview, a command and a log."""

from __future__ import annotations

from collections.abc import Iterable

from awa_infra.model import Plan, StepKind

_SHOWN = 8
"""How many names are shown in one line."""


def pending_line(plan: Plan) -> str:
    """Return one line that says what a plan would do."""
    if not plan.steps:
        return f"Nothing is pending; schema awa is at version {plan.to_version}."
    parts = []
    versions = [int(s.key.removeprefix("V")) for s in plan.steps if s.kind is StepKind.MIGRATION]
    if versions:
        parts.append(f"{len(versions)} migration{'s' if len(versions) > 1 else ''} ({version_ranges(versions)})")
    # Whom the steps are made as is a step of its own, and nothing that anybody waits for.
    parts += [s.title for s in plan.steps if s.kind not in {StepKind.MIGRATION, StepKind.ACT_AS}]
    if versions:
        origin = f"version {plan.from_version}" if plan.from_version else "an empty database"
        return f"Pending from {origin}: {listed(parts)}."
    return f"Pending: {listed(parts)}."


def listed(names: Iterable[str], separator: str = ", ") -> str:
    """Return names as a list for one line; of many the first few, and how many more there are."""
    known = list(names)
    more = len(known) - _SHOWN
    return separator.join(known) if more <= 0 else f"{separator.join(known[:_SHOWN])} and {more} more"


def version_ranges(versions: Iterable[int]) -> str:
    """Return versions as ranges, for example ``V1-V7, V9-V40``."""
    ranges: list[list[int]] = []
    for version in sorted(versions):
        if ranges and version == ranges[-1][1] + 1:
            ranges[-1][1] = version
        else:
            ranges.append([version, version])
    return ", ".join(f"V{low}" if low == high else f"V{low}-V{high}" for low, high in ranges)


def locks_line(plan: Plan) -> str:
    """Return one line that says what the steps of a plan lock, the same for several told once; empty if nothing."""
    groups: dict[str, list[str]] = {}
    for step in plan.steps:
        if step.locks:
            groups.setdefault(step.locks, []).append(step.key)
    return "; ".join(f"{_keys(keys)}: {locks}" for locks, keys in groups.items())


def _keys(keys: list[str]) -> str:
    versions = [int(key.removeprefix("V")) for key in keys if key.startswith("V")]
    return version_ranges(versions) if len(versions) == len(keys) else ", ".join(keys)
