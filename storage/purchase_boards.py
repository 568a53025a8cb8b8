"""Which message in a room tells how a purchase stands, and what it said last, so that an edit that would change
nothing is spared."""

from __future__ import annotations

from dataclasses import dataclass

from storage.session import Session


@dataclass(frozen=True, slots=True)
class Board:
    """`key` is that of the message in the outbox; `digest` is of what it said last, `state` the purchase's
    state then."""

    key: str
    digest: str
    state: str


def get(session: Session, purchase_id: int, room_id: str) -> Board | None:
    row = session.row(
        "SELECT * FROM purchase_boards WHERE purchase_id = ? AND room_id = ?",
        (purchase_id, room_id),
    )
    return Board(row["key"], row["digest"], row["state"]) if row else None


def put(session: Session, purchase_id: int, room_id: str, board: Board) -> None:
    """That is the message in the room from now on."""
    session.run(
        "INSERT INTO purchase_boards VALUES (?, ?, ?, ?, ?) ON CONFLICT (purchase_id, room_id)"
        " DO UPDATE SET key = excluded.key, digest = excluded.digest, state = excluded.state",
        (purchase_id, room_id, board.key, board.digest, board.state),
    )
