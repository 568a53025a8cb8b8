"""Money, prices, the freight check and the filling phase, against exact fractions and what product.md says."""

from __future__ import annotations

import random
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from itertools import combinations, product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commands.purchases.rules.allocation import Terms, missing
from commands.purchases.rules.filling import Sums, helps
from commands.purchases.rules.freight import Bought, Costs, Own, verdict
from commands.purchases.rules.money import hours_cost, shares, vat_on
from commands.purchases.rules.tiers import BuyUp, buy_up, next_tier, price_at, sound
from storage.purchase_lines import Tier

PRICES = (Tier(1, 1000), Tier(10, 900), Tier(30, 700))
NO_COSTS = Costs(0, 0, 0, 0)


def nearest(total: int, weights: list[int]) -> list[int]:
    """Of all ways to round the exact shares up or down so that they add up, the one whose shares are nearest to
    them; among equals the one that rounds up who stands first."""
    exact = [Fraction(total * weight, sum(weights)) for weight in weights]
    down = [int(share) for share in exact]
    best: tuple[Fraction, list[int]] | None = None
    for ups in combinations(range(len(weights)), total - sum(down)):
        rounded = [share + (index in ups) for index, share in enumerate(down)]
        distance = sum(
            (abs(one - other) ** 2 for one, other in zip(rounded, exact, strict=True)), Fraction()
        )
        if best is None or distance < best[0]:
            best = distance, rounded
    assert best is not None
    return best[1]


def test_shares_are_the_nearest_whole_ones_that_add_up() -> None:
    chance = random.Random("shares")
    for _ in range(5_000):
        weights = [chance.choice((0, 1, 1, 2, 3, 7, 100)) for _ in range(chance.randint(1, 6))]
        if any(weights):
            total = chance.choice((0, 1, 5, 100, chance.randint(0, 10_000)))
            assert shares(total, weights) == nearest(total, weights), (total, weights)


@given(
    st.integers(0, 10**12),
    st.lists(st.integers(0, 10**9), min_size=1, max_size=600).filter(lambda weights: any(weights)),
)
def test_shares_add_up_to_the_cent_whoever_shares(total: int, weights: list[int]) -> None:
    given_out = shares(total, weights)
    assert sum(given_out) == total
    for share, weight in zip(given_out, weights, strict=True):
        assert abs(share - Fraction(total * weight, sum(weights))) < 1
        assert weight or share == 0


def test_ties_go_to_whoever_stands_first() -> None:
    assert shares(100, [1, 1, 1]) == [34, 33, 33]
    assert shares(101, [1, 1, 1]) == [34, 34, 33]


def test_nothing_is_shared_among_nobody_and_something_cannot_be() -> None:
    assert shares(0, []) == []
    assert shares(0, [0, 0]) == [0, 0]
    for weights in ([], [0, 0]):
        with pytest.raises(ValueError, match="nobody"):
            shares(1, weights)


@given(st.integers(0, 10**12), st.integers(0, 10_000))
def test_vat_is_rounded_as_an_invoice_does(net: int, rate: int) -> None:
    exact = Decimal(net) * rate / 10_000
    assert vat_on(net, rate) == int(exact.quantize(Decimal(1), ROUND_HALF_UP))


def test_half_a_cent_is_a_cent() -> None:
    assert [vat_on(net, 2100) for net in (0, 2, 3, 50, 150, 10_000)] == [0, 0, 1, 11, 32, 2100]
    assert vat_on(999, 0) == 0


@given(st.integers(0, 10**6), st.integers(0, 10**6))
def test_handling_costs_its_hours(minutes: int, rate: int) -> None:
    exact = Decimal(minutes) * rate / 60
    assert hours_cost(minutes, rate) == int(exact.quantize(Decimal(1), ROUND_HALF_UP))


def test_ninety_minutes_at_thirty_euros() -> None:
    assert hours_cost(90, 3000) == 4500
    assert [hours_cost(1, rate) for rate in (29, 30, 31)] == [0, 1, 1]


# --- prices ----------------------------------------------------------------------------------------


def test_a_threshold_counts_already() -> None:
    found = {units: price_at(PRICES, units) for units in (0, 1, 9, 10, 11, 29, 30, 31, 5000)}
    assert found == {
        0: 1000, 1: 1000, 9: 1000, 10: 900, 11: 900, 29: 900, 30: 700, 31: 700, 5000: 700,
    }  # fmt: skip


