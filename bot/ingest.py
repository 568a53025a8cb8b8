"""From one sync to the inbox: decides what concerns the bot, and stores it together with the sync token.

Everything else that was said is dropped here and never stored. One bad event never stops a batch.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from bot import events, mirror
from bot.concern import VERIFICATION, Identity, as_verification, concern
from bot.crypto.cipher import Cipher
from bot.crypto.taken import Unreadable
from bot.events import HOSTILE, Event
from storage import facts, inbox, outbox, rooms
from storage.crypto import unreadable
from storage.rooms import Room
from storage.session import Session

log = logging.getLogger(__name__)


@dataclass(slots=True)
class RoomNews:
    """What a sync says of a joined room, raw and oldest first.

    `gap` was fetched to fill a limited timeline; `state` is how things stood after it.
    """

    room_id: str
    gap: list[Any] = field(default_factory=list)
    state: list[Any] = field(default_factory=list)
    timeline: list[Any] = field(default_factory=list)


@dataclass(slots=True)
class News:
    """One sync as a whole; `invites` has the stripped state of each room, `direct` is `m.direct`."""

    token: str
    rooms: list[RoomNews] = field(default_factory=list)
    left: list[str] = field(default_factory=list)
    invites: dict[str, list[Any]] = field(default_factory=dict)
    direct: dict[str, Any] | None = None


def ingest(session: Session, news: News, cipher: Cipher, me: Identity, now: int) -> set[str]:
    """Store what concerns the bot, and the token; returns the lanes in which something new waits.

    To-device events come before it (`bot.to_device`), so that the keys are there.
    """
    lanes: set[str] = set()
    if news.direct is not None:
        mirror.remember_direct(session, news.direct, me.user_id)
    for room_id in news.left:
        lane = mirror.leave(session, room_id, me.user_id, now)
        if lane is not None:
            lanes.add(lane)
    for part in news.rooms:
        _room(session, part, cipher, me, now, lanes)
    for room_id, state in news.invites.items():
        try:
            _invite(session, room_id, state, me, now, lanes)
        except HOSTILE as error:
            skipped(error, room_id)
    facts.put(session, facts.SYNC_TOKEN, news.token)
    return lanes


def own_join(raw_events: Iterable[Any], me: str) -> int | None:
    """The position of the last event with which the bot itself came into the room; None if it did not.

    That is its joining, or the invitation before it into a direct chat: clients send the first message right
    after that, and await nobody. A change of its name or picture looks like joining, but says that it
    replaced a *join*.
    """
    position = asked = None
    for index, raw in enumerate(raw_events):
        if not (isinstance(raw, dict) and raw.get("type") == "m.room.member"):
            continue
        event = events.parse(raw, 0)
        if event is None or event.state_key != me:
            continue
        membership = events.membership(event.content)
        if membership == "invite":
            asked = index if event.content.get("is_direct") is True else None
        elif membership != "join":
            asked = None
        elif event.before != "join":
            position = index if asked is None else asked
    return position


def worth_keeping(
    session: Session, room_id: str, raws: list[Any], cipher: Cipher, me: Identity, now: int
) -> list[Any]:
    """Of a room's events those that may turn out to concern the bot; `ingest` decides. Writes nothing.

    What only shows in the order of events (an edit of a message that is not stored yet) is kept.
    """
    room = rooms.get(session, room_id)
    if room is None or room.version is None:
        return raws
    return [raw for raw in raws if _may_concern(session, room, raw, cipher, me, now)]


def _may_concern(
    session: Session, room: Room, raw: Any, cipher: Cipher, me: Identity, now: int
) -> bool:
    try:
        event = events.parse(raw, now)
        if event is None:
            return False
        if event.type == "m.room.encrypted" and event.state_key is None:
            try:
                event = cipher.decrypt(session, room.room_id, event, now, record=False)
            except Unreadable:
                return _to_wait_with(event, cipher) is not None
            if not _counts(event):
                return False
        if event.type != "m.room.message" or event.state_key is not None:
            return True
        related = events.relation(event.content)
        if related.replaces is not None or related.reply_to is not None:
            return True
        return (
            as_verification(event, me) is not None or concern(session, room, event, me) is not None
        )
    except HOSTILE as error:
        skipped(error, room.room_id)
        return False


def _room(
    session: Session, part: RoomNews, cipher: Cipher, me: Identity, now: int, lanes: set[str]
) -> None:
    room_id = part.room_id
    rooms.know(session, room_id, now=now)
    if not rooms.is_joined(session, room_id):
        rooms.set_joined(session, room_id, True, None)
    # Nothing from before the bot came in is answered, nor does it change what the mirror took in.
    first = own_join([*part.gap, *part.timeline], me.user_id) or 0
    gap = part.gap[first:]
    timeline = part.timeline[max(0, first - len(part.gap)) :]
    _each(session, room_id, gap, cipher, me, now, lanes)
    for raw in part.state:
        try:
            event = events.parse(raw, now)
            if event is None:
                continue
            if event.type == "m.room.member":
                mirror.apply_membership(session, room_id, event, me.user_id, now, note=False)
            else:
                mirror.apply_state(session, room_id, event, raw)
        except HOSTILE as error:
            skipped(error, room_id)
    _each(session, room_id, timeline, cipher, me, now, lanes)


def _each(
    session: Session,
    room_id: str,
    raws: list[Any],
    cipher: Cipher,
    me: Identity,
    now: int,
    lanes: set[str],
) -> None:
    for raw in raws:
        try:
            event = events.parse(raw, now)
            if event is not None:
                lane = _event(session, room_id, event, raw, cipher, me, now)
                if lane is not None:
                    lanes.add(lane)
        except HOSTILE as error:
            skipped(error, room_id)


def skipped(error: Exception, where: str) -> None:
    """Note that an event was left out, without a word of what it said."""
    log.warning(
        "an event in %s could not be read and was left out: %s", where, type(error).__name__
    )


def _event(
    session: Session,
    room_id: str,
    event: Event,
    raw: Any,
    cipher: Cipher,
    me: Identity,
    now: int,
) -> str | None:
    """Take over one event; the lane if it now waits in the inbox."""
    if event.type == "m.room.member":
        if event.state_key == me.user_id:
            return None
        noted = mirror.apply_membership(session, room_id, event, me.user_id, now)
        return mirror.lane_of(session, room_id) if noted else None
    if event.state_key is not None:
        mirror.apply_state(session, room_id, event, raw)
        if event.type != "m.room.tombstone" or event.state_key != "":
            return None
        body = {"replacement_room": event.content.get("replacement_room")}
        return _store(session, room_id, event, "state", body, now)
    if event.sender == me.user_id:
        return None
    if event.type == "m.room.encrypted":
        with session.attempt():
            return _encrypted(session, room_id, event, cipher, me, now)
    if event.type == "m.reaction":
        found = events.annotation(event.content)
        own = outbox.by_event(session, found[0]) if found else None
        if own is None or own.room_id not in (None, room_id):
            return None
        body = {"m.relates_to": event.content["m.relates_to"]}
        return _store(session, room_id, event, "reaction", body, now)
    if event.type == "m.room.redaction" and event.redacts is not None:
        past = inbox.by_event(session, event.redacts)
        if past is None or past.room_id != room_id:
            return None
        if inbox.withdraw(session, event.redacts, now=now):
            return mirror.lane_of(session, room_id)
        return _store(session, room_id, event, "redaction", {"redacts": event.redacts}, now)
    found_as = meaning(session, room_id, event, me)
    return _store(session, room_id, event, *found_as, now) if found_as else None


def _encrypted(
    session: Session, room_id: str, event: Event, cipher: Cipher, me: Identity, now: int
) -> str | None:
    """What was encrypted goes on as what it is; what cannot be read yet waits for its key."""
    try:
        plain = cipher.decrypt(session, room_id, event, now, record=True)
    except Unreadable:
        body = _to_wait_with(event, cipher)
        if body is None:
            return None
        added = _add(session, room_id, event, "encrypted", body, now)
        if added is None:
            return None
        unreadable.add(session, added, room_id, body["session_id"], event.sender)
        return mirror.lane_of(session, room_id)
    found_as = meaning(session, room_id, plain, me)
    return _store(session, room_id, plain, *found_as, now) if found_as else None


def _to_wait_with(event: Event, cipher: Cipher) -> dict[str, Any] | None:
    """What is kept of an event whose key may still come; None for what this device never can read."""
    return None if event.sent_at < cipher.created_at else events.encrypted_body(event.content)


def _counts(plain: Event) -> bool:
    """Whether a decrypted event is of a kind that is encrypted; what changes other things is in clear."""
    return plain.type == "m.room.message" or plain.type.startswith(VERIFICATION)


def meaning(
    session: Session, room_id: str, event: Event, me: Identity
) -> tuple[inbox.Kind, dict[str, Any]] | None:
    """As what a message, plain or decrypted, is stored; None if it does not concern the bot."""
    if (step := as_verification(event, me)) is not None:
        return "verification", step
    room = rooms.get(session, room_id)
    if room is None or event.type != "m.room.message":
        return None
    kind = concern(session, room, event, me)
    return (kind, event.content) if kind else None


def _store(
    session: Session,
    room_id: str,
    event: Event,
    kind: inbox.Kind,
    body: dict[str, Any],
    now: int,
) -> str | None:
    added = _add(session, room_id, event, kind, body, now)
    return mirror.lane_of(session, room_id) if added is not None else None


def _add(
    session: Session,
    room_id: str,
    event: Event,
    kind: inbox.Kind,
    body: dict[str, Any],
    now: int,
) -> int | None:
    return inbox.add(
        session,
        event_id=event.event_id,
        kind=kind,
        lane=mirror.lane_of(session, room_id),
        room_id=room_id,
        sender=event.sender,
        body=body,
        sent_at=event.sent_at,
        now=now,
        sealed=event.sealed or kind == "encrypted",
    )


def _invite(
    session: Session, room_id: str, state: list[Any], me: Identity, now: int, lanes: set[str]
) -> None:
    for stripped in state:
        if not isinstance(stripped, dict) or stripped.get("type") != "m.room.member":
            continue
        content = stripped.get("content")
        sender = stripped.get("sender")
        if (
            stripped.get("state_key") != me.user_id
            or not isinstance(content, dict)
            or content.get("membership") != "invite"
            or not events.is_user(sender)
        ):
            continue
        inbox.add(
            session,
            event_id=None,
            kind="invite",
            lane=room_id,
            room_id=room_id,
            sender=str(sender),
            body={"is_direct": content.get("is_direct") is True},
            sent_at=now,
            now=now,
        )
        lanes.add(room_id)
        return
