"""The charter in its versions: each is written once, waits for a second person, and stays readable."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from storage.session import Session

Status = Literal["waiting", "in_force", "declined", "superseded"]
Field = Literal["name", "text", "evidence"]
# Texts by field and language.
Texts = Mapping[str, Mapping[str, str]]

FIELDS: tuple[Field, ...] = ("name", "text", "evidence")


@dataclass(frozen=True, slots=True)
class Criterion:
    """`key` is a slug that stays the same from version to version; `position` counts from 1. The weights of
    a charter sum to 100. A knock-out fails with a score below `minimum` (0 to 4). `texts` has its name, what
    it expects (text) and what proves it (evidence), each by language."""

    key: str
    position: int
    weight: int
    knock_out: bool
    minimum: int
    texts: Texts

    def text(self, field: Field, language: str) -> str:
        return in_language(self.texts.get(field, {}), language)

    def name(self, language: str) -> str:
        return self.text("name", language) or self.key


@dataclass(frozen=True, slots=True)
class Charter:
    """`texts` are the charter's own name and preamble. Milliseconds UTC; `made_by` and `decided_by` are None
    for a former member."""

    version: int
    status: Status
    texts: Texts
    criteria: tuple[Criterion, ...]
    made_by: str | None
    made_at: int
    decided_by: str | None
    decided_at: int | None
    in_force_at: int | None
    superseded_at: int | None

    def text(self, field: Field, language: str) -> str:
        return in_language(self.texts.get(field, {}), language)

    def criterion(self, key: str) -> Criterion | None:
        return next((each for each in self.criteria if each.key == key), None)


def in_language(texts: Mapping[str, str], language: str) -> str:
    """The text in that language, else in English, else in any; empty if there is none."""
    return texts.get(language) or texts.get("en") or next(iter(texts.values()), "")


def add(
    session: Session,
    texts: Texts,
    criteria: Sequence[Criterion],
    *,
    made_by: str,
    now: int,
) -> int:
    """Store a version that waits to be confirmed, in place of one that waited; returns its number."""
    session.run(
        "UPDATE charter_versions SET status = 'declined', decided_by = ?, decided_at = ?"
        " WHERE status = 'waiting'",
        (made_by, now),
    )
    version = session.insert(
        "INSERT INTO charter_versions (status, made_by, made_at) VALUES ('waiting', ?, ?)",
        (made_by, now),
    )
    session.run_many(
        "INSERT INTO charter_criteria (version, key, position, weight, knock_out, minimum)"
        " VALUES (?, ?, ?, ?, ?, ?)",
        (
            (version, each.key, each.position, each.weight, each.knock_out, each.minimum)
            for each in criteria
        ),
    )
    session.run_many(
        "INSERT INTO charter_texts (version, key, field, language, text) VALUES (?, ?, ?, ?, ?)",
        (
            (version, key, field, language, text)
            for key, own in [("", texts), *((each.key, each.texts) for each in criteria)]
            for field, by_language in own.items()
            for language, text in by_language.items()
            if text
        ),
    )
    return version


def put_in_force(session: Session, version: int, *, by: str, now: int) -> bool:
    """As a second person; False when it no longer waited. The one before it is superseded.

    Raises sqlite3.IntegrityError for the person who made it, from any account.
    """
    if session.value("SELECT status FROM charter_versions WHERE version = ?", (version,)) != (
        "waiting"
    ):
        return False
    session.run(
        "UPDATE charter_versions SET status = 'superseded', superseded_at = ?"
        " WHERE status = 'in_force'",
        (now,),
    )
    session.run(
        "UPDATE charter_versions SET status = 'in_force', decided_by = ?, decided_at = ?,"
        " in_force_at = ? WHERE version = ?",
        (by, now, now, version),
    )
    return True


def decline(session: Session, version: int, *, by: str, now: int) -> bool:
    """False when it no longer waited."""
    return bool(
        session.run(
            "UPDATE charter_versions SET status = 'declined', decided_by = ?, decided_at = ?"
            " WHERE version = ? AND status = 'waiting'",
            (by, now, version),
        )
    )


def in_force(session: Session) -> Charter | None:
    version = session.value("SELECT version FROM charter_versions WHERE status = 'in_force'")
    return get(session, version) if version is not None else None


def waiting(session: Session) -> Charter | None:
    version = session.value("SELECT version FROM charter_versions WHERE status = 'waiting'")
    return get(session, version) if version is not None else None


def get(session: Session, version: int) -> Charter | None:
    row = session.row("SELECT * FROM charter_versions WHERE version = ?", (version,))
    if row is None:
        return None
    texts: dict[str, dict[str, dict[str, str]]] = {}
    for found in session.rows("SELECT * FROM charter_texts WHERE version = ?", (version,)):
        by_field = texts.setdefault(found["key"], {})
        by_field.setdefault(found["field"], {})[found["language"]] = found["text"]

    def criterion(found: sqlite3.Row) -> Criterion:
        return Criterion(
            found["key"],
            found["position"],
            found["weight"],
            bool(found["knock_out"]),
            found["minimum"],
            texts.get(found["key"], {}),
        )

    criteria = session.typed(
        criterion, "SELECT * FROM charter_criteria WHERE version = ? ORDER BY position", (version,)
    )
    return Charter(
        version,
        row["status"],
        texts.get("", {}),
        tuple(criteria),
        row["made_by"],
        row["made_at"],
        row["decided_by"],
        row["decided_at"],
        row["in_force_at"],
        row["superseded_at"],
    )


def readable(session: Session) -> list[tuple[int, Status, int]]:
    """Versions that are or were in force, newest first: number, status, since when (ms UTC)."""
    rows = session.rows(
        "SELECT version, status, in_force_at FROM charter_versions"
        " WHERE status IN ('in_force', 'superseded') ORDER BY version DESC"
    )
    return [(row[0], row[1], row[2]) for row in rows]


def forget_person(session: Session, user_id: str) -> None:
    session.run("UPDATE charter_versions SET made_by = NULL WHERE made_by = ?", (user_id,))
    session.run("UPDATE charter_versions SET decided_by = NULL WHERE decided_by = ?", (user_id,))
