"""`!deal` and `!rate`: what is told to whom, and what comes of it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from commands.kernel.moments import next_decent
from commands.suppliers.deals import ASK, read_rating
from storage import deal_uses, members, supplier_notices, suppliers
from storage.session import Session
from storage.suppliers import Deal
from tests.commands.suppliers.directory import (
    ANNA,
    BEN,
    BUYER,
    CARO,
    ROOM,
    STRANGER,
    cooperative,
    due,
    same_member,
    supplier,
)
from tests.commands.talk import Said, Talk, answer

DEAL = Deal("KRING10", "Jo at the counter", "2026-01-01", "2027-01-31", 5000)
TEXTS = {
    "deal": {"en": "Ten percent off"},
    "steps": {"en": "Say the code at the till"},
    "pickup": {"en": "Dock 3"},
}
SECRETS = ("KRING10", "Jo at the counter", "at the till")


@pytest.fixture
def talk(tmp_path: Path) -> Iterator[Talk]:
    opened = Talk.open(tmp_path)
    cooperative(opened)
    yield opened
    opened.close()


def printer(talk: Talk, name: str = "Inkpot", **said: Any) -> int:
    told: dict[str, Any] = {"deal": DEAL, "texts": TEXTS, **said}
    return supplier(talk, name, **told)


def to(said: list[Said], place: str) -> list[str]:
    return [each.text for each in said if place in (each.draft.room_id, each.draft.user_id)]


def asked(talk: Talk, user: str = ANNA) -> list[Said]:
    """The bot's questions to somebody, five days and a weekend later."""
    talk.wait(days=8)
    return [each for each in due(talk, ASK) if each.draft.user_id == user]


@pytest.mark.parametrize(
    ("typed", "money"),
    [("deal 1", "€50.00"), ("voordeel #1", "€\u00a050,00"), ("remise 1", "50,00\u00a0€")],
)
def test_how_to_get_a_deal_is_told_in_the_direct_chat(talk: Talk, typed: str, money: str) -> None:
    printer(talk)
    text = answer(talk.say(CARO, typed))
    for part in (*SECRETS, "Dock 3", money, "2027"):
        assert part in text, part


def test_a_room_never_reads_the_code(talk: Talk) -> None:
    printer(talk)
    for typed in ("!deal 1", "!korting 1", "!avantage 1", "!supplier 1", "!fournisseur 1"):
        said = talk.say(ANNA, typed, room=ROOM)
        for text in to(said, ROOM):
            assert not any(secret in text for secret in SECRETS), text
        if "fournisseur" not in typed and "supplier" not in typed:
            assert "direct chat" in to(said, ROOM)[0]
            assert "KRING10" in to(said, ANNA)[0]


def test_outsiders_get_no_deal(talk: Talk) -> None:
    printer(talk)
    for typed in ("deal 1", "rate 1 5"):
        text = answer(talk.say(STRANGER, typed))
        assert "for members of the cooperative" in text
        assert "Inkpot" not in text


def test_a_deal_out_of_its_time_or_none_is_said_to_be_so(talk: Talk) -> None:
    printer(talk, deal=Deal("CODE", starts="2026-12-01"))
    printer(talk, deal=Deal("CODE", ends="2026-11-22"))
    printer(talk, deal=None, texts={"offer": {"en": "Ink"}})
    printer(talk, deal=Deal("CODE", starts="2026-11-23", ends="2026-11-23"))
    for number, said in (
        (1, "begins on December 1, 2026"),
        (2, "ended on November 22"),
        (3, "no deal"),
    ):
        text = answer(talk.say(ANNA, f"deal {number}"))
        assert said in text
        assert "CODE" not in text
    assert "CODE" in answer(talk.say(ANNA, "deal 4"))


