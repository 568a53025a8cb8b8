"""Conversations under way, stored after each step: one active for a person, the others paused."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import dataclass
from typing import Any

from storage.session import Session


@dataclass(frozen=True, slots=True)
class Stored:
    """`history` holds the steps that *back* returns to; `question` is the outbox key of the open one.

    `doubted` is an answer to it that is taken only if it is sent once more.
    """

    id: int
    user_id: str
    room_id: str
    name: str
    step: str
    data: dict[str, Any]
    history: tuple[str, ...]
    language: str
    question: str | None
    expires_at: int
    doubted: str | None = None


def _stored(row: sqlite3.Row) -> Stored:
    return Stored(
        row["id"],
        row["user_id"],
        row["room_id"],
        row["name"],
        row["step"],
        json.loads(row["data"]),
        tuple(json.loads(row["history"])),
        row["language"],
        row["question"],
        row["expires_at"],
        row["doubted"],
    )


def active(session: Session, user_id: str) -> Stored | None:
    row = session.row("SELECT * FROM dialogues WHERE user_id = ? AND status = 'active'", (user_id,))
    return _stored(row) if row else None


def begin(
    session: Session,
    *,
    user_id: str,
    room_id: str,
    name: str,
    step: str,
    data: dict[str, Any],
    language: str,
    now: int,
    expires_at: int,
) -> int:
    """Start a dialogue; the one that was active is paused. Returns the new one's id."""
    session.run(
        "UPDATE dialogues SET status = 'paused' WHERE user_id = ? AND status = 'active'",
        (user_id,),
    )
    return session.insert(
        "INSERT INTO dialogues (user_id, room_id, name, step, data, language, status,"
        " created_at, expires_at) VALUES (?, ?, ?, ?, ?, ?, 'active', ?, ?)",
        (user_id, room_id, name, step, json.dumps(data), language, now, expires_at),
    )


def save(
    session: Session,
    dialogue_id: int,
    *,
    step: str,
    data: dict[str, Any],
    history: tuple[str, ...],
    question: str | None,
    expires_at: int,
    doubted: str | None = None,
) -> None:
    session.run(
        "UPDATE dialogues SET step = ?, data = ?, history = ?, question = ?, expires_at = ?,"
        " doubted = ? WHERE id = ?",
        (step, json.dumps(data), json.dumps(history), question, expires_at, doubted, dialogue_id),
    )


def end(session: Session, dialogue_id: int) -> None:
    session.run("DELETE FROM dialogues WHERE id = ?", (dialogue_id,))


def resume_last(session: Session, user_id: str) -> Stored | None:
    """Make the most recently paused dialogue of the person active again, if there is one."""
    row = session.row(
        "SELECT * FROM dialogues WHERE user_id = ? AND status = 'paused' ORDER BY id DESC LIMIT 1",
        (user_id,),
    )
    if row is None:
        return None
    session.run("UPDATE dialogues SET status = 'active' WHERE id = ?", (row["id"],))
    return _stored(row)


def expired(session: Session, *, now: int) -> list[Stored]:
    return session.typed(_stored, "SELECT * FROM dialogues WHERE expires_at <= ?", (now,))


def of_user(session: Session, user_id: str) -> list[Stored]:
    return session.typed(
        _stored, "SELECT * FROM dialogues WHERE user_id = ? ORDER BY id", (user_id,)
    )
