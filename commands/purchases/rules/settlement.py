"""What each person owes for what was delivered: value, VAT and a part of the costs, to the cent (product.md,
section 5, "Money")."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from commands.purchases.rules.money import shares, vat_on


@dataclass(frozen=True, slots=True)
class Delivered:
    """What each person got of one line, by any key, at a price of a unit in cents net of VAT, with VAT in basis
    points; `reference_cents` is what a unit costs elsewhere, None where nobody quoted that."""

    units: Mapping[str, int]
    cents: int
    vat: int
    reference_cents: int | None


@dataclass(frozen=True, slots=True)
class Got:
    """One person's part of the line at that place, in units and cents."""

    place: int
    units: int
    net_cents: int
    vat_cents: int


@dataclass(slots=True)
class Part:
    """All of one person: lines, a part of the costs and of the VAT on them, and what the prices spare them less
    their part of the costs, in cents."""

    got: list[Got] = field(default_factory=list)
    costs_cents: int = 0
    costs_vat_cents: int = 0
    gain_cents: int = 0

    @property
    def net_cents(self) -> int:
        return sum(one.net_cents for one in self.got)


def settle(lines: Sequence[Delivered], costs_cents: int, costs_vat: int) -> dict[str, Part]:
    """By person, in the order in which they stand in the lines; those who got nothing are left out.

    VAT is worked out on a line's total and shared by value. Costs (net, with VAT in basis points), and the VAT
    on them, are shared by the value of what was delivered, or equally where all of it is free; where nothing
    came nobody pays any.
    """
    parts: dict[str, Part] = {}
    for place, line in enumerate(lines):
        takers = [key for key, units in line.units.items() if units]
        net = [line.units[key] * line.cents for key in takers]
        vat = shares(vat_on(sum(net), line.vat), net)
        spared = 0 if line.reference_cents is None else line.reference_cents - line.cents
        for key, own_net, own_vat in zip(takers, net, vat, strict=True):
            part = parts.setdefault(key, Part())
            units = line.units[key]
            part.got.append(Got(place, units, own_net, own_vat))
            part.gain_cents += units * spared
    if not parts:
        return parts
    weights = [part.net_cents for part in parts.values()]
    if not any(weights):
        weights = [1 for _ in weights]
    costs = shares(costs_cents, weights)
    costs_vat_cents = shares(vat_on(costs_cents, costs_vat), weights)
    for part, own, own_vat in zip(parts.values(), costs, costs_vat_cents, strict=True):
        part.costs_cents, part.costs_vat_cents = own, own_vat
        part.gain_cents -= own
    return parts