@pytest.mark.parametrize("state", ["proposed", "review", "suspended"])
def test_a_supplier_that_is_not_approved_is_not_there(talk: Talk, state: str) -> None:
    printer(talk, state=state)
    for typed in ("deal 1", "rate 1 5 fine", "supplier 1"):
        hidden, missing = (
            answer(talk.say(ANNA, typed)),
            answer(talk.say(ANNA, typed.replace("1", "9", 1))),
        )
        assert hidden == missing.replace("9", "1", 1)
        assert "Inkpot" not in hidden
    assert "not approved" in answer(talk.say(BUYER, "deal 1"))
    assert "KRING10" not in answer(talk.say(BUYER, "supplier 1"))
    assert not any("Inkpot" in text for text in to(talk.say(BUYER, "!deal 1", room=ROOM), ROOM))


def test_a_use_is_asked_about_once_on_a_working_morning(talk: Talk) -> None:
    number = printer(talk)
    talk.say(ANNA, "deal 1")
    talk.say(ANNA, "deal 1")
    talk.wait(days=4, hours=23)
    assert not due(talk, ASK)
    # Five days after that Monday is a Saturday: the question waits for Monday at ten.
    talk.wait(days=2)
    assert not due(talk, ASK)
    talk.now = datetime(2026, 11, 30, 9, 0, tzinfo=UTC)
    (question,) = due(talk, ASK)
    assert question.draft.user_id == ANNA
    assert "Inkpot" in question.text
    assert "quick and kind" in question.text
    text = answer(talk.say(ANNA, "4 prompt service"))
    assert "noted" in text
    assert "complain" not in text
    talk.say(ANNA, "deal 1")
    assert not asked(talk), "once in a month is enough"
    assert talk.write(lambda session: deal_uses.ratings(session, [number]))[number].mean == 4


def test_a_question_is_announced_only_where_one_comes(talk: Talk) -> None:
    printer(talk)
    assert "In a few days I ask" in answer(talk.say(ANNA, "deal 1"))
    assert "In a few days I ask" in answer(talk.say(ANNA, "deal 1"))
    assert len(asked(talk)) == 1
    talk.say(ANNA, "4 quick")
    again = answer(talk.say(ANNA, "deal 1"))
    assert "KRING10" in again and "I ask" not in again
    assert asked(talk) == []
    talk.wait(days=40)
    assert "In a few days I ask" in answer(talk.say(ANNA, "deal 1"))
    assert len(asked(talk)) == 1


def test_what_did_not_work_can_be_complained_of(talk: Talk) -> None:
    printer(talk)
    talk.say(ANNA, "deal 1")
    assert len(asked(talk)) == 1
    assert "a number from 1" in answer(talk.say(ANNA, "well"))
    assert "in a word" in answer(talk.say(ANNA, "1"))
    text = answer(talk.say(ANNA, "skip"))
    assert "!complain 1" in text


def test_the_question_comes_between_and_goes_away_again(talk: Talk) -> None:
    printer(talk)
    talk.say(ANNA, "deal 1")
    talk.wait(days=8)
    first = answer(talk.say(ANNA, "propose network"))
    (question,) = due(talk, ASK)
    assert "waits" in question.text
    said = talk.say(ANNA, "skip")
    assert "do not ask again" in said[0].text
    assert first.splitlines()[-1] in said[-1].text


@pytest.mark.parametrize("why", ["left", "erased", "rated", "suspended", "late"])
def test_some_are_not_asked(talk: Talk, why: str) -> None:
    number = printer(talk)
    member = same_member(talk, ANNA)
    talk.say(ANNA, "deal 1")
    if why == "left":
        talk.write(lambda session: members.set_status(session, [member], "left", now=1))
    elif why == "erased":
        talk.write(lambda session: deal_uses.forget_person(session, [ANNA]))
    elif why == "rated":
        talk.say(ANNA, "rate 1 5")
    elif why == "suspended":
        talk.write(lambda session: suppliers.move(session, number, "suspended", now=talk.ms()))
    else:
        talk.wait(days=60)
    assert not asked(talk)


def test_after_a_night_off_the_question_waits_for_the_morning(talk: Talk) -> None:
    printer(talk)
    talk.say(ANNA, "deal 1")
    talk.now = datetime(2026, 12, 2, 2, 0, tzinfo=UTC)
    assert not due(talk, ASK)
    talk.now = datetime(2026, 12, 2, 9, 0, tzinfo=UTC)
    assert len(due(talk, ASK)) == 1


