"""What everybody owes adds up to the cent, each hears only their own, and it is closed when all is paid."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commands.purchases.rules.money import vat_on
from commands.purchases.rules.settlement import Delivered, settle
from storage import member_accounts, purchase_bills, purchase_people
from storage.purchase_bills import Bill, Summary
from storage.session import Session
from tests.commands.purchases import market
from tests.commands.purchases.market import (
    ANI,
    ANNA,
    BEA,
    BEN,
    ENGLISH,
    FINN,
    OUTSIDER,
    heard,
    in_room,
    line,
    run_jobs,
    text,
)
from tests.commands.purchases.ordering import cells, confirmed, files, received
from tests.commands.talk import Talk

LINES = (
    line(tiers=((1, 1001),), case=3),
    line("Ladder", case=1, tiers=((1, 3333),), vat=600),
)
WANTED = {
    BEN: ((3, 0), (1, 0)),
    ANNA: ((2, 0), (0, 0)),
    FINN: ((1, 0), (1, 0)),
}


@pytest.fixture
def talk(tmp_path: Path) -> Iterator[Talk]:
    with market.market(tmp_path) as opened:
        yield opened


@pytest.fixture
def number(talk: Talk) -> int:
    found = confirmed(
        talk, LINES, WANTED, freight_cents=1000, costs_vat=2100, payment="BE71 0961 2345 6769"
    )
    received(talk, found)
    return found


def bills(talk: Talk, number: int = 1) -> list[Bill]:
    return talk.write(lambda session: purchase_bills.of_purchase(session, number))  # type: ignore[no-any-return]


def summary(talk: Talk, number: int = 1) -> Summary | None:
    return talk.write(lambda session: purchase_bills.summary_of(session, number))  # type: ignore[no-any-return]


@given(
    st.lists(
        st.tuples(
            st.lists(st.integers(0, 40), min_size=1, max_size=6),
            st.integers(0, 5000),
            st.sampled_from([0, 600, 1200, 2100, 825]),
        ),
        min_size=1,
        max_size=5,
    ),
    st.integers(0, 20_000),
    st.sampled_from([0, 600, 2100]),
)
def test_every_share_adds_up_to_the_whole(
    lines: list[tuple[list[int], int, int]], costs: int, costs_vat: int
) -> None:
    delivered = [
        Delivered({str(key): units for key, units in enumerate(found)}, cents, vat, None)
        for found, cents, vat in lines
    ]
    parts = settle(delivered, costs, costs_vat)
    for place, one in enumerate(delivered):
        got = [own for part in parts.values() for own in part.got if own.place == place]
        net = sum(one.units.values()) * one.cents
        assert sum(own.net_cents for own in got) == net
        assert sum(own.vat_cents for own in got) == vat_on(net, one.vat)
        assert all(own.units for own in got)
    owed = costs if parts else 0
    assert sum(part.costs_cents for part in parts.values()) == owed
    assert sum(part.costs_vat_cents for part in parts.values()) == vat_on(owed, costs_vat)
    for part in parts.values():
        # Nobody's part is a cent or more from what is exactly theirs.
        total = sum(other.net_cents for other in parts.values())
        exact = owed * part.net_cents / total if total else owed / len(parts)
        assert abs(part.costs_cents - exact) < 1


def test_each_hears_their_own_amount_and_only_the_responsible_person_the_whole(
    talk: Talk, number: int
) -> None:
    said = talk.say(ANI, f"!purchase settle {number}", room=ENGLISH)
    # 3 × 10.01 and 1 × 33.33 of 126.72 in all.
    ben = heard(said, BEN)
    assert "Chairs: 3 × €10.01 = €30.03, plus 21% VAT €6.31" in ben
    assert "Ladder: 1 × €33.33 = €33.33, plus 6% VAT €2.00" in ben
    assert "freight and other costs: €5.00, plus VAT €1.05" in ben
    assert "To pay: €77.72, VAT included" in ben and "BE71" in ben
    assert "€126.72" not in ben and "Finn" not in ben
    assert "€" not in in_room(said, ENGLISH)
    found = bills(talk)
    assert sum(bill.net_cents for bill in found) == 6 * 1001 + 2 * 3333
    assert sum(bill.vat_cents for bill in found) == vat_on(6006, 2100) + vat_on(6666, 600)
    assert sum(bill.costs_cents for bill in found) == 1000
    assert sum(bill.costs_vat_cents for bill in found) == 210
    whole = sum(bill.total_cents for bill in found)
    assert f"To be paid in all: €{whole / 100:.2f}" in heard(said, ANI)


def cents(cell: float) -> int:
    return round(cell * 100)


def test_the_sheets_of_the_settlement_agree_to_the_cent(talk: Talk, number: int) -> None:
    said = talk.say(ANI, f"!purchase settle {number}")
    book = next(iter(files(said).values()))
    members, handed, articles = (cells(book, sheet) for sheet in range(3))
    header = next(row for row in members if row[0] == "No.")
    assert header[3:] == [
        "Excl. VAT at 21%", "VAT at 21%", "Excl. VAT at 6%", "VAT at 6%", "Total excl. VAT", "VAT",
        "Costs excl. VAT", "VAT on costs", "To pay incl. VAT", "Gained excl. VAT",
    ]  # fmt: skip
    people = [row for row in members if isinstance(row[0], int)]
    assert [row[:3] for row in people] == [[1, "Ben", BEN], [2, "Anna", ANNA], [3, "Finn", FINN]]
    # 30.03 + 6.31 and 33.33 + 2.00, with 5.00 + 1.05 of the costs.
    assert [cents(cell) for cell in people[0][3:11]] == [
        3003, 631, 3333, 200, 6336, 831, 500, 105,
    ]  # fmt: skip
    for row in people:
        at_21, vat_21, at_6, vat_6, net, vat, costs, costs_vat, to_pay, _ = map(cents, row[3:])
        assert (at_21 + at_6, vat_21 + vat_6) == (net, vat)
        assert net + vat + costs + costs_vat == to_pay
    total, bought = members[-1], {row[1]: row for row in articles}
    for column in range(3, 13):
        assert cents(total[column]) == sum(cents(row[column]) for row in people)
    # What the invoices of supplier and carrier come to.
    for first, article in ((3, "Chairs"), (5, "Ladder"), (9, "Freight and other costs")):
        amounts = [cents(bought[article][6]), cents(bought[article][8])]
        assert [cents(cell) for cell in total[first : first + 2]] == amounts
    assert (
        cents(total[11]) == cents(articles[-1][9]) == sum(bill.total_cents for bill in bills(talk))
    )
    # Who gets how many of what, to hand it out.
    assert handed[1:] == [
        ["No.", "Member", "1. Chairs", "2. Ladder"],
        [None, "Unit", "piece", "piece"],
        [None, "Unit price excl. VAT", 10.01, 33.33],
        [None, "VAT %", 0.21, 0.06],
        [1, "Ben", 3, 1],
        [2, "Anna", 2, None],
        [3, "Finn", 1, 1],
        ["Total", None, 6, 2],
    ]


def test_one_vat_rate_has_no_columns_of_its_own_and_what_did_not_come_none_to_hand_out(
    talk: Talk,
) -> None:
    number = confirmed(talk, LINES, WANTED)
    received(talk, number, "chairs 6, ladder 0")
    book = next(iter(files(talk.say(ANI, f"!purchase settle {number}")).values()))
    header = next(row for row in cells(book) if row[0] == "No.")
    assert header[3:5] == ["Total excl. VAT", "VAT"]
    assert cells(book, 1)[1] == ["No.", "Member", "1. Chairs"]
    assert "Ladder" in [row[1] for row in cells(book, 2)]


def test_freight_is_shared_by_what_was_delivered_not_by_what_was_ordered(talk: Talk) -> None:
    number = confirmed(talk, (line(case=5, tiers=((1, 1000),)),), {BEN: ((5, 0),), ANNA: ((5, 0),)})
    received(talk, number, "chairs 6")
    talk.say(ANI, f"!purchase settle {number} freight 42.50 fees 10")
    assert [(bill.user_id, bill.net_cents, bill.costs_cents) for bill in bills(talk)] == [
        (BEN, 5000, 4375),
        (ANNA, 1000, 875),
    ]


@pytest.mark.parametrize(
    ("command", "costs"),
    [
        ("!purchase settle 1 freight 42.50 fees 10", 5250),
        ("!groepsaankoop afrekenen 1 vracht 42,50 kosten € 10", 5250),
        ("!achat groupé décompte 1 transport 42,50 €, frais 10 €", 5250),
        ("!purchase settle 1 freight:0", 0),
    ],
)
def test_costs_are_typed_in_each_language(
    talk: Talk, number: int, command: str, costs: int
) -> None:
    talk.say(ANI, command)
    assert sum(bill.costs_cents for bill in bills(talk)) == costs


def test_it_is_worked_out_again_until_a_payment_is_confirmed(talk: Talk, number: int) -> None:
    talk.say(ANI, f"!purchase settle {number}")
    talk.say(BEN, f"!paid {number}")
    # Who is told the same amount again hears nothing, and is still taken at their word.
    said = talk.say(ANI, f"!purchase settle {number}")
    assert heard(said, BEN) == "" and bills(talk)[0].said_paid_at is not None
    said = talk.say(ANI, f"!purchase settle {number} freight 20")
    assert "replaces what I told you before" in heard(said, BEN)
    assert bills(talk)[0].said_paid_at is None
    talk.say(ANI, f"!payments {number} 1")
    for command in ("purchase settle 1 freight 10", "purchase received 1 chairs 1"):
        assert "was confirmed" in text(talk.say(ANI, f"!{command}"))
    assert sum(bill.costs_cents for bill in bills(talk)) == 2000


def test_members_say_that_they_paid_and_the_responsible_person_confirms(
    talk: Talk, number: int
) -> None:
    talk.say(ANI, f"!purchase settle {number}")
    asked = talk.say(BEN, f"!paid {number}")
    told = next(each for each in asked if each.draft.user_id == ANI)
    assert "Ben" in told.text and "€77.72" in told.text
    assert "confirms it when the money has come" in heard(asked, BEN)
    # Nobody else decides on it.
    assert "by whoever is responsible" in text(talk.say(OUTSIDER, f"!payments {number}"))
    own = talk.say(FINN, f"!payments {number} all", room=ENGLISH)
    assert "To pay: €" in heard(own, FINN) and "Ben" not in text(own)
    assert bills(talk)[0].confirmed_at is None
    said = talk.reply(ANI, told, "no")
    assert "has not come yet" in heard(said, BEN) and not bills(talk)[0].said_paid_at
    told = next(each for each in talk.say(BEN, f"!paid {number}") if each.draft.user_id == ANI)
    said = talk.react(ANI, told, "👍")
    assert "has come. Thank you" in heard(said, BEN)
    assert bills(talk)[0].confirmed_by == ANI
    listed = text(talk.say(ANI, f"!payments {number}"))
    assert "1 · Ben · €77.72 · ✅ paid" in listed and "2 · Anna" in listed
    assert "numbers from 1 to 3" in text(talk.say(ANI, f"!payments {number} 2-4"))
    said = talk.say(ANI, f"!payments {number} 2 - 3")
    assert market.get(talk, number).state == "settled"
    assert "settled" in in_room(said, ENGLISH) and "6 units" not in in_room(said, ENGLISH)
    assert "8 units, €126.72 excl. VAT" in in_room(said, ENGLISH)
    assert "member" not in in_room(said, ENGLISH), "three people are too few to be counted"
    assert "kilograms or trips" in heard(said, ANI)
    assert "kg saved" in text(talk.say(ANI, f"!purchase close {number} kg:120,5 trips:14"))
    brought = summary(talk)
    assert brought is not None
    assert (brought.saved_grams, brought.saved_trips, brought.units) == (120_500, 14, 8)


@pytest.mark.parametrize("word", ["!betaald 1", "!payé 1", "!paid"])
def test_paid_is_understood_in_each_language_and_alone_where_there_is_one(
    talk: Talk, number: int, word: str
) -> None:
    assert "nothing that you have to pay" in text(talk.say(OUTSIDER, "!paid"))
    talk.say(ANI, f"!purchase settle {number}")
    talk.say(FINN, word)
    assert [bill.said_paid_at is not None for bill in bills(talk)] == [False, False, True]


def test_who_forgets_is_reminded_three_times_and_who_paid_is_not(talk: Talk, number: int) -> None:
    talk.say(ANI, f"!purchase settle {number}")
    talk.say(BEN, f"!paid {number}")
    reminded = []
    for _ in range(40):
        talk.wait(days=1)
        said = run_jobs(talk, "purchases.payments")
        assert heard(said, BEN) == ""
        if "still to be paid" in heard(said, FINN):
            reminded.append(talk.now.weekday())
            assert "wait for you to confirm it" in heard(said, ANI)
    assert len(reminded) == 3 and max(reminded) < 5, "on working days"


def test_closing_with_payments_open_says_so(talk: Talk, number: int) -> None:
    refused = text(talk.say(ANI, f"!purchase close {number}"))
    assert "First everybody has to hear their amount" in refused
    talk.say(ANI, f"!purchase settle {number}")
    assert "such as: kg:120" in text(talk.say(ANI, f"!purchase close {number} kg"))
    said = talk.say(ANI, f"!purchase close {number} 14 trips", room=ENGLISH)
    assert "not confirmed as paid" in heard(said, ANI)
    assert "not confirmed" not in in_room(said, ENGLISH)
    talk.wait(days=60)
    assert run_jobs(talk, "purchases.payments") == []


def test_staff_and_buyers_read_what_a_year_brought(talk: Talk, number: int) -> None:
    talk.say(ANI, f"!purchase settle {number}")
    talk.say(ANI, f"!payments {number} all")
    found = text(talk.say(BEA, "!purchase report"))
    assert "Group purchases settled in 2026" in found and "fewer than 5 times" in found
    assert "Units: 8, for €126.72 excl. VAT" in found
    assert "None." in text(talk.say(BEA, "!groepsaankoop rapport 2025"))
    assert "staff and buyers" in text(talk.say(BEN, "!purchase report"))


def test_whoever_bought_of_a_hundred_articles_still_reads_what_to_pay(talk: Talk) -> None:
    """Nothing is cut off at the end, where the amount stands, and what is missing stands first."""
    name = "Recycled folders of a long name, which a supplier gave them"
    lines = [line(f"{name}, size {size}", case=1) for size in range(100)]
    number = confirmed(talk, lines, {BEN: ((3, 0),) * 100})
    talk.say(ANI, f"!purchase ordered {number}")
    talk.say(ANI, f"!purchase received {number} 100: 1")
    came = heard(talk.say(ANI, f"!purchase received {number}"), BEN)
    assert "and 39 more lines" in came and came.count("size") == 60
    bill = heard(talk.say(ANI, f"!purchase settle {number}"), BEN)
    assert "and 40 more lines" in bill and "To pay: €" in bill and "When you have paid" in bill


def test_a_person_with_two_accounts_has_one_bill(talk: Talk) -> None:
    other = FINN

    def join(session: Session) -> None:
        member = member_accounts.ensure_for_user(session, BEN, now=talk.ms())
        member_accounts.attach(session, other, member.id, source="code", now=talk.ms())

    number = confirmed(talk, LINES, WANTED)
    talk.write(join)
    received(talk, number)
    talk.say(ANI, f"!purchase settle {number}")
    assert [bill.user_id for bill in bills(talk)] == [BEN, ANNA]
    talk.say(other, f"!paid {number}")
    assert bills(talk)[0].said_paid_at is not None


def test_what_a_former_member_got_still_adds_up(talk: Talk) -> None:
    number = confirmed(talk, LINES, WANTED)
    talk.write(lambda session: purchase_people.forget(session, [FINN]))
    received(talk, number)
    said = talk.say(ANI, f"!purchase settle {number}")
    assert "Finn" not in text(said)
    found = bills(talk)
    # Who they were is not known any more, so neither that two commitments were one person's.
    assert [bill.user_id for bill in found] == [BEN, ANNA, None, None]
    assert sum(bill.net_cents for bill in found) == 6 * 1001 + 2 * 3333
    assert "3 · a former member" in text(talk.say(ANI, f"!payments {number}"))
    said = talk.say(ANI, f"!payments {number} 1, 2 and 3-4")
    assert market.get(talk, number).state == "settled"


def test_when_nobody_is_responsible_any_more_the_animators_hear_of_payments(talk: Talk) -> None:
    number = confirmed(talk, LINES, WANTED, opener=BEA)
    talk.say(BEA, f"!purchase ordered {number}")
    talk.say(BEA, f"!purchase received {number}")
    talk.say(BEA, f"!purchase settle {number}")
    talk.write(lambda session: purchase_people.forget(session, [BEA]))
    said = talk.say(BEN, f"!paid {number}")
    told = next(each for each in said if each.draft.user_id == ANI)
    assert "Whoever runs it confirms it" in heard(said, BEN)
    talk.reply(ANI, told, "yes")
    assert bills(talk)[0].confirmed_by == ANI


def test_a_yes_to_an_amount_that_was_worked_out_again_confirms_nothing(
    talk: Talk, number: int
) -> None:
    talk.say(ANI, f"!purchase settle {number}")
    asked = talk.say(BEN, f"!paid {number}")
    told = next(each for each in asked if each.draft.user_id == ANI)
    talk.say(ANI, f"!purchase settle {number} freight 500")
    assert "worked out again" in text(talk.reply(ANI, told, "yes"))
    assert [bill.confirmed_at for bill in bills(talk)] == [None, None, None]


def test_who_owes_nothing_any_more_hears_so(talk: Talk, number: int) -> None:
    talk.say(ANI, f"!purchase settle {number}")
    talk.say(ANI, f"!purchase received {number} chairs 6, ladder 0")
    talk.say(ANI, f"!purchase received {number} chairs 3")
    said = talk.say(ANI, f"!purchase settle {number}")
    assert "replaces what I told you before" in heard(said, FINN)
    assert "To pay: €0.00" in heard(said, FINN) and "!paid" not in heard(said, FINN)
    assert heard(talk.say(ANI, f"!purchase settle {number}"), FINN) == "", "once"
