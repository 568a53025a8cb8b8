"""`!need` and `!uses`, and what buyers read of them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from commands.labels import load_labels
from commands.search.categories import categories_in
from commands.suppliers.demand import mentioned
from commands.suppliers.likeness import alike, key_of
from storage import supplier_demand
from tests.commands.suppliers.directory import (
    ANNA,
    BEN,
    BUYER,
    BUYERS_ROOM,
    CARO,
    ROOM,
    STRANGER,
    cooperative,
    same_member,
    supplier,
)
from tests.commands.talk import Talk, answer

PEOPLE = [f"@p{number}:localhost" for number in range(5)]


@pytest.fixture
def talk(tmp_path: Path) -> Iterator[Talk]:
    opened = Talk.open(tmp_path)
    cooperative(opened)
    yield opened
    opened.close()


def needs(talk: Talk) -> str:
    return answer(talk.say(BUYER, "!needs", room=BUYERS_ROOM))


def used(talk: Talk) -> str:
    return answer(talk.say(BUYER, "!used", room=BUYERS_ROOM))


def line_of(text: str, words: str) -> str:
    (found,) = [line for line in text.splitlines() if words in line]
    return found


@pytest.mark.parametrize(
    "typed", ["need unicorn rides", "nodig unicorn rides", "besoin unicorn rides"]
)
def test_a_need_is_noted_without_a_name_and_counts_from_five_people_on(
    talk: Talk, typed: str
) -> None:
    for user in PEOPLE[:4]:
        assert "unicorn rides" in answer(talk.say(user, typed))
    assert "fewer than 5" in line_of(needs(talk), "unicorn rides")
    # Another order, accents and small words are the same words; said twice is said once.
    talk.say(PEOPLE[3], "need rides on a Ünicorn")
    assert "fewer than 5" in line_of(needs(talk), "nicorn")
    talk.say(PEOPLE[4], typed)
    text = needs(talk)
    assert "5 people" in line_of(text, "nicorn")
    assert "p4" not in text
    assert "November 23" in text


def test_needs_in_any_language_are_one_category(talk: Talk) -> None:
    for user, typed in zip(
        PEOPLE,
        ("need printing ghent", "nodig drukwerk", "besoin imprimerie gand", "need flyers",
         "nodig drukkerij gent"),
        strict=True,
    ):  # fmt: skip
        talk.say(user, typed)
    line = line_of(needs(talk), "printing ·")
    assert "5 people" in line


def test_two_accounts_of_one_member_are_one_person(talk: Talk) -> None:
    same_member(talk, ANNA, BEN)
    assert "not who" in answer(talk.say(ANNA, "need a hot air balloon"))
    assert "counts once" in answer(talk.say(BEN, "need hot air balloon"))
    assert "not who" in answer(talk.say(ANNA, "uses Balloonery"))
    assert "counts once" in answer(talk.say(BEN, "uses balloonery"))
    assert len(talk.write(supplier_demand.needs)) == len(talk.write(supplier_demand.mentions)) == 1


@pytest.mark.parametrize("typed", ["needs", "used"])
def test_only_buyers_read_them_and_no_other_room_does(talk: Talk, typed: str) -> None:
    talk.say(ANNA, "need a hot air balloon")
    talk.say(ANNA, "uses Balloonery")
    assert "buyers' room" in answer(talk.say(ANNA, typed))
    said = talk.say(BUYER, f"!{typed}", room=ROOM)
    in_room = [each.text for each in said if each.draft.room_id == ROOM]
    assert len(in_room) == 1
    assert "alloon" not in in_room[0]
    (private,) = [each.text for each in said if each.draft.user_id == BUYER]
    assert "alloon" in private
    assert "anna" not in private.lower()


def test_what_a_supplier_offers_is_no_need(talk: Talk) -> None:
    talk.say(ANNA, "need printing")
    assert "printing" in needs(talk)
    hidden = supplier(talk, "Inkpot", state="review", categories=("printing",))
    assert hidden
    assert "printing" in needs(talk)
    supplier(talk, "Quill", categories=("printing",))
    assert "printing" not in needs(talk)


@pytest.mark.parametrize(
    "typed", ["uses inkpot bv", "gebruik Ink-Pot", "ik gebruik Inkpott", "j’utilise INKPOT", "utilise inkpot"]
)  # fmt: skip
def test_who_uses_one_with_an_agreement_hears_of_it(talk: Talk, typed: str) -> None:
    number = supplier(talk, "Inkpot")
    assert f"supplier {number}" in answer(talk.say(ANNA, typed))
    assert "nkpot" not in used(talk)


def test_one_that_members_may_not_see_is_not_spoken_of(talk: Talk) -> None:
    hidden = supplier(talk, "Inkpot", state="review")
    known = answer(talk.say(ANNA, "uses Inkpot"))
    unknown = answer(talk.say(ANNA, "uses Quillers"))
    assert known == unknown.replace("Quillers", "Inkpot")
    assert f"number {hidden}: under review" in line_of(used(talk), "Inkpot")


def test_buyers_read_whom_many_use_however_they_write_it(talk: Talk) -> None:
    written = ("Bol.com", "bolcom", "Bol Com BV", "bol.com nv", "Bol.com")
    for user, name in zip(PEOPLE, written, strict=True):
        talk.say(user, f"uses {name}")
    talk.say(CARO, "uses Small Shop")
    text = used(talk)
    assert "5 people" in line_of(text, "Bol.com ·")
    assert "fewer than 5" in line_of(text, "Small Shop")
    assert text.index("Bol.com") < text.index("Small Shop")
    assert "!prospect Bol.com" in text


def test_outsiders_and_empty_words_are_not_noted(talk: Talk) -> None:
    for typed in ("need printing", "uses Inkpot"):
        assert "members of the cooperative" in answer(talk.say(STRANGER, typed))
    for typed in ("need", "need !!!", "uses", "uses ..."):
        assert "Something is missing" in answer(talk.say(ANNA, typed))
    assert not talk.write(supplier_demand.needs)
    assert not talk.write(supplier_demand.mentions)


def test_what_was_said_is_shown_to_who_said_it_and_forgotten_with_them(talk: Talk) -> None:
    talk.say(ANNA, "need printing")
    talk.write(lambda session: mentioned(session, "Inkpot", ANNA, now=talk.ms()))
    kept = talk.write(lambda session: supplier_demand.of_person(session, [ANNA]))
    assert [each["words"] for each in kept["needs"]] == ["printing"]
    assert [(each["name"], each["source"]) for each in kept["mentions"]] == [("Inkpot", "survey")]
    talk.write(lambda session: supplier_demand.forget_person(session, [ANNA]))
    assert not talk.write(supplier_demand.needs)
    assert not talk.write(supplier_demand.mentions)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("Colruyt", "colruyt n.v.", True),
        ("Colruyt", "Collruyt", True),
        ("L'Imprimerie", "Limprimerie SRL", True),
        ("Océ", "oce", True),
        ("Aldi", "Audi", False),
        ("Inkpot Ghent", "Inkpot Liège", False),
        ("Ltd", "Ltd", True),
        ("...", "!!!", False),
    ],
)
def test_names_are_compared_as_people_write_them(one: str, other: str, same: bool) -> None:
    assert alike(key_of(one), key_of(other)) is same


def test_a_category_is_found_among_other_words() -> None:
    labels = load_labels()
    assert categories_in(labels, "printing ghent") == ("printing",)
    assert categories_in(labels, "goedkope visitekaartjes van gent") == ("printing",)
    assert categories_in(labels, "unicorn") == ()


def test_whom_somebody_uses_is_the_answer_to_a_search_that_found_nothing(talk: Talk) -> None:
    (asked,) = talk.say(ANNA, "suppliers unicorn rides")
    assert "Reply with the name" in asked.text
    assert "somebody uses “Horn & Hoof”" in answer(talk.reply(ANNA, asked, "Horn & Hoof"))
    assert "somebody uses “Mane Ltd”" in answer(talk.reply(ANNA, asked, "I use Mane Ltd"))
    # A command is one, and a yes is about the need.
    assert "unicorn" not in answer(talk.reply(ANNA, asked, "catalogue"))
    assert "Noted: the buyers see that somebody looks" in answer(talk.reply(ANNA, asked, "yes"))
    text = used(talk)
    assert "Horn & Hoof" in text and "Mane Ltd" in text and "catalogue" not in text
    # In a room people talk to each other.
    (there,) = talk.say(ANNA, "!suppliers unicorn rides", room=ROOM)
    assert "Reply with" not in there.text
    talk.reply(BEN, there, "Old Dobbin")
    assert "Dobbin" not in used(talk)
