"""Megolm sessions: those of others to read by, the bot's own to write by, and who was given which."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Literal

from storage.crypto.devices import Device
from storage.session import Session

Source = Literal["shared", "forwarded", "backup"]
# A person with a few clients in fifty rooms makes about as many in a month.
MOST_OF_ONE = 2_000
# A session that came from its owner beats one that somebody else says is theirs.
_RANK: dict[str, int] = {"shared": 2, "forwarded": 1, "backup": 0}


@dataclass(frozen=True, slots=True)
class Inbound:
    """A session to read by. `user_id` is whose messages it carries, '' where that is not known."""

    room_id: str
    session_id: str
    user_id: str
    curve25519: str
    ed25519: str | None
    pickle: str
    first_index: int
    source: Source


@dataclass(frozen=True, slots=True)
class Outbound:
    """A session to write by; `messages` were written with it; `created_at` is in ms UTC.

    `first_pickle` is the session as it was before it wrote anything.
    """

    room_id: str
    session_id: str
    pickle: str
    first_pickle: str
    messages: int
    created_at: int


@dataclass(frozen=True, slots=True)
class Share:
    """That a device has the room's outbound session, or the code with which it was refused."""

    user_id: str
    device_id: str
    curve25519: str
    withheld: str | None


# --- to read by ---------------------------------------------------------------------------------


def _inbound(row: sqlite3.Row) -> Inbound:
    return Inbound(
        row["room_id"],
        row["session_id"],
        row["user_id"],
        row["curve25519"],
        row["ed25519"],
        row["pickle"],
        row["first_index"],
        row["source"],
    )


def inbound(session: Session, room_id: str, session_id: str, curve25519: str) -> Inbound | None:
    """The session as the device with that identity key handed it over."""
    row = session.row(
        "SELECT * FROM crypto_inbound_sessions"
        " WHERE room_id = ? AND session_id = ? AND curve25519 = ?",
        (room_id, session_id, curve25519),
    )
    return _inbound(row) if row else None


def readable(session: Session, room_id: str, session_id: str, sender: str) -> list[Inbound]:
    """By which messages of that sender may be read; first what they handed over, then what a backup had."""
    return session.typed(
        _inbound,
        "SELECT * FROM crypto_inbound_sessions WHERE room_id = ? AND session_id = ?"
        " AND user_id IN (?, '') ORDER BY user_id DESC, curve25519 LIMIT 10",
        (room_id, session_id, sender),
    )


def add_inbound(
    session: Session,
    new: Inbound,
    *,
    now: int,
    same: Callable[[Inbound, Inbound], bool] = lambda _one, _other: False,
) -> bool:
    """Keep a session unless all that it says and reads is known; False if it was not kept.

    Of two copies from one device the owner's word on whose it is stays, and what reads more: between
    the owner's and one that is not signed (forwarded, from a backup) only where both are the `same`.
    """
    known = inbound(session, new.room_id, new.session_id, new.curve25519)
    if known is not None:
        if known.user_id and new.user_id and known.user_id != new.user_id:
            return False
        better = max(known, new, key=lambda one: _RANK[one.source])
        wider = min(known, new, key=lambda one: one.first_index)
        if _RANK[known.source] != _RANK[new.source] and not same(known, new):
            wider = better
        new = replace(better, pickle=wider.pickle, first_index=wider.first_index)
        if new == known:
            return False
    session.run(
        "INSERT INTO crypto_inbound_sessions (room_id, session_id, user_id, curve25519, ed25519,"
        " pickle, first_index, source, backed_up, received_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (room_id, session_id, curve25519) DO UPDATE SET user_id = excluded.user_id,"
        " ed25519 = excluded.ed25519, pickle = excluded.pickle,"
        " first_index = excluded.first_index, source = excluded.source,"
        " backed_up = excluded.backed_up",
        (
            new.room_id,
            new.session_id,
            new.user_id,
            new.curve25519,
            new.ed25519,
            new.pickle,
            new.first_index,
            new.source,
            new.source == "backup",
            now,
        ),
    )
    if new.user_id:
        _trim(session, new.user_id)
    return True


