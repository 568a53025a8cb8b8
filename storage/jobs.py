"""What is due and when. The table is the truth; the scheduler only wakes the bot."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import dataclass
from typing import Any

from storage.session import Session


@dataclass(frozen=True, slots=True)
class Job:
    """`key` names what it is for and, where it repeats, its local date: a run happens once."""

    id: int
    kind: str
    key: str
    due_at: int
    data: dict[str, Any]
    attempts: int


def _job(row: sqlite3.Row) -> Job:
    return Job(
        row["id"],
        row["kind"],
        row["key"],
        row["due_at"],
        json.loads(row["data"]),
        row["attempts"],
    )


def add(
    session: Session, kind: str, key: str, *, due_at: int, data: dict[str, Any] | None = None
) -> bool:
    """Put a job down; False when this run was put down (or done) before."""
    return bool(
        session.run(
            "INSERT INTO jobs (kind, key, due_at, data) VALUES (?, ?, ?, ?)"
            " ON CONFLICT (kind, key) DO NOTHING",
            (kind, key, due_at, json.dumps(data or {})),
        )
    )


def move(session: Session, kind: str, key: str, *, due_at: int) -> bool:
    return bool(
        session.run(
            "UPDATE jobs SET due_at = ? WHERE kind = ? AND key = ? AND status = 'waiting'",
            (due_at, kind, key),
        )
    )


def cancel(session: Session, kind: str, key: str, *, now: int) -> bool:
    return bool(
        session.run(
            "UPDATE jobs SET status = 'cancelled', done_at = ?"
            " WHERE kind = ? AND key = ? AND status = 'waiting'",
            (now, kind, key),
        )
    )


def due(session: Session, *, now: int, limit: int = 50) -> list[Job]:
    return session.typed(
        _job,
        "SELECT * FROM jobs WHERE status = 'waiting' AND due_at <= ? ORDER BY due_at, id LIMIT ?",
        (now, limit),
    )


def next_due(session: Session) -> int | None:
    """Milliseconds UTC of the earliest job that waits."""
    value: int | None = session.value("SELECT min(due_at) FROM jobs WHERE status = 'waiting'")
    return value


def finish(session: Session, job_id: int, status: str, *, now: int) -> bool:
    """Mark as 'done', 'missed' or 'failed'; False when it no longer waited."""
    return bool(
        session.run(
            "UPDATE jobs SET status = ?, done_at = ? WHERE id = ? AND status = 'waiting'",
            (status, now, job_id),
        )
    )


def attempted(session: Session, job_id: int, *, retry_at: int) -> int:
    """Count a failed attempt and put the next one down; returns how many there were."""
    session.run(
        "UPDATE jobs SET attempts = attempts + 1, due_at = ? WHERE id = ?", (retry_at, job_id)
    )
    return int(session.value("SELECT attempts FROM jobs WHERE id = ?", (job_id,)))


def purge(session: Session, *, before: int) -> int:
    return session.run("DELETE FROM jobs WHERE status <> 'waiting' AND done_at < ?", (before,))
