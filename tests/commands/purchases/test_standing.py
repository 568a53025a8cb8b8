"""Where a purchase stands, on the database, against the plain statement of the rules; and a freight check that
is the same whether it is computed from sums or from everybody's units."""

from __future__ import annotations

import random

import pytest

from commands.purchases import standing
from storage import commitments, purchase_lines, purchases
from storage.purchase_lines import LineDraft
from storage.purchases import Draft, Purchase
from storage.session import Session
from tests.commands.purchases import statement
from tests.commands.purchases.statement import Person, Sale
from tests.commands.purchases.test_rules_allocation import random_line

NOW = 1_700_000_000_000
PEOPLE = tuple(f"@{name}:localhost" for name in ("anna", "ben", "caro", "dirk", "emma"))


def random_purchase(session: Session, chance: random.Random) -> Purchase:
    """People commit unit by unit, lower and raise, with prices that they do not all accept."""
    lines = []
    for number in range(chance.randint(1, 3)):
        terms, _ = random_line(chance)
        lines.append(
            LineDraft(
                f"Article {number}", "piece", terms.case_size, terms.tiers, 2100, "Coop",
                minimum_cases=terms.minimum_cases,
                reference_cents=chance.choice((None, chance.randint(1, 40))),
            )
        )  # fmt: skip
    draft = Draft(
        title="Anything", language="en", currency="EUR", deadline=NOW, network_ids=(), regions=(),
        lines=tuple(lines), responsible=PEOPLE[0], freight_cents=chance.choice((0, 7, 50)),
        fees_cents=chance.choice((0, 3)), handling_minutes=chance.choice((0, 30)),
        handling_rate_cents=chance.choice((0, 21)),
    )  # fmt: skip
    number = purchases.add(session, draft, opener=PEOPLE[0], now=NOW)
    purchases.move(session, number, "open", now=NOW)
    found = purchases.get(session, number)
    assert found is not None
    for _ in range(chance.randint(0, 12)):
        line = chance.choice(found.lines)
        prices = [tier.cents for tier in line.tiers]
        commitments.put(
            session, line.id, chance.choice(PEOPLE), quantity=chance.randint(0, 5),
            tolerance=chance.choice((0, 0, 1, 3)),
            accepted_cents=chance.choice((prices[0], prices[0], prices[-1], prices[-1] - 1)), now=NOW,
        )  # fmt: skip
    return found


def people_of(made: list[commitments.Commitment]) -> list[Person]:
    """For the statement: the ids of parcels say when units were added."""
    people = []
    for one in made:
        units = [(parcel.id, nth) for parcel in one.parcels for nth in range(parcel.units)]
        since = units[0][0] if units else min(parcel.id for parcel in one.parcels)
        people.append(Person(one.id, tuple(units), one.tolerance, one.accepted_cents, since))
    return people


@pytest.mark.parametrize("seed", range(12))
def test_what_is_told_is_what_the_rules_say(session: Session, seed: int) -> None:
    chance = random.Random(f"standing {seed}")
    for _ in range(100):
        found = random_purchase(session, chance)
        made = commitments.of_purchase(session, found.id)
        allotted = standing.allotments(found, made)
        gain = units = 0
        for line, stands in zip(found.lines, standing.standing(session, found), strict=True):
            people = people_of(made.get(line.id, []))
            sale = Sale(
                line.case_size,
                line.minimum_cases,
                tuple((tier.from_units, tier.cents) for tier in line.tiers),
            )
            number = statement.of(people, sale)
            assert (stands.quantity, stands.tolerance, stands.people) == (
                sum(len(one.units) for one in people),
                sum(one.tolerance for one in people),
                len(people),
            )
            assert (stands.cases, stands.units) == (number, number * sale.size)
            least = sale.size * max(1, sale.minimum)
            assert stands.cents == sale.price(number * sale.size or least)
            assert stands.in_last_case == stands.quantity % sale.size
            if stands.following is not None:
                assert stands.following.cents < stands.cents
            staying = statement.staying(people, sale)
            if staying is None:
                assert not any(allotted[line.id].units.values())
                continue
            ordered = statement.of(staying, sale) * sale.size
            assert allotted[line.id].units == statement.handed_out(staying, ordered)
            units += ordered
            if line.reference_cents is not None:
                gain += ordered * (line.reference_cents - sale.price(ordered))
        cost = (
            found.freight_cents + found.fees_cents
            + (found.handling_minutes * found.handling_rate_cents * 2 + 60) // 120
        )  # fmt: skip
        verdict = standing.verdict_now(session, found)
        assert (verdict.gain_cents, verdict.cost_cents) == (gain, cost if units else 0)
        check = standing.check_now(session, found, standing.standing(session, found))
        assert (check.gain_cents, check.cost_cents, check.nothing_ordered) == (
            verdict.gain_cents,
            verdict.cost_cents,
            units == 0,
        )
        # Each person's part, whichever lines it is of.
        own = {
            key: sum(
                allotted[line.id].units.get(one.id, 0) * allotted[line.id].cents
                for line in found.lines
                for one in made.get(line.id, [])
                if standing.person_key(one, {}) == key
            )
            for key in verdict.people
        }
        assert {key: part.net_cents for key, part in verdict.people.items()} == own


def test_former_members_do_not_become_one_person(session: Session) -> None:
    draft = Draft(
        title="Chairs", language="en", currency="EUR", deadline=NOW, network_ids=(), regions=(),
        lines=(LineDraft("Chairs", "piece", 1, (purchase_lines.Tier(1, 100),), 2100, "Coop"),),
        responsible=PEOPLE[0], freight_cents=10,
    )  # fmt: skip
    number = purchases.add(session, draft, opener=PEOPLE[0], now=NOW)
    purchases.move(session, number, "open", now=NOW)
    found = purchases.get(session, number)
    assert found is not None
    for user in PEOPLE[:3]:
        commitments.put(
            session, found.lines[0].id, user, quantity=1, tolerance=0, accepted_cents=100, now=NOW
        )
    session.run("UPDATE commitments SET user_id = NULL WHERE user_id <> ?", (PEOPLE[0],))
    verdict = standing.verdict_now(session, found)
    assert len(verdict.people) == 3
    assert [own.cost_cents for own in verdict.people.values()] == [4, 3, 3]