def _trim(session: Session, user_id: str) -> None:
    """Nobody fills the disk with keys: the oldest of one person's go."""
    session.run(
        "DELETE FROM crypto_inbound_sessions WHERE user_id = ?1 AND received_at <"
        " (SELECT received_at FROM crypto_inbound_sessions WHERE user_id = ?1"
        "  ORDER BY received_at DESC LIMIT 1 OFFSET ?2)",
        (user_id, MOST_OF_ONE - 1),
    )


def use_index(session: Session, used: Inbound, message_index: int, event_id: str) -> bool:
    """Note which event used an index of a session; False if another one did (a replay)."""
    if index_used_by_another(session, used, message_index, event_id):
        return False
    session.run(
        "INSERT INTO crypto_indices (room_id, session_id, curve25519, message_index, event_id)"
        " VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
        (used.room_id, used.session_id, used.curve25519, message_index, event_id),
    )
    return True


def index_used_by_another(
    session: Session, used: Inbound, message_index: int, event_id: str
) -> bool:
    return bool(
        session.value(
            "SELECT 1 FROM crypto_indices WHERE room_id = ? AND session_id = ?"
            " AND curve25519 = ? AND message_index = ? AND event_id <> ?",
            (used.room_id, used.session_id, used.curve25519, message_index, event_id),
        )
    )


def to_back_up(session: Session, limit: int) -> list[Inbound]:
    return session.typed(
        _inbound,
        "SELECT * FROM crypto_inbound_sessions WHERE backed_up = 0"
        " ORDER BY room_id, session_id LIMIT ?",
        (limit,),
    )


def mark_backed_up(session: Session, stored: Iterable[Inbound]) -> None:
    """The backup has them; one that became better meanwhile still waits for its turn."""
    session.run_many(
        "UPDATE crypto_inbound_sessions SET backed_up = 1"
        " WHERE room_id = ? AND session_id = ? AND curve25519 = ? AND first_index = ?",
        [(one.room_id, one.session_id, one.curve25519, one.first_index) for one in stored],
    )


def back_up_again(session: Session) -> None:
    """A new backup was begun: it has nothing yet."""
    session.run("UPDATE crypto_inbound_sessions SET backed_up = 0")


def purge(session: Session, *, before: int) -> int:
    """Drop sessions that came before that time (ms UTC): the bot never reads back that far."""
    return session.run("DELETE FROM crypto_inbound_sessions WHERE received_at < ?", (before,))


# --- to write by --------------------------------------------------------------------------------


def outbound(session: Session, room_id: str) -> Outbound | None:
    row = session.row("SELECT * FROM crypto_outbound_sessions WHERE room_id = ?", (room_id,))
    if row is None:
        return None
    return Outbound(
        row["room_id"],
        row["session_id"],
        row["pickle"],
        row["first_pickle"],
        row["messages"],
        row["created_at"],
    )


def begin_outbound(session: Session, new: Outbound) -> None:
    """Write by this session from now on; nobody has it yet."""
    drop_outbound(session, new.room_id)
    session.run(
        "INSERT INTO crypto_outbound_sessions (room_id, session_id, pickle, first_pickle, created_at)"
        " VALUES (?, ?, ?, ?, ?)",
        (new.room_id, new.session_id, new.pickle, new.first_pickle, new.created_at),
    )


def drop_outbound(session: Session, room_id: str) -> None:
    """Keys that are on their way still go: they read nothing that is written later."""
    session.run("DELETE FROM crypto_outbound_sessions WHERE room_id = ?", (room_id,))
    session.run("DELETE FROM crypto_ready WHERE room_id = ?", (room_id,))


def wrote(session: Session, room_id: str, pickle: str) -> None:
    session.run(
        "UPDATE crypto_outbound_sessions SET pickle = ?, messages = messages + 1 WHERE room_id = ?",
        (pickle, room_id),
    )


def unheard(session: Session, now: int) -> list[str]:
    """Direct chats in which something was written while no device of the person could be given the key, and
    one may be by now."""
    return session.column(
        "SELECT rooms.room_id FROM crypto_outbound_sessions JOIN rooms USING (room_id)"
        " JOIN crypto_users ON user_id = direct_user WHERE kind = 'direct' AND joined = 1"
        " AND messages > 0 AND (known < wanted OR EXISTS (SELECT 1 FROM crypto_shares AS s"
        "  JOIN crypto_devices AS d USING (user_id, device_id) WHERE s.room_id = rooms.room_id"
        "  AND s.withheld = 'm.no_olm' AND d.claim_after <= ?))"
        " AND NOT EXISTS (SELECT 1 FROM crypto_shares"
        "  WHERE crypto_shares.room_id = rooms.room_id AND withheld IS NULL)",
        (now,),
    )


