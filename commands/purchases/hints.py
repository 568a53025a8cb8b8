"""How full a line's cases are, as a row of characters, and which lines are told first where there is no room
for all. Pure: no words, no database."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from commands.purchases.standing import LineStanding

_FILLED, _LENT, _MISSING = "■", "▨", "□"
# Up to so many units each has a character of its own; more share these.
_UNIT_BY_UNIT: Final = 12
_SCALED: Final = 10


@dataclass(frozen=True, slots=True)
class Fill:
    """Of `size` units that are to be filled next (a case, or the whole minimum), so many are `wanted` and so
    many more `lent` by people who take more if that fills it. `below_minimum` while a minimum of several cases
    is not reached."""

    wanted: int
    lent: int
    size: int
    below_minimum: bool

    @property
    def bar(self) -> str:
        """The same in characters: ■ wanted, ▨ lent, □ missing."""
        if self.size <= _UNIT_BY_UNIT:
            wanted, lent, size = self.wanted, self.lent, self.size
        else:
            size = _SCALED
            wanted = self.wanted * size // self.size
            lent = (self.wanted + self.lent) * size // self.size - wanted
        return _FILLED * wanted + _LENT * lent + _MISSING * (size - wanted - lent)


def fill_of(standing: LineStanding) -> Fill:
    """The minimum until it is reached, then the case that is not full; a full one where all are."""
    line = standing.line
    minimum = max(1, line.minimum_cases) * line.case_size
    if standing.quantity < minimum:
        wanted, size = standing.quantity, minimum
    else:
        wanted, size = standing.in_last_case or line.case_size, line.case_size
    lent = min(standing.tolerance, size - wanted) if standing.quantity else 0
    below = line.minimum_cases > 1 and standing.quantity + lent < minimum
    return Fill(wanted, lent, size, below)


def told_first(standings: Sequence[LineStanding], most: int) -> list[LineStanding]:
    """All of them in their order, or where there are too many those that lack units to fill a case, then those
    that somebody wants."""
    if len(standings) <= most:
        return list(standings)
    ordered = sorted(
        standings, key=lambda one: (one.missing == 0, one.quantity == 0, one.line.position)
    )
    return ordered[:most]
