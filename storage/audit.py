"""Who did what, when: rows are added and never changed, except that a name can become *former member*."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import dataclass
from typing import Any

from storage.session import Session


@dataclass(frozen=True, slots=True)
class Entry:
    """`actor` is None for a former member."""

    at: int
    actor: str | None
    action: str
    object: str | None
    details: dict[str, Any]


def _entry(row: sqlite3.Row) -> Entry:
    return Entry(row["at"], row["actor"], row["action"], row["object"], json.loads(row["details"]))


def note(
    session: Session,
    *,
    actor: str,
    action: str,
    subject: str | None = None,
    details: dict[str, Any] | None = None,
    now: int,
) -> None:
    """Details hold no personal data: they cannot be erased."""
    session.run(
        "INSERT INTO audit (at, actor, action, object, details) VALUES (?, ?, ?, ?, ?)",
        (now, actor, action, subject, json.dumps(details or {}, ensure_ascii=False)),
    )


def of_subject(session: Session, subject: str) -> list[Entry]:
    return session.typed(_entry, "SELECT * FROM audit WHERE object = ? ORDER BY id", (subject,))


def forget_actor(session: Session, user_id: str) -> None:
    session.run("UPDATE audit SET actor = NULL WHERE actor = ?", (user_id,))
