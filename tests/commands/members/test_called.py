"""People meant by their name: one is taken, several are told apart, and nobody is given away."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from commands.labels import load_labels
from commands.members.indexing import reindex
from storage import member_accounts, members
from storage.members import Profile
from storage.session import Session
from tests.commands.members.world import ANNA, BEN, CARO, STRANGER, person
from tests.commands.talk import Talk, answer

LABELS = load_labels()
OTHER_ANNA = "@averh:localhost"


@pytest.fixture
def talk(talk: Talk) -> Talk:
    person(talk, ANNA, professions="vertaler", city="Gent", display_name="Anna Verhulst")
    person(talk, BEN, professions="kok", display_name="Ben de Smet")
    talk.say(CARO, "language english")
    return talk


def registered(talk: Talk, name: str, **said: str) -> int:
    """A member of the register who has no account, and agreed to be found."""

    def make(session: Session) -> int:
        member = members.add(session, Profile(display_name=name, **said), now=1)  # type: ignore[arg-type]
        members.set_consent(session, member, "yes", now=1)
        reindex(session, LABELS, member)
        return member

    return int(talk.write(make))


@pytest.mark.parametrize(
    "typed",
    [
        "profile Anna Verhulst",
        "profiel anna",
        "profil VERHULST anna",
        "profile verh",
        'profile "Anna Verhulst"',
        "profile “Anna”",
    ],
)
def test_one_of_that_name_is_taken(talk: Talk, typed: str) -> None:
    text = answer(talk.say(CARO, typed))
    assert "Anna Verhulst" in text
    assert "Gent" in text


def test_what_is_found_without_an_account_can_be_opened(talk: Talk) -> None:
    registered(talk, "Zoë Okafor", city="Luik", about="I bake")
    assert "Zoë Okafor" in answer(talk.say(CARO, "find zoe"))
    assert "I bake" in answer(talk.say(CARO, "profile Zoë Okafor"))
    assert "I bake" in answer(talk.say(CARO, "profile okafor"))


def test_several_are_told_apart_with_the_words_to_type(talk: Talk) -> None:
    person(talk, OTHER_ANNA, professions="kok", city="Luik", display_name="Anna Verhulst")
    registered(talk, "Anna Verhulst", city="Namur", about="Third one")
    registered(talk, "Anna Verhulst", about="Fourth one")
    text = answer(talk.say(CARO, "profile Anna Verhulst"))
    for told in ("translator · Gent: !profile @anna", "cook · Luik: !profile @averh", "Namur: "):
        assert told in text
    offered = [line.rpartition(": ")[2] for line in text.splitlines() if "!profile" in line]
    assert len(set(offered)) == 4
    opened = [answer(talk.say(CARO, line)) for line in offered]
    for known in ("translator", "cook", "Third one", "Fourth one"):
        assert sum(known in card for card in opened) == 1, known


def test_a_whole_name_goes_before_one_that_begins_so(talk: Talk) -> None:
    person(talk, OTHER_ANNA, professions="kok", display_name="Anna")
    assert "cook" in answer(talk.say(CARO, "profile anna"))
    assert "translator" in answer(talk.say(CARO, "profile anna v"))


def test_a_slip_and_a_nearly_right_account_get_suggestions(talk: Talk) -> None:
    for typed in ("profile Ana Verhlst", "profile verhults", "profile @ana"):
        text = answer(talk.say(CARO, typed))
        assert "Did you mean: @anna" in text, typed
        assert "translator" not in text
    assert "Did you mean" not in answer(talk.say(CARO, "profile Xavier"))


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("profile edti city", "!profile edit"),
        ("profiel anpassen stad", "!profiel aanpassen"),
        ("profil modifer", "!profil modifier"),
    ],
)
def test_a_mistyped_second_word_is_not_only_taken_for_a_name(
    talk: Talk, typed: str, meant: str
) -> None:
    assert meant in answer(talk.say(CARO, typed))


@pytest.mark.parametrize("why", ["unasked", "no", "left", "blocked", "name for nobody"])
def test_who_is_not_visible_is_named_to_nobody(talk: Talk, why: str) -> None:
    hidden = person(
        talk,
        "@ivo:localhost",
        professions="kok",
        display_name="Ivo Hidden",
        consent=why != "unasked",
        visibility={"display_name": "nobody"} if why == "name for nobody" else None,
    )
    if why == "no":
        talk.say("@ivo:localhost", "visible no")
    elif why == "left":
        talk.write(lambda session: members.set_status(session, [hidden], "left", now=1))
        talk.write(lambda session: reindex(session, LABELS, hidden))
    elif why == "blocked":
        talk.write(lambda s: member_accounts.block(s, "@ivo:localhost", CARO, now=1))
    for typed in ("profile Ivo Hidden", "profile hidden", "block ivo hidden", "profile Ivo Hiden"):
        said, nobody = (answer(talk.say(CARO, line)) for line in (typed, "profile Nobody Atall"))
        named = typed.split(None, 1)[1]
        assert (
            said.replace(named, "X").split("For example")[0]
            == (nobody.replace("Nobody Atall", "X").split("For example")[0])
        )


def test_in_a_room_only_names_that_everyone_may_see_are_known(talk: Talk) -> None:
    room = talk.room("!cooks", "network", {ANNA: 0, CARO: 0})
    talk.say(ANNA, "visibility name networks")
    assert "translator" in answer(talk.say(CARO, "profile Verhulst"))
    assert "translator" not in answer(talk.say(CARO, "!profile Verhulst", room=room))


def test_ones_own_name_is_oneself(talk: Talk) -> None:
    assert "Who sees what" in answer(talk.say(ANNA, "profile Anna Verhulst"))


def test_blocking_and_unblocking_by_name(talk: Talk) -> None:
    registered(talk, "Zoë Okafor")
    for typed, expected in (
        ("block Anna Verhulst", "do not find each other"),
        ("profile Anna Verhulst", "I cannot find"),
        ("block anna", "already"),
        ("block Zoë", "no account"),
        ("block caro", "I cannot find"),
        ("unblock ann", "no longer block"),
        ("unblock anna", "somebody whom you block"),
        ("block", "nobody"),
        ("profile Anna Verhulst", "translator"),
    ):
        assert expected in answer(talk.say(CARO, typed)), typed


def test_a_block_hits_nobody_while_several_may_be_meant(talk: Talk) -> None:
    person(talk, OTHER_ANNA, professions="kok", display_name="Anna Peeters")
    assert "!block @averh" in answer(talk.say(CARO, "block anna"))
    assert "You block nobody" in answer(talk.say(CARO, "block"))


class TestClosedToVisitors:
    @pytest.fixture
    def talk(self, tmp_path: Path) -> Iterator[Talk]:
        opened = Talk.open(tmp_path, visitors_may_have_profiles=False)
        person(opened, ANNA, display_name="Anna Verhulst")
        yield opened
        opened.close()

    @pytest.mark.parametrize(
        "typed", ["profile Anna", "profile Xavier", "block anna", "profile @ana"]
    )
    def test_names_are_for_members(self, talk: Talk, typed: str) -> None:
        talk.say(STRANGER, "language english")
        text = answer(talk.say(STRANGER, typed))
        assert "for members of the cooperative" in text
        assert "@anna" not in text
