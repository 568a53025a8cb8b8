"""Tenders as buyers run them: orders and their sheets, longer and more, the end; and what nobody else sees."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

from openpyxl import load_workbook

from storage import tenders
from tests.commands.purchases.market import (
    ANNA,
    BEA,
    BEN,
    BRAM,
    BUYERS,
    DUTCH,
    ENGLISH,
    FINN,
    heard,
    in_room,
    run_jobs,
    text,
)
from tests.commands.purchases.tendering import board, left, tender
from tests.commands.talk import Said, Talk


def rows(said: Sequence[Said], part: str) -> list[list[Any]]:
    """The cells of the workbook whose name holds that."""
    file = next(one.draft.file for one in said if one.draft.file and part in one.draft.file.name)
    sheet = load_workbook(io.BytesIO(file.data)).worksheets[0]
    return [[cell.value for cell in row if cell.value is not None] for row in sheet.iter_rows()]


def test_an_order_holds_what_was_not_ordered_and_its_parts_are_its_sum(talk: Talk) -> None:
    tender(talk)
    talk.say(BEN, "!calloff T1 paper 1, chairs 1")
    talk.say(FINN, "!calloff T1 paper 2")
    said = talk.say(BEA, "!tender order T1")
    assert "Order T1-1" in heard(said, BEA)
    # VAT on nine euros and sixty is two euros and two cents: a cent more than on both parts alone.
    assert "1 × Paper A4: €3.20 excl. VAT" in heard(said, BEN).replace("\xa0", "")
    assert "In all €102.20 excl. VAT, €123.66 with VAT." in heard(said, BEN)
    assert "Paper" in heard(said, FINN) and "€6.40" in heard(said, FINN)
    sheet = rows(said, "the-paper-mill.xlsx")
    paper = next(row for row in sheet if "Paper A4" in row)
    assert 3 in paper and 3.2 in paper and 9.6 in paper and 2.02 in paper
    members = rows(said, "members")
    assert [row[1:3] for row in members if "Ben" in str(row[:1])] == [
        ["Chairs", 1],
        ["Paper A4", 1],
    ]
    total = next(row for row in members if row[:1] == ["Total"])
    assert total[1:] == [4, 108.6, 22.81, 131.41]
    assert "Er is niets afgeroepen" in text(talk.say(BRAM, "!tender order T1"))
    talk.say(BEN, "!calloff T1 chairs 2")
    again = talk.say(BEA, "!tender order T1")
    assert "Order T1-2" in heard(again, BEA)
    assert "2 × Chairs" in heard(again, BEN)
    assert "Paper A4" not in heard(again, BEN)
    once_more = talk.say(BRAM, "!tender order T1 1")
    assert "Bestelling T1-1" in heard(once_more, BRAM)
    assert heard(once_more, BEN) == ""


def test_only_buyers_order_and_see_who_called_off_what_and_nobody_reads_along(talk: Talk) -> None:
    tender(talk)
    talk.say(BEN, "!calloff T1 chairs 1")
    for typed in ("!tender order T1", "!tender people T1", "!tender close T1 no more money"):
        assert "Chairs" not in text(talk.say(ANNA, typed))
    seen = text(talk.say(BEA, "!tender people T1"))
    assert "Ben: 1 × Chairs (1 not ordered yet)" in seen
    talk.room(ENGLISH, "network", {BEA: 0, BEN: 0, ANNA: 0}, language="en")
    for typed in ("!tender people T1", "!tender order T1"):
        assert "Ben" not in in_room(talk.say(BEA, typed, room=ENGLISH), ENGLISH)
    assert "Ben: 1 × Chairs" in text(talk.say(BRAM, "!tender people T1", room=BUYERS))


def test_a_tender_lasts_longer_and_holds_more_but_never_less_than_was_called_off(
    talk: Talk,
) -> None:
    tender(talk)
    message = board(talk, ENGLISH)
    talk.say(BEN, "!calloff T1 chairs 5")
    assert "T1 lasts until June 30, 2027" in text(
        talk.say(BEA, "!tender set T1 until 30 june 2027")
    )
    assert "Of “Chairs” 5 are called off" in text(talk.say(BEA, "!tender set T1 quantity chairs 4"))
    assert left(talk) == [40, 1]
    assert "Chairs: 20, of which 15 are left" in text(
        talk.say(BEA, "!tender set T1 quantity chairs 20")
    )
    talk.say(BEA, "!tender set T1 note Pay the cooperative within 30 days")
    talk.wait(seconds=6)
    said = run_jobs(talk)
    assert "15 of 20 left" in in_room(said, ENGLISH)
    assert "June 30, 2027" in in_room(said, ENGLISH)
    assert "Pay the cooperative" in in_room(said, ENGLISH)
    assert all(one.edits == message.key for one in said if one.draft.room_id == ENGLISH)
    assert "a day that is still to come" in text(talk.say(BEA, "!tender set T1 until 1 may 2020"))


def test_other_rooms_hear_of_it_later_too(talk: Talk) -> None:
    tender(talk)
    board(talk, ENGLISH)
    assert "I do not know “bakers”" in text(talk.say(BEA, "!tender set T1 networks bakers"))
    assert "Makers and Drukkers" in text(talk.say(BEA, "!tender set T1 networks drukkers, makers"))
    talk.wait(seconds=6)
    said = run_jobs(talk)
    assert "T1 · Paper and chairs" in in_room(said, DUTCH)
    assert next(one for one in said if one.draft.room_id == DUTCH).edits is None
    assert left(talk) == [40, 6]


def test_buyers_hear_two_weeks_ahead_and_after_its_last_day_it_is_closed(talk: Talk) -> None:
    tender(talk, days=60)
    board(talk, ENGLISH)
    talk.say(BEA, "!tender set T1 until 31 january 2027")
    talk.say(BEN, "!calloff T1 paper 10")
    run_jobs(talk)
    talk.wait(days=54)
    assert in_room(run_jobs(talk, "tenders.warn"), BUYERS) == ""
    talk.wait(days=1)
    warned = in_room(run_jobs(talk), BUYERS)
    assert "ends on January 31, 2027" in warned and "10 units are called off" in warned
    assert run_jobs(talk, "tenders.warn") == []
    talk.wait(days=14)
    assert run_jobs(talk, "tenders.end") == []
    talk.say(BEN, "!calloff T1 paper 1")
    talk.wait(days=1)
    said = run_jobs(talk)
    assert "T1 · Paper and chairs is closed" in in_room(said, BUYERS)
    assert "Called off for €35.20 excl. VAT" in in_room(said, BUYERS)
    assert "€14.30" in in_room(said, BUYERS)
    talk.wait(seconds=6)
    assert "closed" in in_room(run_jobs(talk), ENGLISH)
    assert "11 × Paper A4" in heard(talk.say(BEA, "!tender order T1"), BEN)


def test_a_tender_that_lasts_longer_is_not_closed_on_the_day_that_was_meant_first(
    talk: Talk,
) -> None:
    tender(talk, days=5)
    talk.say(BEA, "!tender set T1 until 30 november 2026")
    talk.say(BEA, "!tender set T1 until 31 december 2026")
    talk.wait(days=10)
    run_jobs(talk)
    talk.say(BEN, "!calloff T1 paper 1")
    assert left(talk) == [39, 6]
    talk.say(BEA, "!tender set T1 until 31 december 2027")
    talk.wait(days=20)
    assert in_room(run_jobs(talk), BUYERS) == ""


def test_who_waits_hears_why_a_tender_was_closed_early_and_may_give_back(talk: Talk) -> None:
    tender(talk)
    board(talk, ENGLISH)
    talk.say(BEN, "!calloff T1 chairs 2")
    talk.say(FINN, "!calloff T1 chairs 1")
    talk.write(lambda session: tenders.order(session, 1, by=BEA, now=talk.ms()))
    talk.say(FINN, "!calloff T1 chairs 1")
    assert "reason" in text(talk.say(BEA, "!tender close T1"))
    said = talk.say(BEA, "!tender close T1 the supplier stopped")
    assert "The reason: the supplier stopped" in heard(said, FINN)
    assert heard(said, BEN) == ""
    talk.wait(seconds=6)
    assert "Closed early: the supplier stopped" in in_room(run_jobs(talk), ENGLISH)
    assert "Given back to T1: Chairs" in text(talk.say(FINN, "!calloff cancel T1"))
    assert "closed already" in text(talk.say(BEA, "!tender close T1 once more please"))
