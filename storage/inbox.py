"""Events that concern the bot, from the moment the sync token moves past them until they are dealt with."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import dataclass
from typing import Any, Literal

from storage.session import Session

Kind = Literal[
    "message",
    "edit",
    "reaction",
    "redaction",
    "membership",
    "state",
    "invite",
    "encrypted",
    "verification",
]


@dataclass(frozen=True, slots=True)
class Item:
    """One event that waits (or waited) for its handler; `body` is the raw event."""

    id: int
    event_id: str | None
    kind: Kind
    lane: str
    room_id: str | None
    sender: str
    body: dict[str, Any]
    attempts: int
    sent_at: int
    received_at: int


@dataclass(frozen=True, slots=True)
class Patience:
    """How long what cannot be read is waited for; each is a time of receipt in ms UTC.

    What was received after `young` holds back everybody behind it in its lane, what is older only its
    own sender. What was received until `overdue`, or until `refused` if its key is withheld, is handed
    out as it is.
    """

    young: int
    refused: int
    overdue: int


# Holds back the same sender only, and hands out nothing that cannot be read.
ENDLESS = Patience(young=2**62, refused=-1, overdue=-1)


def _item(row: sqlite3.Row) -> Item:
    return Item(
        id=row["id"],
        event_id=row["event_id"],
        kind=row["kind"],
        lane=row["lane"],
        room_id=row["room_id"],
        sender=row["sender"],
        body=json.loads(row["body"] or "{}"),
        attempts=row["attempts"],
        sent_at=row["sent_at"],
        received_at=row["received_at"],
    )


def add(
    session: Session,
    *,
    event_id: str | None,
    kind: Kind,
    lane: str,
    room_id: str | None,
    sender: str,
    body: dict[str, Any],
    sent_at: int,
    now: int,
    sealed: bool = False,
) -> int | None:
    """Store an event; None when this event was stored before (a homeserver may repeat itself)."""
    changed = session.run(
        "INSERT INTO inbox (event_id, kind, lane, room_id, sender, body, sealed, sent_at, received_at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (event_id) DO NOTHING",
        (
            event_id,
            kind,
            lane,
            room_id,
            sender,
            # ASCII: a lone surrogate in a hostile event could not be stored, and would stop the sync.
            json.dumps(body, separators=(",", ":")),
            sealed,
            sent_at,
            now,
        ),
    )
    return int(session.value("SELECT last_insert_rowid()")) if changed else None


def get(session: Session, item_id: int) -> Item | None:
    row = session.row("SELECT * FROM inbox WHERE id = ?", (item_id,))
    return _item(row) if row else None


def none_from_the_future(session: Session, *, now: int) -> None:
    """The clock was put back: what waits for a key is not to wait for its old time."""
    session.run(
        "UPDATE inbox SET received_at = ?1"
        " WHERE status = 'waiting' AND kind = 'encrypted' AND received_at > ?1",
        (now,),
    )


def has_unheard(session: Session, *, sent_until: int, received_after: int) -> bool:
    """Whether something waits that was said by then, and was not received so long ago that nobody should wait
    for it (both ms UTC)."""
    return bool(
        session.value(
            "SELECT 1 FROM inbox WHERE status = 'waiting' AND kind <> 'verification'"
            " AND sent_at <= ? AND received_at > ? LIMIT 1",
            (sent_until, received_after),
        )
    )


def waiting_lanes(session: Session) -> list[str]:
    return session.column("SELECT DISTINCT lane FROM inbox WHERE status = 'waiting'")


def next_in_lane(
    session: Session, lane: str, limit: int = 20, patience: Patience = ENDLESS
) -> list[Item]:
    """The oldest that may be dealt with, in the order in which they came.

    What cannot be read yet holds back what was said after it. Who comes and goes is never held back for
    the sake of one sender, and verification not at all: the key may be waiting for it.
    """
    if not session.value(
        "SELECT 1 FROM inbox WHERE status = 'waiting' AND kind = 'encrypted' AND lane = ? LIMIT 1",
        (lane,),
    ):
        return session.typed(
            _item,
            "SELECT * FROM inbox WHERE status = 'waiting' AND lane = ? ORDER BY id LIMIT ?",
            (lane, limit),
        )
    return session.typed(
        _item,
        "WITH unread AS MATERIALIZED ("
        "  SELECT sender, id, received_at FROM inbox INDEXED BY inbox_unreadable"
        "  WHERE status = 'waiting' AND kind = 'encrypted' AND lane = :lane),"
        " held AS MATERIALIZED (SELECT sender, min(id) AS since FROM unread GROUP BY sender),"
        " young AS MATERIALIZED (SELECT coalesce(min(id), 9223372036854775807) AS since"
        "  FROM unread WHERE received_at > :young)"
        " SELECT inbox.* FROM inbox JOIN ("
        "  SELECT readable.id FROM inbox AS readable LEFT JOIN held USING (sender)"
        "  WHERE status = 'waiting' AND kind <> 'encrypted' AND lane = :lane"
        "  AND (kind = 'verification' OR readable.id < (SELECT since FROM young)"
        "   AND (held.since IS NULL OR readable.id < held.since"
        "    OR kind IN ('membership', 'state', 'invite')))"
        "  UNION ALL"
        "  SELECT unread.id FROM unread JOIN crypto_unreadable ON inbox_id = unread.id"
        "  WHERE received_at <= CASE WHEN withheld IS NULL THEN :overdue ELSE :refused END"
        "  ORDER BY 1 LIMIT :limit"
        " ) AS next ON next.id = inbox.id ORDER BY inbox.id",
        {
            "lane": lane,
            "limit": limit,
            "young": patience.young,
            "refused": patience.refused,
            "overdue": patience.overdue,
        },
    )


def is_waiting(session: Session, item_id: int, kind: Kind | None = None) -> bool:
    """Whether it waits; with `kind`, whether it still waits as that."""
    found = session.value("SELECT kind FROM inbox WHERE id = ? AND status = 'waiting'", (item_id,))
    return found is not None and kind in (None, found)


def become(session: Session, item_id: int, kind: Kind, body: dict[str, Any]) -> None:
    """What could not be read can be: it keeps its place."""
    session.run(
        "UPDATE inbox SET kind = ?, body = ? WHERE id = ? AND status = 'waiting'",
        (kind, json.dumps(body, separators=(",", ":")), item_id),
    )
    _read(session, item_id)


def drop(session: Session, item_id: int) -> None:
    """It turned out not to concern the bot: as if it had never been stored."""
    session.run("DELETE FROM inbox WHERE id = ? AND status = 'waiting'", (item_id,))


def _read(session: Session, item_id: int) -> None:
    """No key is awaited for it any more."""
    session.run("DELETE FROM crypto_unreadable WHERE inbox_id = ?", (item_id,))


def finish(session: Session, item_id: int, *, acted: bool, now: int) -> bool:
    """Mark as dealt with and forget what it said; False when somebody else already had.

    `acted` says that more came of it than an answer, so that it must never run again.
    """
    _read(session, item_id)
    return bool(
        session.run(
            "UPDATE inbox SET status = 'done', body = NULL, acted = ?, done_at = ?"
            " WHERE id = ? AND status = 'waiting'",
            (acted, now, item_id),
        )
    )


def attempted(session: Session, item_id: int) -> int:
    """Count one more failed attempt; returns how many there were."""
    session.run("UPDATE inbox SET attempts = attempts + 1 WHERE id = ?", (item_id,))
    return int(session.value("SELECT attempts FROM inbox WHERE id = ?", (item_id,)))


def give_up(session: Session, item_id: int, *, now: int) -> None:
    _read(session, item_id)
    session.run(
        "UPDATE inbox SET status = 'failed', body = NULL, done_at = ?"
        " WHERE id = ? AND status = 'waiting'",
        (now, item_id),
    )


def withdraw(session: Session, event_id: str, *, now: int) -> bool:
    """The author redacted the event: if it still waits, it is never dealt with."""
    session.run(
        "DELETE FROM crypto_unreadable WHERE inbox_id = (SELECT id FROM inbox WHERE event_id = ?)",
        (event_id,),
    )
    return bool(
        session.run(
            "UPDATE inbox SET status = 'withdrawn', body = NULL, done_at = ?"
            " WHERE event_id = ? AND status = 'waiting'",
            (now, event_id),
        )
    )


@dataclass(frozen=True, slots=True)
class Past:
    """What is left of an event that came in before; `sealed` says that it came encrypted."""

    id: int
    room_id: str | None
    sender: str
    status: str
    acted: bool
    sealed: bool


def by_event(session: Session, event_id: str) -> Past | None:
    row = session.row(
        "SELECT id, room_id, sender, status, acted, sealed FROM inbox WHERE event_id = ?",
        (event_id,),
    )
    if row is None:
        return None
    return Past(
        row["id"],
        row["room_id"],
        row["sender"],
        row["status"],
        bool(row["acted"]),
        bool(row["sealed"]),
    )


def remember(
    session: Session, *, event_id: str, room_id: str, sender: str, lane: str, now: int
) -> int:
    """Keep in mind an event that was not stored when it came, because it did not concern the bot."""
    return session.insert(
        "INSERT INTO inbox (event_id, kind, lane, room_id, sender, status, sent_at, received_at,"
        " done_at) VALUES (?, 'message', ?, ?, ?, 'done', ?, ?, ?)",
        (event_id, lane, room_id, sender, now, now, now),
    )


def mark_acted(session: Session, event_id: str) -> None:
    """More came of this event after all: a later edit of it must not run again."""
    session.run("UPDATE inbox SET acted = 1 WHERE event_id = ?", (event_id,))


def received_at(session: Session, item_id: int) -> int | None:
    """When the event was received, in milliseconds UTC."""
    value: int | None = session.value("SELECT received_at FROM inbox WHERE id = ?", (item_id,))
    return value


def typed_by(session: Session, item_id: int) -> str | None:
    """Who typed it; None for what was no text, and for those who were erased."""
    value: str | None = session.value(
        "SELECT sender FROM inbox WHERE id = ? AND kind IN ('message', 'edit')", (item_id,)
    )
    return value or None


def knows(session: Session, event_id: str) -> bool:
    return bool(session.value("SELECT 1 FROM inbox WHERE event_id = ?", (event_id,)))


def purge(session: Session, *, before: int) -> int:
    """Drop what was dealt with before that time (milliseconds UTC)."""
    return session.run("DELETE FROM inbox WHERE status <> 'waiting' AND done_at < ?", (before,))


def count_waiting(session: Session) -> int:
    return int(session.value("SELECT count(*) FROM inbox WHERE status = 'waiting'"))


def forget_person(session: Session, user_id: str) -> None:
    """What they said is forgotten once it is dealt with; from now on also who said it."""
    session.run("UPDATE inbox SET sender = '' WHERE sender = ? AND status <> 'waiting'", (user_id,))
