"""What each member owes for what was delivered of a purchase, who said that they paid and who confirmed it; and
what a settled purchase brought. The bot holds no money: how amounts come about is for those who settle.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from storage.member_accounts import same_person
from storage.session import Session


@dataclass(frozen=True, slots=True)
class BillLine:
    """Units of one line at a price of a unit; amounts in cents."""

    line_id: int
    units: int
    unit_cents: int
    net_cents: int
    vat_cents: int


@dataclass(frozen=True, slots=True)
class NewBill:
    """One that is to be written. `gain_cents` is what the member spares after their part of the costs."""

    user_id: str | None
    lines: tuple[BillLine, ...]
    costs_cents: int
    costs_vat_cents: int
    gain_cents: int

    @property
    def net_cents(self) -> int:
        return sum(line.net_cents for line in self.lines)

    @property
    def vat_cents(self) -> int:
        return sum(line.vat_cents for line in self.lines)

    @property
    def total_cents(self) -> int:
        return self.net_cents + self.vat_cents + self.costs_cents + self.costs_vat_cents


@dataclass(frozen=True, slots=True)
class Bill:
    """`user_id` is None for a former member; `number` counts from 1 within the purchase. Amounts in cents,
    times in ms UTC."""

    id: int
    purchase_id: int
    number: int
    user_id: str | None
    net_cents: int
    vat_cents: int
    costs_cents: int
    costs_vat_cents: int
    total_cents: int
    gain_cents: int
    billed_at: int
    said_paid_at: int | None
    confirmed_at: int | None
    confirmed_by: str | None
    reminders: int
    reminded_at: int | None

    @property
    def is_open(self) -> bool:
        """Whether nobody confirmed that it is paid; one of nothing is paid."""
        return self.confirmed_at is None and self.total_cents > 0


@dataclass(frozen=True, slots=True)
class Summary:
    """What a settled purchase brought; `closed_on` is the local ISO day."""

    purchase_id: int
    closed_on: str
    members: int
    units: int
    net_cents: int
    gained_cents: int
    saved_grams: int | None
    saved_trips: int | None


def write(session: Session, purchase_id: int, bills: Sequence[NewBill], *, now: int) -> None:
    """These take the place of all bills of a purchase, numbered in their order. Whoever said that they paid is
    still taken at their word where the amount did not change."""
    said = {
        (row["user_id"], row["total_cents"]): row["said_paid_at"]
        for row in session.rows(
            "SELECT user_id, total_cents, said_paid_at FROM purchase_bills"
            " WHERE purchase_id = ? AND user_id IS NOT NULL",
            (purchase_id,),
        )
    }
    session.run("DELETE FROM purchase_bills WHERE purchase_id = ?", (purchase_id,))
    for number, bill in enumerate(bills, start=1):
        bill_id = session.insert(
            "INSERT INTO purchase_bills (purchase_id, number, user_id, net_cents, vat_cents, costs_cents,"
            " costs_vat_cents, total_cents, gain_cents, billed_at, said_paid_at)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                purchase_id,
                number,
                bill.user_id,
                bill.net_cents,
                bill.vat_cents,
                bill.costs_cents,
                bill.costs_vat_cents,
                bill.total_cents,
                bill.gain_cents,
                now,
                said.get((bill.user_id, bill.total_cents)),
            ),
        )
        session.run_many(
            "INSERT INTO purchase_bill_lines (bill_id, line_id, units, unit_cents, net_cents, vat_cents)"
            " VALUES (?, ?, ?, ?, ?, ?)",
            [
                (bill_id, one.line_id, one.units, one.unit_cents, one.net_cents, one.vat_cents)
                for one in bill.lines
            ],
        )


def get(session: Session, bill_id: int) -> Bill | None:
    return next(iter(_read(session, "id = ?", (bill_id,))), None)


def of_purchase(session: Session, purchase_id: int) -> list[Bill]:
    """In order of number."""
    return _read(session, "purchase_id = ?", (purchase_id,))


def of_person(session: Session, user_id: str, purchase_id: int | None = None) -> list[Bill]:
    """Those of one person, whichever of their accounts they used; of one purchase, or of all."""
    return _read(
        session,
        "user_id IN (SELECT value FROM json_each(?1)) AND (?2 IS NULL OR purchase_id = ?2)",
        (json.dumps(same_person(session, user_id)), purchase_id),
    )


def lines_of(
    session: Session, purchase_id: int, bill_id: int | None = None
) -> dict[int, list[BillLine]]:
    """By bill, or of one bill, in the order of the purchase's lines."""
    found: dict[int, list[BillLine]] = {}
    # By place: a large purchase has a hundred thousand.
    for bill, *columns in session.rows(
        "SELECT one.bill_id, one.line_id, one.units, one.unit_cents, one.net_cents, one.vat_cents"
        " FROM purchase_bill_lines AS one"
        " JOIN purchase_bills AS bill ON bill.id = one.bill_id"
        " JOIN purchase_lines AS line ON line.id = one.line_id"
        " WHERE bill.purchase_id = ?1 AND (?2 IS NULL OR bill.id = ?2)"
        " ORDER BY bill.number, line.position",
        (purchase_id, bill_id),
    ):
        found.setdefault(bill, []).append(BillLine(*columns))
    return found


