"""What reaches the commands: things that happened, as frozen values without any Matrix library."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that came with a message; `data` is there only when the bot fetched it."""

    name: str
    mimetype: str
    size: int
    mxc: str
    data: bytes | None = None
    encryption: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Message:
    """A text or file that a person sent. `edits` is the event that this one replaces."""

    inbox_id: int
    event_id: str
    room_id: str
    sender: str
    text: str
    sent_at: datetime
    html: str | None = None
    reply_to: str | None = None
    thread: str | None = None
    mentions: frozenset[str] = frozenset()
    edits: str | None = None
    file: Attachment | None = None


@dataclass(frozen=True, slots=True)
class Reaction:
    inbox_id: int
    event_id: str
    room_id: str
    sender: str
    target: str
    key: str
    sent_at: datetime


@dataclass(frozen=True, slots=True)
class Redaction:
    """Somebody took back `target`, an event that the bot had dealt with."""

    inbox_id: int
    room_id: str
    sender: str
    target: str
    sent_at: datetime


@dataclass(frozen=True, slots=True)
class MembershipChange:
    """`before` and `after` are Matrix memberships; `sender` differs from `user_id` on invite or kick."""

    inbox_id: int
    room_id: str
    sender: str
    user_id: str
    before: str | None
    after: str
    reason: str | None
    sent_at: datetime


@dataclass(frozen=True, slots=True)
class RoomReplaced:
    """A room's tombstone that `sender` wrote; the bot is in `successor`, whose state is known by now."""

    inbox_id: int
    room_id: str
    successor: str
    sender: str
    sent_at: datetime


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A message whose key never came; `withheld` is the code with which the sender's app refused it."""

    inbox_id: int
    event_id: str
    room_id: str
    sender: str
    session_id: str
    sent_at: datetime
    thread: str | None = None
    withheld: str | None = None


Incoming = Message | Reaction | Redaction | MembershipChange | RoomReplaced | Unreadable


@dataclass(frozen=True, slots=True)
class ActionEnd:
    """How a room action or a message with a continuation ended; `error` is None on success."""

    continuation: str
    data: Mapping[str, Any]
    result: Mapping[str, Any] = field(default_factory=dict)
    error: str | None = None
    detail: str = ""
