"""The allocation against product.md's examples, and against a statement of its rules that shares no code with
it: 120,000 random lines, all small sums one by one, and hypothesis to name the smallest that goes wrong."""

from __future__ import annotations

import random
from dataclasses import replace
from itertools import permutations, product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from commands.purchases.rules.allocation import (
    Allotment,
    Commitment,
    Parcel,
    Terms,
    allot,
    cases_ordered,
    least_units,
    missing,
    share_out,
)
from storage.purchase_lines import Tier
from tests.commands.purchases import statement
from tests.commands.purchases.statement import Person, Sale

CASES = 120_000
# Beyond so many allocations, only the unit by unit statement is asked.
_FEW = 150
_DEAREST = 30


def random_line(chance: random.Random) -> tuple[Terms, list[Commitment]]:
    """Small enough that cases stay incomplete, minima are just missed and prices just refused."""
    terms = Terms(chance.randint(1, 6), chance.choice((0, 0, 0, 1, 2, 3, 4)), random_tiers(chance))
    people = chance.randint(0, 5)
    owners = [chance.randrange(people) for _ in range(chance.randint(0, 2 * people))]
    ages = chance.sample(range(100), len(owners) + people)
    parcels: list[list[Parcel]] = [
        [Parcel(ages.pop(), chance.choice((0, 1, 1, 2, 3)))] for _ in range(people)
    ]
    for owner in owners:
        parcels[owner].append(Parcel(ages.pop(), chance.randint(1, 3)))
    prices = [tier.cents for tier in terms.tiers]
    return terms, [
        Commitment(
            key,
            tuple(theirs),
            chance.choice((0, 0, 0, 1, 2, 3, 5)),
            chance.choice((*prices, _DEAREST, _DEAREST, prices[0] - 1)),
        )
        for key, theirs in enumerate(parcels)
    ]


def random_tiers(chance: random.Random) -> tuple[Tier, ...]:
    steps = chance.choice((0, 1, 1, 2))
    starts = [1, *sorted(chance.sample(range(2, 22), steps))]
    prices = sorted(chance.sample(range(5, _DEAREST + 1), steps + 1), reverse=True)
    return tuple(Tier(start, cents) for start, cents in zip(starts, prices, strict=True))


def restated(terms: Terms, commitments: list[Commitment]) -> tuple[Sale, list[Person]]:
    """The same for the statement."""
    sale = Sale(
        terms.case_size,
        terms.minimum_cases,
        tuple((tier.from_units, tier.cents) for tier in terms.tiers),
    )
    people = []
    for one in commitments:
        units = sorted((each.age, nth) for each in one.parcels for nth in range(each.units))
        since = units[0][0] if units else min(each.age for each in one.parcels)
        people.append(Person(one.key, tuple(units), one.tolerance, one.accepted_cents, since))
    return sale, people


def hold_against_the_statement(terms: Terms, commitments: list[Commitment]) -> bool:
    """Returns whether the allocations were enumerated as well."""
    found = allot(terms, commitments)
    sale, people = restated(terms, commitments)
    staying = statement.staying(people, sale)
    if staying is None:
        assert found.cases == 0
        assert not any(found.units.values())
        assert found.cents == sale.price(sale.size * max(1, sale.minimum))
        if statement.of(people, sale) == 0:
            assert found.dropped == ()
        return False
    number = statement.of(staying, sale)
    assert found.cases == number
    assert found.cents == sale.price(number * sale.size)
    assert found.units == statement.handed_out(staying, number * sale.size)
    out = {one.key for one in people} - {one.key for one in staying}
    assert sorted(found.dropped) == sorted(out)
    if statement.ways(staying) > _FEW:
        return False
    assert statement.right_ones(staying, number * sale.size) == [found.units]
    return True