def test_ratings_are_shown_from_five_people_on(talk: Talk) -> None:
    printer(talk)
    people = [f"@p{number}:localhost" for number in range(4)]
    for user in (*people, ANNA):
        talk.say(user, "deal 1")
    same_member(talk, ANNA, BEN)
    for user in people:
        assert "noted" in answer(talk.say(user, "rate 1 5 splendid"))
    talk.say(ANNA, "noter 1 1 slow")
    talk.wait(days=1)
    talk.say(BEN, "deal 1")
    talk.say(people[0], "beoordeel 1 5 splendid")
    first = answer(talk.say(CARO, "supplier 1"))
    assert "by 5 members" in first
    assert "4.2 of 5" in first
    talk.say(BEN, "rate 1 5")
    assert "5 of 5, by 5 members" in answer(talk.say(CARO, "supplier 1"))


def test_four_ratings_are_not_shown(talk: Talk) -> None:
    printer(talk)
    for number in range(4):
        talk.say(f"@p{number}:localhost", "deal 1")
        talk.say(f"@p{number}:localhost", "rate 1 5 splendid")
    for text in (answer(talk.say(ANNA, "supplier 1")), answer(talk.say(BUYER, "supplier 1"))):
        assert "★" not in text
        assert "splendid" not in text


def test_only_who_used_it_rates_it_and_a_room_does_not_hear_who_did_not(talk: Talk) -> None:
    printer(talk)
    assert "Only those who used" in answer(talk.say(ANNA, "rate 1 5"))
    said = talk.say(ANNA, "!rate 1 5", room=ROOM)
    assert not any("Only those" in text for text in to(said, ROOM))
    assert "from 1 to 5" in answer(talk.say(ANNA, "rate 1 6"))


def test_a_reply_to_the_deal_rates_it(talk: Talk) -> None:
    printer(talk)
    (said,) = talk.say(ANNA, "deal 1")
    assert "noted" in answer(talk.reply(ANNA, said, "2/5, slow"))
    use = talk.write(lambda session: deal_uses.last(session, 1, [ANNA]))
    assert (use.rating, use.word) == (2, "slow")


def test_a_rating_outlives_its_giver_as_nobodys(talk: Talk) -> None:
    printer(talk)
    same_member(talk, ANNA, BEN)
    talk.say(ANNA, "deal 1")
    talk.say(ANNA, "rate 1 1 my sister's shop")
    talk.wait(days=1)
    talk.say(BEN, "deal 1")
    talk.say(BEN, "rate 1 3 still my sister's")

    def forget(session: Session) -> None:
        deal_uses.forget_person(session, [ANNA, BEN])

    talk.write(forget)
    found = talk.write(lambda session: deal_uses.ratings(session, [1]))[1]
    assert (found.people, found.mean) == (1, 3)
    assert not talk.write(lambda session: deal_uses.words(session, 1, limit=5))
    assert not talk.write(lambda session: deal_uses.of_person(session, [ANNA, BEN]))
    assert not talk.write(lambda session: supplier_notices.users_of_deal(session, 1))


def test_ten_by_the_clock_stays_ten_over_summer_time() -> None:
    zone = ZoneInfo("Europe/Brussels")
    friday = datetime(2026, 3, 27, 12, 0, tzinfo=zone)
    assert next_decent(friday, zone) == datetime(2026, 3, 30, 10, 0, tzinfo=zone)
    assert next_decent(datetime(2026, 3, 30, 10, 0, tzinfo=zone), zone).day == 30


@pytest.mark.parametrize(
    ("text", "read"),
    [("4", (4, "")), ("5/5", (5, "")), ("3: so so", (3, "so so")), ("2 – no", (2, "no")),
     ("6", None), ("45", None), ("four", None), ("", None)],
)  # fmt: skip
def test_a_rating_is_a_number_and_perhaps_words(text: str, read: object) -> None:
    assert read_rating(text) == read
