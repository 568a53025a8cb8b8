"""What members propose (a network, a collective initiative) and who supports it, each once."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from typing import Literal

from storage.networks import NetworkKind
from storage.session import Session

Kind = Literal["network", "initiative"]
Status = Literal["open", "accepted", "declined", "withdrawn"]


@dataclass(frozen=True, slots=True)
class Proposal:
    """`supporters` are members, each once, without the proposer; `heard` says whether staff were told.
    Milliseconds UTC.
    """

    id: int
    kind: Kind
    title: str
    purpose: str
    network_kind: NetworkKind | None
    region: str | None
    language: str
    proposer: str | None
    status: Status
    network_id: int | None
    heard: bool
    created_at: int
    supporters: int


def _proposal(row: sqlite3.Row) -> Proposal:
    return Proposal(
        row["id"],
        row["kind"],
        row["title"],
        row["purpose"],
        row["network_kind"],
        row["region"],
        row["language"],
        row["proposer"],
        row["status"],
        row["network_id"],
        row["heard_at"] is not None,
        row["created_at"],
        row["supporters"],
    )


_SELECT = (
    "SELECT *, (SELECT count(DISTINCT coalesce(member_id, user_id)) FROM proposal_supports"
    " LEFT JOIN member_accounts USING (user_id) WHERE proposal_id = proposals.id)"
    " AS supporters FROM proposals"
)


def get(session: Session, proposal_id: int) -> Proposal | None:
    row = session.row(f"{_SELECT} WHERE id = ?", (proposal_id,))
    return _proposal(row) if row else None


def open_ones(session: Session) -> list[Proposal]:
    """Newest first."""
    return session.typed(_proposal, f"{_SELECT} WHERE status = 'open' ORDER BY id DESC")


def of_person(session: Session, user_id: str) -> list[Proposal]:
    return session.typed(_proposal, f"{_SELECT} WHERE proposer = ? ORDER BY id", (user_id,))


def supported_by(session: Session, user_id: str) -> list[int]:
    return session.column(
        "SELECT proposal_id FROM proposal_supports WHERE user_id = ? ORDER BY proposal_id",
        (user_id,),
    )


def add(
    session: Session,
    *,
    kind: Kind,
    title: str,
    purpose: str,
    network_kind: NetworkKind | None,
    region: str | None,
    language: str,
    proposer: str,
    now: int,
) -> int:
    return session.insert(
        "INSERT INTO proposals (kind, title, purpose, network_kind, region, language, proposer,"
        " created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (kind, title, purpose, network_kind, region, language, proposer, now),
    )


def support(session: Session, proposal_id: int, user_id: str, *, now: int) -> bool:
    """False when the person supported it before."""
    return bool(
        session.run(
            "INSERT INTO proposal_supports (proposal_id, user_id, at) VALUES (?, ?, ?)"
            " ON CONFLICT DO NOTHING",
            (proposal_id, user_id, now),
        )
    )


def hear_once(session: Session, proposal_id: int, *, now: int) -> bool:
    """True the first time: staff are told of a proposal once."""
    return bool(
        session.run(
            "UPDATE proposals SET heard_at = ? WHERE id = ? AND heard_at IS NULL",
            (now, proposal_id),
        )
    )


def decide(
    session: Session,
    proposal_id: int,
    status: Literal["accepted", "declined", "withdrawn"],
    *,
    by: str,
    network_id: int | None = None,
    now: int,
) -> bool:
    """False when it was decided before."""
    return bool(
        session.run(
            "UPDATE proposals SET status = ?, decided_by = ?, network_id = ?, decided_at = ?"
            " WHERE id = ? AND status = 'open'",
            (status, by, network_id, now, proposal_id),
        )
    )


def forget_person(session: Session, user_id: str) -> None:
    """The proposal stays, for those who support it; its proposer becomes a former member."""
    session.run("DELETE FROM proposal_supports WHERE user_id = ?", (user_id,))
    session.run("UPDATE proposals SET proposer = NULL WHERE proposer = ?", (user_id,))
    session.run("UPDATE proposals SET decided_by = NULL WHERE decided_by = ?", (user_id,))
