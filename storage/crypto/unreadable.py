"""Messages that wait in the inbox for a key, why a key is withheld, and who was told so."""

from __future__ import annotations

import sqlite3
from typing import NamedTuple

from storage.session import Session

# Of one sender; a client withholds one key for each session, which is a week of what it writes.
_REFUSALS_KEPT = 100
_HOUR_MS = 3_600_000


class Wanted(NamedTuple):
    """A key to ask its owner for; `inbox_id` is the first message that waits for it."""

    inbox_id: int
    room_id: str
    session_id: str
    sender: str


def add(session: Session, inbox_id: int, room_id: str, session_id: str, sender: str) -> None:
    """The stored event of that sender waits for the key of a session."""
    session.run(
        "INSERT INTO crypto_unreadable (inbox_id, room_id, session_id, asked, withheld) VALUES"
        " (:id, :room, :session,"
        "  EXISTS (SELECT 1 FROM crypto_unreadable AS other JOIN inbox ON inbox.id = inbox_id"
        "   WHERE other.room_id = :room AND other.session_id = :session AND sender = :sender"
        "   AND asked = 1),"
        "  (SELECT code FROM crypto_withheld WHERE user_id = :sender AND room_id = :room"
        "   AND session_id = :session))",
        {"id": inbox_id, "room": room_id, "session": session_id, "sender": sender},
    )


def waiting_for(session: Session, room_id: str, session_id: str) -> list[int]:
    """Ids of the inbox rows that wait for the key of that session, in the order in which they came."""
    return session.column(
        "SELECT inbox_id FROM crypto_unreadable WHERE room_id = ? AND session_id = ?"
        " ORDER BY inbox_id",
        (room_id, session_id),
    )


def sessions(session: Session) -> list[tuple[str, str]]:
    """(room, session) of all keys that are awaited."""
    rows = session.rows("SELECT DISTINCT room_id, session_id FROM crypto_unreadable")
    return [(row["room_id"], row["session_id"]) for row in rows]


def came(session: Session, room_id: str, session_id: str) -> None:
    """The key came after all: nobody withholds it."""
    session.run(
        "DELETE FROM crypto_withheld WHERE room_id = ? AND session_id = ?", (room_id, session_id)
    )
    session.run(
        "UPDATE crypto_unreadable SET withheld = NULL WHERE room_id = ? AND session_id = ?",
        (room_id, session_id),
    )


def withhold(
    session: Session, room_id: str, session_id: str, sender: str, code: str, *, now: int
) -> set[str]:
    """Note why the sender gives no key; returns the lanes in which messages of theirs wait for it."""
    session.run(
        "INSERT INTO crypto_withheld (user_id, room_id, session_id, code, at) VALUES (?, ?, ?, ?, ?)"
        " ON CONFLICT (user_id, room_id, session_id) DO UPDATE"
        " SET code = excluded.code, at = excluded.at",
        (sender, room_id, session_id, code, now),
    )
    session.run(
        "DELETE FROM crypto_withheld WHERE user_id = :user AND (room_id, session_id) IN ("
        " SELECT room_id, session_id FROM crypto_withheld WHERE user_id = :user"
        " ORDER BY at DESC LIMIT -1 OFFSET :kept)",
        {"user": sender, "kept": _REFUSALS_KEPT},
    )
    theirs = session.rows(
        "SELECT inbox_id, lane FROM crypto_unreadable AS waits JOIN inbox ON inbox.id = inbox_id"
        " WHERE waits.room_id = ? AND session_id = ? AND sender = ?",
        (room_id, session_id, sender),
    )
    session.run_many(
        "UPDATE crypto_unreadable SET withheld = ? WHERE inbox_id = ?",
        [(code, row["inbox_id"]) for row in theirs],
    )
    return {row["lane"] for row in theirs}


def withheld(session: Session, inbox_id: int) -> str | None:
    """The code with which the key that it waits for was refused."""
    code: str | None = session.value(
        "SELECT withheld FROM crypto_unreadable WHERE inbox_id = ?", (inbox_id,)
    )
    return code


