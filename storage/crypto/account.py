"""The bot's own device: its Olm account, pickled."""

from __future__ import annotations

from dataclasses import dataclass

from storage.session import Session


@dataclass(frozen=True, slots=True)
class StoredAccount:
    """`published` says that the homeserver has the device's keys; `created_at` is in ms UTC."""

    user_id: str
    device_id: str
    pickle: str
    published: bool
    created_at: int


def get(session: Session) -> StoredAccount | None:
    row = session.row("SELECT * FROM crypto_account")
    if row is None:
        return None
    return StoredAccount(
        row["user_id"],
        row["device_id"],
        row["pickle"],
        bool(row["published"]),
        row["created_at"],
    )


def create(session: Session, user_id: str, device_id: str, pickle: str, *, now: int) -> None:
    session.run(
        "INSERT INTO crypto_account (id, user_id, device_id, pickle, created_at)"
        " VALUES (1, ?, ?, ?, ?)",
        (user_id, device_id, pickle, now),
    )


def save(session: Session, pickle: str) -> None:
    session.run("UPDATE crypto_account SET pickle = ?", (pickle,))


def mark_published(session: Session) -> None:
    session.run("UPDATE crypto_account SET published = 1")


# What belongs to one device and is of no use to the next; the identity's secrets are not among it.
_OF_A_DEVICE = (
    "crypto_account",
    "crypto_olm_sessions",
    "crypto_outbound_sessions",
    "crypto_outgoing",
    "crypto_ready",
    "crypto_received",
    "crypto_repairs",
)


def forget_device(session: Session) -> None:
    """The login is another device from now on: begin anew, but keep the keys to what was said before."""
    for table in _OF_A_DEVICE:
        session.run(f"DELETE FROM {table}")
