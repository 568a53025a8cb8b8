"""product.md's section 5 said once more, as slowly and plainly as can be, to hold the rules against: cases are
packed unit by unit, allocations are enumerated, and who drops out is looked for among all sets of people.

It imports nothing of the rules, so that a mistake would have to be made twice.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations, product


@dataclass(frozen=True, slots=True)
class Person:
    """`units`: when each unit of quantity was added, oldest first, as (when, which of those added together).
    `since`: when the oldest was, or, for who has none, when they came. `accepted`: cents of a unit."""

    key: int
    units: tuple[tuple[int, int], ...]
    tolerance: int
    accepted: int
    since: int


@dataclass(frozen=True, slots=True)
class Sale:
    """A case's size, the least number of cases, and (from so many units, cents of a unit)."""

    size: int
    minimum: int
    prices: tuple[tuple[int, int], ...]

    def price(self, units: int) -> int:
        """Thresholds are inclusive."""
        return min(cents for start, cents in self.prices if start <= units)


Shares = dict[int, int]


def cases(quantity: int, tolerance: int, size: int, minimum: int) -> int:
    """Quantities are laid in a row, tolerances behind them, and the row is cut into cases: a case is ordered if
    it is full and holds a unit that somebody wants; cases of tolerance alone are for the minimum."""
    if quantity == 0:
        return 0
    row = "q" * quantity + "t" * tolerance
    packed = [row[start : start + size] for start in range(0, len(row), size)]
    full = [case for case in packed if len(case) == size]
    wanted = [case for case in full if "q" in case]
    if len(wanted) >= minimum:
        return len(wanted)
    return minimum if len(full) >= minimum else 0


def of(people: Sequence[Person], sale: Sale) -> int:
    """How many cases these people fill."""
    quantity = sum(len(one.units) for one in people)
    return cases(quantity, sum(one.tolerance for one in people), sale.size, sale.minimum)


def staying(people: Sequence[Person], sale: Sale) -> tuple[Person, ...] | None:
    """The largest set of people who order something at a price that each of them accepted; None where there is
    none."""
    for count in range(len(people), 0, -1):
        for some in combinations(people, count):
            number = of(some, sale)
            if number and all(one.accepted >= sale.price(number * sale.size) for one in some):
                return some
    return None


def handed_out(people: Sequence[Person], units: int) -> Shares:
    """One unit after another: each unit of quantity in order of seniority; then each surplus unit to whoever
    has least surplus so far and tolerance left, ties by seniority."""
    given = {one.key: 0 for one in people}
    queue = sorted((when, one.key) for one in people for when in one.units)
    surplus = {one.key: 0 for one in people}
    for _ in range(units):
        if queue:
            given[queue.pop(0)[1]] += 1
            continue
        open_to = [one for one in people if surplus[one.key] < one.tolerance]
        if not open_to:
            break
        next_one = min(open_to, key=lambda one: (surplus[one.key], one.since, one.key))
        surplus[next_one.key] += 1
        given[next_one.key] += 1
    return given


def everything(people: Sequence[Person], units: int) -> Iterator[Shares]:
    """Every way to give out so many units within what people want and tolerate."""
    for given in product(*(range(len(one.units) + one.tolerance + 1) for one in people)):
        if sum(given) == units:
            yield {one.key: share for one, share in zip(people, given, strict=True)}


def is_right(people: Sequence[Person], given: Shares) -> bool:
    """Whether nobody has a right to a unit that another one got."""
    served, unserved = list[tuple[int, int]](), list[tuple[int, int]]()
    last_surplus, next_surplus = list[tuple[int, int, int]](), list[tuple[int, int, int]]()
    for one in people:
        share, wanted = given[one.key], len(one.units)
        served += one.units[:share]
        unserved += one.units[share:]
        surplus = max(0, share - wanted)
        if surplus:
            last_surplus.append((surplus - 1, one.since, one.key))
        if surplus < one.tolerance:
            next_surplus.append((surplus, one.since, one.key))
    if unserved and (last_surplus or max(served, default=(0, 0)) > min(unserved)):
        return False
    return not (last_surplus and next_surplus) or max(last_surplus) < min(next_surplus)


def right_ones(people: Sequence[Person], units: int) -> list[Shares]:
    """All right ways to give out so many units: the rules mean that there is one."""
    return [given for given in everything(people, units) if is_right(people, given)]


def ways(people: Iterable[Person]) -> int:
    """How many allocations `everything` goes through."""
    number = 1
    for one in people:
        number *= len(one.units) + one.tolerance + 1
    return number
