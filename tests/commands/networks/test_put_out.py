"""A bot that is put out of a network's room: staff hear of it once, and what to do."""

from __future__ import annotations

from storage import networks, rooms
from tests.commands.networks.world import STAFF_ROOM, get, messages, network, one
from tests.commands.talk import Talk

BOT = "@kring:localhost"


def test_staff_hear_that_the_bot_is_out_and_what_to_do(talk: Talk) -> None:
    room = network(talk, "circle")
    talk.write(lambda session: rooms.left(session, room))
    told = one(talk.member(room, BOT, "leave"), STAFF_ROOM)
    assert "no longer in the room of Circle" in told.text
    assert "invite me again" in told.text


def test_a_bot_that_is_back_or_not_needed_says_nothing(talk: Talk) -> None:
    room = network(talk, "circle")
    assert not messages(talk.member(room, BOT, "leave"))
    talk.write(lambda session: rooms.left(session, room))
    closed = get(talk, "circle").id
    talk.write(lambda session: networks.set_stage(session, closed, "closed", now=talk.ms()))
    assert not messages(talk.member(room, BOT, "leave"))
