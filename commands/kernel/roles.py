"""Who may: roles come from Matrix itself, read anew for each decision; the bot keeps no list of its own.

product.md, section 3: an animator has a moderator's power in the network's room; staff, buyers and the
ethics committee are the members of their rooms, as long as these are by invitation only, with a power of
50 to invite.
"""

from __future__ import annotations

from typing import Literal

from storage import rooms
from storage.rooms import Room
from storage.session import Session

Team = Literal["staff", "buyers", "ethics"]

MODERATOR = 50


def laxity(room: Room) -> str | None:
    """Why a team's room is too lax to give its members a role: 'join_rules', 'invite' or None."""
    rule = (room.join_rules or {}).get("join_rule", "invite")
    if rule != "invite":
        return "join_rules"
    # Somebody whom the levels do not name has the default: where that suffices, anyone may invite.
    if room.needed("invite") < MODERATOR or room.power_of("") >= room.needed("invite"):
        return "invite"
    return None


def in_team(session: Session, user_id: str, team: Team) -> bool:
    """Whether the person is in a room of that team that is strict enough to count."""
    return any(
        laxity(room) is None and rooms.is_member(session, room.room_id, user_id)
        for room in rooms.of_kind(session, team)
    )


def lax_rooms(session: Session, user_id: str, team: Team) -> list[Room]:
    """The team's rooms that the person is in and that do not count, for saying so."""
    return [
        room
        for room in rooms.of_kind(session, team)
        if laxity(room) is not None and rooms.is_member(session, room.room_id, user_id)
    ]


def animates(session: Session, user_id: str, room_id: str | None) -> bool:
    """Whether the person is in that network's room with at least a moderator's power."""
    room = rooms.get(session, room_id) if room_id else None
    return room is not None and moderates(session, user_id, room)


def moderates(session: Session, user_id: str, room: Room) -> bool:
    """Whether the person is in the room with at least a moderator's power, and the bot is there to see it."""
    return (
        room.joined
        and room.power_of(user_id) >= MODERATOR
        and rooms.is_member(session, room.room_id, user_id)
    )
