"""How many cases are ordered, and who gets how many units (product.md, section 5, "Allocation").

Units of quantity are served in the order in which they were added; what cases hold beyond the quantities goes
one unit at a time to whoever tolerates more and has least of it so far.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from commands.purchases.rules.tiers import price_at
from storage.purchase_lines import Tier


@dataclass(frozen=True, slots=True)
class Parcel:
    """Units that were added together; a smaller `age` was added earlier."""

    age: int
    units: int


@dataclass(frozen=True, slots=True)
class Commitment:
    """What a member commits to of one line: parcels of quantity, up to `tolerance` more if that fills a case,
    and the highest price of a unit (cents, net) that they accepted."""

    key: int
    parcels: tuple[Parcel, ...]
    tolerance: int
    accepted_cents: int

    @property
    def quantity(self) -> int:
        return sum(parcel.units for parcel in self.parcels)

    @property
    def seniority(self) -> int:
        """When the oldest unit that still stands was added."""
        standing = [parcel.age for parcel in self.parcels if parcel.units]
        return min(standing or [parcel.age for parcel in self.parcels], default=self.key)


@dataclass(frozen=True, slots=True)
class Terms:
    """How a line is sold: units in a case, the least number of cases, prices by tiers."""

    case_size: int
    minimum_cases: int
    tiers: tuple[Tier, ...]


@dataclass(frozen=True, slots=True)
class Allotment:
    """What a line comes to: cases, the price of a unit in cents, units by commitment (those of `dropped`, who
    did not accept that price, have none and are left out)."""

    cases: int
    cents: int
    units: Mapping[int, int]
    dropped: tuple[int, ...]


def cases_ordered(quantity: int, tolerance: int, case_size: int, minimum: int) -> int:
    """k, from the sums of quantities and tolerances, the units in a case, and the least number of cases."""
    if quantity == 0:
        return 0
    cases, remainder = divmod(quantity, case_size)
    if remainder and remainder + tolerance >= case_size:
        cases += 1
    if cases < minimum:
        return minimum if quantity + tolerance >= minimum * case_size else 0
    return cases


def least_units(terms: Terms) -> int:
    """The smallest order that there can be."""
    return max(1, terms.minimum_cases) * terms.case_size


def missing(quantity: int, tolerance: int, terms: Terms) -> int:
    """How many more units would have every quantity served in full cases; 0 where they are, or where there is
    no quantity."""
    if quantity == 0:
        return 0
    cases = max(-(-quantity // terms.case_size), terms.minimum_cases)
    return max(0, cases * terms.case_size - quantity - tolerance)


def share_out(units: int, commitments: Iterable[Commitment]) -> dict[int, int]:
    """So many units to these commitments, by key; each has an entry. What nobody wants stays unshared."""
    given = {one.key: 0 for one in commitments}
    standing = list(commitments)
    parcels = sorted(
        (parcel.age, one.key, parcel.units) for one in standing for parcel in one.parcels
    )
    left = units
    for _, key, wanted in parcels:
        served = min(left, wanted)
        given[key] += served
        left -= served
    for key, surplus in _surplus(left, standing).items():
        given[key] += surplus
    return given


def _surplus(units: int, commitments: Sequence[Commitment]) -> dict[int, int]:
    """One unit at a time to whoever has least so far and tolerates more, ties by seniority; counted in rounds,
    for there may be millions of them."""
    given = {one.key: 0 for one in commitments}
    tolerant = sorted(
        (one for one in commitments if one.tolerance), key=lambda one: (one.seniority, one.key)
    )
    left, level = units, 0
    while left and tolerant:
        least = min(one.tolerance for one in tolerant)
        rounds = min(least - level, max(1, left // len(tolerant)))
        for one in tolerant[:left]:
            given[one.key] += rounds
            left -= rounds
        level += rounds
        tolerant = [one for one in tolerant if one.tolerance > level]
    return given


def allot(terms: Terms, commitments: Sequence[Commitment]) -> Allotment:
    """What the line comes to now: whoever did not accept the real price drops out, and it is computed again
    until nobody does. Where nothing would be ordered, the price is that of the smallest order, and who did not
    accept that stays: there is nothing to drop out of."""
    standing, dropped = list(commitments), list[int]()
    while True:
        quantity = sum(one.quantity for one in standing)
        tolerance = sum(one.tolerance for one in standing)
        cases = cases_ordered(quantity, tolerance, terms.case_size, terms.minimum_cases)
        units = cases * terms.case_size
        cents = price_at(terms.tiers, units or least_units(terms))
        staying = [one for one in standing if one.accepted_cents >= cents] if cases else standing
        if len(staying) == len(standing):
            return Allotment(cases, cents, share_out(units, standing), tuple(dropped))
        dropped += [one.key for one in standing if one.accepted_cents < cents]
        standing = staying
