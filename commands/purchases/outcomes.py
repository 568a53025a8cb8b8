"""What the decision gives each member: the lines that they get, in units and money, and those they do not."""

from __future__ import annotations

from dataclasses import dataclass

from commands.purchases.rules.money import vat_on
from commands.purchases.standing import persons
from storage import commitments
from storage.commitments import Commitment
from storage.purchases import Line, Purchase
from storage.session import Session


@dataclass(frozen=True, slots=True)
class OwnLine:
    """One commitment and the `units` that it gets, at `cents` a unit, net of VAT."""

    line: Line
    commitment: Commitment

    @property
    def units(self) -> int:
        return self.commitment.ordered_units or 0

    @property
    def cents(self) -> int:
        return self.line.ordered_cents or 0

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

    got: tuple[OwnLine, ...]
    unfilled: tuple[OwnLine, ...]
    dropped: tuple[OwnLine, ...]

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


def of_purchase(session: Session, purchase: Purchase) -> dict[str, Outcome]:
    """As the decision was written down (`purchase` is read after it), by the account that stands for each
    person (`standing.persons`); former members are left out."""
    made = commitments.of_purchase(session, purchase.id)
    accounts = persons(session, made)
    own: dict[str, list[OwnLine]] = {}
    for line in purchase.lines:
        for one in made.get(line.id, ()):
            if one.user_id is not None and one.quantity + one.tolerance:
                own.setdefault(accounts[one.user_id], []).append(OwnLine(line, one))
    return {user: _sorted_out(lines) for user, lines in own.items()}


def _sorted_out(lines: list[OwnLine]) -> Outcome:
    return Outcome(
        tuple(one for one in lines if one.units),
        tuple(one for one in lines if not one.units and not one.commitment.dropped),
        tuple(one for one in lines if one.commitment.dropped),
    )
