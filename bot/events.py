"""Events as the homeserver hands them over, checked at the door, and made into what commands know.

Every field is hostile until it was looked at here. The checks are written out by hand: this runs for
each event of each sync, and a validation library would cost more than all the rest.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal, TypeGuard

from commands.kernel.incoming import (
    Attachment,
    Incoming,
    MembershipChange,
    Message,
    Reaction,
    Redaction,
    RoomReplaced,
    Unreadable,
)
from storage import inbox

Membership = Literal["join", "invite", "knock", "leave", "ban"]
MEMBERSHIPS = frozenset({"join", "invite", "knock", "leave", "ban"})

# https://spec.matrix.org/v1.16/client-server-api/#size-limits and appendices, "User Identifiers"
_LONGEST_ID = 255
_USER = re.compile(r"@[^:\s\x00]*:[^\s\x00]+")
_EVENT = re.compile(r"\$[!-~]{1,254}")
_FILES = frozenset({"m.file", "m.image", "m.audio", "m.video"})
_LONGEST_REACTION = 64
_LARGEST_EVENT = 65_536

# What a hostile value can raise in code that takes it for something else.
HOSTILE = (ValueError, TypeError, LookupError, AttributeError, OverflowError, RecursionError)


@dataclass(frozen=True, slots=True)
class Event:
    """One event of a room; `sent_at` (ms UTC) is never after it was received; `sealed`: it was encrypted."""

    event_id: str
    type: str
    sender: str
    content: dict[str, Any]
    sent_at: int
    state_key: str | None
    redacts: str | None
    before: str | None
    sealed: bool = False


def parse(raw: object, now: int) -> Event | None:
    """The event, None if it is none. `before` is the membership that `unsigned` names, if any."""
    if not isinstance(raw, dict):
        return None
    content = raw.get("content")
    event_id, kind, sender = raw.get("event_id"), raw.get("type"), raw.get("sender")
    if not (
        isinstance(content, dict) and is_id(event_id) and isinstance(kind, str) and is_user(sender)
    ):
        return None
    key = raw.get("state_key")
    unsigned = raw.get("unsigned")
    previous = _part(unsigned, "prev_content") or _part(raw, "prev_content")
    # Room version 11 moved `redacts` into the content.
    redacts = content.get("redacts") if kind == "m.room.redaction" else None
    if not is_id(redacts):
        redacts = raw.get("redacts")
    return Event(
        event_id=event_id,
        type=kind,
        sender=sender,
        content=content,
        sent_at=moment(raw.get("origin_server_ts"), now),
        state_key=key if isinstance(key, str) and len(key) <= _LONGEST_ID else None,
        redacts=redacts if is_id(redacts) else None,
        before=membership(previous) if previous else None,
    )


def is_id(value: object) -> TypeGuard[str]:
    return isinstance(value, str) and 0 < len(value) <= _LONGEST_ID


def is_event_id(value: object) -> TypeGuard[str]:
    """Whether it is what a homeserver can be asked for: one that no server gives may make it stumble."""
    return isinstance(value, str) and _EVENT.fullmatch(value) is not None


def is_user(value: object) -> TypeGuard[str]:
    return (
        isinstance(value, str) and len(value) <= _LONGEST_ID and _USER.fullmatch(value) is not None
    )


def moment(value: object, now: int) -> int:
    """A time in ms UTC that a homeserver claims; `now` for one that makes no sense."""
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= now:
        return value
    return now


def membership(content: Mapping[str, Any]) -> Membership | None:
    value = content.get("membership")
    return value if isinstance(value, str) and value in MEMBERSHIPS else None  # type: ignore[return-value]  # the set holds just these


def _part(value: object, name: str) -> dict[str, Any]:
    found = value.get(name) if isinstance(value, dict) else None
    return found if isinstance(found, dict) else {}


def _text(value: object, limit: int = 100_000) -> str:
    return value[:limit] if isinstance(value, str) else ""


@dataclass(frozen=True, slots=True)
class Relation:
    """How a message relates to others; all are event ids or None."""

    replaces: str | None = None
    thread: str | None = None
    reply_to: str | None = None


def relation(content: Mapping[str, Any]) -> Relation:
    """A reply that only stands in for the thread it is in (`is_falling_back`) is no reply."""
    related = _part(content, "m.relates_to")
    kind, target = related.get("rel_type"), related.get("event_id")
    if not is_event_id(target):
        target = None
    reply = _part(related, "m.in_reply_to").get("event_id")
    if not is_event_id(reply):
        reply = None
    if kind == "m.replace":
        return Relation(replaces=target)
    if kind == "m.thread":
        return Relation(
            thread=target, reply_to=None if related.get("is_falling_back") is True else reply
        )
    return Relation(reply_to=reply)


def annotation(content: Mapping[str, Any]) -> tuple[str, str] | None:
    """(target event, key) of a reaction."""
    related = _part(content, "m.relates_to")
    target, key = related.get("event_id"), related.get("key")
    if related.get("rel_type") != "m.annotation" or not is_event_id(target):
        return None
    if not isinstance(key, str) or not 0 < len(key) <= _LONGEST_REACTION:
        return None
    return str(target), key


def shown_content(content: dict[str, Any]) -> dict[str, Any]:
    """What the message says now: of an edit, the new content."""
    return _part(content, "m.new_content") or content


def mentions(content: Mapping[str, Any]) -> frozenset[str]:
    users = _part(content, "m.mentions").get("user_ids")
    if not isinstance(users, list):
        return frozenset()
    return frozenset(user for user in users[:50] if is_user(user))


def text_of(content: Mapping[str, Any]) -> str | None:
    """What a person typed: the text, or a file's caption; None for what is neither."""
    kind = content.get("msgtype")
    if kind == "m.text":
        return _text(content.get("body"))
    if kind in _FILES:
        body, name = _text(content.get("body")), content.get("filename")
        # Only with a file name of its own is the body a caption (spec, "Media captions").
        return body if isinstance(name, str) and name != body else ""
    return None


