"""Matrix accounts that spoke to the bot, with what they chose for themselves."""

from __future__ import annotations

from storage.session import Session


def language_of(session: Session, user_id: str) -> str | None:
    """The language that the person chose with a command, if ever."""
    value: str | None = session.value("SELECT language FROM people WHERE user_id = ?", (user_id,))
    return value


def choose_language(session: Session, user_id: str, language: str, *, now: int) -> None:
    session.run(
        "INSERT INTO people (user_id, language, first_seen_at) VALUES (?, ?, ?)"
        " ON CONFLICT (user_id) DO UPDATE SET language = excluded.language",
        (user_id, language, now),
    )


def forget(session: Session, user_id: str) -> None:
    session.run("DELETE FROM people WHERE user_id = ?", (user_id,))
