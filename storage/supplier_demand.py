"""What members look for and nobody offers, and whom they say they use. Who said it is kept so that each
person counts once and can take it back; how things are grouped is left to those who show them."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from storage.member_accounts import SAME_PERSON
from storage.session import Session

Source = Literal["command", "survey"]


@dataclass(frozen=True, slots=True)
class Said:
    """Words as one person typed them; `person` is the same for all accounts of one."""

    words: str
    folded: str
    person: str
    at: int


def _said(row: sqlite3.Row) -> Said:
    return Said(row["words"], row["folded"], row["person"], row["at"])


def need(
    session: Session, words: str, *, folded: str, language: str, user_id: str, now: int
) -> bool:
    """Once for each person and folded words: said again it is only newer, and this is False."""
    if session.run(
        f"UPDATE supplier_needs SET at = ? WHERE folded = ? AND user_id IN ({SAME_PERSON})",
        (now, folded, user_id, user_id),
    ):
        return False
    session.run(
        "INSERT INTO supplier_needs (words, folded, language, user_id, at) VALUES (?, ?, ?, ?, ?)",
        (words, folded, language, user_id, now),
    )
    return True


def mention(
    session: Session, name: str, *, folded: str, source: Source, user_id: str, now: int
) -> bool:
    """Once for each person and folded name: said again it is only newer, and this is False."""
    if session.run(
        f"UPDATE supplier_mentions SET at = ? WHERE folded = ? AND user_id IN ({SAME_PERSON})",
        (now, folded, user_id, user_id),
    ):
        return False
    session.run(
        "INSERT INTO supplier_mentions (name, folded, source, user_id, at) VALUES (?, ?, ?, ?, ?)",
        (name, folded, source, user_id, now),
    )
    return True


def needs(session: Session) -> list[Said]:
    """Newest first."""
    return session.typed(_said, _everything("supplier_needs", "words"))


def mentions(session: Session) -> list[Said]:
    """Newest first."""
    return session.typed(_said, _everything("supplier_mentions", "name"))


def _everything(table: str, words: str) -> str:
    return (
        f"SELECT said.{words} AS words, folded, at,"
        " coalesce('member ' || account.member_id, said.user_id) AS person"
        f" FROM {table} AS said LEFT JOIN member_accounts AS account USING (user_id)"
        " ORDER BY at DESC, id DESC"
    )


def of_person(session: Session, accounts: Sequence[str]) -> dict[str, list[dict[str, Any]]]:
    """Everything kept about those accounts, oldest first; times in ms UTC."""
    theirs = (json.dumps(list(accounts)),)
    among = "user_id IN (SELECT value FROM json_each(?)) ORDER BY at, id"
    return {
        name: [dict(row) for row in session.rows(f"{sql} WHERE {among}", theirs)]
        for name, sql in (
            ("needs", "SELECT words, language, at FROM supplier_needs"),
            ("mentions", "SELECT name, source, at FROM supplier_mentions"),
        )
    }


def forget_person(session: Session, accounts: Sequence[str]) -> None:
    theirs = (json.dumps(list(accounts)),)
    for table in ("supplier_needs", "supplier_mentions"):
        session.run(
            f"DELETE FROM {table} WHERE user_id IN (SELECT value FROM json_each(?))", theirs
        )
