"""Olm sessions with other devices, pickled; several may stand beside each other for one device."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

from storage.session import Session

# Enough for devices that begin anew now and then; a flood of first messages drops the oldest.
KEPT = 6


@dataclass(frozen=True, slots=True)
class OlmSession:
    """`curve25519` is the other device's identity key."""

    session_id: str
    curve25519: str
    pickle: str


def _session(row: sqlite3.Row) -> OlmSession:
    return OlmSession(row["session_id"], row["curve25519"], row["pickle"])


def with_device(session: Session, curve25519: str) -> list[OlmSession]:
    """The one to send through first: the last that something came through (spec, "Olm sessions")."""
    return session.typed(
        _session,
        "SELECT * FROM crypto_olm_sessions WHERE curve25519 = ? ORDER BY used_at DESC, session_id",
        (curve25519,),
    )


def newest(session: Session, curve25519: str) -> OlmSession | None:
    row = session.row(
        "SELECT * FROM crypto_olm_sessions WHERE curve25519 = ?"
        " ORDER BY used_at DESC, session_id LIMIT 1",
        (curve25519,),
    )
    return _session(row) if row else None


def save(session: Session, olm: OlmSession, *, used_at: int | None = None) -> None:
    """Store what a session has become; `used_at` (ms UTC) where something was received through it."""
    session.run(
        "INSERT INTO crypto_olm_sessions (session_id, curve25519, pickle, used_at)"
        " VALUES (?, ?, ?, coalesce(?, 0)) ON CONFLICT (session_id) DO UPDATE SET"
        " pickle = excluded.pickle, used_at = max(used_at, excluded.used_at)",
        (olm.session_id, olm.curve25519, olm.pickle, used_at),
    )


def trim(session: Session, curve25519: str) -> None:
    session.run(
        "DELETE FROM crypto_olm_sessions WHERE curve25519 = ?1 AND session_id NOT IN"
        " (SELECT session_id FROM crypto_olm_sessions WHERE curve25519 = ?1"
        "  ORDER BY used_at DESC, session_id LIMIT ?2)",
        (curve25519, KEPT),
    )
