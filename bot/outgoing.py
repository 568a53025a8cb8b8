"""What is next in a lane of the outbox, where it belongs as things stand now, and how long it has to wait.

Nothing leaves here: that is `bot.sender`'s.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from bot.marks import ID_KEY
from storage import inbox, outbox, rooms
from storage.outbox import Item
from storage.session import Session

# No homeserver asks for more (bot.client): a longer wait comes from a clock that was put back.
_LONGEST_WAIT_MS = 3_600_000
# Whoever came into an encrypted room is given that long to see whose devices there are, and a person
# who was invited into their chat that long to come.
_STRANGE_MS = 2_500
_AWAITED_MS = 7 * 24 * 3_600_000
# Reactions are never encrypted (spec, "Reactions"); nothing private stands in them.
ALWAYS_CLEAR = frozenset({"m.reaction"})

_NOWHERE = rooms.Secrecy(None, False, 0)


class Drop(Exception):
    """There is no sense in sending this any more."""


@dataclass(frozen=True, slots=True)
class Job:
    """A row that is next in its lane, and what is known of where it goes.

    `room_id` is None for a direct chat that is still to be made; `encrypted` is None where that is not
    known of the room, `members_known` whether those who read there are. Of an encrypted room, `is_awaited`
    says that the person has not come into their chat yet, `arrived_at` (ms UTC) when somebody last came,
    0 if nobody did. `edited` is the event to replace;
    `asked_at` is when what it answers was received (ms UTC). The file itself is not held here: as
    many jobs wait as there are lanes.
    """

    item: Item
    room_id: str | None
    user_id: str | None
    edited: outbox.Own | None
    encrypted: bool | None
    members_known: bool
    is_awaited: bool
    arrived_at: int
    has_file: bool
    asked_at: int | None


def next_job(session: Session, lane: str) -> Job | None:
    """What is first in the lane, and the room in which it belongs as things stand now."""
    found = outbox.next_in_lane(session, lane, 1)
    if not found:
        return None
    item = found[0]
    room_id = item.room_id
    user_id = item.user_id
    if item.kind == "event":
        if user_id is None and lane.startswith("@"):
            user_id = lane
        if user_id is not None:
            room_id = _chat_for(session, item, user_id)
    secrecy = rooms.secrecy(session, room_id) if room_id else _NOWHERE
    speaks = item.kind == "event" and item.type not in ALWAYS_CLEAR
    sealed = room_id if secrecy.encrypted and speaks else None
    return Job(
        item,
        room_id,
        user_id,
        outbox.by_key(session, item.edits) if item.edits else None,
        secrecy.encrypted,
        secrecy.members_known,
        sealed is not None
        and user_id is not None
        and rooms.membership_of(session, sealed, user_id) == "invite",
        secrecy.arrived_at if sealed is not None else 0,
        item.kind == "event" and outbox.has_file(session, item.key),
        inbox.received_at(session, item.inbox_id) if item.inbox_id is not None else None,
    )


def _chat_for(session: Session, item: Item, user_id: str) -> str | None:
    """The chat for what is meant for one person: where it was said, unless there is a third by now, or the
    person does not come, and has another chat in which they are."""
    room = rooms.get(session, item.room_id) if item.room_id else None
    said = room.room_id if room and room.joined and room.direct_user == user_id else None
    if said is not None and (item.edits or not _is_awaited(session, said, user_id)):
        return said
    direct = rooms.direct_with(session, user_id)
    if direct is None:
        return said
    if said is not None and rooms.membership_of(session, direct.room_id, user_id) != "join":
        return said
    return direct.room_id


def _is_awaited(session: Session, room_id: str, user_id: str) -> bool:
    """Whether the person is invited to that encrypted chat, and is not there yet."""
    return rooms.membership_of(session, room_id, user_id) == "invite" and bool(
        rooms.secrecy(session, room_id).encrypted
    )


def is_held(job: Job, now_ms: int) -> bool:
    """Whether to wait for the person to come into the encrypted chat that they are invited to.

    A client that takes in a message together with its first sight of a room calls it unsafe, or does
    not show it at all, since it knows no device of the room's yet; and it does not look again.
    """
    return job.is_awaited and now_ms - job.item.created_at < _AWAITED_MS


def wait_ms(job: Job, now_ms: int) -> int:
    """How long to wait before the next try; not at all where it is not above 0."""
    wait = min(job.item.next_try_at - now_ms, _LONGEST_WAIT_MS)
    if 0 <= now_ms - job.arrived_at < _STRANGE_MS:
        wait = max(wait, job.arrived_at + _STRANGE_MS - now_ms)
    return wait


def may_have_changed(job: Job) -> bool:
    """Whether what the sync has not told yet may forbid to send it there, or to send it in clear."""
    return job.user_id is not None or (
        job.item.kind == "event" and job.item.type not in ALWAYS_CLEAR and not job.encrypted
    )


def has_moved(job: Job, now: Job) -> bool:
    """Whether what was found out and uploaded for `job` no longer holds: it goes elsewhere by now, or has
    to leave encrypted."""
    return now.room_id != job.room_id or bool(now.encrypted and not job.encrypted)


def is_secret(job: Job) -> bool:
    """Whether it leaves encrypted: also where it is not known whether the room is."""
    return job.item.type not in ALWAYS_CLEAR and job.encrypted is not False


def content_of(job: Job, room_id: str) -> dict[str, Any]:
    """What the event says in that room, unencrypted. Raises Drop."""
    item = job.item
    content = {**item.content, ID_KEY: item.key}
    if item.edits is not None:
        edited = job.edited
        if edited is None or edited.event_id is None or edited.room_id not in (None, room_id):
            raise Drop("what it edits was never sent here")
        content["m.relates_to"] = {"rel_type": "m.replace", "event_id": edited.event_id}
    elif item.room_id is not None and item.room_id != room_id:
        if item.type == "m.reaction":
            raise Drop("what it reacts to is in another room")
        content.pop("m.relates_to", None)
    return content
