"""What the decision gives each member: the lines that they get, in units and money, and those they do not."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from commands.purchases.rules.allocation import Allotment
from commands.purchases.rules.money import vat_on
from storage.commitments import Commitment
from storage.purchase_lines import Line
from storage.purchases import Purchase


@dataclass(frozen=True, slots=True)
class OutcomeLine:
    """One commitment and the `units` that it gets, at `cents` a unit, net of VAT."""

    line: Line
    commitment: Commitment
    units: int
    cents: int
    is_dropped: bool

    @property
    def net_cents(self) -> int:
        return self.units * self.cents

    @property
    def vat_cents(self) -> int:
        return vat_on(self.net_cents, self.line.vat)


@dataclass(frozen=True, slots=True)
class Outcome:
    """Of one person: lines of which it gets something, lines that are not ordered or of which nothing is left
    for it, and lines whose price is above what was accepted."""

    got: tuple[OutcomeLine, ...]
    unfilled: tuple[OutcomeLine, ...]
    dropped: tuple[OutcomeLine, ...]

    @property
    def net_cents(self) -> int:
        return sum(one.net_cents for one in self.got)

    @property
    def total_cents(self) -> int:
        """With VAT, without costs."""
        return sum(one.net_cents + one.vat_cents for one in self.got)

    @property
    def left_out(self) -> frozenset[int]:
        """Lines of which nothing comes, by their ids."""
        return frozenset(one.line.id for one in (*self.unfilled, *self.dropped))


def written(
    purchase: Purchase, made: Mapping[int, list[Commitment]], persons: Mapping[str, str]
) -> dict[str, Outcome]:
    """As a decision was written down before purchase and commitments were read, by the account that stands for
    each person (`standing.persons`); former members are left out."""
    return _by_person(
        (
            OutcomeLine(line, one, one.ordered_units or 0, line.ordered_cents or 0, one.dropped)
            for line in purchase.lines
            for one in made.get(line.id, ())
        ),
        persons,
    )


def allotted(
    purchase: Purchase,
    made: Mapping[int, list[Commitment]],
    persons: Mapping[str, str],
    allotments: Mapping[int, Allotment],
) -> dict[str, Outcome]:
    """As it is decided now, in the same way."""
    return _by_person(_allotted(purchase, made, allotments), persons)


def _allotted(
    purchase: Purchase,
    made: Mapping[int, list[Commitment]],
    allotments: Mapping[int, Allotment],
) -> Iterator[OutcomeLine]:
    for line in purchase.lines:
        allotment = allotments[line.id]
        dropped = frozenset(allotment.dropped)
        for one in made.get(line.id, ()):
            units = allotment.units.get(one.id, 0)
            yield OutcomeLine(line, one, units, allotment.cents, one.id in dropped)


def _by_person(lines: Iterable[OutcomeLine], persons: Mapping[str, str]) -> dict[str, Outcome]:
    own: dict[str, list[OutcomeLine]] = {}
    for line in lines:
        made = line.commitment
        if made.user_id is not None and (line.units or made.quantity or made.tolerance):
            own.setdefault(persons[made.user_id], []).append(line)
    return {user: _sorted_out(lines) for user, lines in own.items()}


def _sorted_out(lines: Iterable[OutcomeLine]) -> Outcome:
    got, unfilled, dropped = list[OutcomeLine](), list[OutcomeLine](), list[OutcomeLine]()
    for one in lines:
        (got if one.units else dropped if one.is_dropped else unfilled).append(one)
    return Outcome(tuple(got), tuple(unfilled), tuple(dropped))
