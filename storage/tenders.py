"""Tenders: purchases of the cooperative itself at agreed prices, and what members call off of them.

That nobody calls off more than is left, nor what is not open, are rules of the tables (migration 0009).
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final, Literal

from storage.session import Session

State = Literal["draft", "open", "closed"]

# What `change` may write.
_FIELDS: Final = frozenset(("valid_until", "note", "responsible"))


@dataclass(frozen=True, slots=True)
class LineDraft:
    """What is written of a line: the price of a unit in cents net of VAT, `vat` in basis points, `quantity` in
    units, what a unit costs elsewhere."""

    article: str
    unit: str
    cents: int
    vat: int
    quantity: int
    reference_cents: int | None = None
    article_code: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """A line as it stands; `position` counts from 1, `called` are the units called off so far."""

    id: int
    tender_id: int
    position: int
    article: str
    unit: str
    article_code: str
    cents: int
    vat: int
    reference_cents: int | None
    quantity: int
    called: int

    @property
    def remaining(self) -> int:
        return self.quantity - self.called


@dataclass(frozen=True, slots=True)
class Draft:
    """A tender that is to be written; `valid_until` is its last day (ISO)."""

    title: str
    language: str
    currency: str
    valid_until: str
    supplier_name: str
    network_ids: tuple[int, ...]
    lines: tuple[LineDraft, ...]
    responsible: str
    supplier_id: int | None = None
    unapproved_reason: str | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Tender:
    """One as it stands; `responsible` is None for a former member, `reason` why it was closed early."""

    id: int
    title: str
    language: str
    currency: str
    state: State
    state_since: int
    responsible: str | None
    supplier_id: int | None
    supplier_name: str
    unapproved_reason: str | None
    valid_until: str
    note: str
    reason: str | None
    created_at: int
    changed_at: int
    network_ids: tuple[int, ...]
    lines: tuple[Line, ...]

    @property
    def last_day(self) -> date:
        return date.fromisoformat(self.valid_until)

    def line(self, line_id: int) -> Line:
        return next(line for line in self.lines if line.id == line_id)


@dataclass(frozen=True, slots=True)
class CallOff:
    """Units that a member (None for a former one) called off; `order_id` once they are ordered."""

    id: int
    line_id: int
    user_id: str | None
    units: int
    at: int
    order_id: int | None


def add(session: Session, draft: Draft, *, now: int) -> int:
    """Write a draft; returns its number."""
    tender_id = session.insert(
        "INSERT INTO tenders (title, language, currency, state, state_since, responsible, supplier_id,"
        " supplier_name, unapproved_reason, valid_until, note, created_at, changed_at)"
        " VALUES (?, ?, ?, 'draft', ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            draft.title,
            draft.language,
            draft.currency,
            now,
            draft.responsible,
            draft.supplier_id,
            draft.supplier_name,
            draft.unapproved_reason,
            draft.valid_until,
            draft.note,
            now,
            now,
        ),
    )
    session.run_many(
        "INSERT INTO tender_networks VALUES (?, ?, ?)",
        [(tender_id, one, place) for place, one in enumerate(dict.fromkeys(draft.network_ids))],
    )
    session.run_many(
        "INSERT INTO tender_lines (tender_id, position, article, unit, article_code, cents, vat,"
        " reference_cents, quantity) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            (
                tender_id,
                position,
                line.article,
                line.unit,
                line.article_code,
                line.cents,
                line.vat,
                line.reference_cents,
                line.quantity,
            )
            for position, line in enumerate(draft.lines, start=1)
        ],
    )
    return tender_id


def change(session: Session, tender_id: int, *, now: int, **fields: Any) -> None:
    """Write some fields of a tender, by their names in `Tender`."""
    assert fields.keys() <= _FIELDS, f"these are not written so: {fields.keys() - _FIELDS}"
    assignments = ", ".join(f"{name} = :{name}" for name in fields)
    session.run(
        f"UPDATE tenders SET {assignments}, changed_at = :now_ WHERE id = :id_",
        {**fields, "now_": now, "id_": tender_id},
    )


def add_networks(session: Session, tender_id: int, network_ids: Iterable[int]) -> None:
    """It is for these as well; those that it is for already stay where they are."""
    session.run_many(
        "INSERT INTO tender_networks SELECT :tender, :network,"
        " (SELECT coalesce(max(position) + 1, 0) FROM tender_networks WHERE tender_id = :tender)"
        " WHERE NOT EXISTS (SELECT 1 FROM tender_networks"
        " WHERE tender_id = :tender AND network_id = :network)",
        [{"tender": tender_id, "network": one} for one in network_ids],
    )


def set_quantity(session: Session, line_id: int, quantity: int) -> None:
    """How many units there are in all. Raises sqlite3.IntegrityError for less than was called off."""
    session.run("UPDATE tender_lines SET quantity = ? WHERE id = ?", (quantity, line_id))


def move(
    session: Session, tender_id: int, state: State, *, now: int, reason: str | None = None
) -> None:
    session.run(
        "UPDATE tenders SET state = ?, state_since = ?, changed_at = ?, reason = coalesce(?, reason)"
        " WHERE id = ?",
        (state, now, now, reason, tender_id),
    )


# --- calling off -----------------------------------------------------------------------------------


def call_off(session: Session, line_id: int, user_id: str, units: int, *, now: int) -> int:
    """So many units for a member. Raises sqlite3.IntegrityError where less is left, or it is not open."""
    return session.insert(
        "INSERT INTO tender_call_offs (line_id, user_id, units, at) VALUES (?, ?, ?, ?)",
        (line_id, user_id, units, now),
    )


def cancel(session: Session, call_off_ids: Iterable[int], *, now: int) -> None:
    """What is not wanted any more is left for others. Raises sqlite3.IntegrityError for what is ordered."""
    session.run(
        "UPDATE tender_call_offs SET cancelled_at = ? WHERE id IN (SELECT value FROM json_each(?))",
        (now, json.dumps(list(call_off_ids))),
    )


def order(session: Session, tender_id: int, *, by: str, now: int) -> tuple[int, list[CallOff]]:
    """What waits is ordered: the order's number, and what it is of."""
    waiting = [one for one in call_offs(session, tender_id) if one.order_id is None]
    order_id = session.insert(
        "INSERT INTO tender_orders (tender_id, ordered_by, ordered_at) VALUES (?, ?, ?)",
        (tender_id, by, now),
    )
    session.run(
        "UPDATE tender_call_offs SET order_id = ? WHERE id IN (SELECT value FROM json_each(?))",
        (order_id, json.dumps([one.id for one in waiting])),
    )
    return order_id, waiting


