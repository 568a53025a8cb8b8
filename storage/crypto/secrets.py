"""The bot's long-term secrets by name, sealed; what they are and how they are sealed is `bot.crypto`'s."""

from __future__ import annotations

from storage.session import Session


def put(session: Session, name: str, sealed: bytes) -> None:
    session.run(
        "INSERT INTO crypto_secrets (name, sealed) VALUES (?, ?)"
        " ON CONFLICT (name) DO UPDATE SET sealed = excluded.sealed",
        (name, sealed),
    )


def get(session: Session, name: str) -> bytes | None:
    value: bytes | None = session.value("SELECT sealed FROM crypto_secrets WHERE name = ?", (name,))
    return value


def delete(session: Session, name: str) -> None:
    session.run("DELETE FROM crypto_secrets WHERE name = ?", (name,))
