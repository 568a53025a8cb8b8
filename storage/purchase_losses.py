"""For whom a purchase that tipped costs more than it gains: they were told, and may withdraw once."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from storage.member_accounts import same_person
from storage.session import Session


@dataclass(frozen=True, slots=True)
class Loss:
    """Of one account: what it gains in cents net of VAT (less than 0), when it was told and when it withdrew,
    in ms UTC."""

    purchase_id: int
    user_id: str
    gain_cents: int
    told_at: int
    withdrew_at: int | None


def tell(session: Session, purchase_id: int, gains: Mapping[str, int], *, now: int) -> None:
    """These accounts hear of their negative gains now."""
    session.run_many(
        "INSERT INTO purchase_losses (purchase_id, user_id, gain_cents, told_at) VALUES (?, ?, ?, ?)",
        [(purchase_id, user_id, cents, now) for user_id, cents in gains.items()],
    )


def of_purchase(session: Session, purchase_id: int) -> list[Loss]:
    return session.typed(
        lambda row: Loss(
            row["purchase_id"],
            row["user_id"],
            row["gain_cents"],
            row["told_at"],
            row["withdrew_at"],
        ),
        "SELECT * FROM purchase_losses WHERE purchase_id = ? ORDER BY user_id",
        (purchase_id,),
    )


def may_withdraw(session: Session, purchase_id: int, user_id: str) -> bool:
    """Whether that person, by any of their accounts, was told and did not withdraw."""
    return bool(
        session.value(
            "SELECT 1 FROM purchase_losses WHERE purchase_id = ? AND withdrew_at IS NULL"
            " AND user_id IN (SELECT value FROM json_each(?)) LIMIT 1",
            (purchase_id, json.dumps(same_person(session, user_id))),
        )
    )


def withdraw(session: Session, purchase_id: int, user_id: str, *, now: int) -> None:
    """That person, by all of their accounts, withdrew."""
    session.run(
        "UPDATE purchase_losses SET withdrew_at = ? WHERE purchase_id = ? AND withdrew_at IS NULL"
        " AND user_id IN (SELECT value FROM json_each(?))",
        (now, purchase_id, json.dumps(same_person(session, user_id))),
    )


def forget(session: Session, purchase_id: int) -> None:
    """The purchase failed after all: when it tips again, it is another loss."""
    session.run("DELETE FROM purchase_losses WHERE purchase_id = ?", (purchase_id,))
