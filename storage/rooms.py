"""The rooms that the bot stands in and their current state, as the homeserver last said.

Power levels are kept raw and whole: nothing is merged, so a right that was taken away is gone.
"""

from __future__ import annotations

import json
import re
import sqlite3
from dataclasses import dataclass
from typing import Any, Literal

from storage.session import Session

Kind = Literal["space", "network", "staff", "buyers", "ethics", "direct", "other"]

# Room versions before 12 know no privileged creators (MSC4289).
_VERSIONS_WITHOUT_PRIVILEGED_CREATORS = frozenset(str(number) for number in range(1, 12))


@dataclass(frozen=True, slots=True)
class Room:
    """`power_levels` is the raw content of m.room.power_levels, None when the room never had one."""

    room_id: str
    kind: Kind
    direct_user: str | None
    joined: bool
    version: str | None
    creators: tuple[str, ...]
    power_levels: dict[str, Any] | None
    join_rules: dict[str, Any] | None
    encrypted: bool
    name: str | None
    prefix: str | None
    language: str | None
    successor: str | None

    @property
    def creators_are_privileged(self) -> bool:
        """From room version 12 on, creators stand above every power level (spec, room version 12)."""
        return (
            self.version is not None and self.version not in _VERSIONS_WITHOUT_PRIVILEGED_CREATORS
        )

    def power_of(self, user_id: str) -> float:
        """The user's power level; infinite for a privileged creator."""
        if self.creators_are_privileged and user_id in self.creators:
            return float("inf")
        if self.power_levels is None:
            return 100.0 if user_id in self.creators else 0.0
        users = self.power_levels.get("users")
        level = users.get(user_id) if isinstance(users, dict) else None
        if level is None:
            level = self.power_levels.get("users_default", 0)
        return _level(level)

    def needed(self, action: Literal["invite", "kick", "ban", "redact", "state_default"]) -> float:
        """The power level that an action needs; the defaults are those of the specification."""
        default = 0 if action == "invite" else 50
        return _level((self.power_levels or {}).get(action, default), default)

    def needed_for_state(self, event_type: str) -> float:
        events = (self.power_levels or {}).get("events")
        level = events.get(event_type) if isinstance(events, dict) else None
        return self.needed("state_default") if level is None else _level(level, 50)


def _level(value: Any, default: float = 0) -> float:
    # Old room versions allow strings of digits here; anything else counts as the default.
    if isinstance(value, bool):
        return float(default)
    if isinstance(value, int | float):
        return float(value)
    if isinstance(value, str) and re.fullmatch(r"\s*[+-]?[0-9]{1,18}\s*", value):
        return float(int(value))
    return float(default)


def _room(row: sqlite3.Row) -> Room:
    return Room(
        room_id=row["room_id"],
        kind=row["kind"],
        direct_user=row["direct_user"],
        joined=bool(row["joined"]),
        version=row["version"],
        creators=tuple(json.loads(row["creators"])),
        power_levels=json.loads(row["power_levels"]) if row["power_levels"] else None,
        join_rules=json.loads(row["join_rules"]) if row["join_rules"] else None,
        encrypted=row["encryption"] is not None,
        name=row["name"],
        prefix=row["prefix"],
        language=row["language"],
        successor=row["successor"],
    )


def get(session: Session, room_id: str) -> Room | None:
    row = session.row("SELECT * FROM rooms WHERE room_id = ?", (room_id,))
    return _room(row) if row else None


def of_kind(session: Session, kind: Kind) -> list[Room]:
    """Rooms of that kind that the bot is in, oldest first."""
    return session.typed(
        _room, "SELECT * FROM rooms WHERE kind = ? AND joined = 1 ORDER BY known_at", (kind,)
    )


def joined(session: Session) -> list[Room]:
    return session.typed(_room, "SELECT * FROM rooms WHERE joined = 1 ORDER BY known_at")


def direct_with(session: Session, user_id: str) -> Room | None:
    """The direct chat with a person that was used last: the bot is in it, the person has not left."""
    row = session.row(
        "SELECT rooms.* FROM rooms LEFT JOIN room_members AS them"
        " ON them.room_id = rooms.room_id AND them.user_id = rooms.direct_user"
        " WHERE rooms.kind = 'direct' AND direct_user = ? AND joined = 1"
        " AND coalesce(them.membership, 'invite') IN ('join', 'invite')"
        " ORDER BY (them.membership = 'join') DESC, known_at DESC LIMIT 1",
        (user_id,),
    )
    return _room(row) if row else None


@dataclass(frozen=True, slots=True)
class Secrecy:
    """How a room stands with encryption.

    `encrypted` is None where the room's state is not known (any more) and nothing says that it is;
    `members_known` says whether its members were fetched; `arrived_at` (ms UTC) is when somebody last
    came in while the bot was there, 0 if nobody did.
    """

    encrypted: bool | None
    members_known: bool
    arrived_at: int


