"""The mirror of the rooms: current state as it is, hostile events included, and who is there."""

from __future__ import annotations

from typing import Any

import pytest

from storage import rooms
from storage.rooms import Room
from storage.session import Session


def known(session: Session, room_id: str = "!a", *, kind: Any = "network") -> str:
    rooms.know(session, room_id, now=1)
    rooms.set_kind(session, room_id, kind)
    rooms.set_joined(session, room_id, True, None)
    return room_id


def state(session: Session, kind: str, content: Any, *, sender: str = "@maker:x") -> Room:
    event = {"type": kind, "sender": sender, "content": content}
    rooms.apply_state(session, "!a", event)
    room = rooms.get(session, "!a")
    assert room is not None
    return room


def join(session: Session, user: str, *, room_id: str = "!a", since: int = 1) -> None:
    rooms.set_membership(session, room_id, user, "join", display_name=None, since=since)


def test_a_demoted_moderator_is_one_no_more(session: Session) -> None:
    known(session)
    room = state(session, "m.room.power_levels", {"users": {"@ann:x": 50, "@bob:x": 50}})
    assert (room.power_of("@ann:x"), room.power_of("@bob:x")) == (50, 50)
    room = state(session, "m.room.power_levels", {"users": {"@bob:x": 50}})
    assert (room.power_of("@ann:x"), room.power_of("@bob:x")) == (0, 50)


@pytest.mark.parametrize(("version", "power"), [("10", 0), ("11", 0), ("12", float("inf"))])
def test_creators_stand_above_all_from_version_12_on(
    session: Session, version: str, power: float
) -> None:
    known(session)
    content = {"room_version": version, "additional_creators": ["@second:x", 7]}
    state(session, "m.room.create", content)
    room = state(session, "m.room.power_levels", {"users": {"@ann:x": 100}})
    assert room.power_of("@maker:x") == power
    assert room.power_of("@second:x") == power
    assert room.power_of("@ann:x") == 100
    assert room.creators == ("@maker:x", "@second:x")


def test_without_power_levels_the_creator_has_100(session: Session) -> None:
    known(session)
    room = state(session, "m.room.create", {"room_version": "11"})
    assert (room.power_of("@maker:x"), room.power_of("@ann:x")) == (100, 0)


@pytest.mark.parametrize(
    ("level", "power"),
    [
        (50, 50),
        (-5, -5),
        ("50", 50),
        (" 50 ", 50),
        ("-5", -5),
        (True, 0),
        ("+-5", 0),
        ("²", 0),
        ("٥٠", 0),
        ("9" * 5000, 0),
        ("fifty", 0),
        ("", 0),
        ([50], 0),
        ({"level": 50}, 0),
    ],
)
def test_odd_power_levels(session: Session, level: Any, power: float) -> None:
    known(session)
    room = state(session, "m.room.power_levels", {"users": {"@ann:x": level}})
    assert room.power_of("@ann:x") == power


def test_defaults_are_those_of_the_specification(session: Session) -> None:
    known(session)
    room = state(session, "m.room.power_levels", {"users_default": 10, "events": {"a": 70}})
    assert room.power_of("@ann:x") == 10
    assert room.needed("invite") == 0
    assert room.needed("kick") == 50
    assert room.needed_for_state("a") == 70
    assert room.needed_for_state("b") == 50


@pytest.mark.parametrize("content", [{}, {"users": []}, {"events": 3}])
def test_power_levels_of_the_wrong_shape_give_nobody_power(
    session: Session, content: dict[str, Any]
) -> None:
    known(session)
    room = state(session, "m.room.power_levels", content)
    assert room.power_of("@ann:x") == 0
    assert room.needed_for_state("m.room.name") == 50


