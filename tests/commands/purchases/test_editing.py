"""What those who run a purchase change of it, stop, and take over; and what everybody hears of that."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from commands.purchases import changes
from storage import purchases
from tests.commands.purchases import market
from tests.commands.purchases.market import (
    ANI,
    AXEL,
    BEA,
    BEN,
    CARO,
    ENGLISH,
    FINN,
    FRENCH,
    commit,
    get,
    heard,
    in_room,
    line,
    move,
    purchase,
    run_jobs,
    text,
)
from tests.commands.talk import Talk


@pytest.fixture
def talk(tmp_path: Path) -> Iterator[Talk]:
    with market.market(tmp_path) as opened:
        yield opened


@pytest.mark.parametrize(
    ("said", "field", "value"),
    [
        ("purchase set 1 freight 45.50", "freight_cents", 4550),
        ("groepsaankoop zet 1 vracht € 45,50", "freight_cents", 4550),
        ("achat groupé modifier 1 transport: 45,50", "freight_cents", 4550),
        ("purchase set 1 hours 1h30", "handling_minutes", 90),
        ("aankoop wijzig 1 kosten 10", "fees_cents", 1000),
        ("purchase set 1 costs vat 6", "costs_vat", 600),
        ("achat changer 1 retrait chez Ani, après 18h", "pickup", "chez Ani, après 18h"),
        ("purchase set 1 payment -", "payment", ""),
    ],
)
def test_a_field_is_set_in_the_words_of_each_language(
    talk: Talk, said: str, field: str, value: object
) -> None:
    purchase(talk, payment="cash")
    assert "1" in text(talk.say(ANI, said))
    assert getattr(get(talk), field) == value


@pytest.mark.parametrize(
    ("said", "wanted"),
    [
        ("purchase set 1 freight a lot", "12.50"),
        ("purchase set 1 freight 45.555", "decimals"),
        ("purchase set 1 colour red", "deadline"),
        ("purchase set 1 deadline tomorrow 18:00", "later"),
        ("purchase set 1 price 10; from 20: 11", "fall"),
        ("purchase set 1 case 6", "can no longer be changed"),
        ("purchase set 1", "missing"),
        ("purchase set 9 freight 4", "cannot find"),
    ],
)
def test_what_does_not_fit_is_explained(talk: Talk, said: str, wanted: str) -> None:
    purchase(talk)
    before = get(talk)
    assert wanted in text(talk.say(ANI, said))
    assert get(talk) == before


def test_prices_are_set_by_line_and_the_room_sees_them(talk: Talk) -> None:
    purchase(talk, lines=[line(), line("Tables", tiers=((1, 5000),))])
    assert "1 to 2" in text(talk.say(ANI, "purchase set 1 price 9.50"))
    said = talk.say(ANI, "purchase set 1 price 2: 48; from 10: 45,50")
    assert "Tables" in text(said) and "45.50" in text(said)
    assert [tier.cents for tier in get(talk).lines[1].tiers] == [4800, 4550]
    talk.wait(seconds=10)
    assert "48" in in_room(run_jobs(talk, changes.REFRESH), ENGLISH)


def test_a_later_deadline_is_told_to_everybody(talk: Talk) -> None:
    purchase(talk, rooms=(ENGLISH, FRENCH))
    commit(talk, BEN, 3)
    said = talk.say(ANI, "purchase set 1 deadline 12 december 20:00")
    after = get(talk)
    assert after.due_at == after.deadline
    for told in (in_room(said, ENGLISH), heard(said, BEN), heard(said, ANI)):
        assert "December 12, 2026" in told
    assert "12 décembre 2026" in in_room(said, FRENCH)
    # The old step is stale: nothing is decided at the old deadline.
    talk.wait(days=7, minutes=1)
    run_jobs(talk, changes.STEP)
    assert get(talk).state == "open"


def test_others_change_nothing(talk: Talk) -> None:
    purchase(talk)
    for said in ("purchase set 1 freight 1", "purchase cancel 1 no", "purchase take 1"):
        assert "animators" in text(talk.say(FINN, said))
    assert get(talk).freight_cents == 0 and get(talk).responsible == ANI


def test_it_is_cancelled_with_a_reason_that_everybody_hears(talk: Talk) -> None:
    purchase(talk, rooms=(ENGLISH, FRENCH), title="Chairs & tables")
    commit(talk, BEN, 3)
    commit(talk, CARO, 2)
    assert "reason" in text(talk.say(BEA, "purchase cancel 1"))
    said = talk.say(BEA, "purchase cancel 1 the supplier <b>closed</b>")
    assert get(talk).state == "cancelled" and get(talk).due_at is None
    for told in (
        in_room(said, ENGLISH),
        in_room(said, FRENCH),
        heard(said, BEN),
        heard(said, CARO),
    ):
        assert "the supplier <b>closed</b>" in told
    assert "Bea" in heard(said, ANI)
    assert all("<b>closed" not in each.html for each in said)
    assert "cancelled" in text(talk.say(BEA, "purchase cancel 1 again"))


def test_what_is_ordered_is_cancelled_no_more(talk: Talk) -> None:
    purchase(talk)
    move(talk, 1, "tipped", "confirmed", "ordered")
    assert "ordered" in text(talk.say(ANI, "aankoop annuleren 1 toch niet"))
    assert get(talk).state == "ordered"


def test_a_draft_goes_without_a_word_to_others(talk: Talk) -> None:
    purchase(talk, state="draft")
    said = talk.say(ANI, "purchase cancel 1")
    assert get(talk).state == "cancelled"
    assert [each.to for each in said] == ["!direct-ani"]


def test_another_animator_takes_it_over(talk: Talk) -> None:
    purchase(talk, rooms=(ENGLISH, FRENCH))
    said = talk.say(AXEL, "achat groupé reprendre 1")
    assert get(talk).responsible == AXEL
    assert "Axel" in heard(said, ANI)
    assert "déjà" in text(talk.say(AXEL, "achat reprendre 1")) or get(talk).responsible == AXEL


def test_what_was_given_up_stays_as_it_is(talk: Talk) -> None:
    purchase(talk)
    move(talk, 1, "failed")
    talk.write(lambda session: purchases.change(session, 1, now=talk.ms(), released_at=talk.ms()))
    before = get(talk)
    for said in ("purchase cancel 1 no", "purchase set 1 freight 5", "purchase take 1"):
        assert "too few" in text(talk.say(BEA, said))
    assert get(talk) == before


def test_nothing_that_the_decision_rests_on_changes_after_the_deadline(talk: Talk) -> None:
    purchase(talk)
    talk.wait(days=7, minutes=1)
    before = get(talk)
    for said in ("purchase set 1 price 8", "purchase set 1 deadline 12 december 20:00"):
        assert "just closed" in text(talk.say(ANI, said))
    assert get(talk) == before


def test_the_lines_of_a_draft_are_corrected(talk: Talk) -> None:
    purchase(talk, state="draft", lines=[line(), line("Tabels", tiers=((1, 5000),))])
    for said in ("article 2: Tables", "eenheid 2 stuk", "caisse 2: 4, minimum 2", "vat 1 6"):
        assert "Noted" in text(talk.say(ANI, f"purchase set 1 {said}"))
    chairs, tables = get(talk).lines
    assert (tables.article, tables.unit, tables.case_size, tables.minimum_cases) == (
        "Tables", "stuk", 4, 2,
    )  # fmt: skip
    assert (chairs.vat, tables.vat) == (600, 2100)
