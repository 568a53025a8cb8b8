"""Olm sessions with other devices, pickled; several may stand beside each other for one device."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

from storage.session import Session

# Enough for devices that begin anew now and then; a flood of first messages drops the oldest.
KEPT = 6


@dataclass(frozen=True, slots=True)
class OlmSession:
    """`curve25519` is the other device's identity key, `user_id` who says that it is theirs."""

    user_id: str
    curve25519: str
    session_id: str
    pickle: str


_LATEST_FIRST = (
    "SELECT * FROM crypto_olm_sessions WHERE user_id = ? AND curve25519 = ?"
    " ORDER BY used_at DESC, session_id"
)


def _session(row: sqlite3.Row) -> OlmSession:
    return OlmSession(row["user_id"], row["curve25519"], row["session_id"], row["pickle"])


def with_device(session: Session, user_id: str, curve25519: str) -> list[OlmSession]:
    """The one to send through first: the last that something came through (spec, "Olm sessions")."""
    return session.typed(_session, _LATEST_FIRST, (user_id, curve25519))


def newest(session: Session, user_id: str, curve25519: str) -> OlmSession | None:
    row = session.row(f"{_LATEST_FIRST} LIMIT 1", (user_id, curve25519))
    return _session(row) if row else None


def save(session: Session, olm: OlmSession, *, used_at: int | None = None) -> None:
    """Store what a session has become; `used_at` (ms UTC) where it is new or something came through it."""
    session.run(
        "INSERT INTO crypto_olm_sessions (user_id, curve25519, session_id, pickle, used_at)"
        " VALUES (?, ?, ?, ?, coalesce(?, 0)) ON CONFLICT (user_id, curve25519, session_id)"
        " DO UPDATE SET pickle = excluded.pickle, used_at = max(used_at, excluded.used_at)",
        (olm.user_id, olm.curve25519, olm.session_id, olm.pickle, used_at),
    )


def trim(session: Session, user_id: str, curve25519: str) -> None:
    """Forget the oldest where there are more than `KEPT`."""
    for olm in with_device(session, user_id, curve25519)[KEPT:]:
        session.run(
            "DELETE FROM crypto_olm_sessions"
            " WHERE user_id = ? AND curve25519 = ? AND session_id = ?",
            (user_id, curve25519, olm.session_id),
        )


def purge(session: Session, *, before: int) -> int:
    """Drop what was last used before that time (ms UTC) with devices that nobody lists any more."""
    return session.run(
        "DELETE FROM crypto_olm_sessions WHERE used_at < ? AND NOT EXISTS ("
        " SELECT 1 FROM crypto_devices AS d WHERE d.user_id = crypto_olm_sessions.user_id"
        " AND d.curve25519 = crypto_olm_sessions.curve25519)",
        (before,),
    )
