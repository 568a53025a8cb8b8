"""The rules of the directory, without any database: which moves a supplier can make, and what scores mean.

product.md, section 4. That two people approve is a rule of the tables as well (migration 0008).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from storage.charters import Charter, Criterion
from storage.suppliers import State

HIGHEST: Final = 4
VOTES_NEEDED: Final = 2

MOVES: Final[Mapping[State, frozenset[State]]] = {
    "prospect": frozenset({"proposed", "rejected"}),
    "proposed": frozenset({"triage", "rejected"}),
    "triage": frozenset({"evidence", "rejected"}),
    "evidence": frozenset({"review", "rejected"}),
    "review": frozenset({"evidence", "approved", "conditional", "rejected"}),
    "approved": frozenset({"approved", "conditional", "suspended", "expired"}),
    "conditional": frozenset({"approved", "conditional", "suspended", "expired"}),
    "suspended": frozenset({"approved", "conditional", "revoked"}),
    "rejected": frozenset({"proposed"}),
    "revoked": frozenset({"proposed"}),
    "expired": frozenset({"proposed"}),
}

# By criterion; None is unrated.
Scores = Mapping[str, int | None]


@dataclass(frozen=True, slots=True)
class Total:
    """`points` of 100, over the criteria that were rated; None when none was. `rated` is the weight, of 100,
    of those criteria: an unrated one counts neither as zero nor as full."""

    points: int | None
    rated: int


def may_move(before: State, after: State) -> bool:
    return after in MOVES[before]


def total(charter: Charter, scores: Scores) -> Total:
    """Halves are rounded up."""
    rated = points = 0
    for criterion in charter.criteria:
        score = scores.get(criterion.key)
        if score is not None:
            rated += criterion.weight
            points += criterion.weight * score
    if not rated:
        return Total(None, 0)
    return Total((200 * points + HIGHEST * rated) // (2 * HIGHEST * rated), rated)


def order_score(charter: Charter, scores: Scores) -> int:
    """For ordering alone, of 800: what is unrated counts half, since it may be either."""
    return sum(
        criterion.weight * (2 * score if score is not None else HIGHEST)
        for criterion in charter.criteria
        for score in (scores.get(criterion.key),)
    )


def failed_knock_outs(charter: Charter, scores: Scores) -> tuple[Criterion, ...]:
    """Knock-outs that were rated below what they need; one that is unrated has not failed."""
    return tuple(
        criterion
        for criterion in charter.criteria
        if criterion.knock_out
        and (score := scores.get(criterion.key)) is not None
        and score < criterion.minimum
    )


def not_looked_at(charter: Charter, scores: Scores) -> tuple[Criterion, ...]:
    """Criteria that nobody rated, nor left unrated on purpose."""
    return tuple(criterion for criterion in charter.criteria if criterion.key not in scores)
