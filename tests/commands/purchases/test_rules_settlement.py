"""What everybody owes, against exact fractions: every cent of value, VAT and costs is somebody's, and nobody is
further than a cent from their exact part."""

from __future__ import annotations

import random
from fractions import Fraction

from commands.purchases.rules.money import vat_on
from commands.purchases.rules.settlement import Delivered, Got, Part, settle


def test_two_who_share_a_freight_by_what_came() -> None:
    """Ben booked as much as Anna, but less came for him: he pays the lesser part of the freight."""
    parts = settle(
        [
            Delivered({"anna": 3, "ben": 1}, 1000, 2100, 1300),
            Delivered({"anna": 0, "ben": 2}, 333, 600, None),
        ],
        1000,
        2100,
    )
    assert parts == {
        # 1000 over 3000 : 1666 is 642.9 and 357.1, and so is its VAT of 210: 135.0 and 75.0.
        "anna": Part([Got(0, 3, 3000, 630)], 643, 135, 900 - 643),
        "ben": Part([Got(0, 1, 1000, 210), Got(1, 2, 666, 40)], 357, 75, 300 - 357),
    }


def test_where_nothing_came_nobody_pays() -> None:
    assert settle([Delivered({"anna": 0}, 1000, 2100, None)], 500, 2100) == {}
    assert settle([], 500, 2100) == {}


def test_what_is_free_shares_its_freight_equally() -> None:
    parts = settle([Delivered({"anna": 9, "ben": 1}, 0, 2100, None)], 101, 0)
    assert [part.costs_cents for part in parts.values()] == [51, 50]


def test_every_cent_is_somebodys() -> None:
    chance = random.Random("settling")
    for _ in range(3_000):
        people = [f"@{number}" for number in range(chance.randint(1, 6))]
        lines = [
            Delivered(
                {one: chance.randint(0, 9) for one in people if chance.random() < 0.8},
                chance.choice((0, 1, chance.randint(1, 3000))),
                chance.choice((0, 600, 1200, 2100)),
                chance.choice((None, chance.randint(0, 3000))),
            )
            for _ in range(chance.randint(1, 5))
        ]
        costs, rate = chance.randint(0, 5000), chance.choice((0, 2100))
        parts = settle(lines, costs, rate)
        assert set(parts) == {key for line in lines for key, units in line.units.items() if units}
        if not parts:
            continue
        assert sum(part.costs_cents for part in parts.values()) == costs
        assert sum(part.costs_vat_cents for part in parts.values()) == vat_on(costs, rate)
        value = sum(part.net_cents for part in parts.values())
        for place, line in enumerate(lines):
            net = sum(units * line.cents for units in line.units.values())
            got = {
                key: one for key, part in parts.items() for one in part.got if one.place == place
            }
            assert {key: one.units for key, one in got.items()} == {
                key: units for key, units in line.units.items() if units
            }
            assert sum(one.net_cents for one in got.values()) == net
            assert sum(one.vat_cents for one in got.values()) == vat_on(net, line.vat)
            for one in got.values():
                assert one.net_cents == one.units * line.cents
                assert abs(one.vat_cents - Fraction(one.net_cents * line.vat, 10_000)) <= 1
        for key, part in parts.items():
            exact = (
                Fraction(costs * part.net_cents, value) if value else Fraction(costs, len(parts))
            )
            assert abs(part.costs_cents - exact) < 1
            spared = sum(
                line.units.get(key, 0) * (line.reference_cents - line.cents)
                for line in lines
                if line.reference_cents is not None
            )
            assert part.gain_cents == spared - part.costs_cents
