"""`!supplier edit`: buyers change a field, see what was and is, and nothing moves."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from storage import audit, suppliers
from storage.suppliers import Deal, Supplier
from tests.commands.suppliers.directory import (
    ANNA,
    BUYER,
    BUYERS_ROOM,
    ROOM,
    SECOND,
    cooperative,
    supplier,
)
from tests.commands.talk import Said, Talk, answer


@pytest.fixture
def talk(tmp_path: Path) -> Iterator[Talk]:
    opened = Talk.open(tmp_path)
    cooperative(opened)
    yield opened
    opened.close()


def get(talk: Talk, number: int = 1) -> Supplier:
    found = talk.write(lambda session: suppliers.get(session, number))
    assert isinstance(found, Supplier)
    return found


def private(said: list[Said]) -> list[str]:
    return [each.text for each in said if each.draft.room_id != BUYERS_ROOM]


def in_buyers_room(said: list[Said]) -> list[str]:
    return [each.text for each in said if each.draft.room_id == BUYERS_ROOM]


def change(talk: Talk, *lines: str, user: str = BUYER) -> list[Said]:
    """Say these lines; what came of the last one."""
    said: list[Said] = []
    for line in lines:
        said = talk.say(user, line)
    return said


def test_a_field_is_asked_for_then_its_language_and_its_value(talk: Talk) -> None:
    supplier(talk, "Inkpot", texts={"offer": {"en": "Printing"}})
    asked = answer(talk.say(BUYER, "supplier edit 1"))
    assert "Inkpot" in asked and "company number" in asked
    assert "language" in answer(talk.say(BUYER, "what they offer"))
    value = answer(talk.say(BUYER, "Nederlands"))
    assert "There is none now" in value
    done = change(talk, "Drukwerk\nop gerecycleerd papier")
    assert "Drukwerk" in private(done)[0]
    assert get(talk).texts == {
        "offer": {"en": "Printing", "nl": "Drukwerk\nop gerecycleerd papier"}
    }
    assert in_buyers_room(done) == []


def test_what_was_and_is_stands_side_by_side_and_a_dash_empties(talk: Talk) -> None:
    supplier(talk, "Inkpot", website="https://inkpot.example")
    now = answer(talk.say(BUYER, "leverancier aanpassen #1 site"))
    assert "https://inkpot.example" in now
    text = answer(talk.say(BUYER, "www.inkpot.example/shop"))
    assert "https://www.inkpot.example/shop" in text and "https://inkpot.example" in text
    talk.say(BUYER, "supplier edit 1 website")
    assert "empty now" in answer(talk.say(BUYER, "-"))
    assert get(talk).website is None
    talk.say(BUYER, "supplier edit 1 website")
    assert "Nothing changed" in answer(talk.say(BUYER, "-"))


@pytest.mark.parametrize(
    ("field", "bad", "hint", "good"),
    [
        ("company number", "BE0403.170.702", "cannot exist", "BE0403.170.701"),
        ("company number", "0403.170.701", "country", "be 0403 170 701"),
        ("website", "javascript:x", "www.example.org", "example.org"),
        ("last day", "whenever", "1 December", "1/12/2027"),
        ("last day", "2020-01-01", "not before the first", "31/12/2026"),
        ("deposit", "a lot", "amount", "12,50"),
        ("contact", "an@print", "e-mail", "an@print.example"),
        ("name", "-", "letters", "Ink & Co"),
        ("class", "9", "one of the answers", "product"),
        ("mode", "stealing", "one or more", "rent, 6"),
        ("languages", "xyzzy", "Dutch or fr", "nl, French"),
    ],
)
def test_a_bad_value_is_explained_and_nothing_is_half_saved(
    talk: Talk, field: str, bad: str, hint: str, good: str
) -> None:
    supplier(talk, "Inkpot", deal=Deal(starts="2026-01-01"))
    before = get(talk)
    talk.say(BUYER, f"supplier edit 1 {field}")
    assert hint in answer(talk.say(BUYER, bad))
    assert get(talk) == before
    assert "Changed" in "".join(private(talk.say(BUYER, good)))
    assert get(talk) != before
    assert get(talk).state == "approved"


def test_two_suppliers_do_not_share_a_company_number(talk: Talk) -> None:
    supplier(talk, "Inkpot", company_country="BE", company_number="0403170701")
    supplier(talk, "Other")
    talk.say(BUYER, "supplier edit 2 number")
    assert "supplier 1, Inkpot" in answer(talk.say(BUYER, "BE 0403.170.701"))
    assert get(talk, 2).company_number is None


def test_the_country_that_a_number_has_stays_its_country(talk: Talk) -> None:
    supplier(talk, "Inkpot", company_country="BE", company_number="0403170701")
    change(talk, "supplier edit 1 number", "0417.497.106")
    assert (get(talk).company_country, get(talk).company_number) == ("BE", "0417497106")


def test_buyers_hear_when_what_members_see_becomes_something_else(talk: Talk) -> None:
    supplier(talk, "Inkpot")
    said = change(talk, "supplier edit 1 categories", "drukkerij, unicorns")
    assert "unicorns" in private(said)[0]
    (told,) = in_buyers_room(said)
    assert "Inkpot" in told and "categories" in told and "unicorns" not in told
    assert get(talk).categories == ("printing", "unicorns")
    supplier(talk, "Hidden", state="suspended")
    assert in_buyers_room(change(talk, "supplier edit 2 name", "Still hidden")) == []


def test_the_log_says_which_field_and_not_what(talk: Talk) -> None:
    supplier(talk, "Inkpot")
    change(talk, "supplier edit 1 code", "SECRET10")
    entries = talk.write(lambda session: audit.of_subject(session, "supplier:1"))
    (edited,) = [one for one in entries if one.action == "supplier.edited"]
    assert edited.details == {"field": "code"} and edited.actor == BUYER


def test_it_is_for_buyers_and_other_rooms_learn_nothing(talk: Talk) -> None:
    supplier(talk, "Inkpot")
    supplier(talk, "Secret", state="suspended")
    assert "buyers' room" in answer(talk.say(ANNA, "supplier edit 1"))
    said = talk.say(BUYER, "!supplier edit 2", room=ROOM)
    assert not any("Secret" in each.text for each in said if each.draft.room_id == ROOM)
    said = talk.say(BUYER, "!supplier edit 99", room=ROOM)
    assert not any("99" in each.text for each in said if each.draft.room_id == ROOM)
    assert "99" in answer(talk.say(SECOND, "!supplier edit 99", room=BUYERS_ROOM))
    assert "one of" in answer(talk.say(SECOND, "supplier edit 1 nonsense"))


def test_whoever_left_the_buyers_meanwhile_changes_nothing(talk: Talk) -> None:
    supplier(talk, "Inkpot")
    talk.say(BUYER, "supplier edit 1 name")
    talk.member(BUYERS_ROOM, BUYER, "leave")
    assert "buyers' room" in answer(talk.say(BUYER, "Mine now"))
    assert get(talk).name == "Inkpot"
