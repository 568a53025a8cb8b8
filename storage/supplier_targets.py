"""Which share of the suppliers is to be approved, by class and year, and which share was at any moment."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from storage.session import Session
from storage.suppliers import Class


@dataclass(frozen=True, slots=True)
class Share:
    """`approved` of `known`: approved and conditional suppliers, of all that were more than prospects."""

    approved: int
    known: int

    @property
    def percent(self) -> int | None:
        """Halves are rounded up; None where there was nothing to approve."""
        return (200 * self.approved + self.known) // (2 * self.known) if self.known else None


def put(session: Session, year: int, class_: Class, percent: int, *, by: str, now: int) -> None:
    """In place of what the target was."""
    session.run(
        "INSERT INTO supplier_targets (year, class, percent, set_by, set_at) VALUES (?, ?, ?, ?, ?)"
        " ON CONFLICT (year, class) DO UPDATE SET percent = excluded.percent,"
        " set_by = excluded.set_by, set_at = excluded.set_at",
        (year, class_, percent, by, now),
    )


def remove(session: Session, year: int, class_: Class) -> bool:
    """False when there was none."""
    return bool(
        session.run("DELETE FROM supplier_targets WHERE year = ? AND class = ?", (year, class_))
    )


def every(session: Session) -> dict[tuple[int, Class], int]:
    """Percent by year and class."""
    rows = session.rows("SELECT year, class, percent FROM supplier_targets")
    return {(row["year"], row["class"]): row["percent"] for row in rows}


def shares(session: Session, moments: Sequence[int]) -> list[Mapping[Class, Share]]:
    """How it stood at each of these moments (ms UTC, that moment not included), by class.

    A supplier counts for the class that it has now: classes have no history.
    """
    return [_shares_before(session, moment) for moment in moments]


def _shares_before(session: Session, moment: int) -> Mapping[Class, Share]:
    rows = session.rows(
        "SELECT suppliers.class, count(*) AS known,"
        " sum(history.state IN ('approved', 'conditional')) AS approved"
        " FROM (SELECT supplier_id, max(id) AS id FROM supplier_history WHERE at < ?"
        " GROUP BY supplier_id) AS last"
        " JOIN supplier_history AS history ON history.id = last.id"
        " JOIN suppliers ON suppliers.id = history.supplier_id"
        " WHERE history.state <> 'prospect' GROUP BY suppliers.class",
        (moment,),
    )
    return {row["class"]: Share(row["approved"], row["known"]) for row in rows}


def forget_person(session: Session, user_id: str) -> None:
    session.run("UPDATE supplier_targets SET set_by = NULL WHERE set_by = ?", (user_id,))
