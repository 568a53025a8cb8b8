"""Deciding about who waits by their name, as an animator reads it in the request."""

from __future__ import annotations

from storage import rooms
from storage.session import Session
from tests.commands.networks.world import ANNA, BEN, CARO, actions, network, one
from tests.commands.talk import Talk, answer

STIJN = "@stijn.claes:localhost"


def waits(talk: Talk, user: str, name: str, network_name: str = "food") -> None:
    talk.say(user, f"join {network_name}")

    def call(session: Session) -> None:
        room = f"!direct-{user[1:].split(':')[0]}"
        rooms.set_membership(session, room, user, "join", display_name=name, since=talk.ms())

    talk.write(call)


def test_who_waits_is_let_in_by_name(talk: Talk) -> None:
    network(talk, "food", openness="approval", powers={ANNA: 50})
    network(talk, "film", openness="approval", powers={BEN: 50})
    for number, typed in enumerate(("stijn", "Stijn Claes", "claes")):
        user = f"@stijn.claes{number}:localhost"
        waits(talk, user, "Stijn Claes")
        invited = actions(talk.say(ANNA, f"network approve {typed}"), "invite")
        assert {each.content["user_id"] for each in invited} == {user}, typed
    waits(talk, STIJN, "Stijn Claes")
    assert "I cannot find “stijn”" in answer(talk.say(BEN, "network approve stijn"))


def test_the_rest_of_a_name_is_no_reason(talk: Talk) -> None:
    network(talk, "food", openness="approval", powers={ANNA: 50})
    waits(talk, STIJN, "Stijn Claes")
    text = one(talk.say(ANNA, "network decline stijn claes we are full, Claes"), STIJN).text
    assert "we are full, Claes" in text
    assert "claes we" not in text


def test_several_who_wait_are_listed_and_nobody_is_let_in(talk: Talk) -> None:
    network(talk, "food", openness="approval", powers={ANNA: 50})
    waits(talk, STIJN, "Stijn Claes")
    waits(talk, "@stijn:localhost", "Stijn Baert")
    said = talk.say(ANNA, "network approve stijn")
    assert not actions(said)
    for line in ("!network approve @stijn.claes", "!network approve @stijn"):
        assert any(each.endswith(line) for each in answer(said).splitlines())
    assert actions(talk.say(ANNA, "network approve Stijn Baert"), "invite")


def test_a_slip_is_guessed_and_a_room_hears_no_name(talk: Talk) -> None:
    room = network(talk, "food", openness="approval", powers={ANNA: 50, CARO: 0})
    waits(talk, STIJN, "Stijn Claes")
    assert "@stijn.claes" in answer(talk.say(ANNA, "network approve stjin"))
    for typed in ("!network approve stijn", "!network approve stjin"):
        said = talk.say(ANNA, typed, room=room)
        assert "stijn.claes" not in answer(said)
        assert not actions(said)