def secrecy(session: Session, room_id: str) -> Secrecy:
    row = session.row(
        "SELECT encryption, version, arrived_at FROM rooms WHERE room_id = ?", (room_id,)
    )
    if row is None:
        return Secrecy(None, False, 0)
    known = row["version"] is not None
    encrypted = True if row["encryption"] is not None else False if known else None
    return Secrecy(encrypted, known, row["arrived_at"])


def note_arrival(session: Session, room_id: str, *, now: int) -> None:
    """Somebody came into a room in which the bot was before."""
    session.run("UPDATE rooms SET arrived_at = ? WHERE room_id = ?", (now, room_id))


def know(session: Session, room_id: str, *, now: int) -> None:
    session.run(
        "INSERT INTO rooms (room_id, known_at) VALUES (?, ?) ON CONFLICT (room_id) DO NOTHING",
        (room_id, now),
    )


def is_joined(session: Session, room_id: str) -> bool:
    return bool(session.value("SELECT joined FROM rooms WHERE room_id = ?", (room_id,)))


def set_joined(session: Session, room_id: str, joined_now: bool, event_id: str | None) -> None:
    session.run(
        "UPDATE rooms SET joined = ?, joined_event = ? WHERE room_id = ?",
        (joined_now, event_id, room_id),
    )


def known_before(session: Session, moment: int) -> set[str]:
    """Rooms that were known before that time (ms UTC)."""
    return set(session.column("SELECT room_id FROM rooms WHERE known_at < ?", (moment,)))


def unloaded(session: Session) -> list[str]:
    """Rooms that the bot is in and whose state was never fetched."""
    return session.column("SELECT room_id FROM rooms WHERE joined = 1 AND version IS NULL")


def left(session: Session, room_id: str) -> None:
    """The bot is out: who is there, and what holds there, it can no longer know."""
    session.run(
        "UPDATE rooms SET joined = 0, joined_event = NULL, version = NULL WHERE room_id = ?",
        (room_id,),
    )
    session.run("DELETE FROM room_members WHERE room_id = ?", (room_id,))


def set_kind(session: Session, room_id: str, kind: Kind, *, direct_user: str | None = None) -> None:
    session.run(
        "UPDATE rooms SET kind = ?, direct_user = ? WHERE room_id = ?",
        (kind, direct_user, room_id),
    )


def set_prefix(session: Session, room_id: str, prefix: str | None) -> None:
    session.run("UPDATE rooms SET prefix = ? WHERE room_id = ?", (prefix, room_id))


def set_language(session: Session, room_id: str, language: str | None) -> None:
    session.run("UPDATE rooms SET language = ? WHERE room_id = ?", (language, room_id))


def apply_state(session: Session, room_id: str, event: dict[str, Any]) -> None:
    """Take over one current state event (not memberships) into the room's row."""
    content = event.get("content")
    if not isinstance(content, dict):
        return
    kind = event.get("type")
    if kind == "m.room.create":
        extra = content.get("additional_creators")
        creators = [event.get("sender"), *(extra if isinstance(extra, list) else [])]
        session.run(
            "UPDATE rooms SET version = ?, creators = ? WHERE room_id = ?",
            (
                str(content.get("room_version", "1")),
                json.dumps([user for user in creators if isinstance(user, str)]),
                room_id,
            ),
        )
        return
    if kind == "m.room.encryption":
        _apply_encryption(session, room_id, content)
        return
    column, value = _STATE_COLUMNS.get(str(kind), lambda _: ("", None))(content)
    if column:
        session.run(f"UPDATE rooms SET {column} = ? WHERE room_id = ?", (value, room_id))


def _apply_encryption(session: Session, room_id: str, content: dict[str, Any]) -> None:
    # Encryption cannot be turned off: an event that seems to do so changes nothing.
    if not content.get("algorithm"):
        return
    session.run(
        "UPDATE rooms SET encryption = ?, rotation_ms = ?, rotation_messages = ? WHERE room_id = ?",
        (
            str(content["algorithm"])[:255],
            _whole(content.get("rotation_period_ms")),
            _whole(content.get("rotation_period_msgs")),
            room_id,
        ),
    )


def _whole(value: object) -> int | None:
    sound = isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**53
    return value if sound else None  # type: ignore[return-value]  # an integer, as was just seen


@dataclass(frozen=True, slots=True)
class Rotation:
    """How long (ms) and for how many messages a room wants a session to be used; None: as usual."""

    ms: int | None
    messages: int | None


def rotation(session: Session, room_id: str) -> Rotation:
    row = session.row(
        "SELECT rotation_ms, rotation_messages FROM rooms WHERE room_id = ?", (room_id,)
    )
    return Rotation(row["rotation_ms"], row["rotation_messages"]) if row else Rotation(None, None)


_STATE_COLUMNS: dict[str, Any] = {
    "m.room.power_levels": lambda content: ("power_levels", json.dumps(content)),
    "m.room.join_rules": lambda content: ("join_rules", json.dumps(content)),
    "m.room.history_visibility": lambda content: (
        "history_visibility",
        str(content.get("history_visibility", ""))[:64] or None,
    ),
    "m.room.name": lambda content: ("name", str(content.get("name", ""))[:255] or None),
    "m.room.tombstone": lambda content: (
        "successor",
        content["replacement_room"] if isinstance(content.get("replacement_room"), str) else None,
    ),
}
STATE_TYPES = ("m.room.create", "m.room.encryption", *_STATE_COLUMNS)