def attachment(content: Mapping[str, Any]) -> Attachment | None:
    """The file of a message, plain or encrypted."""
    if content.get("msgtype") not in _FILES:
        return None
    encrypted = _part(content, "file")
    mxc = encrypted.get("url") if encrypted else content.get("url")
    if not isinstance(mxc, str) or not mxc.startswith("mxc://") or len(mxc) > 1000:
        return None
    info = _part(content, "info")
    size = info.get("size")
    name = _text(content.get("filename")) or _text(content.get("body")) or "file"
    return Attachment(
        name=name[:255],
        mimetype=_text(info.get("mimetype"), 100) or "application/octet-stream",
        size=size if isinstance(size, int) and not isinstance(size, bool) and size >= 0 else 0,
        mxc=mxc,
        encryption=encrypted or None,
    )


def encrypted_body(content: Mapping[str, Any]) -> dict[str, Any] | None:
    """What is needed of an m.room.encrypted event to read it later; None for what never can be."""
    ciphertext = content.get("ciphertext")
    if not is_id(content.get("session_id")):
        return None
    if not isinstance(ciphertext, str) or len(ciphertext) > _LARGEST_EVENT:
        return None
    body: dict[str, Any] = {"ciphertext": ciphertext}
    for name in ("algorithm", "session_id", "sender_key", "device_id"):
        if is_id(content.get(name)):
            body[name] = content[name]
    related = _part(content, "m.relates_to")
    if related:
        kept = {
            name: related[name]
            for name in ("rel_type", "event_id", "is_falling_back")
            if isinstance(related.get(name), bool) or is_id(related.get(name))
        }
        reply = _part(related, "m.in_reply_to").get("event_id")
        if is_event_id(reply):
            kept["m.in_reply_to"] = {"event_id": reply}
        body["m.relates_to"] = kept
    return body


def _when(item: inbox.Item) -> datetime:
    return datetime.fromtimestamp(item.sent_at / 1000, UTC)


def incoming_of(item: inbox.Item) -> Incoming | None:
    """What a stored event means to the commands; None for what they have no part in."""
    if item.room_id is None:
        return None
    if item.kind in ("message", "edit"):
        return _message(item, item.room_id, item.event_id or "")
    if item.kind == "reaction":
        found = annotation(item.body)
        if found is None:
            return None
        return Reaction(
            inbox_id=item.id,
            event_id=item.event_id or "",
            room_id=item.room_id,
            sender=item.sender,
            target=found[0],
            key=found[1],
            sent_at=_when(item),
        )
    if item.kind == "redaction":
        return Redaction(
            inbox_id=item.id,
            room_id=item.room_id,
            sender=item.sender,
            target=_text(item.body.get("redacts")),
            sent_at=_when(item),
        )
    if item.kind == "membership":
        return MembershipChange(
            inbox_id=item.id,
            room_id=item.room_id,
            sender=item.sender,
            user_id=_text(item.body.get("user_id")),
            before=item.body.get("before"),
            after=_text(item.body.get("membership")),
            reason=_text(item.body.get("reason"), 500) or None,
            sent_at=_when(item),
        )
    if item.kind == "state" and is_id(item.body.get("replacement_room")):
        return RoomReplaced(
            inbox_id=item.id,
            room_id=item.room_id,
            successor=item.body["replacement_room"],
            sender=item.sender,
            sent_at=_when(item),
        )
    return None


def unreadable_of(item: inbox.Item, withheld: str | None) -> Unreadable:
    """A stored event that could not be read; `withheld` is the code with which its key was refused."""
    return Unreadable(
        inbox_id=item.id,
        event_id=item.event_id or "",
        room_id=item.room_id or "",
        sender=item.sender,
        session_id=_text(item.body.get("session_id")),
        sent_at=_when(item),
        thread=relation(item.body).thread,
        withheld=withheld,
    )


def _message(item: inbox.Item, room_id: str, event_id: str) -> Message:
    related = relation(item.body)
    content = shown_content(item.body) if related.replaces else item.body
    # What an edit replaces keeps its place: the thread and the reply are those of the new content.
    inner = relation(content) if related.replaces else related
    html = None
    if content.get("format") == "org.matrix.custom.html":
        html = _text(content.get("formatted_body")) or None
    return Message(
        inbox_id=item.id,
        event_id=event_id,
        room_id=room_id,
        sender=item.sender,
        text=text_of(content) or "",
        sent_at=_when(item),
        html=html,
        reply_to=inner.reply_to,
        thread=inner.thread,
        mentions=mentions(content),
        edits=related.replaces,
        file=attachment(content),
    )