def say_paid(session: Session, bill_ids: Iterable[int], *, now: int) -> None:
    """The member says that they paid; what they said before stands."""
    session.run(
        "UPDATE purchase_bills SET said_paid_at = coalesce(said_paid_at, ?)"
        " WHERE id IN (SELECT value FROM json_each(?))",
        (now, json.dumps(list(bill_ids))),
    )


def deny(session: Session, bill_id: int) -> None:
    """Nothing came: it is as if the member had not said that they paid."""
    session.run("UPDATE purchase_bills SET said_paid_at = NULL WHERE id = ?", (bill_id,))


def confirm(session: Session, bill_ids: Iterable[int], by: str, *, now: int) -> None:
    """The money came, says somebody; confirmed ones stay as they are."""
    session.run(
        "UPDATE purchase_bills SET confirmed_at = ?, confirmed_by = ?"
        " WHERE confirmed_at IS NULL AND id IN (SELECT value FROM json_each(?))",
        (now, by, json.dumps(list(bill_ids))),
    )


def reminded(session: Session, bill_ids: Iterable[int], *, now: int) -> None:
    session.run(
        "UPDATE purchase_bills SET reminders = reminders + 1, reminded_at = ?"
        " WHERE id IN (SELECT value FROM json_each(?))",
        (now, json.dumps(list(bill_ids))),
    )


def summarise(session: Session, summary: Summary) -> None:
    """Write what a purchase brought, in place of what was written before."""
    session.run(
        "INSERT OR REPLACE INTO purchase_summaries (purchase_id, closed_on, members, units, net_cents,"
        " gained_cents, saved_grams, saved_trips) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (
            summary.purchase_id,
            summary.closed_on,
            summary.members,
            summary.units,
            summary.net_cents,
            summary.gained_cents,
            summary.saved_grams,
            summary.saved_trips,
        ),
    )


def summary_of(session: Session, purchase_id: int) -> Summary | None:
    row = session.row("SELECT * FROM purchase_summaries WHERE purchase_id = ?", (purchase_id,))
    return _summary(row) if row is not None else None


def summaries(session: Session, year: int) -> list[Summary]:
    """Of the purchases that were closed in a year, the first first."""
    return session.typed(
        _summary,
        "SELECT * FROM purchase_summaries WHERE closed_on BETWEEN ? AND ?"
        " ORDER BY closed_on, purchase_id",
        (f"{year:04}-01-01", f"{year:04}-12-31"),
    )


def _read(session: Session, where: str, parameters: Sequence[object]) -> list[Bill]:
    return session.typed(
        _bill,
        f"SELECT * FROM purchase_bills WHERE {where} ORDER BY purchase_id, number",
        parameters,
    )


def _bill(row: sqlite3.Row) -> Bill:
    return Bill(**{name: row[name] for name in row.keys()})  # noqa: SIM118 (a Row is no mapping)


def _summary(row: sqlite3.Row) -> Summary:
    return Summary(**{name: row[name] for name in row.keys()})  # noqa: SIM118 (a Row is no mapping)
