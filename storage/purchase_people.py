"""All that group purchases and tenders hold on a person: to show it, to forget it, and to let whoever left take
part in nothing more."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from storage.session import Session

_MINE: Final = "IN (SELECT value FROM json_each(?))"
_PURCHASE: Final = "purchases.id AS number, purchases.title"
_OF_LINE: Final = (
    "JOIN purchase_lines AS line ON line.id = line_id"
    " JOIN purchases ON purchases.id = line.purchase_id"
)
# What was never decided, or came to nothing, is the member's own; from then on others count on it.
_UNDECIDED: Final = "('draft', 'open', 'filling', 'tipped', 'failed', 'cancelled')"
_STILL_OPEN: Final = "('open', 'filling', 'failed')"
_FACTS: Final = {
    "purchases_opened": "SELECT id AS number, title, state, created_at FROM purchases"
    f" WHERE opener {_MINE} ORDER BY id",
    "purchases_responsible_for": "SELECT id AS number, title, state FROM purchases"
    f" WHERE responsible {_MINE} ORDER BY id",
    "freight_checks_overridden": "SELECT id AS number, title, override_reason AS reason FROM purchases"
    f" WHERE override_by {_MINE} ORDER BY id",
    "commitments": f"SELECT {_PURCHASE}, purchases.state, line.article,"
    " (SELECT coalesce(sum(units), 0) FROM commitment_units WHERE commitment_id = one.id) AS quantity,"
    " tolerance, accepted_cents, asked_cents, dropped, ordered_units, one.delivered_units, made_at,"
    f" one.changed_at FROM commitments AS one {_OF_LINE} WHERE user_id {_MINE} ORDER BY one.id",
    "commitments_by_unit": f"SELECT {_PURCHASE}, line.article, units, added_at FROM commitment_units"
    f" JOIN commitments AS one ON one.id = commitment_id {_OF_LINE} WHERE user_id {_MINE}"
    " ORDER BY commitment_units.id",
    "interests": f"SELECT {_PURCHASE}, at, wants_reminder, reminded_at FROM purchase_interests"
    f" JOIN purchases ON purchases.id = purchase_id WHERE user_id {_MINE} ORDER BY at",
    "losses_told": f"SELECT {_PURCHASE}, gain_cents, told_at, withdrew_at FROM purchase_losses"
    f" JOIN purchases ON purchases.id = purchase_id WHERE user_id {_MINE} ORDER BY told_at",
    "bills": f"SELECT {_PURCHASE}, bill.number AS bill, purchases.currency, net_cents, vat_cents,"
    " costs_cents, costs_vat_cents, total_cents, gain_cents, billed_at, said_paid_at, confirmed_at,"
    " reminders, reminded_at FROM purchase_bills AS bill JOIN purchases ON purchases.id = purchase_id"
    f" WHERE user_id {_MINE} ORDER BY bill.id",
    "payments_confirmed": f"SELECT {_PURCHASE}, bill.number AS bill, confirmed_at"
    " FROM purchase_bills AS bill JOIN purchases ON purchases.id = purchase_id"
    f" WHERE confirmed_by {_MINE} ORDER BY bill.id",
    "tenders_responsible_for": "SELECT id AS number, title, state, created_at FROM tenders"
    f" WHERE responsible {_MINE} ORDER BY id",
    "tender_orders": "SELECT tenders.id AS number, title, ordered_at FROM tender_orders"
    f" JOIN tenders ON tenders.id = tender_id WHERE ordered_by {_MINE} ORDER BY tender_orders.id",
    "call_offs": "SELECT tenders.id AS number, title, line.article, units, call_off.at, cancelled_at,"
    " (SELECT ordered_at FROM tender_orders WHERE id = order_id) AS ordered_at"
    " FROM tender_call_offs AS call_off JOIN tender_lines AS line ON line.id = line_id"
    f" JOIN tenders ON tenders.id = line.tender_id WHERE user_id {_MINE} ORDER BY call_off.id",
}
# Where somebody is named who did something for others: it stays, and they become a former member.
_NAMED: Final = (
    ("purchases", "opener"),
    ("purchases", "responsible"),
    ("purchases", "override_by"),
    ("commitments", "user_id"),
    ("purchase_bills", "user_id"),
    ("purchase_bills", "confirmed_by"),
    ("tenders", "responsible"),
    ("tender_orders", "ordered_by"),
    ("tender_call_offs", "user_id"),
)


@dataclass(frozen=True, slots=True)
class Touched:
    """The numbers of the purchases and tenders in which less is wanted than before."""

    purchases: tuple[int, ...]
    tenders: tuple[int, ...]


def everything_about(session: Session, accounts: Sequence[str]) -> dict[str, list[dict[str, Any]]]:
    """By what it is, oldest first; moments in ms UTC under names that end in `at`, money in cents."""
    theirs = (json.dumps(list(accounts)),)
    return {name: [dict(row) for row in session.rows(sql, theirs)] for name, sql in _FACTS.items()}


def forget(session: Session, accounts: Sequence[str]) -> Touched:
    """Forget all accounts of one person at once: what was confirmed stays as a former member's, so that sums
    still add up; what was not goes."""
    theirs = (json.dumps(list(accounts)),)
    touched = Touched(
        tuple(_take_out(session, accounts, _UNDECIDED)),
        tuple(
            session.column(
                "SELECT DISTINCT tender_id FROM tender_lines AS line JOIN tender_call_offs AS call_off"
                " ON call_off.line_id = line.id WHERE order_id IS NULL AND cancelled_at IS NULL"
                f" AND user_id {_MINE} ORDER BY tender_id",
                theirs,
            )
        ),
    )
    for table in ("purchase_interests", "purchase_losses"):
        session.run(f"DELETE FROM {table} WHERE user_id {_MINE}", theirs)
    session.run(f"DELETE FROM tender_call_offs WHERE order_id IS NULL AND user_id {_MINE}", theirs)
    for table, column in _NAMED:
        session.run(f"UPDATE {table} SET {column} = NULL WHERE {column} {_MINE}", theirs)
    return touched


def leave(session: Session, accounts: Sequence[str]) -> list[int]:
    """Whoever left takes part in nothing that is still open; returns the numbers of the purchases that they
    committed to."""
    session.run(
        f"DELETE FROM purchase_interests WHERE user_id {_MINE}", (json.dumps(list(accounts)),)
    )
    return _take_out(session, accounts, _STILL_OPEN)


def those_who_left(session: Session) -> list[str]:
    """Accounts that take part in what is still open although the register marks them as having left."""
    return session.column(
        f"SELECT DISTINCT one.user_id FROM commitments AS one {_OF_LINE}"
        " JOIN member_accounts AS account ON account.user_id = one.user_id"
        " JOIN members ON members.id = account.member_id"
        f" WHERE members.status = 'left' AND purchases.state IN {_STILL_OPEN} ORDER BY one.user_id"
    )


def _take_out(session: Session, accounts: Sequence[str], states: str) -> list[int]:
    """Without their commitments to purchases in these states; returns the numbers of those."""
    theirs = (json.dumps(list(accounts)),)
    chosen = (
        f"FROM commitments AS one {_OF_LINE} WHERE user_id {_MINE} AND purchases.state IN {states}"
    )
    found: list[int] = session.column(
        f"SELECT DISTINCT purchases.id {chosen} ORDER BY purchases.id", theirs
    )
    session.run(f"DELETE FROM commitments WHERE id IN (SELECT one.id {chosen})", theirs)
    return found