def test_the_next_tier_is_the_first_that_is_not_reached() -> None:
    found = {units: next_tier(PRICES, units) for units in (0, 1, 9, 10, 29, 30)}
    assert found == {
        0: PRICES[0], 1: PRICES[1], 9: PRICES[1], 10: PRICES[2], 29: PRICES[2], 30: None,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("tiers", "expected"),
    [
        ((), False),
        ((Tier(1, 5),), True),
        ((Tier(2, 5),), False),
        (PRICES, True),
        ((Tier(1, 5), Tier(1, 4)), False),
        ((Tier(1, 5), Tier(10, 5)), False),
        ((Tier(1, 5), Tier(10, 6)), False),
        ((Tier(1, 5), Tier(10, 4), Tier(9, 3)), False),
    ],
)
def test_prices_begin_at_one_and_fall(tiers: tuple[Tier, ...], expected: bool) -> None:
    assert sound(tiers) is expected


def test_a_higher_tier_may_make_more_units_cheaper() -> None:
    # 9 at 1000 cost 9000, as much as 10 at 900.
    assert buy_up(PRICES, 9, 1) == BuyUp(1, 900, True)
    assert buy_up(PRICES, 8, 1) == BuyUp(2, 900, False)
    # Cases of four: twelve at 900 are dearer than eight at 1000.
    assert buy_up(PRICES, 8, 4) == BuyUp(4, 900, False)
    # Cases of twenty-five: the third tier is reached on the way to the second.
    assert buy_up(PRICES, 25, 25) == BuyUp(25, 700, False)
    assert buy_up((Tier(1, 1000), Tier(26, 500), Tier(50, 400)), 25, 25) == BuyUp(25, 400, True)
    assert buy_up(PRICES, 30, 5) is None
    assert buy_up(PRICES, 0, 5) is None


def test_what_is_said_to_buy_up_is_what_it_costs() -> None:
    chance = random.Random("buying up")
    for _ in range(3_000):
        size = chance.randint(1, 7)
        units = size * chance.randint(1, 8)
        starts = sorted(chance.sample(range(2, 60), 3))
        prices = sorted(chance.sample(range(1, 100), 4), reverse=True)
        tiers = [Tier(start, cents) for start, cents in zip([1, *starts], prices, strict=True)]
        found = buy_up(tiers, units, size)
        higher = [
            more
            for more in range(size, 100, size)
            if price_at(tiers, units + more) < price_at(tiers, units)
        ]
        if not higher:
            assert found is None
            continue
        assert found is not None
        total = units + higher[0]
        assert (found.more, found.cents) == (higher[0], price_at(tiers, total))
        assert found.is_cheaper is (total * found.cents <= units * price_at(tiers, units))


# --- the freight check -----------------------------------------------------------------------------


def test_the_freight_check_of_an_office() -> None:
    """Chairs at € 9 instead of € 13, reams that are dearer than elsewhere, and nobody knows what lamps cost."""
    found = verdict(
        [
            Bought({"ann": 3, "ben": 2}, 900, 1300),
            Bought({"ben": 10}, 500, 450),
            Bought({"cas": 1, "dot": 0}, 2000, None),
        ],
        Costs(freight_cents=1000, fees_cents=101, handling_minutes=30, handling_rate_cents=2000),
    )
    assert (found.net_cents, found.gain_cents, found.cost_cents) == (11_500, 1500, 2101)
    assert not found.goes_ahead
    # 2101 over 2700 : 6800 : 2000 is 493.3, 1242.3 and 365.4.
    assert found.people == {
        "ann": Own(2700, 1200, 493),
        "ben": Own(6800, 300, 1242),
        "cas": Own(2000, 0, 366),
    }
    assert {key: own.gain_cents for key, own in found.losers.items()} == {"ben": -942, "cas": -366}


@pytest.mark.parametrize(("cost", "expected"), [(1199, True), (1200, True), (1201, False)])
def test_it_goes_ahead_if_it_costs_no_more_than_it_gains(cost: int, expected: bool) -> None:
    found = verdict([Bought({"ann": 3}, 900, 1300)], Costs(cost, 0, 0, 0))
    assert found.gain_cents == 1200
    assert found.goes_ahead is expected
    assert bool(found.losers) is not expected


