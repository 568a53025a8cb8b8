"""What members complain of, and what came of it: a review, an answer, or both. For the buyers only."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from storage.session import Session

Status = Literal["open", "review", "closed"]


@dataclass(frozen=True, slots=True)
class Complaint:
    """`user_id` is None for a former member; `language` is the one that it was made in; milliseconds UTC.

    `closed_by` is None where a review ended it.
    """

    id: int
    supplier_id: int
    user_id: str | None
    text: str
    language: str
    status: Status
    round_id: int | None
    answer: str | None
    made_at: int
    closed_by: str | None
    closed_at: int | None


def _complaint(row: sqlite3.Row) -> Complaint:
    return Complaint(
        row["id"],
        row["supplier_id"],
        row["user_id"],
        row["text"],
        row["language"],
        row["status"],
        row["round_id"],
        row["answer"],
        row["made_at"],
        row["closed_by"],
        row["closed_at"],
    )


def add(
    session: Session, supplier_id: int, user_id: str, text: str, *, language: str, now: int
) -> int:
    """Returns its number."""
    return session.insert(
        "INSERT INTO supplier_complaints (supplier_id, user_id, text, language, made_at)"
        " VALUES (?, ?, ?, ?, ?)",
        (supplier_id, user_id, text, language, now),
    )


def get(session: Session, complaint_id: int) -> Complaint | None:
    row = session.row("SELECT * FROM supplier_complaints WHERE id = ?", (complaint_id,))
    return _complaint(row) if row else None


def unsettled(session: Session) -> list[Complaint]:
    """Open and under review, oldest first."""
    return session.typed(
        _complaint, "SELECT * FROM supplier_complaints WHERE status <> 'closed' ORDER BY id"
    )


def of_round(session: Session, round_id: int) -> list[Complaint]:
    """Those that wait for what comes of that round of review."""
    return session.typed(
        _complaint,
        "SELECT * FROM supplier_complaints WHERE round_id = ? AND status = 'review' ORDER BY id",
        (round_id,),
    )


def of_people(session: Session, accounts: Sequence[str]) -> list[Complaint]:
    """Made from any of these accounts, oldest first."""
    return session.typed(
        _complaint,
        "SELECT * FROM supplier_complaints"
        " WHERE user_id IN (SELECT value FROM json_each(?)) ORDER BY id",
        (json.dumps(list(accounts)),),
    )


def review(session: Session, complaint_id: int, round_id: int) -> bool:
    """It waits for that round now; False when it was not open."""
    return bool(
        session.run(
            "UPDATE supplier_complaints SET status = 'review', round_id = ?"
            " WHERE id = ? AND status = 'open'",
            (round_id, complaint_id),
        )
    )


def reopen(session: Session, complaint_id: int) -> None:
    """Its round ended without a verdict."""
    session.run(
        "UPDATE supplier_complaints SET status = 'open', round_id = NULL"
        " WHERE id = ? AND status = 'review'",
        (complaint_id,),
    )


def close(
    session: Session, complaint_id: int, *, answer: str | None, by: str | None, now: int
) -> bool:
    """False when it was closed before. What a former member wrote is not kept any longer."""
    return bool(
        session.run(
            "UPDATE supplier_complaints SET status = 'closed', answer = ?, closed_by = ?,"
            " closed_at = ?, text = iif(user_id IS NULL, '', text)"
            " WHERE id = ? AND status <> 'closed'",
            (answer, by, now, complaint_id),
        )
    )


def forget_person(session: Session, user_id: str) -> None:
    """What was closed goes; what the buyers still have to see to stays, as a former member's."""
    session.run(
        "DELETE FROM supplier_complaints WHERE user_id = ? AND status = 'closed'", (user_id,)
    )
    session.run("UPDATE supplier_complaints SET user_id = NULL WHERE user_id = ?", (user_id,))
    session.run("UPDATE supplier_complaints SET closed_by = NULL WHERE closed_by = ?", (user_id,))
