"""What the bot still has to say and do at the homeserver, committed together with what caused it.

Each row belongs to a lane (a room, a person, or the object of a chain of actions) and leaves in the
order of the lane. `key` is the Matrix transaction id, fixed before the first try.
"""

from __future__ import annotations

import json
import sqlite3
import uuid
from dataclasses import dataclass, field
from typing import Any, Literal

from storage.session import Session

Kind = Literal["event", "redaction", "action"]


def new_key() -> str:
    return uuid.uuid4().hex


@dataclass(frozen=True, slots=True)
class Inline:
    """How a picture stands inside a message: `alt` says in words what it shows, to whoever does not see it;
    `width` and `height` are those at which it is shown, in pixels (it may hold more of them)."""

    alt: str
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class FileOut:
    """A file or picture to send: as a message of its own, or, with `inline`, a picture below the words of the
    message that it comes with.

    In an encrypted room, where a picture inside a message could not be encrypted, its words go alone.
    """

    name: str
    mimetype: str
    data: bytes
    inline: Inline | None = None


@dataclass(frozen=True, slots=True)
class Draft:
    """A message, redaction or room action, not stored yet.

    Exactly one of `room_id`, `user_id` (a direct chat, found or made when it is sent) or, for actions,
    `lane` says where it belongs. `about` is 'kind:reference': replies and reactions to the message are
    handed to the handler of that kind. `continuation` names the handler that hears how it ended.
    """

    type: str
    content: dict[str, Any]
    kind: Kind = "event"
    room_id: str | None = None
    user_id: str | None = None
    lane: str | None = None
    edits: str | None = None
    about: str | None = None
    inbox_id: int | None = None
    continuation: str | None = None
    continuation_data: dict[str, Any] = field(default_factory=dict)
    file: FileOut | None = None
    key: str = field(default_factory=new_key)


@dataclass(frozen=True, slots=True)
class Item:
    """A stored row that is to be sent."""

    id: int
    key: str
    lane: str
    kind: Kind
    room_id: str | None
    user_id: str | None
    type: str
    content: dict[str, Any]
    edits: str | None
    inbox_id: int | None
    continuation: str | None
    continuation_data: dict[str, Any]
    attempts: int
    first_try_at: int | None
    next_try_at: int
    created_at: int


def _item(row: sqlite3.Row) -> Item:
    return Item(
        id=row["id"],
        key=row["key"],
        lane=row["lane"],
        kind=row["kind"],
        room_id=row["room_id"],
        user_id=row["user_id"],
        type=row["type"],
        content=json.loads(row["content"] or "{}"),
        edits=row["edits"],
        inbox_id=row["inbox_id"],
        continuation=row["continuation"],
        continuation_data=json.loads(row["continuation_data"] or "{}"),
        attempts=row["attempts"],
        first_try_at=row["first_try_at"],
        next_try_at=row["next_try_at"],
        created_at=row["created_at"],
    )


def _lane(session: Session, draft: Draft) -> str:
    if draft.lane is not None:
        return draft.lane
    if draft.user_id is not None:
        return draft.user_id
    assert draft.room_id is not None, "a draft needs a room, a person or a lane"
    direct = session.value(
        "SELECT direct_user FROM rooms WHERE room_id = ? AND kind = 'direct'", (draft.room_id,)
    )
    return str(direct or draft.room_id)


def add(session: Session, draft: Draft, *, now: int) -> str:
    """Store a draft and return the lane that it was put in."""
    lane = _lane(session, draft)
    session.run(
        "INSERT INTO outbox (key, lane, kind, room_id, user_id, type, content, edits, about,"
        " inbox_id, continuation, continuation_data, created_at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            draft.key,
            lane,
            draft.kind,
            draft.room_id,
            draft.user_id,
            draft.type,
            json.dumps(draft.content, separators=(",", ":")),
            draft.edits,
            draft.about,
            draft.inbox_id,
            draft.continuation,
            json.dumps(draft.continuation_data) if draft.continuation else None,
            now,
        ),
    )
    if draft.file is not None:
        _keep_file(session, draft.key, draft.file)
    return lane


def _keep_file(session: Session, key: str, file: FileOut) -> None:
    shown = file.inline
    session.run(
        "INSERT INTO outbox_files (outbox_key, name, mimetype, data, inline_alt, inline_width,"
        " inline_height) VALUES (?, ?, ?, ?, ?, ?, ?)",
        (
            key,
            file.name,
            file.mimetype,
            file.data,
            *((shown.alt, shown.width, shown.height) if shown else (None, None, None)),
        ),
    )


