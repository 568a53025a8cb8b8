"""`!find` as people type it, and what an answer may say in a room."""

from __future__ import annotations

import pytest

from commands.members.indexing import reindex
from storage import member_accounts, members
from tests.commands.members.world import ANNA, BEN, CARO, LABELS, person
from tests.commands.talk import Talk, answer


@pytest.mark.parametrize(
    "typed",
    [
        "find translator ghent",
        "find translator place:gand",
        "zoek vertaler in gent",
        "zoek vertaler plaats:gent taal:nederlands",
        "zoek VERTALERS Gent",
        "cherche traducteur gand",
        "cherche traductrice lieu:gand langue:néerlandais",
        "chercher traducteur",
        "find vertalr",
        "find anna",
    ],
)
def test_the_same_person_is_found_in_each_language(talk: Talk, typed: str) -> None:
    person(talk, ANNA, professions="vertaler", city="Gent", languages="nl, fr", display_name="Anna")
    person(talk, BEN, professions="loodgieter", city="Luik", display_name="Ben")
    text = answer(talk.say(CARO, typed))
    assert "Anna" in text
    assert "Ben" not in text


def test_a_namesake_of_its_region_means_both(talk: Talk) -> None:
    person(talk, ANNA, professions="kok", city="Elsene", display_name="Anna")
    person(talk, BEN, professions="kok", city="Brussel", display_name="Ben")
    person(talk, "@dirk:localhost", professions="kok", city="Gent", display_name="Dirk")
    for typed in ("find place:brussel", "zoek kok brussel", "cherche lieu:Bruxelles"):
        text = answer(talk.say(CARO, typed))
        assert "Anna" in text, typed
        assert "Ben" in text, typed
        assert "Dirk" not in text, typed
    strict = answer(talk.say(CARO, 'find place:"City of Brussels"'))
    assert "Ben" in strict
    assert "Anna" not in strict
    person(talk, "@eva:localhost", professions="kok", city="Brugge", display_name="Eva")
    gent = answer(talk.say(CARO, "zoek kok plaats:gent"))
    assert "Dirk" in gent
    assert "Eva" not in gent


def test_pages_follow_each_other_with_what_to_type(talk: Talk) -> None:
    for number in range(10):
        person(talk, f"@p{number}:localhost", professions="kok", display_name=f"Person {number}")
    first = answer(talk.say(CARO, "find cook"))
    assert first.count("Person") == 8
    assert "!find cook page:2" in first
    second = answer(talk.say(CARO, "find cook page:2"))
    assert second.count("Person") == 2
    assert not {line for line in first.splitlines() if "Person" in line} & set(second.splitlines())
    assert "no more results" in answer(talk.say(CARO, "find cook page:9"))
    assert "pagina:2" in answer(talk.say(CARO, "zoek kok"))


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("find", "what you look for"),
        ("find language:klingonish", "klingonish"),
        ("find sector:wizardry", "wizardry"),
        ("find network:nowhere", "nowhere"),
        ("find place:!!!", "a place"),
        ("find unicorn", "Nobody found"),
        ("find cook page:0", "from 1"),
    ],
)
def test_what_is_not_understood_or_not_there_is_said_kindly(
    talk: Talk, typed: str, expected: str
) -> None:
    person(talk, ANNA, professions="kok", display_name="Anna")
    talk.say(CARO, "language english")
    text = answer(talk.say(CARO, typed))
    assert expected in text
    assert "Anna" not in text


def test_in_a_room_only_what_everyone_may_see_counts_and_shows(talk: Talk) -> None:
    room = talk.room("!cooks", "network", {ANNA: 0, CARO: 0})
    person(
        talk,
        ANNA,
        professions="kok",
        skills="pudding",
        about="secretly sad",
        postcode="9000",
        display_name="Anna",
        visibility={"skills": "networks", "about": "nobody"},
    )
    assert "pudding" in answer(talk.say(CARO, "find pudding"))
    assert "pudding" in answer(talk.say(CARO, f"profile {ANNA}"))
    assert "Nobody found" in answer(talk.say(CARO, "!find pudding", room=room))
    for typed in ("!find cook", "!profile @anna"):
        text = answer(talk.say(CARO, typed, room=room))
        assert "Anna" in text
        for hidden in ("pudding", "secretly", "9000", "network with you"):
            assert hidden not in text
    assert "secretly" not in answer(talk.say(CARO, f"profile {ANNA}"))
    assert "Nobody found" in answer(talk.say(CARO, "find secretly"))


@pytest.mark.parametrize("why", ["no", "unasked", "left", "blocked"])
def test_some_are_found_nowhere(talk: Talk, why: str) -> None:
    anna = person(talk, ANNA, professions="kok", display_name="Anna", consent=why != "unasked")
    room = talk.room("!cooks", "network", {ANNA: 0, CARO: 0})
    if why == "no":
        talk.say(ANNA, "visible no")
    elif why == "left":
        talk.write(lambda session: members.set_status(session, [anna], "left", now=1))
        talk.write(lambda session: reindex(session, LABELS, anna))
    elif why == "blocked":
        talk.write(lambda session: member_accounts.block(session, ANNA, CARO, now=1))
    assert "Nobody found" in answer(talk.say(CARO, "find cook"))
    assert "Nobody found" in answer(talk.say(CARO, "!find cook", room=room))
    text = answer(talk.say(CARO, f"profile {ANNA}"))
    assert "agreed to be found" in text
    assert "cook" not in text


@pytest.mark.parametrize("name", ["<b>Bold</b>", "{{7*7}}", "Ev\u202ela", "@room", "]]>&amp;"])
def test_hostile_names_are_only_names(talk: Talk, name: str) -> None:
    person(talk, ANNA, professions="kok", display_name=name, about="<script>" + "x" * 1492)
    for typed in ("find cook", f"profile {ANNA}"):
        (said,) = talk.say(CARO, typed)
        assert "<b>Bold" not in said.html
        assert "<script" not in said.html
        assert "49" not in said.text
        assert "\u202e" not in said.text + said.html
        assert said.content["m.mentions"] == {}
    assert name.replace("\u202e", "") in said.text
    assert "x" * 1000 in said.text


def test_a_name_alone_is_the_account_nearby(talk: Talk) -> None:
    person(talk, ANNA, professions="kok", display_name="Anna here")
    person(talk, "@anna:elsewhere.example", professions="kok", display_name="Anna there")
    person(talk, "@zoe:elsewhere.example", professions="kok", display_name="Zoe there")
    assert "Anna here" in answer(talk.say(CARO, "profile @anna"))
    assert "Anna here" in answer(talk.say(CARO, "profiel @Anna"))
    assert "Anna there" in answer(talk.say("@u:elsewhere.example", "profile @anna"))
    assert "Zoe there" in answer(talk.say(CARO, "profil @zoe"))
    talk.say(CARO, "language english")
    assert "@name:server" in answer(talk.say(CARO, "profile @nobody"))
