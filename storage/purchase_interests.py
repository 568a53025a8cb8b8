"""Who is interested in a purchase without committing to it, and who wants to be reminded before it closes."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

from storage.session import Session


@dataclass(frozen=True, slots=True)
class Interest:
    purchase_id: int
    user_id: str
    at: int
    wants_reminder: bool
    reminded_at: int | None


def show(
    session: Session, purchase_id: int, user_id: str, *, wants_reminder: bool, now: int
) -> bool:
    """Returns whether that is new; a wish for a reminder is written in either case."""
    is_new = of_person(session, purchase_id, user_id) is None
    session.run(
        "INSERT INTO purchase_interests (purchase_id, user_id, at, wants_reminder) VALUES (?, ?, ?, ?)"
        " ON CONFLICT (purchase_id, user_id) DO UPDATE SET wants_reminder = excluded.wants_reminder",
        (purchase_id, user_id, now, wants_reminder),
    )
    return is_new


def of_person(session: Session, purchase_id: int, user_id: str) -> Interest | None:
    row = session.row(
        "SELECT * FROM purchase_interests WHERE purchase_id = ? AND user_id = ?",
        (purchase_id, user_id),
    )
    return _interest(row) if row else None


def of_purchase(session: Session, purchase_id: int) -> list[Interest]:
    """Oldest first."""
    return session.typed(
        _interest,
        "SELECT * FROM purchase_interests WHERE purchase_id = ? ORDER BY at, user_id",
        (purchase_id,),
    )


def lose(session: Session, purchase_id: int, user_id: str) -> bool:
    return bool(
        session.run(
            "DELETE FROM purchase_interests WHERE purchase_id = ? AND user_id = ?",
            (purchase_id, user_id),
        )
    )


def reminded(session: Session, purchase_id: int, user_id: str, *, now: int) -> None:
    session.run(
        "UPDATE purchase_interests SET reminded_at = ? WHERE purchase_id = ? AND user_id = ?",
        (now, purchase_id, user_id),
    )


def _interest(row: sqlite3.Row) -> Interest:
    return Interest(
        row["purchase_id"],
        row["user_id"],
        row["at"],
        bool(row["wants_reminder"]),
        row["reminded_at"],
    )