def waiting_lanes(session: Session) -> list[str]:
    return session.column("SELECT DISTINCT lane FROM outbox WHERE status = 'waiting'")


def next_in_lane(session: Session, lane: str, limit: int = 20) -> list[Item]:
    return session.typed(
        _item,
        "SELECT * FROM outbox WHERE status = 'waiting' AND lane = ? ORDER BY id LIMIT ?",
        (lane, limit),
    )


def postpone(session: Session, item_id: int, *, until: int, error: str, now: int) -> None:
    """A try failed in a way that may heal; the next one is due at `until` (ms UTC)."""
    session.run(
        "UPDATE outbox SET attempts = attempts + 1, first_try_at = coalesce(first_try_at, ?),"
        " next_try_at = ?, error = ? WHERE id = ?",
        (now, until, error, item_id),
    )


def last_id(session: Session) -> int:
    """The newest row's id; rows up to it were there before whoever asks began to send."""
    return int(session.value("SELECT coalesce(max(id), 0) FROM outbox"))


def sent(
    session: Session, item_id: int, *, event_id: str | None, now: int, room_id: str | None = None
) -> bool:
    """Mark as done and forget the content; False when it was marked before.

    `room_id` is where it went, for what was addressed to a person.
    """
    changed = session.run(
        "UPDATE outbox SET status = 'sent', event_id = ?, room_id = coalesce(?, room_id),"
        " content = NULL, error = NULL, done_at = ? WHERE id = ? AND status = 'waiting'",
        (event_id, room_id, now, item_id),
    )
    _forget_file(session, item_id)
    return bool(changed)


def fail(session: Session, item_id: int, *, error: str, now: int) -> bool:
    """Give up on an item whose error cannot heal."""
    changed = session.run(
        "UPDATE outbox SET status = 'failed', error = ?, content = NULL, done_at = ?"
        " WHERE id = ? AND status = 'waiting'",
        (error, now, item_id),
    )
    _forget_file(session, item_id)
    return bool(changed)


def _forget_file(session: Session, item_id: int) -> None:
    session.run(
        "DELETE FROM outbox_files WHERE outbox_key = (SELECT key FROM outbox WHERE id = ?)",
        (item_id,),
    )


@dataclass(frozen=True, slots=True)
class Uploaded:
    """Where something is on the homeserver, and what opens it there if it is encrypted."""

    mxc: str
    encryption: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file that waits for its upload, or for its message once it is `uploaded`."""

    name: str
    mimetype: str
    data: bytes
    uploaded: Uploaded | None
    thumbnail: Uploaded | None
    inline: Inline | None = None


def has_file(session: Session, key: str) -> bool:
    return bool(session.value("SELECT 1 FROM outbox_files WHERE outbox_key = ?", (key,)))


def file_of(session: Session, key: str) -> StoredFile | None:
    row = session.row("SELECT * FROM outbox_files WHERE outbox_key = ?", (key,))
    if row is None:
        return None
    return StoredFile(
        row["name"],
        row["mimetype"],
        row["data"],
        _uploaded(row["mxc"], row["encryption"]),
        _uploaded(row["thumbnail_mxc"], row["thumbnail_encryption"]),
        _inline(row),
    )


def _inline(row: sqlite3.Row) -> Inline | None:
    if row["inline_alt"] is None:
        return None
    return Inline(row["inline_alt"], row["inline_width"], row["inline_height"])


def _uploaded(mxc: str | None, encryption: str | None) -> Uploaded | None:
    if mxc is None:
        return None
    return Uploaded(mxc, json.loads(encryption) if encryption else None)


def uploaded(session: Session, key: str, file: Uploaded, *, thumbnail: Uploaded | None) -> None:
    session.run(
        "UPDATE outbox_files SET mxc = ?, encryption = ?, thumbnail_mxc = ?,"
        " thumbnail_encryption = ? WHERE outbox_key = ?",
        (*_columns(file), *_columns(thumbnail), key),
    )


def _columns(file: Uploaded | None) -> tuple[str | None, str | None]:
    if file is None:
        return None, None
    return file.mxc, json.dumps(file.encryption) if file.encryption is not None else None


@dataclass(frozen=True, slots=True)
class Own:
    """A message of the bot's own, as far as it is remembered."""

    key: str
    room_id: str | None
    user_id: str | None
    event_id: str | None
    about: str | None
    status: str
    inbox_id: int | None
    created_at: int