@pytest.mark.parametrize(
    "event",
    [
        {"type": "m.room.name", "content": {"name": ["x"]}},
        {"type": "m.room.name", "content": "x"},
        {"type": "m.room.name", "content": {"name": "x" * 10_000}},
        {"type": "m.room.tombstone", "content": {"replacement_room": {"a": 1}}},
        {"type": "m.room.tombstone", "content": {}},
        {"type": "m.room.create", "sender": 5, "content": {"additional_creators": "@a:x"}},
        {"type": "m.room.join_rules", "content": {"join_rule": 7}},
        {"type": ["m.room.name"], "content": {}},
        {"content": {}},
        {},
    ],
)
def test_malformed_state_does_no_harm(session: Session, event: dict[str, Any]) -> None:
    known(session)
    rooms.apply_state(session, "!a", event)
    room = rooms.get(session, "!a")
    assert room is not None
    assert len(room.name or "") <= 255
    assert room.successor is None


def test_encryption_cannot_be_turned_off(session: Session) -> None:
    known(session)
    assert state(session, "m.room.encryption", {"algorithm": "m.megolm.v1.aes-sha2"}).encrypted
    assert state(session, "m.room.encryption", {}).encrypted


def test_a_tombstone_names_the_successor(session: Session) -> None:
    known(session)
    assert state(session, "m.room.tombstone", {"replacement_room": "!b"}).successor == "!b"


def test_since_moves_only_when_the_membership_changes(session: Session) -> None:
    known(session)
    assert (
        rooms.set_membership(session, "!a", "@ann:x", "join", display_name="Ann", since=5) is None
    )
    assert (
        rooms.set_membership(session, "!a", "@ann:x", "join", display_name="An", since=9) == "join"
    )
    since = "SELECT since FROM room_members"
    assert session.value(since) == 5
    assert rooms.display_name(session, "@ann:x") == "An"
    rooms.set_membership(session, "!a", "@ann:x", "leave", display_name=None, since=12)
    assert session.value(since) == 12
    assert rooms.display_name(session, "@ann:x") == "An"
    assert not rooms.is_member(session, "!a", "@ann:x")


def test_the_whole_list_says_who_came_and_went(session: Session) -> None:
    known(session)
    for user in ("@ann:x", "@bob:x"):
        join(session, user)
    arrived, gone = rooms.replace_joined(session, "!a", {"@bob:x": "Bob", "@cas:x": None}, now=9)
    assert (arrived, gone) == (["@cas:x"], ["@ann:x"])
    assert sorted(rooms.members(session, "!a")) == ["@bob:x", "@cas:x"]
    assert rooms.count_members(session, "!a") == 2
    assert rooms.membership_of(session, "!a", "@ann:x") == "leave"


def test_the_direct_chat_is_one_that_both_are_in(session: Session) -> None:
    for room_id in ("!old", "!new"):
        known(session, room_id, kind="direct")
        rooms.set_kind(session, room_id, "direct", direct_user="@ann:x")
        join(session, "@ann:x", room_id=room_id)
    assert rooms.direct_with(session, "@bob:x") is None
    first = rooms.direct_with(session, "@ann:x")
    assert first is not None
    rooms.set_membership(session, first.room_id, "@ann:x", "leave", display_name=None, since=2)
    second = rooms.direct_with(session, "@ann:x")
    assert second is not None
    assert second.room_id != first.room_id
    rooms.set_joined(session, second.room_id, False, None)
    assert rooms.direct_with(session, "@ann:x") is None


def test_rooms_of_a_person_are_those_that_both_are_in(session: Session) -> None:
    for room_id, kind in (("!a", "network"), ("!b", "network"), ("!c", "staff")):
        known(session, room_id, kind=kind)
        join(session, "@ann:x", room_id=room_id)
    rooms.set_joined(session, "!b", False, None)
    assert rooms.rooms_of(session, "@ann:x", "network") == ["!a"]
    assert [room.room_id for room in rooms.of_kind(session, "staff")] == ["!c"]
    assert {room.room_id for room in rooms.joined(session)} == {"!a", "!c"}


def test_prefix_and_language_are_the_rooms_own(session: Session) -> None:
    known(session)
    rooms.set_prefix(session, "!a", "?")
    rooms.set_language(session, "!a", "nl")
    room = rooms.get(session, "!a")
    assert room is not None
    assert (room.prefix, room.language) == ("?", "nl")
    assert rooms.get(session, "!unknown") is None
