"""Declared queues: one form for every way to write them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from awa_infra.config import QueueEntry
from awa_infra.lifecycle.fields import UNKNOWN
from awa_infra.model import Queue

QUEUES_TEXT = (
    "Queues whose lanes are made ahead by the owner: names, or mappings of name, priorities, shards, stripes. More can "
    "be added later; none is ever removed."
)
"""The sentence of the input for the reference."""

_DEFAULTS = {"priorities": list(Queue("").priorities), "stripes": Queue("").stripes}


def in_one_form(queues: Any) -> Any:  # noqa: ANN401  whatever the user gave; the model says what is wrong with it
    """Return queues as mappings with every default but that of ``shards``: not to declare those has a meaning."""
    if not isinstance(queues, list | tuple):
        return queues
    return [_in_one_form(queue) for queue in queues]


def declared_queues(queues: Any) -> tuple[Queue, ...]:  # noqa: ANN401  what :func:`in_one_form` returns
    """Return checked queues as plans want them; none while they are not known."""
    if queues is UNKNOWN:
        return ()
    return tuple(QueueEntry.model_validate(queue).wanted() for queue in queues)


def without_equal_queues(
    before: Mapping[str, Any], wanted: Mapping[str, Any], changed: tuple[str, ...]
) -> tuple[str, ...]:
    """Return the changed inputs without ``queues`` where those differ only in ``shards: 1``.

    Earlier releases kept that for a queue without shards. Whether a database has another number is for the plan to see.
    """
    if "queues" in changed and _with_shards(before["queues"]) == _with_shards(wanted["queues"]):
        return tuple(name for name in changed if name != "queues")
    return changed


def _in_one_form(queue: Any) -> Any:  # noqa: ANN401
    if isinstance(queue, str):
        queue = {"name": queue}
    return {**_DEFAULTS, **queue} if isinstance(queue, Mapping) else queue


def _with_shards(queues: Any) -> Any:  # noqa: ANN401
    if not isinstance(queues, list | tuple):
        return queues
    return [{"shards": 1, **queue} if isinstance(queue, Mapping) else queue for queue in queues]
