"""The lines of a purchase: what is bought, from whom, by which case and at which prices; what the decision and
the delivery came to."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from storage.session import Session

# What `change` may write.
_FIELDS: Final = frozenset(
    """article unit vat reference_cents reference_by reference_on supplier_id supplier_name article_code
    case_size minimum_cases""".split()
)


@dataclass(frozen=True, slots=True)
class Tier:
    """The price of a unit, in cents net of VAT, from so many units on (that many count)."""

    from_units: int
    cents: int


@dataclass(frozen=True, slots=True)
class LineDraft:
    """What is written of a line. `vat` is in basis points; `reference_on` an ISO day; `case_size` counts units,
    `minimum_cases` cases; `tiers` begin at one unit and fall in price."""

    article: str
    unit: str
    case_size: int
    tiers: tuple[Tier, ...]
    vat: int
    supplier_name: str
    supplier_id: int | None = None
    minimum_cases: int = 0
    reference_cents: int | None = None
    reference_by: str | None = None
    reference_on: str | None = None
    article_code: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """A line as it stands. `position` counts from 1. The decision fixes `ordered_cases` and `ordered_cents`
    (of a unit); `delivered_units` came."""

    id: int
    purchase_id: int
    position: int
    article: str
    unit: str
    case_size: int
    minimum_cases: int
    vat: int
    reference_cents: int | None
    reference_by: str | None
    reference_on: str | None
    supplier_id: int | None
    supplier_name: str
    article_code: str
    ordered_cases: int | None
    ordered_cents: int | None
    delivered_units: int | None
    tiers: tuple[Tier, ...]

    @property
    def ordered_units(self) -> int:
        return (self.ordered_cases or 0) * self.case_size


def add(session: Session, purchase_id: int, lines: Iterable[LineDraft]) -> None:
    """Write the lines of a purchase that has none yet."""
    for position, line in enumerate(lines, start=1):
        _add_one(session, purchase_id, position, line)


def _add_one(session: Session, purchase_id: int, position: int, line: LineDraft) -> None:
    line_id = session.insert(
        "INSERT INTO purchase_lines (purchase_id, position, article, unit, case_size, minimum_cases, vat,"
        " reference_cents, reference_by, reference_on, supplier_id, supplier_name, article_code)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            purchase_id,
            position,
            line.article,
            line.unit,
            line.case_size,
            line.minimum_cases,
            line.vat,
            line.reference_cents,
            line.reference_by,
            line.reference_on,
            line.supplier_id,
            line.supplier_name,
            line.article_code,
        ),
    )
    set_tiers(session, line_id, line.tiers)


def set_tiers(session: Session, line_id: int, tiers: Iterable[Tier]) -> None:
    """Replace the prices of a line."""
    session.run("DELETE FROM purchase_tiers WHERE line_id = ?", (line_id,))
    session.run_many(
        "INSERT INTO purchase_tiers VALUES (?, ?, ?)",
        [(line_id, tier.from_units, tier.cents) for tier in tiers],
    )


def change(session: Session, line_id: int, **fields: Any) -> None:
    """Write some fields of a line, by their names in `LineDraft`; prices are `set_tiers`'s."""
    assert fields.keys() <= _FIELDS, f"these are not written so: {fields.keys()}"
    assignments = ", ".join(f"{name} = :{name}" for name in fields)
    session.run(
        f"UPDATE purchase_lines SET {assignments} WHERE id = :id_", {**fields, "id_": line_id}
    )


def fix_order(session: Session, line_id: int, *, cases: int | None, cents: int | None) -> None:
    """What the decision found for a line: cases, and the price of a unit."""
    session.run(
        "UPDATE purchase_lines SET ordered_cases = ?, ordered_cents = ? WHERE id = ?",
        (cases, cents, line_id),
    )


def set_delivered(session: Session, line_id: int, units: int | None) -> None:
    session.run("UPDATE purchase_lines SET delivered_units = ? WHERE id = ?", (units, line_id))


def by_purchase(session: Session, purchase_ids: Iterable[int]) -> dict[int, list[Line]]:
    """In order of position; purchases without any are left out."""
    wanted = (json.dumps(list(purchase_ids)),)
    among = "line.purchase_id IN (SELECT value FROM json_each(?))"
    tiers: dict[int, list[Tier]] = {}
    for row in session.rows(
        "SELECT tier.* FROM purchase_tiers AS tier JOIN purchase_lines AS line ON line.id = tier.line_id"
        f" WHERE {among} ORDER BY tier.line_id, tier.from_units",
        wanted,
    ):
        tiers.setdefault(row["line_id"], []).append(Tier(row["from_units"], row["cents"]))
    lines: dict[int, list[Line]] = {}
    for row in session.rows(
        f"SELECT * FROM purchase_lines AS line WHERE {among} ORDER BY purchase_id, position", wanted
    ):
        line = _line(row, tuple(tiers.get(row["id"], ())))
        lines.setdefault(line.purchase_id, []).append(line)
    return lines


def _line(row: sqlite3.Row, tiers: tuple[Tier, ...]) -> Line:
    return Line(
        row["id"],
        row["purchase_id"],
        row["position"],
        row["article"],
        row["unit"],
        row["case_size"],
        row["minimum_cases"],
        row["vat"],
        row["reference_cents"],
        row["reference_by"],
        row["reference_on"],
        row["supplier_id"],
        row["supplier_name"],
        row["article_code"],
        row["ordered_cases"],
        row["ordered_cents"],
        row["delivered_units"],
        tiers,
    )
