"""What group purchases and tenders keep about people: shown in `!mydata export`, forgotten on erasure; and who
leaves the cooperative takes part in nothing that is still open."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import uuid4

from commands.kernel.command import Personal, Router
from commands.kernel.context import Context
from commands.kernel.facts import readable
from commands.kernel.incoming import MembershipChange
from commands.networks.checks import is_cooperative_member
from commands.purchases import changes
from commands.purchases.tenders import board as tender_board
from storage import jobs, purchase_people
from storage.jobs import Job
from storage.session import Session

router = Router("purchases")


def describe(session: Session, accounts: Sequence[str]) -> dict[str, Any]:
    """Under one key, with moments in ISO 8601 (UTC)."""
    known = purchase_people.everything_about(session, accounts)
    return {"purchases": readable(known)}


def forget(session: Session, accounts: Sequence[str]) -> None:
    """What others see of it is brought up to date at once."""
    touched = purchase_people.forget(session, accounts)
    for number in touched.purchases:
        _renew(session, changes.REFRESH, "purchase", number)
    for number in touched.tenders:
        _renew(session, tender_board.REFRESH, "tender", number)


def _renew(session: Session, kind: str, what: str, number: int) -> None:
    jobs.add(session, kind, f"{number}-{uuid4().hex}", due_at=0, data={what: number})


router.personal.append(Personal(describe, forget))


@router.membership
def left(ctx: Context, change: MembershipChange) -> None:
    """Whoever left the cooperative's Space, and is no member by another right."""
    if ctx.room is None or ctx.room.kind != "space" or change.after not in ("leave", "ban"):
        return
    if not is_cooperative_member(ctx, change.user_id):
        _leave(ctx, change.user_id)


@router.job("purchases.left", grace=timedelta(days=1), every=timedelta(hours=1))
def keep_up(ctx: Context, job: Job, late: bool) -> None:
    """The register says who left."""
    for account in purchase_people.those_who_left(ctx.session):
        _leave(ctx, account)


def _leave(ctx: Context, account: str) -> None:
    for number in purchase_people.leave(ctx.session, [account]):
        changes.changed(ctx, number)
        ctx.acted = True
