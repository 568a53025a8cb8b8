"""Proposals to make one purchase of two, and how what belongs to one moves into the other."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

from storage.session import Session


@dataclass(frozen=True, slots=True)
class Merge:
    """`into_id` is the older purchase, which goes on. Times in ms UTC: when the person responsible for each
    agreed, when one of them said no, when it was done."""

    id: int
    into_id: int
    from_id: int
    proposed_at: int
    into_agreed_at: int | None
    from_agreed_at: int | None
    declined_at: int | None
    done_at: int | None

    @property
    def is_open(self) -> bool:
        return self.declined_at is None and self.done_at is None

    @property
    def is_agreed(self) -> bool:
        return self.into_agreed_at is not None and self.from_agreed_at is not None


_READ = (
    "SELECT id, into_id, from_id, proposed_at, into_agreed_at, from_agreed_at, declined_at, done_at"
    " FROM purchase_merges"
)


def _merge(row: sqlite3.Row) -> Merge:
    return Merge(*row)  # the columns are read in the order of the fields


def propose(session: Session, one: int, other: int, *, now: int) -> int | None:
    """Of two purchases, in any order; None when it was proposed before."""
    changed = session.run(
        "INSERT INTO purchase_merges (into_id, from_id, proposed_at) VALUES (?, ?, ?)"
        " ON CONFLICT (into_id, from_id) DO NOTHING",
        (min(one, other), max(one, other), now),
    )
    return int(session.value("SELECT last_insert_rowid()")) if changed else None


def propose_anew(session: Session, merge_id: int, *, now: int) -> None:
    """What was declined before is asked again."""
    session.run(
        "UPDATE purchase_merges SET proposed_at = ?, into_agreed_at = NULL, from_agreed_at = NULL,"
        " declined_at = NULL WHERE id = ? AND done_at IS NULL",
        (now, merge_id),
    )


def get(session: Session, merge_id: int) -> Merge | None:
    row = session.row(f"{_READ} WHERE id = ?", (merge_id,))
    return _merge(row) if row is not None else None


def between(session: Session, one: int, other: int) -> Merge | None:
    row = session.row(
        f"{_READ} WHERE into_id = ? AND from_id = ?", (min(one, other), max(one, other))
    )
    return _merge(row) if row is not None else None


def agree(session: Session, merge_id: int, *, into: bool, from_: bool, now: int) -> Merge:
    """The person responsible for one of the two agrees, or for both."""
    session.run(
        "UPDATE purchase_merges SET"
        " into_agreed_at = CASE WHEN ? THEN coalesce(into_agreed_at, ?) ELSE into_agreed_at END,"
        " from_agreed_at = CASE WHEN ? THEN coalesce(from_agreed_at, ?) ELSE from_agreed_at END"
        " WHERE id = ?",
        (into, now, from_, now, merge_id),
    )
    found = get(session, merge_id)
    assert found is not None
    return found


def decline(session: Session, merge_id: int, *, now: int) -> None:
    session.run("UPDATE purchase_merges SET declined_at = ? WHERE id = ?", (now, merge_id))


def done(session: Session, merge_id: int, *, now: int) -> None:
    """Raises sqlite3.IntegrityError where not both agreed."""
    session.run("UPDATE purchase_merges SET done_at = ? WHERE id = ?", (now, merge_id))


# --- what moves ------------------------------------------------------------------------------------


def move_line(session: Session, line_id: int, purchase_id: int) -> None:
    """A line becomes the last one of another purchase, with all that is committed to it."""
    session.run(
        "UPDATE purchase_lines SET purchase_id = ?1, position = 1 + (SELECT coalesce(max(position), 0)"
        " FROM purchase_lines WHERE purchase_id = ?1) WHERE id = ?2",
        (purchase_id, line_id),
    )


def move_commitment(session: Session, commitment_id: int, line_id: int) -> None:
    """It is of another line from now on; its units keep their age. A price is asked about anew."""
    session.run(
        "UPDATE commitments SET line_id = ?, asked_cents = NULL WHERE id = ?",
        (line_id, commitment_id),
    )


def move_interests(session: Session, from_id: int, into_id: int) -> None:
    session.run(
        "INSERT INTO purchase_interests (purchase_id, user_id, at, wants_reminder, reminded_at)"
        " SELECT ?, user_id, at, wants_reminder, reminded_at FROM purchase_interests"
        " WHERE purchase_id = ? ON CONFLICT (purchase_id, user_id) DO UPDATE SET"
        " wants_reminder = max(purchase_interests.wants_reminder, excluded.wants_reminder)",
        (into_id, from_id),
    )
    session.run("DELETE FROM purchase_interests WHERE purchase_id = ?", (from_id,))
