"""Whether an order gains more than it costs, for all together and for each member (product.md, section 5)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from commands.purchases.rules.money import hours_cost, shares


@dataclass(frozen=True, slots=True)
class Costs:
    """Cents net of VAT, and minutes of handling at a rate in cents for an hour."""

    freight_cents: int
    fees_cents: int
    handling_minutes: int
    handling_rate_cents: int

    @property
    def handling_cents(self) -> int:
        return hours_cost(self.handling_minutes, self.handling_rate_cents)

    @property
    def total_cents(self) -> int:
        """What the gain is held against."""
        return self.freight_cents + self.fees_cents + self.handling_cents

    @property
    def billed_cents(self) -> int:
        """What members pay: handling is the cooperative's own work, which is weighed and not charged."""
        return self.freight_cents + self.fees_cents


@dataclass(frozen=True, slots=True)
class Bought:
    """What each person gets of one line, by any key, at a price of a unit and beside what a unit costs
    elsewhere, in cents net of VAT; None where nobody quoted that: then nothing is gained."""

    units: Mapping[str, int]
    cents: int
    reference_cents: int | None

    @property
    def spared_cents(self) -> int:
        """What one unit gains; less than 0 where it is dearer."""
        return 0 if self.reference_cents is None else self.reference_cents - self.cents


@dataclass(frozen=True, slots=True)
class Own:
    """One person's part in cents: the value of what they get, what its prices spare, their part of the
    costs."""

    net_cents: int
    saving_cents: int
    cost_cents: int

    @property
    def gain_cents(self) -> int:
        return self.saving_cents - self.cost_cents


@dataclass(frozen=True, slots=True)
class Verdict:
    """For all together: the value, what the prices spare, what it costs; and each person's part, whose sums
    are these."""

    net_cents: int
    gain_cents: int
    cost_cents: int
    people: Mapping[str, Own]

    @property
    def goes_ahead(self) -> bool:
        return self.cost_cents <= self.gain_cents

    @property
    def losers(self) -> dict[str, Own]:
        """Those who pay more than they spare."""
        return {key: own for key, own in self.people.items() if own.gain_cents < 0}


def verdict(lines: Sequence[Bought], costs: Costs) -> Verdict:
    """Costs are shared by the net value of what each person gets; equally where all of it is free."""
    named = dict.fromkeys(key for line in lines for key in line.units)
    net, saving, taking = dict.fromkeys(named, 0), dict.fromkeys(named, 0), dict.fromkeys(named, 0)
    for line in lines:
        for key, units in line.units.items():
            net[key] += units * line.cents
            saving[key] += units * line.spared_cents
            taking[key] += units
    people = [key for key in named if taking[key]]
    cost = costs.total_cents if people else 0
    weights = [net[key] for key in people]
    parts = shares(cost, weights if any(weights) else [1 for _ in people])
    own = {key: Own(net[key], saving[key], part) for key, part in zip(people, parts, strict=True)}
    return Verdict(
        sum(one.net_cents for one in own.values()),
        sum(one.saving_cents for one in own.values()),
        cost,
        own,
    )