def _own(row: sqlite3.Row) -> Own:
    return Own(
        row["key"],
        row["room_id"],
        row["user_id"],
        row["event_id"],
        row["about"],
        row["status"],
        row["inbox_id"],
        row["created_at"],
    )


_OWN = "SELECT key, room_id, user_id, event_id, about, status, inbox_id, created_at FROM outbox"


def by_event(session: Session, event_id: str) -> Own | None:
    row = session.row(f"{_OWN} WHERE event_id = ?", (event_id,))
    return _own(row) if row else None


def by_key(session: Session, key: str) -> Own | None:
    row = session.row(f"{_OWN} WHERE key = ?", (key,))
    return _own(row) if row else None


def answers_to(session: Session, inbox_id: int) -> list[Own]:
    """The messages that answered an event, oldest first, edits of them left out."""
    return session.typed(
        _own,
        f"{_OWN} WHERE inbox_id = ? AND kind = 'event' AND edits IS NULL ORDER BY id",
        (inbox_id,),
    )


def about(session: Session, subject: str) -> list[Own]:
    """The messages that speak of `subject` ('kind:reference'), oldest first."""
    return session.typed(_own, f"{_OWN} WHERE about = ? AND edits IS NULL ORDER BY id", (subject,))


def speak_of(session: Session, before: str, after: str) -> None:
    """What was said about one subject is about another from now on."""
    session.run("UPDATE outbox SET about = ? WHERE about = ?", (after, before))


def last_in_lane(session: Session, lane: str) -> Own | None:
    """The last message that was sent to a person's direct chat or a room, edits and reactions left out;
    None while another one is on its way there."""
    row = session.row(
        f"{_OWN} WHERE lane = ? AND type = 'm.room.message' AND edits IS NULL"
        " AND status IN ('sent', 'waiting') ORDER BY id DESC LIMIT 1",
        (lane,),
    )
    return _own(row) if row is not None and row["status"] == "sent" else None


def place_direct(session: Session, user_id: str, room_id: str) -> None:
    """A direct chat was found or made: what waits for the person now has its room."""
    session.run(
        "UPDATE outbox SET room_id = ?"
        " WHERE user_id = ? AND room_id IS NULL AND status = 'waiting' AND kind = 'event'",
        (room_id, user_id),
    )


def purge(session: Session, *, before: int, about_before: int) -> int:
    """Drop what ended before that time; messages that replies may speak to, before the other one."""
    return session.run(
        "DELETE FROM outbox WHERE status <> 'waiting' AND done_at < ?"
        " AND (about IS NULL OR done_at < ?)",
        (before, about_before),
    )


def forget_person(session: Session, user_id: str, *, now: int) -> None:
    """Drop what waits to be said to a person in their direct chat, and forget to whom things were said.

    Messages that were sent stay, without content, as long as replies may speak to them.
    """
    to_them = (
        "(user_id = ? OR room_id IN"
        " (SELECT room_id FROM rooms WHERE kind = 'direct' AND direct_user = ?))"
    )
    session.run(
        "DELETE FROM outbox_files WHERE outbox_key IN"
        f" (SELECT key FROM outbox WHERE kind = 'event' AND status = 'waiting' AND {to_them})",
        (user_id, user_id),
    )
    session.run(
        "UPDATE outbox SET status = 'dropped', content = NULL, done_at = ?"
        f" WHERE kind = 'event' AND status = 'waiting' AND {to_them}",
        (now, user_id, user_id),
    )
    session.run(
        "UPDATE outbox SET user_id = NULL, lane = '' WHERE user_id = ? AND status <> 'waiting'",
        (user_id,),
    )


# For people who have not come into the encrypted chat that they are invited to.
HELD = (
    "EXISTS (SELECT 1 FROM rooms JOIN room_members USING (room_id) WHERE rooms.kind = 'direct'"
    " AND direct_user = lane AND user_id = lane AND membership = 'invite' AND encryption IS NOT NULL)"
)


def count_held(session: Session) -> int:
    """How many of those that wait do so until somebody comes into their chat."""
    return int(session.value(f"SELECT count(*) FROM outbox WHERE status = 'waiting' AND {HELD}"))


def count_waiting(session: Session) -> int:
    return int(session.value("SELECT count(*) FROM outbox WHERE status = 'waiting'"))
