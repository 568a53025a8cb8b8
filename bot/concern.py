"""Whether what somebody said concerns the bot, and as what."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bot import events
from bot.events import Event
from commands.kernel.text import typed, without_reply_fallback
from storage import inbox, outbox
from storage.rooms import Room
from storage.session import Session

VERIFICATION = "m.key.verification."
_REQUEST = "m.key.verification.request"
_TEAMS = frozenset({"staff", "buyers", "ethics"})
# No event is larger (spec, "Size limits").
_LARGEST_STEP = 65_536


@dataclass(frozen=True, slots=True)
class Identity:
    """Who the bot is, and what it is called by."""

    user_id: str
    name: str
    prefix: str


def concern(session: Session, room: Room, event: Event, me: Identity) -> inbox.Kind | None:
    """As what a message concerns the bot: 'message', 'edit' or not at all."""
    content = event.content
    related = events.relation(content)
    kind: inbox.Kind = "message"
    if related.replaces is not None:
        past = inbox.by_event(session, related.replaces)
        if past is not None:
            mine = past.sender == event.sender and past.room_id == room.room_id
            # In clear, anybody who stands between could change what was said behind a cipher.
            mine = mine and (event.sealed or not past.sealed)
            return "edit" if mine and past.status != "withdrawn" else None
        kind = "edit"
        content = events.shown_content(content)
        related = events.relation(content)
    text = events.text_of(content)
    if text is None:
        return None
    if room.kind == "direct":
        return kind
    if room.kind in _TEAMS and events.attachment(content) is not None:
        return kind
    if me.user_id in events.mentions(content) or _addressed(text, room, me):
        return kind
    if related.reply_to is not None:
        own = outbox.by_event(session, related.reply_to)
        if own is not None and own.room_id == room.room_id:
            return kind
    return None


def _addressed(text: str, room: Room, me: Identity) -> bool:
    """Whether a text begins with the room's prefix or with the bot's name or id."""
    start = text if text.startswith("> ") else text[:400]
    start = typed(without_reply_fallback(start)[:400])
    if start.startswith(room.prefix or me.prefix):
        return True
    folded = start.casefold()
    for name in (me.user_id, f"@{me.name}", me.name):
        name = name.casefold()
        if name and folded.startswith(name) and folded[len(name) : len(name) + 1] in (*":, \n", ""):
            return True
    return False


def as_verification(event: Event, me: Identity) -> dict[str, Any] | None:
    """`{"type", "content"}` of a step of a verification in a room; None if it is none.

    A request is named m.key.verification.request here, though it comes as an m.room.message.
    """
    if event.state_key is not None:
        return None
    if event.type == "m.room.message":
        if event.content.get("msgtype") != _REQUEST or event.content.get("to") != me.user_id:
            return None
        return step(_REQUEST, event.content)
    related = event.content.get("m.relates_to")
    if not (
        event.type.startswith(VERIFICATION)
        and isinstance(related, dict)
        and related.get("rel_type") == "m.reference"
        and events.is_event_id(related.get("event_id"))
    ):
        return None
    return step(event.type, event.content)


def step(kind: str, content: Mapping[str, Any]) -> dict[str, Any] | None:
    """A verification's step as it is stored; None if it is too large to be one."""
    body = {"type": kind, "content": dict(content)}
    return body if len(kind) <= 255 and len(json.dumps(body)) <= _LARGEST_STEP else None
