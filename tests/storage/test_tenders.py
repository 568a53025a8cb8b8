"""Tenders in the database: nobody calls off more than is left, whoever asks and however many at once."""

from __future__ import annotations

import asyncio
import sqlite3
from pathlib import Path

import pytest

from storage import tenders
from storage.database import Database
from storage.session import Session

NOW = 1_700_000_000_000
ANNA, BEN = "@anna:localhost", "@ben:localhost"


def tender(session: Session, quantity: int = 5) -> int:
    added = tenders.add(
        session,
        tenders.Draft(
            title="Paper",
            language="en",
            currency="EUR",
            valid_until="2027-06-30",
            supplier_name="The Paper Mill",
            network_ids=(),
            lines=(
                tenders.LineDraft("Paper A4", "ream", 320, 2100, quantity, reference_cents=450),
                tenders.LineDraft("Envelopes", "box", 990, 2100, 2),
            ),
            responsible=ANNA,
        ),
        now=NOW,
    )
    tenders.move(session, added, "open", now=NOW)
    return added


def left(session: Session) -> list[int]:
    found = tenders.get(session, 1)
    assert found is not None
    return [line.remaining for line in found.lines]


def test_what_is_called_off_is_taken_from_what_is_left_and_comes_back_when_cancelled(
    session: Session,
) -> None:
    tender(session)
    first = tenders.call_off(session, 1, ANNA, 3, now=NOW)
    tenders.call_off(session, 1, BEN, 2, now=NOW)
    assert left(session) == [0, 2]
    with pytest.raises(sqlite3.IntegrityError, match="less is left"):
        tenders.call_off(session, 1, BEN, 1, now=NOW)
    tenders.cancel(session, [first], now=NOW)
    assert left(session) == [3, 2]
    assert [one.units for one in tenders.call_offs(session, 1)] == [2]
    assert tenders.call_offs(session, 1, [ANNA]) == []


def test_what_is_ordered_is_neither_cancelled_nor_ordered_again(session: Session) -> None:
    tender(session)
    called = tenders.call_off(session, 1, ANNA, 3, now=NOW)
    order, ordered = tenders.order(session, 1, by=BEN, now=NOW)
    assert [one.id for one in ordered] == [called]
    with pytest.raises(sqlite3.IntegrityError):
        tenders.cancel(session, [called], now=NOW)
    tenders.call_off(session, 2, BEN, 1, now=NOW)
    again, ordered = tenders.order(session, 1, by=BEN, now=NOW)
    assert again != order
    assert [(one.line_id, one.user_id, one.units) for one in ordered] == [(2, BEN, 1)]


def test_a_quantity_covers_what_was_called_off_and_only_an_open_tender_is_called_off(
    session: Session,
) -> None:
    tender(session)
    tenders.call_off(session, 1, ANNA, 4, now=NOW)
    with pytest.raises(sqlite3.IntegrityError, match="more than that"):
        tenders.set_quantity(session, 1, 3)
    tenders.set_quantity(session, 1, 4)
    tenders.move(session, 1, "closed", now=NOW, reason="sold out")
    with pytest.raises(sqlite3.IntegrityError, match="while it is open"):
        tenders.call_off(session, 2, BEN, 1, now=NOW)


async def test_of_many_who_ask_for_the_last_units_at_once_only_as_many_get_them(
    tmp_path: Path,
) -> None:
    database = await Database.open(tmp_path / "kring.db", readers=1)

    async def ask(user: str) -> bool:
        try:
            await database.write(lambda session: tenders.call_off(session, 1, user, 1, now=NOW))
        except sqlite3.IntegrityError:
            return False
        return True

    try:
        await database.write(tender)
        served = await asyncio.gather(*(ask(f"@p{number}:localhost") for number in range(20)))
        assert sum(served) == 5
        assert (await database.read(left))[0] == 0
    finally:
        await database.close()


def test_a_tender_that_is_closed_stays_closed(session: Session) -> None:
    number = tender(session)
    with pytest.raises(sqlite3.IntegrityError, match="does not move"):
        tenders.move(session, number, "draft", now=NOW)
    tenders.move(session, number, "closed", now=NOW, reason="sold out")
    with pytest.raises(sqlite3.IntegrityError, match="does not move"):
        tenders.move(session, number, "open", now=NOW)
