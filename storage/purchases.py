"""Group purchases: for whom, until when, and where that stands. What is bought is `purchase_lines`', what
members commit to `commitments`', what they owe `purchase_bills`'.

Which state follows which, and that a failed purchase is extended once, are rules of the tables (migration
0009): nothing here can get around them.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from storage import purchase_lines
from storage.purchase_lines import Line, LineDraft
from storage.session import Session

State = Literal[
    "draft",
    "open",
    "filling",
    "tipped",
    "failed",
    "confirmed",
    "ordered",
    "received",
    "settled",
    "cancelled",
]

OPEN: Final[tuple[State, ...]] = ("open", "filling")
UNDER_WAY: Final[tuple[State, ...]] = (
    "open",
    "filling",
    "tipped",
    "failed",
    "confirmed",
    "ordered",
    "received",
)
# What `change` may write.
_FIELDS: Final = frozenset(
    """title responsible awaits_approval unapproved_reason note pickup payment deadline due_at released_at
    freight_cents fees_cents costs_vat handling_minutes handling_rate_cents override_reason override_by
    expected_on saved_grams saved_trips""".split()
)


@dataclass(frozen=True, slots=True)
class Draft:
    """A purchase that is to be written. `deadline` in ms UTC; money in cents of `currency`, net of VAT;
    `costs_vat` in basis points; `regions` are codes, or as typed; `awaits_approval` for one that a member
    proposes."""

    title: str
    language: str
    currency: str
    deadline: int
    network_ids: tuple[int, ...]
    regions: tuple[str, ...]
    lines: tuple[LineDraft, ...]
    responsible: str
    unapproved_reason: str | None = None
    note: str = ""
    pickup: str = ""
    payment: str = ""
    freight_cents: int = 0
    fees_cents: int = 0
    costs_vat: int = 0
    handling_minutes: int = 0
    handling_rate_cents: int = 0
    awaits_approval: bool = False


@dataclass(frozen=True, slots=True)
class Purchase:
    """One as it stands; people are None for former members. `due_at` is when the next step comes by itself,
    `released_at` when a failed one was given up, `merged_into` the purchase in which it goes on,
    `expected_on` the ISO day on which what was ordered should come."""

    id: int
    title: str
    language: str
    currency: str
    state: State
    state_since: int
    opener: str | None
    responsible: str | None
    awaits_approval: bool
    unapproved_reason: str | None
    note: str
    pickup: str
    payment: str
    deadline: int
    due_at: int | None
    extended: bool
    released_at: int | None
    merged_into: int | None
    reason: str | None
    freight_cents: int
    fees_cents: int
    costs_vat: int
    handling_minutes: int
    handling_rate_cents: int
    override_reason: str | None
    override_by: str | None
    expected_on: str | None
    saved_grams: int | None
    saved_trips: int | None
    created_at: int
    changed_at: int
    was_open: bool
    network_ids: tuple[int, ...]
    regions: tuple[str, ...]
    lines: tuple[Line, ...]

    @property
    def takes_commitments(self) -> bool:
        return self.state in OPEN

    def line(self, line_id: int) -> Line:
        return next(line for line in self.lines if line.id == line_id)


def add(session: Session, draft: Draft, *, opener: str, now: int) -> int:
    """Write a draft; returns its number."""
    purchase_id = session.insert(
        "INSERT INTO purchases (title, language, currency, state, state_since, opener, responsible,"
        " awaits_approval, unapproved_reason, note, pickup, payment, deadline, freight_cents, fees_cents,"
        " costs_vat, handling_minutes, handling_rate_cents, created_at, changed_at)"
        " VALUES (?, ?, ?, 'draft', ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            draft.title,
            draft.language,
            draft.currency,
            now,
            opener,
            draft.responsible,
            draft.awaits_approval,
            draft.unapproved_reason,
            draft.note,
            draft.pickup,
            draft.payment,
            draft.deadline,
            draft.freight_cents,
            draft.fees_cents,
            draft.costs_vat,
            draft.handling_minutes,
            draft.handling_rate_cents,
            now,
            now,
        ),
    )
    set_networks(session, purchase_id, draft.network_ids)
    set_regions(session, purchase_id, draft.regions)
    purchase_lines.add(session, purchase_id, draft.lines)
    return purchase_id


def set_networks(session: Session, purchase_id: int, network_ids: Iterable[int]) -> None:
    session.run("DELETE FROM purchase_networks WHERE purchase_id = ?", (purchase_id,))
    session.run_many(
        "INSERT INTO purchase_networks VALUES (?, ?, ?)",
        [(purchase_id, one, position) for position, one in enumerate(dict.fromkeys(network_ids))],
    )


def set_regions(session: Session, purchase_id: int, regions: Iterable[str]) -> None:
    session.run("DELETE FROM purchase_regions WHERE purchase_id = ?", (purchase_id,))
    session.run_many(
        "INSERT INTO purchase_regions VALUES (?, ?, ?)",
        [(purchase_id, one, position) for position, one in enumerate(dict.fromkeys(regions))],
    )


def change(session: Session, purchase_id: int, *, now: int, **fields: Any) -> None:
    """Write some fields of a purchase, by their names in `Purchase`; where it stands is `move`'s."""
    assert fields.keys() <= _FIELDS, f"these are not written so: {fields.keys() - _FIELDS}"
    assignments = ", ".join(f"{name} = :{name}" for name in fields)
    session.run(
        f"UPDATE purchases SET {assignments}, changed_at = :now_ WHERE id = :id_",
        {**fields, "now_": now, "id_": purchase_id},
    )


