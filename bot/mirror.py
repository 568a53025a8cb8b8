"""Keeps the rooms' rows true to the homeserver: state, memberships, and which rooms are direct chats.

Plain functions of a transaction; who fetches what they take in is `bot.sync`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from bot import events
from bot.events import Event
from storage import facts, inbox, outbox, rooms
from storage.session import Session

MARK = "org.kring.mark"  # state event that says which outbox row a room was created for
STATE_TYPES = (*rooms.STATE_TYPES, MARK)
DIRECT_FACT = "m.direct"


@dataclass(frozen=True, slots=True)
class Picture:
    """A room as the homeserver describes it now: raw state events, and who has joined.

    `invited` is asked for where the room may be a direct chat, and else None.
    """

    room_id: str
    state: list[Any] = field(default_factory=list)
    members: dict[str, str | None] = field(default_factory=dict)
    invited: list[str] | None = None


def take_picture(session: Session, picture: Picture, me: str, now: int) -> list[str]:
    """Take over a room's whole state; returns the lanes in which something new waits.

    Of a room that was known before, who came and went meanwhile is put in the inbox.
    """
    room_id = picture.room_id
    rooms.know(session, room_id, now=now)
    before = rooms.get(session, room_id)
    known = before is not None and before.joined and before.version is not None
    rooms.set_joined(session, room_id, True, None)
    mark = None
    predecessor = None
    created_by_me = False
    for raw in picture.state:
        event = events.parse(raw, now)
        if event is None or event.state_key != "":
            continue
        if event.type == MARK:
            mark = event.content.get("id") if event.sender == me else None
        elif event.type in rooms.STATE_TYPES:
            rooms.apply_state(session, room_id, raw)
        if event.type == "m.room.create":
            created_by_me = event.sender == me
            origin = event.content.get("predecessor")
            predecessor = origin.get("room_id") if isinstance(origin, dict) else None
    arrived, gone = rooms.replace_joined(session, room_id, picture.members, now=now)
    if picture.invited is not None:
        invited = [user for user in picture.invited if events.is_user(user)]
        rooms.replace_invited(session, room_id, invited, now=now)
    if isinstance(mark, str) and created_by_me:
        _place_by_mark(session, room_id, mark)
    _settle(session, room_id, me, first=not known)
    lane = lane_of(session, room_id)
    added = False
    if known:
        if arrived:
            rooms.note_arrival(session, room_id, now=now)
        changes = [(user, "leave", "join") for user in arrived]
        changes += [(user, "join", "leave") for user in gone]
        for user, was, after in changes:
            if user != me:
                added |= _note(session, room_id, lane, user, was, after, now)
    elif events.is_id(predecessor):
        added = _follow_late(session, str(predecessor), room_id, now)
        lane = lane_of(session, str(predecessor)) if added else lane
    return [lane] if added else []


def lane_of(session: Session, room_id: str) -> str:
    """The room, or for a direct chat the person, so that answers keep their order across rooms."""
    room = rooms.get(session, room_id)
    return room.direct_user if room is not None and room.direct_user else room_id


def apply_state(session: Session, room_id: str, event: Event, raw: dict[str, Any]) -> None:
    if event.state_key == "" and event.type in rooms.STATE_TYPES:
        rooms.apply_state(session, room_id, raw)


def apply_membership(
    session: Session, room_id: str, event: Event, me: str, now: int, *, note: bool = True
) -> bool:
    """Take over somebody's membership; True when a real change was put in the inbox."""
    after = events.membership(event.content)
    user = event.state_key
    if after is None or not events.is_user(user) or user is None:
        return False
    name = event.content.get("displayname")
    before = rooms.set_membership(
        session,
        room_id,
        user,
        after,
        display_name=name[:255] if isinstance(name, str) and name.strip() else None,
        since=event.sent_at,
    )
    if user == me or before == after:
        return False
    if note and after == "join":
        rooms.note_arrival(session, room_id, now=now)
    lane = lane_of(session, room_id)
    _settle(session, room_id, me, first=False)
    if not note:
        return False
    return _note(session, room_id, lane, user, before, after, now, event)


