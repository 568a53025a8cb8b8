"""What ends for suppliers, of which the buyers were told when, and who used a deal and has to hear.

What an end means, and when it is told, is `commands.suppliers.lapses`'s and `upkeep`'s to say.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from storage.session import Session

Kind = Literal["evidence", "review", "deal", "condition"]


@dataclass(frozen=True, slots=True)
class Notice:
    """One end: `subject` is the criterion of evidence and empty otherwise, `due` the last day (ISO)."""

    supplier_id: int
    kind: Kind
    subject: str
    due: str


def evidence_ends(session: Session) -> dict[int, dict[str, str]]:
    """For each visible supplier and criterion the last day (ISO) of the evidence that holds longest."""
    found: dict[int, dict[str, str]] = {}
    for row in session.rows(
        "SELECT supplier_id, criterion, max(valid_until) AS due FROM supplier_evidence"
        " JOIN suppliers ON suppliers.id = supplier_id"
        " WHERE withdrawn_at IS NULL AND state IN ('approved', 'conditional')"
        " GROUP BY supplier_id, criterion"
    ):
        found.setdefault(row["supplier_id"], {})[row["criterion"]] = row["due"]
    return found


def under_review(session: Session) -> set[int]:
    """Suppliers with an open round."""
    return set(session.column("SELECT supplier_id FROM supplier_rounds WHERE closed_at IS NULL"))


def reviewed_before(session: Session, version: int) -> dict[int, str | None]:
    """Visible suppliers that stand by a round against an earlier version of the charter than that: when their
    approval ends (ISO day), by number."""
    rows = session.rows(
        "SELECT suppliers.id, suppliers.review_due FROM suppliers"
        " JOIN supplier_rounds AS rounds ON rounds.id = suppliers.round_id"
        " WHERE suppliers.state IN ('approved', 'conditional') AND rounds.charter_version < ?"
        " ORDER BY suppliers.id",
        (version,),
    )
    return {row["id"]: row["review_due"] for row in rows}


def standing_by(session: Session) -> dict[int, int]:
    """The version of the charter by which each visible supplier stands, by number."""
    rows = session.rows(
        "SELECT suppliers.id, rounds.charter_version FROM suppliers"
        " JOIN supplier_rounds AS rounds ON rounds.id = suppliers.round_id"
        " WHERE suppliers.state IN ('approved', 'conditional')"
    )
    return {row["id"]: row["charter_version"] for row in rows}


def told(session: Session) -> dict[Notice, int]:
    """When (ms UTC) the buyers were last told of what."""
    return {
        Notice(row["supplier_id"], row["kind"], row["subject"], row["due"]): row["last_told_at"]
        for row in session.rows("SELECT * FROM supplier_notices")
    }


def note_told(session: Session, notices: Iterable[Notice], *, now: int) -> None:
    session.run_many(
        "INSERT INTO supplier_notices (supplier_id, kind, subject, due, first_told_at, last_told_at)"
        " VALUES (?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (supplier_id, kind, subject, due) DO UPDATE"
        " SET last_told_at = excluded.last_told_at",
        ((each.supplier_id, each.kind, each.subject, each.due, now, now) for each in notices),
    )


def users_of_deal(session: Session, supplier_id: int, *, since: str = "") -> list[str]:
    """Who used its deal, on that ISO day or later: each person once, by the account that used it last.

    Those who left the cooperative are left out.
    """
    return session.column(
        "SELECT user_id FROM (SELECT uses.user_id, max(uses.used_at) AS last,"
        " coalesce(account.member_id, uses.user_id) AS person FROM deal_uses AS uses"
        " LEFT JOIN member_accounts AS account ON account.user_id = uses.user_id"
        " LEFT JOIN members ON members.id = account.member_id"
        " WHERE uses.supplier_id = ? AND uses.user_id IS NOT NULL AND uses.used_on >= ?"
        " AND coalesce(members.status, 'active') = 'active' GROUP BY person) ORDER BY user_id",
        (supplier_id, since),
    )