def move(
    session: Session,
    purchase_id: int,
    state: State,
    *,
    now: int,
    due_at: int | None = None,
    deadline: int | None = None,
    reason: str | None = None,
    merged_into: int | None = None,
) -> None:
    """Bring it into another state; `due_at` is when the next step comes by itself. A failed one that opens
    again is extended. Raises sqlite3.IntegrityError for a move that there is not."""
    session.run(
        "UPDATE purchases SET extended = CASE WHEN state = 'failed' AND :state = 'open' THEN 1"
        " ELSE extended END, state = :state, state_since = :now, changed_at = :now, due_at = :due_at,"
        " deadline = coalesce(:deadline, deadline), reason = coalesce(:reason, reason),"
        " merged_into = coalesce(:merged_into, merged_into) WHERE id = :id",
        {
            "state": state,
            "now": now,
            "due_at": due_at,
            "deadline": deadline,
            "reason": reason,
            "merged_into": merged_into,
            "id": purchase_id,
        },
    )


# --- reading ---------------------------------------------------------------------------------------


def get(session: Session, purchase_id: int) -> Purchase | None:
    return next(iter(_read(session, "WHERE id = ?", (purchase_id,))), None)


def of_line(session: Session, line_id: int) -> Purchase | None:
    """The purchase that has this line."""
    return next(
        iter(
            _read(
                session,
                "WHERE id = (SELECT purchase_id FROM purchase_lines WHERE id = ?)",
                (line_id,),
            )
        ),
        None,
    )


def in_states(session: Session, states: Sequence[State]) -> list[Purchase]:
    """In order of number."""
    return _read(session, "WHERE state IN (SELECT value FROM json_each(?))", (json.dumps(states),))


def overdue(session: Session, *, before: int) -> list[int]:
    """The numbers of those whose next step was due before that time (ms UTC)."""
    return session.column("SELECT id FROM purchases WHERE due_at < ? ORDER BY id", (before,))


def run_by(session: Session, accounts: Sequence[str]) -> list[Purchase]:
    """Those that a person, by their accounts, opened or is responsible for; the newest first."""
    theirs = json.dumps(list(accounts))
    found = _read(
        session,
        "WHERE responsible IN (SELECT value FROM json_each(?1))"
        " OR opener IN (SELECT value FROM json_each(?1))",
        (theirs,),
    )
    return found[::-1]


def history(session: Session, purchase_id: int) -> list[tuple[State, int]]:
    """States and when they began, oldest first."""
    return [
        (row["state"], row["at"])
        for row in session.rows(
            "SELECT state, at FROM purchase_history WHERE purchase_id = ? ORDER BY id",
            (purchase_id,),
        )
    ]


def _read(session: Session, where: str, parameters: Sequence[Any]) -> list[Purchase]:
    rows = session.rows(
        "SELECT *, EXISTS (SELECT 1 FROM purchase_history WHERE purchase_id = purchases.id"
        f" AND state = 'open') AS was_open FROM purchases {where} ORDER BY id",
        parameters,
    )
    wanted = (json.dumps([row["id"] for row in rows]),)
    among = "purchase_id IN (SELECT value FROM json_each(?))"
    networks = _grouped(
        session.rows(
            f"SELECT purchase_id, network_id AS value FROM purchase_networks WHERE {among}"
            " ORDER BY purchase_id, position",
            wanted,
        )
    )
    regions = _grouped(
        session.rows(
            f"SELECT purchase_id, region AS value FROM purchase_regions WHERE {among}"
            " ORDER BY purchase_id, position",
            wanted,
        )
    )
    lines = purchase_lines.by_purchase(session, [row["id"] for row in rows])
    return [
        _purchase(
            row,
            tuple(networks.get(row["id"], ())),
            tuple(regions.get(row["id"], ())),
            tuple(lines.get(row["id"], ())),
        )
        for row in rows
    ]


def _grouped(rows: Iterable[sqlite3.Row]) -> Mapping[int, list[Any]]:
    grouped: dict[int, list[Any]] = {}
    for row in rows:
        grouped.setdefault(row["purchase_id"], []).append(row["value"])
    return grouped


def _purchase(
    row: sqlite3.Row, networks: tuple[int, ...], regions: tuple[str, ...], lines: tuple[Line, ...]
) -> Purchase:
    return Purchase(
        id=row["id"],
        title=row["title"],
        language=row["language"],
        currency=row["currency"],
        state=row["state"],
        state_since=row["state_since"],
        opener=row["opener"],
        responsible=row["responsible"],
        awaits_approval=bool(row["awaits_approval"]),
        unapproved_reason=row["unapproved_reason"],
        note=row["note"],
        pickup=row["pickup"],
        payment=row["payment"],
        deadline=row["deadline"],
        due_at=row["due_at"],
        extended=bool(row["extended"]),
        released_at=row["released_at"],
        merged_into=row["merged_into"],
        reason=row["reason"],
        freight_cents=row["freight_cents"],
        fees_cents=row["fees_cents"],
        costs_vat=row["costs_vat"],
        handling_minutes=row["handling_minutes"],
        handling_rate_cents=row["handling_rate_cents"],
        override_reason=row["override_reason"],
        override_by=row["override_by"],
        expected_on=row["expected_on"],
        saved_grams=row["saved_grams"],
        saved_trips=row["saved_trips"],
        created_at=row["created_at"],
        changed_at=row["changed_at"],
        was_open=bool(row["was_open"]),
        network_ids=networks,
        regions=regions,
        lines=lines,
    )