def leave(session: Session, room_id: str, me: str, now: int) -> str | None:
    """The bot is in the room no more; the lane in which that waits, None if it was known before."""
    room = rooms.get(session, room_id)
    lane = lane_of(session, room_id)
    rooms.left(session, room_id)
    if room is None or not room.joined:
        return None
    _note(session, room_id, lane, me, "join", "leave", now)
    return lane


def _note(
    session: Session,
    room_id: str,
    lane: str,
    user: str,
    before: str | None,
    after: str,
    now: int,
    event: Event | None = None,
) -> bool:
    """Put a membership's change in the inbox; without the event, when only its outcome was seen."""
    reason = event.content.get("reason") if event is not None else None
    added = inbox.add(
        session,
        event_id=event.event_id if event is not None else None,
        kind="membership",
        lane=lane,
        room_id=room_id,
        sender=event.sender if event is not None else user,
        body={
            "user_id": user,
            "before": before,
            "membership": after,
            "reason": reason[:500] if isinstance(reason, str) else None,
        },
        sent_at=event.sent_at if event is not None else now,
        now=now,
    )
    return added is not None


def _follow_late(session: Session, old_id: str, new_id: str, now: int) -> bool:
    """The bot got into the successor of a room that it knows: now the network can move."""
    old = rooms.get(session, old_id)
    if old is None or old.successor != new_id:
        return False
    added = inbox.add(
        session,
        event_id=f"successor:{new_id}"[:255],
        kind="state",
        lane=lane_of(session, old_id),
        room_id=old_id,
        sender="",
        body={"replacement_room": new_id},
        sent_at=now,
        now=now,
    )
    return added is not None


# --- direct chats --------------------------------------------------------------------------------


def remember_direct(session: Session, content: Mapping[str, Any], me: str) -> None:
    """Take over the account's `m.direct` list."""
    listing = json.dumps(content)
    facts.put(session, DIRECT_FACT, listing)
    for room_id in _direct_rooms(listing):
        _settle(session, room_id, me, first=False)


def expect_direct(session: Session, room_id: str, user_id: str, now: int) -> None:
    """Whoever invited the bot called the room a direct chat."""
    rooms.know(session, room_id, now=now)
    room = rooms.get(session, room_id)
    if room is not None and room.kind == "other":
        rooms.set_kind(session, room_id, "direct", direct_user=user_id)


@lru_cache(maxsize=1)
def _direct_rooms(listing: str) -> dict[str, str]:
    found: dict[str, str] = {}
    content = json.loads(listing)
    for user, listed in content.items() if isinstance(content, dict) else ():
        if events.is_user(user) and isinstance(listed, list):
            found.update({room: user for room in listed if isinstance(room, str)})
    return found


def _place_by_mark(session: Session, room_id: str, key: str) -> None:
    # The bot died between making a direct chat and noting that it had.
    own = outbox.by_key(session, key)
    if own is not None and own.user_id is not None and own.status == "waiting":
        room = rooms.get(session, room_id)
        if room is not None and room.kind == "other":
            rooms.set_kind(session, room_id, "direct", direct_user=own.user_id)


def _settle(session: Session, room_id: str, me: str, *, first: bool) -> None:
    """Decide anew whether a room is a direct chat: with a third person in it, it is none.

    Whoever is invited counts: once inside, they may read what was said before.
    """
    room = rooms.get(session, room_id)
    if room is None or not room.joined or room.kind not in ("direct", "other"):
        return
    others = [user for user in rooms.few_present(session, room_id, 3) if user != me]
    if room.kind == "direct":
        if any(user != room.direct_user for user in others):
            rooms.set_kind(session, room_id, "other")
        return
    user = _direct_rooms(facts.get(session, DIRECT_FACT) or "{}").get(room_id)
    if user is not None and user != me:
        if all(other == user for other in others):
            rooms.set_kind(session, room_id, "direct", direct_user=user)
    elif first and len(others) == 1 and not room.name and me not in room.creators:
        rooms.set_kind(session, room_id, "direct", direct_user=others[0])