def call_offs(
    session: Session, tender_id: int, accounts: Sequence[str] | None = None
) -> list[CallOff]:
    """What stands called off of a tender, if these are given by these accounts only; oldest first."""
    return session.typed(
        _call_off,
        "SELECT one.* FROM tender_call_offs AS one JOIN tender_lines AS line ON line.id = one.line_id"
        " WHERE line.tender_id = :tender AND one.cancelled_at IS NULL"
        " AND (:accounts IS NULL OR one.user_id IN (SELECT value FROM json_each(:accounts)))"
        " ORDER BY one.id",
        {
            "tender": tender_id,
            "accounts": None if accounts is None else json.dumps(list(accounts)),
        },
    )


def waiting_of(session: Session, accounts: Sequence[str]) -> dict[int, list[CallOff]]:
    """What a person called off that is not ordered yet, by tender."""
    found: dict[int, list[CallOff]] = {}
    for row in session.rows(
        "SELECT one.*, line.tender_id FROM tender_call_offs AS one"
        " JOIN tender_lines AS line ON line.id = one.line_id"
        " WHERE one.user_id IN (SELECT value FROM json_each(?))"
        " AND one.cancelled_at IS NULL AND one.order_id IS NULL ORDER BY one.id",
        (json.dumps(list(accounts)),),
    ):
        found.setdefault(row["tender_id"], []).append(_call_off(row))
    return found


