"""`!find` as people type it, and what an answer may say in a room."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from commands.members.indexing import reindex
from storage import member_accounts, members
from tests.commands.members.world import (
    ANNA,
    BEN,
    CARO,
    LABELS,
    STAFFER,
    STRANGER,
    person,
)
from tests.commands.networks.world import network
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
    ("typed", "offered"),
    [
        ("Kring: find cook", "!find cook page:2"),
        ("@kring:localhost find cook place:gent", "!find cook place:gent page:2"),
        ("Kring, zoek kok plaats:“gent”", "!zoek kok plaats:gent pagina:2"),
        ("!cherche lieu:gand  cuisinier page:1", "!chercher cuisinier lieu:gand page:2"),
        ('!find place:"Flemish Region"', '!find place:"Flemish Region" page:2'),
    ],
)
def test_the_line_offered_for_more_works_however_the_first_was_addressed(
    talk: Talk, typed: str, offered: str
) -> None:
    for number in range(10):
        person(
            talk,
            f"@p{number}:localhost",
            professions="kok",
            city="Gent",
            display_name=f"Person {number}",
        )
    room = talk.room("!cooks", "network", {CARO: 0})
    assert offered in answer(talk.say(CARO, typed, room=room))
    assert answer(talk.say(CARO, offered, room=room)).count("Person") == 2


def test_an_unknown_place_is_named_where_nobody_is_found(talk: Talk) -> None:
    person(talk, ANNA, professions="kok", city="Zottegemse Dries", display_name="Anna")
    talk.say(CARO, "language english")
    assert "I do not know the place “zzzz”" in answer(talk.say(CARO, "find cook place:zzzz"))
    assert "Anna" in answer(talk.say(CARO, 'find place:"zottegemse dries"'))
    for known in ("liège", "lieg", "belgium", "1234"):
        text = answer(talk.say(CARO, f"find cook place:{known}"))
        assert "Nobody found" in text
        assert "do not know" not in text


# --- who may ask ---------------------------------------------------------------------------------


@pytest.fixture
def members_only(tmp_path: Path) -> Iterator[Talk]:
    opened = Talk.open(tmp_path, visitors_may_have_profiles=False)
    yield opened
    opened.close()


def test_strangers_find_nobody_where_profiles_are_for_members(members_only: Talk) -> None:
    talk = members_only
    person(talk, ANNA, professions="kok", skills="pudding", display_name="Anna")
    room = talk.room("!cooks", "network", {ANNA: 0, STRANGER: 0})
    for place, sign in ((None, ""), (room, "!")):
        for typed in ("find cook", "find place:gent", f"profile {ANNA}"):
            text = answer(talk.say(STRANGER, sign + typed, room=place))
            assert "for members of the cooperative" in text, typed
            assert "pudding" not in text, typed
    assert "Anna" in answer(talk.say(CARO, "find cook"))
    assert "pudding" in answer(talk.say(CARO, f"profile {ANNA}"))
    person(talk, STRANGER, number="K1", display_name="Linked")
    assert "Anna" in answer(talk.say(STRANGER, "find cook"))


def test_visitors_look_around_where_they_may(talk: Talk) -> None:
    person(talk, ANNA, professions="kok", display_name="Anna")
    assert "Anna" in answer(talk.say(STRANGER, "find cook"))
    assert "cook" in answer(talk.say(STRANGER, f"profile {ANNA}"))


def test_who_is_in_a_network_by_invitation_is_told_to_its_own_people_and_staff(talk: Talk) -> None:
    network(talk, "secret", powers={ANNA: 50, BEN: 0}, openness="invitation")
    person(talk, ANNA, professions="kok", display_name="Anna")
    ben = person(talk, BEN, number="K2", display_name="Ben")
    other = "@ben:elsewhere.example"
    talk.write(lambda session: member_accounts.attach(session, other, ben, source="code", now=1))
    for user in (CARO, STRANGER, other):
        talk.say(user, "language english")
    for typed in ("find network:secret", "find cook network:secret", "zoek netwerk:secret"):
        assert "the people in this network" in answer(talk.say(CARO, typed)), typed
        assert "members of the cooperative" in answer(talk.say(STRANGER, typed)), typed
        for user in (BEN, other, STAFFER):
            assert "Anna" in answer(talk.say(user, typed)), (user, typed)


def test_who_is_in_an_open_network_is_told_to_members_only(talk: Talk) -> None:
    network(talk, "cooks", powers={ANNA: 0})
    person(talk, ANNA, professions="kok", display_name="Anna")
    talk.say(STRANGER, "language english")
    assert "Anna" in answer(talk.say(CARO, "find network:cooks"))
    assert "members of the cooperative" in answer(talk.say(STRANGER, "find network:cooks"))


@pytest.mark.parametrize("openness", ["open", "invitation"])
def test_only_its_own_room_hears_who_is_in_a_network(talk: Talk, openness: str) -> None:
    own = network(talk, "cooks", powers={ANNA: 0, BEN: 0}, openness=openness)
    elsewhere = talk.room("!elsewhere", "network", {BEN: 0, CARO: 0})
    person(talk, ANNA, professions="kok", display_name="Anna")
    assert "Anna" in answer(talk.say(BEN, "!find network:cooks", room=own))
    for user in (BEN, CARO):
        said = talk.say(user, "!find network:cooks", room=elsewhere)
        (in_room,) = [each.text for each in said if each.draft.room_id == elsewhere]
        assert "direct chat" in in_room, "whether they are in it is theirs to tell"
        (private,) = [each.text for each in said if each.draft.user_id == user]
        assert ("Anna" in private) == (user == BEN or openness == "open")


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


@pytest.mark.parametrize(
    ("typed", "once", "near", "example"),
    [
        ("zoek vertaler taal:fraans", "fraans", "Frans", "!zoek cineast taal:frans"),
        ("find cook language:germn", "germn", "German", "!find filmmaker language:dutch"),
        (
            "chercher langue:neerlandai",
            "neerlandai",
            "néerlandais",
            "!chercher vidéaste langue:néerlandais",
        ),
        ("find sector:constructon", "constructon", "Construction", "such as construction"),
    ],
)
def test_a_mistyped_filter_is_named_once_with_what_was_meant_and_an_example_of_it(
    talk: Talk, typed: str, once: str, near: str, example: str
) -> None:
    text = answer(talk.say(CARO, typed))
    assert text.count(f"“{once}”") + text.count(f"«\u00a0{once}\u00a0»") == 1, text
    assert near in text
    assert example in text
    assert "gent" not in text


def test_an_example_about_somebody_names_somebody(talk: Talk) -> None:
    talk.say(CARO, "language english")
    assert "!profile Anna Verhulst" in answer(talk.say(CARO, "profile @nobody"))


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