@dataclass(frozen=True, slots=True)
class Membership:
    """One person's place in a room; `since` is in milliseconds UTC."""

    user_id: str
    membership: str
    display_name: str | None
    since: int


_SET_MEMBERSHIP = (
    "INSERT INTO room_members (room_id, user_id, membership, display_name, since)"
    " VALUES (?, ?, ?, ?, ?) ON CONFLICT (room_id, user_id) DO UPDATE SET"
    " since = iif(membership = excluded.membership, since, excluded.since),"
    " membership = excluded.membership,"
    " display_name = coalesce(excluded.display_name, display_name)"
)


def set_membership(
    session: Session,
    room_id: str,
    user_id: str,
    membership: str,
    *,
    display_name: str | None,
    since: int,
) -> str | None:
    """Store a membership; returns what it was before. `since` moves only when it changes."""
    before = membership_of(session, room_id, user_id)
    session.run(_SET_MEMBERSHIP, (room_id, user_id, membership, display_name, since))
    return before


def replace_joined(
    session: Session, room_id: str, present: dict[str, str | None], *, now: int
) -> tuple[list[str], list[str]]:
    """Set who is in the room, from the homeserver's whole list; returns (arrived, gone)."""
    before = set(members(session, room_id))
    arrived = [user for user in present if user not in before]
    gone = [user for user in before if user not in present]
    rows = [(room_id, user, "join", name, now) for user, name in present.items()]
    session.run_many(
        _SET_MEMBERSHIP, [*rows, *((room_id, user, "leave", None, now) for user in gone)]
    )
    return arrived, gone


def replace_invited(session: Session, room_id: str, invited: list[str], *, now: int) -> None:
    """Set who is invited to the room, from the homeserver's whole list."""
    gone = [user for user in members(session, room_id, "invite") if user not in invited]
    rows = [(room_id, user, "invite", None, now) for user in invited]
    session.run_many(
        _SET_MEMBERSHIP, [*rows, *((room_id, user, "leave", None, now) for user in gone)]
    )


def membership_of(session: Session, room_id: str, user_id: str) -> str | None:
    value: str | None = session.value(
        "SELECT membership FROM room_members WHERE room_id = ? AND user_id = ?",
        (room_id, user_id),
    )
    return value


def is_member(session: Session, room_id: str, user_id: str) -> bool:
    return membership_of(session, room_id, user_id) == "join"


def members(session: Session, room_id: str, membership: str = "join") -> list[str]:
    return session.column(
        "SELECT user_id FROM room_members WHERE room_id = ? AND membership = ? ORDER BY since",
        (room_id, membership),
    )


def named_members(session: Session, room_id: str) -> list[tuple[str, str | None]]:
    """Who is in the room, with what they are called there."""
    rows = session.rows(
        "SELECT user_id, display_name FROM room_members"
        " WHERE room_id = ? AND membership = 'join' ORDER BY since",
        (room_id,),
    )
    return [(row["user_id"], row["display_name"]) for row in rows]


def few_present(session: Session, room_id: str, limit: int) -> list[str]:
    """At most `limit` of those who have joined or are invited, for telling small rooms from large."""
    return session.column(
        "SELECT user_id FROM room_members WHERE room_id = ? AND membership IN ('join', 'invite')"
        " LIMIT ?",
        (room_id, limit),
    )


def count_members(session: Session, room_id: str) -> int:
    return int(
        session.value(
            "SELECT count(*) FROM room_members WHERE room_id = ? AND membership = 'join'",
            (room_id,),
        )
    )


def rooms_of(session: Session, user_id: str, kind: Kind) -> list[str]:
    """Rooms of that kind that the bot is in and the user has joined."""
    return session.column(
        "SELECT rooms.room_id FROM room_members JOIN rooms USING (room_id)"
        " WHERE user_id = ? AND membership = 'join' AND rooms.kind = ? AND rooms.joined = 1",
        (user_id, kind),
    )


def display_name(session: Session, user_id: str) -> str | None:
    value: str | None = session.value(
        "SELECT display_name FROM room_members WHERE user_id = ? AND display_name IS NOT NULL"
        " ORDER BY since DESC LIMIT 1",
        (user_id,),
    )
    return value


def accounts_named(session: Session, localpart: str) -> list[str]:
    """The accounts `@name:...` that are or were in a room with the bot or belong to a member."""
    # A colon ends the name, and a semicolon is the sign after it.
    bounds = (f"{localpart}:", f"{localpart};")
    return session.column(
        "SELECT user_id FROM room_members WHERE user_id >= ? AND user_id < ?"
        " UNION SELECT user_id FROM member_accounts WHERE user_id >= ? AND user_id < ?",
        (*bounds, *bounds),
    )
