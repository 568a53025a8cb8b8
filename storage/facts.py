"""Single facts about the installation: the sync token, the bot's account, the start of time."""

from __future__ import annotations

from storage.session import Session

# The homeserver's name for how far it was read (next_batch).
SYNC_TOKEN = "sync_token"  # noqa: S105 (a name, not a secret)


def get(session: Session, name: str) -> str | None:
    value: str | None = session.value("SELECT value FROM facts WHERE name = ?", (name,))
    return value


def put(session: Session, name: str, value: str) -> None:
    session.run(
        "INSERT INTO facts (name, value) VALUES (?, ?)"
        " ON CONFLICT (name) DO UPDATE SET value = excluded.value",
        (name, value),
    )


def forget(session: Session, name: str) -> None:
    session.run("DELETE FROM facts WHERE name = ?", (name,))
