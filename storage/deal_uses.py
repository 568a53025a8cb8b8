"""Who used which supplier's deal, when, and what they made of it. A rating stays when its giver is forgotten,
as nobody's; whom to ask and what may be shown is decided by those who use this."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from storage.session import Session

_AMONG = "IN (SELECT value FROM json_each(?))"


@dataclass(frozen=True, slots=True)
class Use:
    """`user_id` is None for a former member; `used_on` is the local ISO day; `rating` is 1 to 5."""

    id: int
    supplier_id: int
    user_id: str | None
    used_on: str
    used_at: int
    asked_at: int | None
    rating: int | None
    word: str | None
    rated_at: int | None


@dataclass(frozen=True, slots=True)
class Rating:
    """What people made of one supplier's deal: how many they are, each with their latest rating, and the
    mean of these (1 to 5)."""

    people: int
    mean: float


def _use(row: sqlite3.Row) -> Use:
    return Use(
        row["id"],
        row["supplier_id"],
        row["user_id"],
        row["used_on"],
        row["used_at"],
        row["asked_at"],
        row["rating"],
        row["word"],
        row["rated_at"],
    )


def note(
    session: Session, supplier_id: int, user_id: str, accounts: Sequence[str], *, day: str, now: int
) -> tuple[int, bool]:
    """The use of that local day by any of the person's accounts, and whether it is new."""
    earlier = session.value(
        f"SELECT id FROM deal_uses WHERE supplier_id = ? AND used_on = ? AND user_id {_AMONG}",
        (supplier_id, day, json.dumps(list(accounts))),
    )
    if earlier is not None:
        return int(earlier), False
    added = session.insert(
        "INSERT INTO deal_uses (supplier_id, user_id, used_on, used_at) VALUES (?, ?, ?, ?)",
        (supplier_id, user_id, day, now),
    )
    return added, True


def get(session: Session, use_id: int) -> Use | None:
    row = session.row("SELECT * FROM deal_uses WHERE id = ?", (use_id,))
    return _use(row) if row else None


def last(session: Session, supplier_id: int, accounts: Sequence[str]) -> Use | None:
    """The person's latest use of the supplier's deal."""
    row = session.row(
        f"SELECT * FROM deal_uses WHERE supplier_id = ? AND user_id {_AMONG}"
        " ORDER BY used_at DESC, id DESC LIMIT 1",
        (supplier_id, json.dumps(list(accounts))),
    )
    return _use(row) if row else None


def mark_asked(session: Session, use_id: int, *, now: int) -> bool:
    """False when it was asked before."""
    return bool(
        session.run(
            "UPDATE deal_uses SET asked_at = ? WHERE id = ? AND asked_at IS NULL", (now, use_id)
        )
    )


def was_asked(session: Session, supplier_id: int, accounts: Sequence[str], *, since: int) -> bool:
    """Whether the person was asked about that supplier since then (ms UTC)."""
    found = session.value(
        f"SELECT 1 FROM deal_uses WHERE supplier_id = ? AND user_id {_AMONG} AND asked_at >= ?",
        (supplier_id, json.dumps(list(accounts)), since),
    )
    return found is not None


def rate(session: Session, use_id: int, rating: int, word: str, *, now: int) -> None:
    """In place of what was said of that use before."""
    session.run(
        "UPDATE deal_uses SET rating = ?, word = ?, rated_at = ? WHERE id = ?",
        (rating, word or None, now, use_id),
    )


# A person is their row of the register, else their account; a former member's rating stands alone.
_LATEST = f"""
SELECT supplier_id, rating, word, rated_at, id FROM (
    SELECT uses.*, row_number() OVER (
        PARTITION BY uses.supplier_id,
            coalesce('member ' || account.member_id, uses.user_id, 'use ' || uses.id)
        ORDER BY uses.rated_at DESC, uses.id DESC
    ) AS place
    FROM deal_uses AS uses LEFT JOIN member_accounts AS account ON account.user_id = uses.user_id
    WHERE uses.rating IS NOT NULL AND uses.supplier_id {_AMONG}
) WHERE place = 1
"""


def ratings(session: Session, supplier_ids: Iterable[int]) -> dict[int, Rating]:
    """By supplier; those that nobody rated are left out. From how many on it is shown is not said here."""
    rows = session.rows(
        f"SELECT supplier_id, count(*) AS people, avg(rating) AS mean FROM ({_LATEST})"
        " GROUP BY supplier_id",
        (json.dumps(list(supplier_ids)),),
    )
    return {row["supplier_id"]: Rating(row["people"], row["mean"]) for row in rows}


def words(session: Session, supplier_id: int, *, limit: int) -> list[tuple[int, str]]:
    """The newest ratings that came with a word, without who gave them."""
    rows = session.rows(
        f"SELECT rating, word FROM ({_LATEST}) WHERE word IS NOT NULL"
        " ORDER BY rated_at DESC, id DESC LIMIT ?",
        (json.dumps([supplier_id]), limit),
    )
    return [(row["rating"], row["word"]) for row in rows]


def of_person(session: Session, accounts: Sequence[str]) -> list[dict[str, Any]]:
    """Everything kept about those accounts, oldest first; times in ms UTC."""
    rows = session.rows(
        "SELECT suppliers.name AS supplier, used_on, used_at, asked_at, rating, word, rated_at"
        " FROM deal_uses JOIN suppliers ON suppliers.id = supplier_id"
        f" WHERE deal_uses.user_id {_AMONG} ORDER BY used_at, deal_uses.id",
        (json.dumps(list(accounts)),),
    )
    return [dict(row) for row in rows]


def forget_person(session: Session, accounts: Sequence[str]) -> None:
    """All accounts of one person at once. Their latest rating of each supplier stays as nobody's, without
    its word, so that they go on counting once."""
    theirs = json.dumps(list(accounts))
    session.run(
        f"UPDATE deal_uses SET rating = NULL, rated_at = NULL WHERE user_id {_AMONG}"
        " AND rating IS NOT NULL AND id NOT IN (SELECT id FROM ("
        " SELECT id, row_number() OVER (PARTITION BY supplier_id ORDER BY rated_at DESC, id DESC)"
        f" AS place FROM deal_uses WHERE rating IS NOT NULL AND user_id {_AMONG})"
        " WHERE place = 1)",
        (theirs, theirs),
    )
    session.run(
        f"UPDATE deal_uses SET user_id = NULL, word = NULL WHERE user_id {_AMONG}", (theirs,)
    )