def shares(session: Session, room_id: str) -> dict[tuple[str, str], Share]:
    """By (user, device)."""
    return {
        (row["user_id"], row["device_id"]): Share(
            row["user_id"], row["device_id"], row["curve25519"], row["withheld"]
        )
        for row in session.rows("SELECT * FROM crypto_shares WHERE room_id = ?", (room_id,))
    }


def is_shared(session: Session, room_id: str) -> bool:
    """Whether anybody has the room's outbound session."""
    return bool(
        session.value(
            "SELECT 1 FROM crypto_shares WHERE room_id = ? AND withheld IS NULL LIMIT 1", (room_id,)
        )
    )


def note_shares(
    session: Session, room_id: str, devices: Iterable[Device], *, withheld: str | None = None
) -> None:
    session.run_many(
        "INSERT INTO crypto_shares (room_id, user_id, device_id, curve25519, withheld)"
        " VALUES (?, ?, ?, ?, ?) ON CONFLICT (room_id, user_id, device_id) DO UPDATE SET"
        " curve25519 = excluded.curve25519, withheld = excluded.withheld",
        [(room_id, d.user_id, d.device_id, d.curve25519, withheld) for d in devices],
    )


# --- who should have it ---------------------------------------------------------------------------

# Everyone in the room; those who are invited too, unless newcomers may not read what was said before.
_READERS = (
    "SELECT user_id FROM room_members WHERE room_id = :room AND (membership = 'join'"
    " OR (membership = 'invite' AND (SELECT coalesce(history_visibility, 'shared') <> 'joined'"
    " FROM rooms WHERE room_id = :room)))"
)


def readers(session: Session, room_id: str) -> list[str]:
    """The users who may read what is written in the room now."""
    return session.column(_READERS, {"room": room_id})


def unfollowed(session: Session, room_id: str) -> list[str]:
    """Readers whose devices are not followed yet."""
    return session.column(
        f"SELECT user_id FROM ({_READERS}) WHERE user_id NOT IN (SELECT user_id FROM crypto_users)",
        {"room": room_id},
    )


def outdated_readers(session: Session, room_id: str, now: int) -> list[tuple[str, int]]:
    """(user, version) of the readers whose devices must be fetched first."""
    rows = session.rows(
        "SELECT user_id, wanted FROM crypto_users WHERE known < wanted AND retry_at <= :now"
        f" AND user_id IN ({_READERS})",
        {"room": room_id, "now": now},
    )
    return [(row["user_id"], row["wanted"]) for row in rows]


def retry_at(session: Session, room_id: str, now: int) -> int | None:
    """When something that failed for a reader or their device may be tried again (ms UTC)."""
    value: int | None = session.value(
        "SELECT min(at) FROM ("
        f"SELECT retry_at AS at FROM crypto_users WHERE known < wanted AND user_id IN ({_READERS})"
        " UNION ALL SELECT d.claim_after FROM crypto_shares AS s"
        " JOIN crypto_devices AS d USING (user_id, device_id)"
        " WHERE s.room_id = :room AND s.withheld = 'm.no_olm')",
        {"room": room_id},
    )
    return None if value is None else max(value, now)


def reading_devices(session: Session, room_id: str) -> list[Device]:
    return session.typed(
        lambda row: Device(
            row["user_id"],
            row["device_id"],
            row["curve25519"],
            row["ed25519"],
            bool(row["cross_signed"]),
        ),
        f"SELECT * FROM crypto_devices WHERE user_id IN ({_READERS})",
        {"room": room_id},
    )


def is_ready(session: Session, room_id: str, now: int) -> bool:
    return bool(
        session.value("SELECT 1 FROM crypto_ready WHERE room_id = ? AND until > ?", (room_id, now))
    )


def set_ready(session: Session, room_id: str, *, until: int) -> None:
    session.run(
        "INSERT INTO crypto_ready (room_id, until) VALUES (?, ?)"
        " ON CONFLICT (room_id) DO UPDATE SET until = excluded.until",
        (room_id, until),
    )