def test_random_purchases_come_to_what_the_rules_say() -> None:
    chance = random.Random("product.md, section 5")
    enumerated = ordered = refused = lifted = surplus = 0
    for _ in range(CASES):
        terms, commitments = random_line(chance)
        enumerated += hold_against_the_statement(terms, commitments)
        found = allot(terms, commitments)
        ordered += found.cases > 0
        refused += bool(found.cases and found.dropped)
        wanted = sum(one.quantity for one in commitments if one.key in found.units)
        surplus += found.cases * terms.case_size > wanted
        lifted += found.cases > -(-wanted // terms.case_size)
    # It would prove little if hardly any of them were worth proving.
    assert min(enumerated, ordered, surplus) > CASES // 10
    assert min(refused, lifted) > CASES // 100


def test_every_small_sum_comes_to_the_cases_that_the_rules_say() -> None:
    for quantity, tolerance, size, minimum in product(range(31), range(13), range(1, 7), range(6)):
        assert cases_ordered(quantity, tolerance, size, minimum) == statement.cases(
            quantity, tolerance, size, minimum
        ), (quantity, tolerance, size, minimum)


@pytest.mark.parametrize(
    ("size", "minimum", "quantity", "tolerance", "expected"),
    [
        (5, 2, 5, 0, 0),
        (5, 2, 9, 1, 2),
        (5, 2, 12, 1, 2),
        (5, 2, 14, 1, 3),
        (5, 2, 1, 1, 0),
        (4, 0, 0, 5, 0),
        (4, 0, 2, 2, 1),
        (4, 0, 4, 4, 1),
        (4, 0, 5, 3, 2),
    ],
)
def test_the_examples_of_the_product(
    size: int, minimum: int, quantity: int, tolerance: int, expected: int
) -> None:
    assert cases_ordered(quantity, tolerance, size, minimum) == expected
    assert statement.cases(quantity, tolerance, size, minimum) == expected


def committed(*wishes: tuple[int, int], accepted: int = 100) -> list[Commitment]:
    """(quantity, tolerance) each, the most senior first."""
    return [
        Commitment(key, (Parcel(10 + key, quantity),), tolerance, accepted)
        for key, (quantity, tolerance) in enumerate(wishes)
    ]


def sold(size: int, minimum: int = 0, *prices: tuple[int, int]) -> Terms:
    return Terms(size, minimum, tuple(Tier(*price) for price in prices or ((1, 100),)))


def test_the_surplus_of_the_product() -> None:
    found = allot(sold(3), committed((3, 2), (1, 3), (1, 0)))
    assert found == Allotment(2, 100, {0: 4, 1: 1, 2: 1}, ())


def test_whoever_came_first_is_served_first_and_lowering_gives_up_nothing_old() -> None:
    early, late = committed((4, 0), (4, 0))
    assert allot(sold(5), [late, early]).units == {0: 4, 1: 1}
    # One who came first but added three of four units last.
    grown = Commitment(0, (Parcel(1, 1), Parcel(99, 3)), 0, 100)
    assert allot(sold(5), [grown, late]).units == {0: 1, 1: 4}


def test_who_gave_up_the_oldest_units_is_as_senior_as_the_oldest_that_stands() -> None:
    renewed = Commitment(0, (Parcel(1, 0), Parcel(50, 2)), 1, 100)
    assert renewed.seniority == 50
    other = Commitment(1, (Parcel(2, 2),), 1, 100)
    assert allot(sold(5), [renewed, other]).units == {0: 2, 1: 3}


def test_whoever_refuses_the_real_price_takes_others_along_until_it_is_stable() -> None:
    terms = sold(5, 0, (1, 100), (10, 90), (15, 80))
    people = [
        Commitment(key, (Parcel(key, 5),), 0, accepted)
        for key, accepted in enumerate((100, 90, 80, 80))
    ]
    assert allot(terms, people).cents == 80
    assert allot(terms, people[:3]) == Allotment(3, 80, {0: 5, 1: 5, 2: 5}, ())
    # Without the third there are two cases, at a price that both accept.
    assert allot(terms, [people[0], people[1], replace(people[2], accepted_cents=79)]) == (
        Allotment(2, 90, {0: 5, 1: 5}, (2,))
    )
    # Without the second either, one stays, who accepts any price.
    assert allot(terms, [people[0], replace(people[1], accepted_cents=89), people[2]]).cases == 3
    fussy = [
        people[0],
        replace(people[1], accepted_cents=89),
        replace(people[2], accepted_cents=79),
    ]
    assert allot(terms, fussy) == Allotment(1, 100, {0: 5}, (2, 1))


def test_where_nothing_is_ordered_nobody_drops_out() -> None:
    found = allot(sold(10, 0, (1, 100)), committed((3, 0), (2, 1), accepted=1))
    assert found == Allotment(0, 100, {0: 0, 1: 0}, ())


def test_in_whichever_order_people_are_told_it_is_the_same() -> None:
    chance = random.Random("orders")
    for _ in range(500):
        terms, people = random_line(chance)
        found = allot(terms, people)
        for order in list(permutations(people))[:24]:
            again = allot(terms, order)
            assert (again.cases, again.cents, again.units) == (
                found.cases,
                found.cents,
                found.units,
            )
            assert sorted(again.dropped) == sorted(found.dropped)


def test_what_was_found_is_stable() -> None:
    """Those who stay come to the same without the others, none of whom would accept."""
    chance = random.Random("stable")
    for _ in range(5_000):
        terms, people = random_line(chance)
        found = allot(terms, people)
        staying = [one for one in people if one.key in found.units]
        again = allot(terms, staying)
        assert (again.cases, again.cents, again.units, again.dropped) == (
            found.cases, found.cents, found.units, ()
        )  # fmt: skip
        for one in people:
            assert (one.key in found.units) is not (one.key in found.dropped)
            if one.key in found.dropped:
                assert one.accepted_cents < found.cents


def test_who_commits_later_takes_no_unit_of_quantity_from_anybody() -> None:
    chance = random.Random("later")
    for _ in range(5_000):
        terms, people = random_line(chance)
        people = [replace(one, accepted_cents=_DEAREST) for one in people]
        before = allot(terms, people)
        latest = Commitment(
            99, (Parcel(1_000, chance.randint(1, 8)),), chance.randint(0, 3), _DEAREST
        )
        after = allot(terms, [*people, latest])
        assert after.cases >= before.cases
        for one in people:
            assert min(after.units[one.key], one.quantity) >= min(
                before.units[one.key], one.quantity
            )


def test_a_shortage_takes_from_people_only_and_in_the_same_order() -> None:
    """Nobody gets more of what came than was ordered for them, and the sums are right."""
    chance = random.Random("shortage")
    for _ in range(5_000):
        terms, people = random_line(chance)
        found = allot(terms, people)
        staying = [one for one in people if one.key in found.units]
        _, restated_people = restated(terms, staying)
        ordered = found.cases * terms.case_size
        came = chance.randint(0, ordered)
        shared = share_out(came, staying)
        assert sum(shared.values()) == came
        assert all(shared[key] <= units for key, units in found.units.items())
        assert shared == statement.handed_out(restated_people, came)


def test_what_nobody_wants_stays_unshared() -> None:
    assert share_out(9, committed((2, 1), (3, 0))) == {0: 3, 1: 3}
    assert share_out(9, []) == {}


def test_a_surplus_of_millions_is_shared_at_once() -> None:
    """People may tolerate much more than they want: that must not keep the bot busy."""
    tolerant = committed(*((1, 100_000) for _ in range(500)))
    found = allot(sold(1_000_000, 40), tolerant)
    assert found.cases == 40
    assert set(found.units.values()) == {80_000}


def test_what_is_missing_is_the_least_that_serves_everybody() -> None:
    for quantity, tolerance, size, minimum in product(range(22), range(7), range(1, 6), range(5)):
        terms = sold(size, minimum)
        lacking = missing(quantity, tolerance, terms)
        where = (quantity, tolerance, size, minimum)
        if quantity == 0:
            assert lacking == 0, where
            continue

        def serves_all(wanted: int, more: int, size: int = size, minimum: int = minimum) -> bool:
            return statement.cases(wanted, more, size, minimum) * size >= wanted

        least = next(more for more in range(200) if serves_all(quantity, tolerance + more))
        assert lacking == least, where
        # As many units that somebody wants fill it as well: "2 more fill the box".
        assert serves_all(quantity + lacking, tolerance), where


def test_the_least_order() -> None:
    assert [least_units(sold(5, minimum)) for minimum in (0, 1, 3)] == [5, 5, 15]


@settings(max_examples=300, deadline=None)
@given(st.randoms(use_true_random=False))
def test_the_smallest_purchase_that_goes_wrong_is_named(chance: random.Random) -> None:
    hold_against_the_statement(*random_line(chance))
