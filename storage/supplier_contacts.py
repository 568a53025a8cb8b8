"""What the cooperative said to suppliers and heard from them, as buyers wrote it down; for buyers only."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass

from storage.session import Session


@dataclass(frozen=True, slots=True)
class Contact:
    """`user_id` is who wrote it down, None for a former member; `at` is in milliseconds UTC."""

    id: int
    supplier_id: int
    user_id: str | None
    note: str
    at: int


def _contact(row: sqlite3.Row) -> Contact:
    return Contact(row["id"], row["supplier_id"], row["user_id"], row["note"], row["at"])


def add(session: Session, supplier_id: int, user_id: str, note: str, *, now: int) -> int:
    """Returns its id."""
    return session.insert(
        "INSERT INTO supplier_contacts (supplier_id, user_id, note, at) VALUES (?, ?, ?, ?)",
        (supplier_id, user_id, note, now),
    )


def of_supplier(session: Session, supplier_id: int) -> list[Contact]:
    """The latest first."""
    return session.typed(
        _contact,
        "SELECT * FROM supplier_contacts WHERE supplier_id = ? ORDER BY id DESC",
        (supplier_id,),
    )


def latest(session: Session, supplier_ids: Iterable[int]) -> dict[int, Contact]:
    """The last contact with each supplier that there was one with."""
    found = session.typed(
        _contact,
        "SELECT * FROM supplier_contacts WHERE id IN (SELECT max(id) FROM supplier_contacts"
        " WHERE supplier_id IN (SELECT value FROM json_each(?)) GROUP BY supplier_id)",
        (json.dumps(list(supplier_ids)),),
    )
    return {contact.supplier_id: contact for contact in found}


def of_person(session: Session, user_id: str) -> list[Contact]:
    """What a person wrote down, oldest first."""
    return session.typed(
        _contact, "SELECT * FROM supplier_contacts WHERE user_id = ? ORDER BY id", (user_id,)
    )


def forget_person(session: Session, user_id: str) -> None:
    """The log stays the cooperative's; who wrote becomes a former member."""
    session.run("UPDATE supplier_contacts SET user_id = NULL WHERE user_id = ?", (user_id,))
