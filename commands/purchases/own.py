"""What a person has in a purchase: their units of each line and what these come to. For their own eyes."""

from __future__ import annotations

from dataclasses import dataclass

from commands.kernel.context import Context
from commands.purchases.board_data import Told
from commands.purchases.rules.money import vat_on
from storage import commitments
from storage.commitments import Commitment
from storage.purchase_lines import Line


@dataclass(frozen=True, slots=True)
class OwnLine:
    """`units` are those that count now: delivered, ordered, or else wanted; at `cents` each, net of VAT."""

    line: Line
    commitment: Commitment
    units: int
    cents: int

    @property
    def net_cents(self) -> int:
        return self.units * self.cents

    @property
    def gross_cents(self) -> int:
        return self.net_cents + vat_on(self.net_cents, self.line.vat)

    @property
    def needs_agreement(self) -> bool:
        """Whether the price went above what they agreed to, so that they would drop out."""
        return self.commitment.accepted_cents < self.cents


@dataclass(frozen=True, slots=True)
class OwnPart:
    lines: tuple[OwnLine, ...]

    @property
    def net_cents(self) -> int:
        return sum(one.net_cents for one in self.lines)

    @property
    def gross_cents(self) -> int:
        return sum(one.gross_cents for one in self.lines)


def own_part(ctx: Context, told: Told) -> OwnPart | None:
    """None for who does not take part."""
    made = commitments.of_person(ctx.session, told.purchase.id, ctx.user)
    if not made:
        return None
    found = []
    for row in told.rows:
        one = made.get(row.line.id)
        if one is None:
            continue
        units, cents = one.quantity, row.standing.cents
        if told.is_decided:
            units = one.ordered_units or 0
            cents = cents if row.line.ordered_cents is None else row.line.ordered_cents
        if one.delivered_units is not None:
            units = one.delivered_units
        found.append(OwnLine(row.line, one, units, cents))
    return OwnPart(tuple(found))