def test_each_cost_counts_and_handling_is_not_billed() -> None:
    costs = Costs(freight_cents=1000, fees_cents=200, handling_minutes=60, handling_rate_cents=30)
    assert (costs.handling_cents, costs.total_cents, costs.billed_cents) == (30, 1230, 1200)


def test_what_nobody_buys_costs_nothing() -> None:
    found = verdict([Bought({"ann": 0}, 900, 1300)], Costs(500, 0, 0, 0))
    assert (found.cost_cents, found.people, found.goes_ahead) == (0, {}, True)
    assert verdict([], Costs(500, 0, 0, 0)).people == {}


def test_what_is_free_shares_its_freight_equally() -> None:
    found = verdict([Bought({"ann": 5, "ben": 1}, 0, 0)], Costs(101, 0, 0, 0))
    assert [own.cost_cents for own in found.people.values()] == [51, 50]


def test_the_parts_add_up_to_the_whole() -> None:
    chance = random.Random("freight")
    for _ in range(2_000):
        people = [f"@{number}" for number in range(chance.randint(1, 6))]
        lines = [
            Bought(
                {one: chance.randint(0, 9) for one in people if chance.random() < 0.7},
                chance.randint(0, 2000),
                chance.choice((None, chance.randint(0, 2500))),
            )
            for _ in range(chance.randint(0, 4))
        ]
        costs = Costs(*(chance.choice((0, chance.randint(1, 5000))) for _ in range(4)))
        found = verdict(lines, costs)
        gain = sum(
            units * (line.reference_cents - line.cents)
            for line in lines
            if line.reference_cents is not None
            for units in line.units.values()
        )
        buys = any(units for line in lines for units in line.units.values())
        assert found.gain_cents == gain == sum(own.saving_cents for own in found.people.values())
        assert found.cost_cents == (costs.total_cents if buys else 0)
        assert sum(own.cost_cents for own in found.people.values()) == found.cost_cents
        assert sum(own.net_cents for own in found.people.values()) == found.net_cents
        assert found.goes_ahead is (found.cost_cents <= gain)
        assert set(found.losers) == {
            key for key, own in found.people.items() if own.saving_cents < own.cost_cents
        }
        for key, own in found.people.items():
            assert own.net_cents == sum(line.units.get(key, 0) * line.cents for line in lines)
            if found.net_cents:
                exact = Fraction(found.cost_cents * own.net_cents, found.net_cents)
                assert abs(own.cost_cents - exact) < 1


# --- the filling phase -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ((8, 0), (10, 0), True),  # two more fill the box
        ((8, 0), (9, 0), True),
        ((8, 0), (8, 2), True),  # so does tolerating two
        ((8, 0), (12, 0), False),  # fills one and opens another that lacks more
        ((8, 0), (14, 0), True),  # opens another that lacks less
        ((8, 0), (7, 0), False),
        ((8, 1), (8, 0), False),
        ((8, 1), (9, 0), False),  # what was tolerated is wanted: the box lacks as much
        ((8, 1), (10, 0), True),  # wants what it tolerated, and one more
        ((8, 1), (7, 3), False),  # no quantity is given up, whatever is tolerated instead
        ((8, 2), (9, 2), False),  # nothing is missing
        ((10, 0), (11, 0), False),
        ((0, 0), (5, 0), False),  # nobody wants it
    ],
)
def test_in_the_filling_phase_only_what_helps_is_taken(
    before: tuple[int, int], after: tuple[int, int], expected: bool
) -> None:
    terms = Terms(5, 0, PRICES)
    assert helps(terms, Sums(*before), Sums(*after)) is expected


def test_what_helps_leaves_less_missing_and_takes_nothing_back() -> None:
    for size, minimum in product(range(1, 5), range(4)):
        terms = Terms(size, minimum, PRICES)
        for before in product(range(7), range(4)):
            for after in product(range(10), range(5)):
                takes_back = after[0] < before[0] or sum(after) < sum(before)
                less = missing(*after, terms) < missing(*before, terms)
                expected = less and not takes_back
                assert helps(terms, Sums(*before), Sums(*after)) is expected, (before, after)