def next_change(
    session: Session, lane: str, *, now: int, young_ms: int, patience_ms: int, earliest: int
) -> int | None:
    """When (ms UTC) something in the lane that cannot be read next lets others pass or is to be given
    up, which is never before `earliest`; None where nothing waits for a key."""
    moment: int | None = session.value(
        "SELECT min(CASE WHEN received_at + :young > :now THEN received_at + :young"
        "  ELSE max(:earliest, received_at + CASE WHEN withheld IS NULL THEN :patience"
        "   ELSE :young END) END)"
        " FROM inbox INDEXED BY inbox_unreadable JOIN crypto_unreadable ON inbox_id = inbox.id"
        " WHERE status = 'waiting' AND kind = 'encrypted' AND lane = :lane",
        {
            "lane": lane,
            "now": now,
            "young": young_ms,
            "patience": patience_ms,
            "earliest": earliest,
        },
    )
    return moment


# --- keys to ask for -------------------------------------------------------------------------------


def _wanted(row: sqlite3.Row) -> Wanted:
    return Wanted(row["inbox_id"], row["room_id"], row["session_id"], row["sender"])


def to_ask(session: Session, before_ms: int, limit: int = 100) -> list[Wanted]:
    """Keys that are awaited since before that time (ms UTC) and were neither asked for nor refused."""
    return session.typed(
        _wanted,
        "SELECT min(inbox_id) AS inbox_id, waits.room_id, session_id, sender"
        " FROM crypto_unreadable AS waits JOIN inbox ON inbox.id = inbox_id"
        " WHERE asked = 0 AND withheld IS NULL AND received_at < ?"
        " GROUP BY waits.room_id, session_id, sender ORDER BY 1 LIMIT ?",
        (before_ms, limit),
    )


def mark_asked(session: Session, inbox_id: int) -> None:
    """The key that this message waits for was asked for, for all that its sender wrote with it."""
    session.run(
        "UPDATE crypto_unreadable SET asked = 1 WHERE inbox_id IN ("
        " SELECT other.inbox_id FROM crypto_unreadable AS other"
        "  JOIN inbox AS theirs ON theirs.id = other.inbox_id,"
        "  crypto_unreadable AS this JOIN inbox AS mine ON mine.id = this.inbox_id"
        " WHERE this.inbox_id = ? AND other.room_id = this.room_id"
        "  AND other.session_id = this.session_id AND theirs.sender = mine.sender)",
        (inbox_id,),
    )


def was_asked_of(session: Session, session_id: object, sender: str) -> bool:
    """Whether messages of that person wait for that session's key, and it was asked for."""
    return bool(
        session.value(
            "SELECT 1 FROM crypto_unreadable AS waits JOIN inbox ON inbox.id = inbox_id"
            " WHERE session_id = ? AND sender = ? AND asked = 1",
            (session_id if isinstance(session_id, str) else None, sender),
        )
    )


# --- notices ---------------------------------------------------------------------------------------


def may_tell(
    session: Session, room_id: str, session_id: str, user_id: str, *, most: int, now: int
) -> bool:
    """Whether to tell somebody that they cannot be read, which is noted: once for each session, and
    at most so often within an hour in one room."""
    lately = session.value(
        "SELECT count(*) FROM crypto_notices WHERE room_id = ? AND user_id = ? AND at > ?",
        (room_id, user_id, now - _HOUR_MS),
    )
    if int(lately) >= most:
        return False
    return bool(
        session.run(
            "INSERT INTO crypto_notices (room_id, session_id, user_id, at) VALUES (?, ?, ?, ?)"
            " ON CONFLICT (room_id, session_id) DO NOTHING",
            (room_id, session_id, user_id, now),
        )
    )


def purge(session: Session, *, before: int) -> int:
    """Forget refusals and notices from before that time (ms UTC)."""
    return session.run("DELETE FROM crypto_withheld WHERE at < ?", (before,)) + session.run(
        "DELETE FROM crypto_notices WHERE at < ?", (before,)
    )


def forget_person(session: Session, user_id: str) -> None:
    """That a session was told of stays, so that it is not told again; not whose it was."""
    session.run("DELETE FROM crypto_withheld WHERE user_id = ?", (user_id,))
    session.run("UPDATE crypto_notices SET user_id = '' WHERE user_id = ?", (user_id,))
