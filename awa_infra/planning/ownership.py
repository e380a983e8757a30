"""Objects of Awa that another role owns than their schema's owner: hand them over, or report them. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from functools import cache

from awa_infra import sqltext
from awa_infra.facts.catalog import names_of_awa
from awa_infra.model import Note, ObservedState, Step, StepKind, Stranger
from awa_infra.wording import counted

OWNERSHIP_KEY = "ownership"
"""Key of the step that hands over what belongs to another role."""


@cache
def strangers_query() -> str:
    """Return the query for the objects of Awa that the owner of their schema cannot change."""
    return sqltext.render("ownership/strangers.sql", names=sqltext.array(sorted(names_of_awa()))).rstrip()


@cache
def hand_over_query(only: str = "[]") -> str:
    """Return the query for the statements that hand those objects over.

    It looks at the schemas of a JSON array alone; at all of Awa's if that is empty.
    """
    return sqltext.render("ownership/hand_over.sql", strangers=sqltext.Part(strangers_query()), only=only)


def ownership_steps(observed: ObservedState) -> list[Step]:
    """Return the step that hands over what the session may; none if there is nothing."""
    movable = [stranger for stranger in observed.strangers if stranger.movable]
    if not movable:
        return []
    moves = "; ".join(
        f"{counted(count, 'object')} in schema {schema} from {belongs} to {owner}"
        for (schema, belongs, owner, _hint), count in _counts(movable)
    )
    text = "\n".join(stranger.sql for stranger in movable)
    locks = "short AccessExclusive locks on these objects"
    return [Step(StepKind.OWNERSHIP, OWNERSHIP_KEY, f"hand over {moves}", text, locks)]


def ownership_notes(observed: ObservedState) -> tuple[Note, ...]:
    """Return what belongs to another role and cannot be handed over by this session."""
    return tuple(
        Note(
            "objects-other-owner",
            f"In schema {schema}, {counted(count, 'object belongs', 'objects belong')} to {belongs}, not to {owner}. "
            f"{hint}",
        )
        for (schema, belongs, owner, hint), count in _counts(s for s in observed.strangers if not s.movable)
    )


def _counts(strangers: Iterable[Stranger]) -> Iterable[tuple[tuple[str, str, str, str], int]]:
    """Return how many objects of a schema belong to a role, not to which owner, and who can hand them over."""
    return Counter((s.schema, s.belongs, s.owner, s.hint) for s in strangers).items()
