"""Prospects: noted in a few questions, approached, proposed; and the log of contacts, for buyers alone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from storage import supplier_contacts, supplier_rounds, suppliers
from storage.suppliers import Supplier
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


def noted(talk: Talk, name: str = "The Paper Mill", reach: str = "www.mill.example") -> str:
    for line in (f"prospect {name}", reach, "Recycled paper and printing"):
        answer(talk.say(BUYER, line))
    return answer(talk.say(BUYER, "consumable"))


def in_room(said: list[Said], room: str) -> list[str]:
    return [each.text for each in said if each.draft.room_id == room]


def test_a_prospect_is_noted_in_three_questions(talk: Talk) -> None:
    assert "prospect" in noted(talk)
    found = get(talk)
    assert (found.state, found.class_, found.proposer) == ("prospect", "consumable", None)
    assert found.website == "https://www.mill.example"
    assert found.texts == {"offer": {"en": "Recycled paper and printing"}}
    assert "printing" in found.categories
    assert "printing" not in answer(talk.say(ANNA, "supplier 1"))


@pytest.mark.parametrize(
    ("reach", "website", "contact"),
    [
        ("An, an@mill.example, +32 9 123 45 67", None, "An, an@mill.example, +32 9 123 45 67"),
        ("http://mill.example/x", "http://mill.example/x", None),
        ("skip", None, None),
    ],
)
def test_how_to_reach_them_is_a_website_or_a_contact(
    talk: Talk, reach: str, website: str | None, contact: str | None
) -> None:
    noted(talk, reach=reach)
    assert (get(talk).website, get(talk).contact) == (website, contact)


def test_who_is_called_nearly_so_is_told_first(talk: Talk) -> None:
    supplier(talk, "Paper Mill, The", state="suspended")
    asked = answer(talk.say(BUYER, "prospect the paper mill"))
    assert "Paper Mill, The" in asked and "suspended" in asked


def test_they_are_listed_with_the_last_contact_longest_ago_first(talk: Talk) -> None:
    noted(talk)
    noted(talk, "Glue Works")
    noted(talk, "Never Called")
    answer(talk.say(BUYER, "contacted 1 they send prices"))
    talk.wait(days=3)
    answer(talk.say(SECOND, "gecontacteerd 2 a call with Jo"))
    answer(talk.say(SECOND, "contacted 2 a second call"))
    talk.wait(days=2)
    text = answer(talk.say(BUYER, "!prospects", room=BUYERS_ROOM))
    assert text.index("Never Called") < text.index("The Paper Mill") < text.index("Glue Works")
    assert "5 days ago: they send prices" in text
    assert "2 days ago: a second call" in text and "a call with Jo" not in text
    log = answer(talk.say(BUYER, "contacts 2"))
    assert log.index("a second call") < log.index("a call with Jo")
    assert "Bram" in log


def test_contacts_with_any_supplier_are_logged_for_buyers_alone(talk: Talk) -> None:
    supplier(talk, "Inkpot")
    assert "few words" in answer(talk.say(BUYER, "contacted 1 ok"))
    answer(talk.say(BUYER, "contacted 1 a better discount from March on"))
    assert "buyers' room" in answer(talk.say(ANNA, "contacts 1"))
    said = talk.say(BUYER, "!contacts 1", room=ROOM)
    assert not any("March" in text for text in in_room(said, ROOM))
    assert any("March" in each.text for each in said)
    card = talk.say(ANNA, "supplier 1")
    assert not any("March" in each.text for each in card)


def test_a_prospect_is_proposed_by_a_buyer_who_then_does_not_judge_it(talk: Talk) -> None:
    noted(talk)
    said = talk.say(BUYER, "!prospect propose 1", room=BUYERS_ROOM)
    assert any("The Paper Mill" in text for text in in_room(said, BUYERS_ROOM))
    assert (get(talk).state, get(talk).proposer) == ("proposed", BUYER)
    found = talk.write(lambda session: supplier_rounds.current(session, 1))
    assert found is not None and found.kind == "first"
    assert "not a prospect" in answer(talk.say(SECOND, "prospect voorstellen 1"))
    assert "There are no prospects" in answer(talk.say(SECOND, "prospects"))


def test_other_rooms_do_not_hear_where_a_supplier_stands(talk: Talk) -> None:
    supplier(talk, "Secret", state="suspended")
    for line in ("!prospect propose 1", "!prospects", "!contacted 1 they rang"):
        said = talk.say(BUYER, line, room=ROOM)
        heard = " ".join(in_room(said, ROOM))
        assert "Secret" not in heard and "suspended" not in heard
    assert "buyers' room" in answer(talk.say(ANNA, "prospect Mine"))


def test_what_a_former_member_noted_stays(talk: Talk) -> None:
    supplier(talk, "Inkpot")
    answer(talk.say(SECOND, "contacted 1 they send prices"))
    talk.write(lambda session: supplier_contacts.forget_person(session, SECOND))
    text = answer(talk.say(BUYER, "contacts 1"))
    assert "former member" in text and "prices" in text
