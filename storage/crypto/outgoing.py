"""To-device messages on their way out: stored with what caused them, their transaction id fixed."""

from __future__ import annotations

import json
import sqlite3
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from storage.session import Session


@dataclass(frozen=True, slots=True)
class Outgoing:
    """`messages` is {user: {device: content}}; `room_id` names the room whose key it carries, if any;
    `created_at` is in ms UTC."""

    id: int
    key: str
    type: str
    messages: dict[str, dict[str, Any]]
    room_id: str | None
    created_at: int


def _outgoing(row: sqlite3.Row) -> Outgoing:
    return Outgoing(
        row["id"],
        row["key"],
        row["type"],
        json.loads(row["messages"]),
        row["room_id"],
        row["created_at"],
    )


def add(
    session: Session,
    type_: str,
    messages: Mapping[str, Mapping[str, Any]],
    *,
    now: int,
    room_id: str | None = None,
) -> None:
    session.run(
        "INSERT INTO crypto_outgoing (key, type, messages, room_id, created_at)"
        " VALUES (?, ?, ?, ?, ?)",
        (
            uuid.uuid4().hex,
            type_,
            json.dumps(messages, separators=(",", ":")),
            room_id,
            now,
        ),
    )


def waiting(session: Session, *, limit: int, after: int = 0) -> list[Outgoing]:
    """Those that carry no room's key, oldest first."""
    return session.typed(
        _outgoing,
        "SELECT * FROM crypto_outgoing WHERE room_id IS NULL AND id > ? ORDER BY id LIMIT ?",
        (after, limit),
    )


def for_room(session: Session, room_id: str) -> list[Outgoing]:
    """Those that carry the room's key, oldest first."""
    return session.typed(
        _outgoing, "SELECT * FROM crypto_outgoing WHERE room_id = ? ORDER BY id", (room_id,)
    )


def rooms(session: Session) -> list[str]:
    """Rooms whose keys are still on their way."""
    return session.column(
        "SELECT DISTINCT room_id FROM crypto_outgoing WHERE room_id IS NOT NULL ORDER BY room_id"
    )


def done(session: Session, item_id: int) -> None:
    session.run("DELETE FROM crypto_outgoing WHERE id = ?", (item_id,))
