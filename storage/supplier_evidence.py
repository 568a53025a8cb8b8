"""What proves that a supplier meets a criterion of the charter, with the day until which it holds.

Evidence is withdrawn, never removed: who relied on it can be followed.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

from storage.session import Session


@dataclass(frozen=True, slots=True)
class File:
    name: str
    mimetype: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Evidence:
    """`claim` is what the supplier says; `valid_until` an ISO day, itself included. `recorded_by` and
    `checked_by` are None for a former member, the latter also while nobody looked at it."""

    id: int
    supplier_id: int
    criterion: str
    claim: str
    link: str | None
    file_name: str | None
    valid_until: str
    recorded_by: str | None
    recorded_at: int
    checked_by: str | None
    checked_at: int | None
    withdrawn_at: int | None

    def holds_on(self, day: str) -> bool:
        return self.withdrawn_at is None and day <= self.valid_until


_COLUMNS = (
    "id, supplier_id, criterion, claim, link, file_name, valid_until, recorded_by, recorded_at,"
    " checked_by, checked_at, withdrawn_at"
)


def _evidence(row: sqlite3.Row) -> Evidence:
    return Evidence(*row)


def add(
    session: Session,
    supplier_id: int,
    criterion: str,
    claim: str,
    *,
    link: str | None = None,
    file: File | None = None,
    valid_until: str,
    by: str | None,
    now: int,
) -> int:
    """Returns its number."""
    return session.insert(
        "INSERT INTO supplier_evidence (supplier_id, criterion, claim, link, file_name, file_type,"
        " file, valid_until, recorded_by, recorded_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            supplier_id,
            criterion,
            claim,
            link,
            file.name if file else None,
            file.mimetype if file else None,
            file.data if file else None,
            valid_until,
            by,
            now,
        ),
    )


def get(session: Session, evidence_id: int) -> Evidence | None:
    row = session.row(f"SELECT {_COLUMNS} FROM supplier_evidence WHERE id = ?", (evidence_id,))
    return _evidence(row) if row else None


def of_supplier(session: Session, supplier_id: int) -> list[Evidence]:
    """What was not withdrawn, lapsed or not, oldest first."""
    return session.typed(
        _evidence,
        f"SELECT {_COLUMNS} FROM supplier_evidence"
        " WHERE supplier_id = ? AND withdrawn_at IS NULL ORDER BY id",
        (supplier_id,),
    )


def file_of(session: Session, evidence_id: int) -> File | None:
    """None without a file, and for what was withdrawn."""
    row = session.row(
        "SELECT file_name, file_type, file FROM supplier_evidence"
        " WHERE id = ? AND file IS NOT NULL",
        (evidence_id,),
    )
    return File(row[0], row[1], row[2]) if row else None


def check(session: Session, supplier_id: int, criterion: str, *, by: str, now: int) -> int:
    """Somebody looked at what there is for a criterion; returns how much of it nobody had looked at."""
    return session.run(
        "UPDATE supplier_evidence SET checked_by = ?, checked_at = ? WHERE supplier_id = ?"
        " AND criterion = ? AND checked_at IS NULL AND withdrawn_at IS NULL",
        (by, now, supplier_id, criterion),
    )


def withdraw(session: Session, evidence_id: int, *, now: int) -> bool:
    """Its file is gone, what was claimed stays readable; False when it was withdrawn before."""
    return bool(
        session.run(
            "UPDATE supplier_evidence SET withdrawn_at = ?, file = NULL"
            " WHERE id = ? AND withdrawn_at IS NULL",
            (now, evidence_id),
        )
    )


def lasting(session: Session, supplier_id: int) -> dict[str, str]:
    """By criterion, the ISO day until which the longest of its evidence holds."""
    rows = session.rows(
        "SELECT criterion, max(valid_until) FROM supplier_evidence"
        " WHERE supplier_id = ? AND withdrawn_at IS NULL GROUP BY criterion",
        (supplier_id,),
    )
    return {row[0]: row[1] for row in rows}


def forget_person(session: Session, user_id: str) -> None:
    for column in ("recorded_by", "checked_by"):
        session.run(
            f"UPDATE supplier_evidence SET {column} = NULL WHERE {column} = ?",
            (user_id,),
        )
