"""Where a purchase stands: how full each line's cases are, the price now and at the next tier, and what the
order would come to. What follows from it is said and decided elsewhere."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from commands.purchases.rules import allocation, freight, tiers
from commands.purchases.rules.allocation import Allotment, Terms
from commands.purchases.rules.freight import Bought, Costs, Verdict
from storage import commitments, member_accounts
from storage.commitments import Commitment
from storage.purchase_lines import Line, Tier
from storage.purchases import Purchase
from storage.session import Session

_FORMER = "former:"


@dataclass(frozen=True, slots=True)
class LineStanding:
    """Units: what is wanted (`quantity`, `tolerance` beyond it), `missing` for every quantity to be served in
    full cases; `cases` that would be ordered now, at `cents` a unit (where nothing would be, the price of the
    smallest order). `following` is the next tier that is not reached."""

    line: Line
    quantity: int
    tolerance: int
    people: int
    cases: int
    cents: int
    missing: int
    following: Tier | None
    buy_up: tiers.BuyUp | None

    @property
    def units(self) -> int:
        return self.cases * self.line.case_size

    @property
    def in_last_case(self) -> int:
        """How many units of quantity are in the case that is not full; 0 where all are."""
        return self.quantity % self.line.case_size


def terms_of(line: Line) -> Terms:
    return Terms(line.case_size, line.minimum_cases, line.tiers)


def standing(session: Session, purchase: Purchase) -> list[LineStanding]:
    """Of each line, from what stands committed now; whether prices were accepted is for the decision."""
    found = commitments.sums(session, purchase.id)
    nothing = commitments.Sums(0, 0, 0)
    return [line_standing(line, found.get(line.id, nothing)) for line in purchase.lines]


def line_standing(line: Line, sums: commitments.Sums) -> LineStanding:
    terms = terms_of(line)
    cases = allocation.cases_ordered(
        sums.quantity, sums.tolerance, line.case_size, line.minimum_cases
    )
    units = cases * line.case_size
    least = allocation.least_units(terms)
    return LineStanding(
        line,
        sums.quantity,
        sums.tolerance,
        sums.people,
        cases,
        tiers.price_at(terms.tiers, units or least),
        allocation.missing(sums.quantity, sums.tolerance, terms),
        tiers.next_tier(terms.tiers, units or least),
        tiers.buy_up(terms.tiers, units, line.case_size),
    )


def rule_commitment(commitment: Commitment) -> allocation.Commitment:
    """As the rules see it."""
    return allocation.Commitment(
        commitment.id,
        tuple(allocation.Parcel(parcel.id, parcel.units) for parcel in commitment.parcels),
        commitment.tolerance,
        commitment.accepted_cents,
    )


def persons(session: Session, made: Mapping[int, list[Commitment]]) -> dict[str, str]:
    """For each account that commits the one that stands for its person (`member_accounts.one_each`)."""
    accounts = {one.user_id for found in made.values() for one in found}
    return member_accounts.one_each(session, (each for each in accounts if each is not None))


def person_key(commitment: Commitment, persons: Mapping[str, str]) -> str:
    """Whom a commitment counts for: the account that stands for the person, itself where none is named;
    somebody of their own for a former member."""
    if commitment.user_id is None:
        return f"{_FORMER}{commitment.id}"
    return persons.get(commitment.user_id, commitment.user_id)


def costs_of(purchase: Purchase) -> Costs:
    return Costs(
        purchase.freight_cents,
        purchase.fees_cents,
        purchase.handling_minutes,
        purchase.handling_rate_cents,
    )


def allotments(purchase: Purchase, made: Mapping[int, list[Commitment]]) -> dict[int, Allotment]:
    """What each line comes to, by its id, with whoever did not accept the real price left out."""
    return {
        line.id: allocation.allot(
            terms_of(line), [rule_commitment(one) for one in made.get(line.id, ())]
        )
        for line in purchase.lines
    }


def freight_check(
    purchase: Purchase,
    made: Mapping[int, list[Commitment]],
    allotted: Mapping[int, Allotment],
    persons: Mapping[str, str],
) -> Verdict:
    """Whether it gains more than it costs, for all and for each person (see `person_key`): the accounts of one
    person are weighed together, as they pay together."""
    lines = []
    for line in purchase.lines:
        allotment = allotted[line.id]
        units: dict[str, int] = {}
        for one in made.get(line.id, ()):
            key = person_key(one, persons)
            units[key] = units.get(key, 0) + allotment.units.get(one.id, 0)
        lines.append(Bought(units, allotment.cents, line.reference_cents))
    return freight.verdict(lines, costs_of(purchase))


@dataclass(frozen=True, slots=True)
class Check:
    """The freight check of all together, in cents: what the prices spare, and what it costs."""

    gain_cents: int
    cost_cents: int
    nothing_ordered: bool

    @property
    def goes_ahead(self) -> bool:
        return self.cost_cents <= self.gain_cents


def check_now(session: Session, purchase: Purchase, standings: Sequence[LineStanding]) -> Check:
    """The sums of `verdict_now`, for what is told again and again: from sums of units, where every unit of a
    case goes to somebody; only lines whose price not everybody accepted are allotted."""
    prices = {one.line.id: one.cents for one in standings if one.cases}
    contested = commitments.of_lines(session, commitments.unaccepted(session, prices))
    gain = units = 0
    for one in standings:
        cases, cents = one.cases, one.cents
        if one.line.id in contested:
            made = [rule_commitment(each) for each in contested[one.line.id]]
            allotment = allocation.allot(terms_of(one.line), made)
            cases, cents = allotment.cases, allotment.cents
        bought = cases * one.line.case_size
        units += bought
        if one.line.reference_cents is not None:
            gain += bought * (one.line.reference_cents - cents)
    return Check(gain, costs_of(purchase).total_cents if units else 0, nothing_ordered=units == 0)


def verdict_now(session: Session, purchase: Purchase) -> Verdict:
    """The freight check as it would be if the deadline were now."""
    made = commitments.of_purchase(session, purchase.id)
    return freight_check(purchase, made, allotments(purchase, made), persons(session, made))
