"""Prices that fall as more is ordered. A threshold counts already: "from 10" is the price of the tenth."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from storage.purchase_lines import Tier


@dataclass(frozen=True, slots=True)
class BuyUp:
    """So many `more` units bring all of them to a price of `cents` a unit; `is_cheaper` when the whole then
    costs no more than the fewer units cost now."""

    more: int
    cents: int
    is_cheaper: bool


def sound(tiers: Sequence[Tier]) -> bool:
    """Whether they begin at one unit, rise in number and fall in price."""
    if not tiers or tiers[0].from_units != 1:
        return False
    return all(
        before.from_units < after.from_units and before.cents > after.cents
        for before, after in pairwise(tiers)
    )


def price_at(tiers: Sequence[Tier], units: int) -> int:
    """The price of a unit in cents when so many are ordered. `tiers` are sound."""
    return [tier.cents for tier in tiers if tier.from_units <= max(1, units)][-1]


def next_tier(tiers: Sequence[Tier], units: int) -> Tier | None:
    """The first tier that so many units do not reach."""
    return next((tier for tier in tiers if tier.from_units > units), None)


def buy_up(tiers: Sequence[Tier], units: int, case_size: int) -> BuyUp | None:
    """What the next tier asks beyond so many units, in full cases, and whether the whole gets cheaper."""
    following = next_tier(tiers, units)
    if following is None or units == 0:
        return None
    reached = -(-following.from_units // case_size) * case_size
    cents = price_at(tiers, reached)
    return BuyUp(reached - units, cents, reached * cents <= units * price_at(tiers, units))
