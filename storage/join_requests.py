"""Requests to be let into a network: one waits for a person and network, and is decided once."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from storage.session import Session

Status = Literal["waiting", "approved", "declined", "withdrawn"]


@dataclass(frozen=True, slots=True)
class JoinRequest:
    """`knocked` when it came as a Matrix knock, `language` that of the words with which it was typed; times
    are milliseconds UTC."""

    id: int
    network_id: int
    user_id: str
    knocked: bool
    message: str | None
    status: Status
    reason: str | None
    asked_at: int
    decided_at: int | None
    decided_by: str | None
    language: str | None


def _request(row: sqlite3.Row) -> JoinRequest:
    return JoinRequest(
        row["id"],
        row["network_id"],
        row["user_id"],
        bool(row["knocked"]),
        row["message"],
        row["status"],
        row["reason"],
        row["asked_at"],
        row["decided_at"],
        row["decided_by"],
        row["language"],
    )


def get(session: Session, request_id: int) -> JoinRequest | None:
    row = session.row("SELECT * FROM join_requests WHERE id = ?", (request_id,))
    return _request(row) if row else None


def waiting_of(session: Session, network_id: int, user_id: str) -> JoinRequest | None:
    row = session.row(
        "SELECT * FROM join_requests WHERE network_id = ? AND user_id = ? AND status = 'waiting'",
        (network_id, user_id),
    )
    return _request(row) if row else None


def waiting(session: Session, network_ids: Iterable[int]) -> list[JoinRequest]:
    """What waits in these networks, oldest first."""
    return session.typed(
        _request,
        "SELECT * FROM join_requests WHERE status = 'waiting'"
        " AND network_id IN (SELECT value FROM json_each(?)) ORDER BY id",
        (json.dumps(list(network_ids)),),
    )


def of_person(session: Session, user_id: str) -> list[JoinRequest]:
    return session.typed(
        _request, "SELECT * FROM join_requests WHERE user_id = ? ORDER BY id", (user_id,)
    )


def ask(
    session: Session,
    network_id: int,
    user_id: str,
    *,
    knocked: bool,
    message: str | None,
    language: str | None = None,
    now: int,
) -> tuple[JoinRequest, bool]:
    """The request that waits, and whether it is new. A knock later on is noted on what waits."""
    new = bool(
        session.run(
            "INSERT INTO join_requests (network_id, user_id, knocked, message, language, asked_at)"
            " VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
            (network_id, user_id, knocked, message, language, now),
        )
    )
    if not new and knocked:
        session.run(
            "UPDATE join_requests SET knocked = 1, message = coalesce(?, message)"
            " WHERE network_id = ? AND user_id = ? AND status = 'waiting'",
            (message, network_id, user_id),
        )
    found = waiting_of(session, network_id, user_id)
    assert found is not None
    return found, new


def decide(
    session: Session,
    request_id: int,
    status: Literal["approved", "declined", "withdrawn"],
    *,
    by: str,
    reason: str | None = None,
    now: int,
) -> bool:
    """Settle what waits; False when it was settled before: the first decision stands."""
    return bool(
        session.run(
            "UPDATE join_requests SET status = ?, decided_by = ?, reason = ?, decided_at = ?"
            " WHERE id = ? AND status = 'waiting'",
            (status, by, reason, now, request_id),
        )
    )


def forget_person(session: Session, user_id: str) -> None:
    """Erase a person's requests, and their name from those that they decided."""
    session.run("DELETE FROM join_requests WHERE user_id = ?", (user_id,))
    session.run("UPDATE join_requests SET decided_by = NULL WHERE decided_by = ?", (user_id,))