def those_who_left(session: Session) -> list[str]:
    """Accounts of which something waits although the register marks them as having left."""
    return session.column(
        "SELECT DISTINCT one.user_id FROM tender_call_offs AS one"
        " JOIN member_accounts AS account ON account.user_id = one.user_id"
        " JOIN members ON members.id = account.member_id"
        " WHERE members.status = 'left' AND one.cancelled_at IS NULL AND one.order_id IS NULL"
        " ORDER BY one.user_id"
    )


def orders(session: Session, tender_id: int) -> list[int]:
    """Their ids, oldest first."""
    return session.column(
        "SELECT id FROM tender_orders WHERE tender_id = ? ORDER BY id", (tender_id,)
    )


# --- reading ---------------------------------------------------------------------------------------


def get(session: Session, tender_id: int) -> Tender | None:
    return next(iter(_read(session, "WHERE id = ?", (tender_id,))), None)


def in_states(session: Session, states: Sequence[State]) -> list[Tender]:
    """Whichever ends first comes first."""
    found = _read(session, "WHERE state IN (SELECT value FROM json_each(?))", (json.dumps(states),))
    return sorted(found, key=lambda one: (one.valid_until, one.id))


def _read(session: Session, where: str, parameters: Sequence[Any]) -> list[Tender]:
    rows = session.rows(f"SELECT * FROM tenders {where} ORDER BY id", parameters)
    wanted = (json.dumps([row["id"] for row in rows]),)
    among = "tender_id IN (SELECT value FROM json_each(?))"
    networks: dict[int, list[int]] = {}
    for row in session.rows(
        f"SELECT tender_id, network_id FROM tender_networks WHERE {among} ORDER BY tender_id, position",
        wanted,
    ):
        networks.setdefault(row["tender_id"], []).append(row["network_id"])
    lines: dict[int, list[Line]] = {}
    for row in session.rows(
        "SELECT line.*, (SELECT coalesce(sum(units), 0) FROM tender_call_offs"
        " WHERE line_id = line.id AND cancelled_at IS NULL) AS called FROM tender_lines AS line"
        f" WHERE {among} ORDER BY tender_id, position",
        wanted,
    ):
        lines.setdefault(row["tender_id"], []).append(_line(row))
    return [
        _tender(row, tuple(networks.get(row["id"], ())), tuple(lines.get(row["id"], ())))
        for row in rows
    ]


def _call_off(row: sqlite3.Row) -> CallOff:
    return CallOff(
        row["id"], row["line_id"], row["user_id"], row["units"], row["at"], row["order_id"]
    )


def _line(row: sqlite3.Row) -> Line:
    return Line(
        row["id"],
        row["tender_id"],
        row["position"],
        row["article"],
        row["unit"],
        row["article_code"],
        row["cents"],
        row["vat"],
        row["reference_cents"],
        row["quantity"],
        row["called"],
    )


def _tender(row: sqlite3.Row, networks: tuple[int, ...], lines: tuple[Line, ...]) -> Tender:
    return Tender(
        id=row["id"],
        title=row["title"],
        language=row["language"],
        currency=row["currency"],
        state=row["state"],
        state_since=row["state_since"],
        responsible=row["responsible"],
        supplier_id=row["supplier_id"],
        supplier_name=row["supplier_name"],
        unapproved_reason=row["unapproved_reason"],
        valid_until=row["valid_until"],
        note=row["note"],
        reason=row["reason"],
        created_at=row["created_at"],
        changed_at=row["changed_at"],
        network_ids=networks,
        lines=lines,
    )
