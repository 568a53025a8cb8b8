"""Roles are what Matrix says now, and a team's room counts only while it is strict."""

from __future__ import annotations

from typing import Any

import pytest

from commands.kernel import roles
from storage import rooms
from storage.session import Session
from tests.commands.talk import BOT, Talk

ANN, BOB = "@ann:localhost", "@bob:localhost"


def change(talk: Talk, room: str, kind: str, content: dict[str, Any], sender: str = BOT) -> None:
    event = {"type": kind, "sender": sender, "content": content}
    talk.write(lambda session: rooms.apply_state(session, room, event))


def animates(talk: Talk, user: str, room: str | None = "!film") -> bool:
    return bool(talk.write(lambda session: roles.animates(session, user, room)))


def is_staff(talk: Talk, user: str) -> bool:
    return bool(talk.write(lambda session: roles.in_team(session, user, "staff")))


def test_a_moderator_animates_until_demoted(talk: Talk) -> None:
    talk.room("!film", "network", {ANN: 50, BOB: 49})
    assert (animates(talk, ANN), animates(talk, BOB)) == (True, False)
    change(talk, "!film", "m.room.power_levels", {"users": {BOB: 100}})
    assert (animates(talk, ANN), animates(talk, BOB)) == (False, True)


@pytest.mark.parametrize(("version", "yes"), [("11", False), ("12", True)])
def test_the_creator_of_a_newer_room_animates_without_a_level(
    talk: Talk, version: str, yes: bool
) -> None:
    talk.room("!film", "network", {ANN: 0, BOB: 0})
    content = {"room_version": version, "additional_creators": [BOB]}
    change(talk, "!film", "m.room.create", content, sender=ANN)
    change(talk, "!film", "m.room.power_levels", {"users": {}})
    assert (animates(talk, ANN), animates(talk, BOB)) == (yes, yes)


@pytest.mark.parametrize(("level", "yes"), [("50", True), ("49", False), ("+-5", False)])
def test_levels_in_words_of_old_rooms(talk: Talk, level: str, yes: bool) -> None:
    talk.room("!film", "network", {ANN: 0})
    change(talk, "!film", "m.room.power_levels", {"users": {ANN: level}})
    assert animates(talk, ANN) is yes


def test_who_left_animates_no_more(talk: Talk) -> None:
    talk.room("!film", "network", {ANN: 50})
    talk.write(
        lambda session: rooms.set_membership(
            session, "!film", ANN, "leave", display_name=None, since=1
        )
    )
    assert not animates(talk, ANN)
    assert not animates(talk, ANN, None)
    assert not animates(talk, ANN, "!unknown")


def test_nothing_is_known_of_a_room_that_the_bot_left(talk: Talk) -> None:
    talk.room("!film", "network", {ANN: 50})
    talk.room("!staff", "staff", {ANN: 50})

    def leave(session: Session) -> None:
        for room in ("!film", "!staff"):
            rooms.set_joined(session, room, False, None)

    talk.write(leave)
    assert not animates(talk, ANN)
    assert not is_staff(talk, ANN)


def test_everyone_in_the_staff_room_is_staff(talk: Talk) -> None:
    talk.room("!staff", "staff", {ANN: 0})
    assert (is_staff(talk, ANN), is_staff(talk, BOB)) == (True, False)


@pytest.mark.parametrize(
    ("kind", "content", "why"),
    [
        ("m.room.join_rules", {"join_rule": "public"}, "join_rules"),
        ("m.room.join_rules", {"join_rule": "knock"}, "join_rules"),
        ("m.room.join_rules", {"join_rule": "restricted"}, "join_rules"),
        ("m.room.join_rules", {"join_rule": 7}, "join_rules"),
        ("m.room.power_levels", {"users": {BOT: 100}}, "invite"),
        ("m.room.power_levels", {"users": {BOT: 100}, "invite": 49}, "invite"),
        ("m.room.power_levels", {"users": {BOT: 100}, "invite": "0"}, "invite"),
        ("m.room.power_levels", {"invite": 50, "users_default": 50}, "invite"),
    ],
)
def test_a_lax_staff_room_makes_nobody_staff(
    talk: Talk, kind: str, content: dict[str, Any], why: str
) -> None:
    talk.room("!staff", "staff", {ANN: 100})
    assert is_staff(talk, ANN)
    change(talk, "!staff", kind, content)
    assert not is_staff(talk, ANN)

    def lax(session: Session) -> list[tuple[str, str | None]]:
        return [
            (room.room_id, roles.laxity(room)) for room in roles.lax_rooms(session, ANN, "staff")
        ]

    assert talk.write(lax) == [("!staff", why)]


def test_one_strict_room_of_several_is_enough(talk: Talk) -> None:
    talk.room("!lax", "staff", {ANN: 0}, invite=0)
    assert not is_staff(talk, ANN)
    talk.room("!strict", "staff", {ANN: 0})
    assert is_staff(talk, ANN)
    assert not talk.write(lambda session: roles.in_team(session, ANN, "buyers"))
