"""What comes to the bot's device itself: keys, for which messages wait in the inbox, and verification."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from bot import events
from bot.concern import VERIFICATION, Identity, step
from bot.crypto.cipher import Cipher
from bot.crypto.taken import RoomKey, Unreadable, Verification, Withheld
from bot.events import HOSTILE, Event
from bot.ingest import meaning, skipped
from storage import inbox
from storage.crypto import unreadable
from storage.inbox import Item
from storage.session import Session

_LONGEST_CODE = 100


def ingest_to_device(
    session: Session, raws: Iterable[Any], cipher: Cipher, me: Identity, now: int
) -> set[str]:
    """Take in to-device events, oldest first; returns the lanes in which something may go on.

    A bad event leaves nothing behind and stops nothing. An event that comes again does no harm.
    """
    lanes: set[str] = set()
    for raw in raws:
        try:
            with session.attempt():
                lanes |= _take(session, raw, cipher, me, now)
        except (*HOSTILE, Unreadable) as error:
            skipped(error, "to-device")
    return lanes


def _take(session: Session, raw: Any, cipher: Cipher, me: Identity, now: int) -> set[str]:
    taken = cipher.take_to_device(session, raw, now)
    if isinstance(taken, RoomKey):
        return release(session, taken.room_id, taken.session_id, cipher, me, now)
    if isinstance(taken, Withheld):
        code = taken.code[:_LONGEST_CODE]
        return unreadable.withhold(
            session, taken.room_id, taken.session_id, taken.sender, code, now=now
        )
    if isinstance(taken, Verification):
        return _verification(session, taken, now)
    return set()


def _verification(session: Session, taken: Verification, now: int) -> set[str]:
    if not (events.is_user(taken.sender) and taken.type.startswith(VERIFICATION)):
        return set()
    body = step(taken.type, taken.content)
    if body is None:
        return set()
    inbox.add(
        session,
        event_id=None,
        kind="verification",
        lane=taken.sender,
        room_id=None,
        sender=taken.sender,
        body=body,
        sent_at=now,
        now=now,
    )
    return {taken.sender}


def release(
    session: Session, room_id: str, session_id: str, cipher: Cipher, me: Identity, now: int
) -> set[str]:
    """The key of a session came: what waits for it goes on in its place; returns the lanes of that."""
    unreadable.came(session, room_id, session_id)
    lanes: set[str] = set()
    for item_id in unreadable.waiting_for(session, room_id, session_id):
        item = inbox.get(session, item_id)
        if item is None:
            continue
        try:
            with session.attempt():
                _read(session, room_id, item, cipher, me, now)
        except Unreadable:
            continue
        except HOSTILE as error:
            skipped(error, room_id)
            inbox.drop(session, item.id)
        lanes.add(item.lane)
    return lanes


def _read(
    session: Session, room_id: str, item: Item, cipher: Cipher, me: Identity, now: int
) -> None:
    event = Event(
        event_id=item.event_id or "",
        type="m.room.encrypted",
        sender=item.sender,
        content=item.body,
        sent_at=item.sent_at,
        state_key=None,
        redacts=None,
        before=None,
    )
    plain = cipher.decrypt(session, room_id, event, now, record=True)
    found_as = meaning(session, room_id, plain, me)
    if found_as is None:
        inbox.drop(session, item.id)
    else:
        inbox.become(session, item.id, *found_as)
