"""Bills in the database: written anew as a whole, with the word of who said that they paid; sums by year."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

import pytest

from storage import purchase_bills, purchases
from storage.purchase_bills import BillLine, NewBill, Summary
from storage.purchase_lines import LineDraft, Tier
from storage.purchases import Draft
from storage.session import Session
from tests.support.memory import session_in_memory

NOW = 1_700_000_000_000
ANNA, BEN = "@anna:localhost", "@ben:localhost"
LINES = tuple(
    LineDraft(name, "piece", 1, (Tier(1, 1000),), 2100, "Meubel Coop")
    for name in ("Chair", "Table")
)


@pytest.fixture
def session() -> Iterator[Session]:
    with session_in_memory() as opened:
        yield opened


@pytest.fixture
def number(session: Session) -> int:
    draft = Draft("Chairs", "en", "EUR", NOW, (), (), LINES, ANNA)
    return purchases.add(session, draft, opener=ANNA, now=NOW)


def bill(session: Session, number: int, user: str | None, *cents: int) -> NewBill:
    found = purchases.get(session, number)
    assert found is not None
    lines = [
        BillLine(line.id, 1, net, net, 0) for line, net in zip(found.lines, cents, strict=False)
    ]
    return NewBill(user, tuple(reversed(lines)), 10, 2, 5)


def test_bills_are_numbered_in_their_order_and_their_lines_in_the_purchases(
    session: Session, number: int
) -> None:
    new = [bill(session, number, BEN, 1000, 500), bill(session, number, ANNA, 300)]
    purchase_bills.write(session, number, new, now=NOW)
    first, second = purchase_bills.of_purchase(session, number)
    assert [(one.number, one.user_id) for one in (first, second)] == [(1, BEN), (2, ANNA)]
    assert first.total_cents == 1512 and second.total_cents == 312
    lines = purchase_bills.lines_of(session, number)
    assert [one.net_cents for one in lines[first.id]] == [1000, 500]
    assert purchase_bills.of_person(session, ANNA) == [second]
    assert purchase_bills.of_person(session, ANNA, number + 1) == []


def test_written_anew_only_who_owes_the_same_is_still_taken_at_their_word(
    session: Session, number: int
) -> None:
    before = [bill(session, number, one, 1000) for one in (BEN, ANNA, None, None)]
    purchase_bills.write(session, number, before, now=NOW)
    found = purchase_bills.of_purchase(session, number)
    purchase_bills.say_paid(session, [one.id for one in found], now=NOW + 1)
    after = [
        bill(session, number, ANNA, 1000), bill(session, number, BEN, 999),
        bill(session, number, None, 1000),
    ]  # fmt: skip
    purchase_bills.write(session, number, after, now=NOW + 2)
    said = {one.user_id: one.said_paid_at for one in purchase_bills.of_purchase(session, number)}
    assert said == {ANNA: NOW + 1, BEN: None, None: None}


def test_what_was_confirmed_first_stands(session: Session, number: int) -> None:
    purchase_bills.write(session, number, [bill(session, number, BEN, 1000)], now=NOW)
    (found,) = purchase_bills.of_purchase(session, number)
    assert found.is_open
    purchase_bills.confirm(session, [found.id], ANNA, now=NOW + 1)
    purchase_bills.confirm(session, [found.id], BEN, now=NOW + 2)
    again = purchase_bills.get(session, found.id)
    assert again is not None and not again.is_open
    assert (again.confirmed_by, again.confirmed_at) == (ANNA, NOW + 1)


def test_a_person_has_one_bill_of_a_purchase(session: Session, number: int) -> None:
    twice = [bill(session, number, BEN, 1000), bill(session, number, BEN, 1)]
    with pytest.raises(sqlite3.IntegrityError):
        purchase_bills.write(session, number, twice, now=NOW)


def test_a_year_has_its_first_and_its_last_day(session: Session) -> None:
    days = ("2025-12-31", "2026-01-01", "2026-12-31", "2027-01-01")
    for day in days:
        draft = Draft("Chairs", "en", "EUR", NOW, (), (), LINES, ANNA)
        added = purchases.add(session, draft, opener=ANNA, now=NOW)
        purchase_bills.summarise(session, Summary(added, day, 3, 4, 500, 60, None, 7))
        purchase_bills.summarise(session, Summary(added, day, 3, 4, 500, 60, 1000, 7))
    found = purchase_bills.summaries(session, 2026)
    assert [one.closed_on for one in found] == list(days[1:3])
    assert {one.saved_grams for one in found} == {1000}
