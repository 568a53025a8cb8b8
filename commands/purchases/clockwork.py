"""The steps of a purchase that come by themselves: its deadline, the end of the filling, the time to withdraw,
and what nobody decided. What each step does is elsewhere; here is only which one it is time for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Final

from commands.kernel.command import Router
from commands.kernel.context import Context
from commands.purchases import changes, deciding, failing, interest
from commands.purchases.board_data import moment
from commands.purchases.changes import REMIND, STEP
from commands.purchases.hearing import tell_rooms
from commands.purchases.standing import standing
from storage import purchases
from storage.jobs import Job
from storage.purchases import Purchase, State

router = Router("purchases")

# Longer than the tries of a step take, and than anything that it waits for.
_OVERDUE: Final = timedelta(hours=2)
_STEPS: Final[Mapping[State, Callable[[Context, Purchase], None]]] = {
    "open": deciding.deadline_came,
    "filling": deciding.decide,
    "tipped": deciding.decide_again,
    "failed": failing.release,
}


@router.job(STEP, grace=timedelta(days=365), after_hearing=True)
def step(ctx: Context, job: Job, late: bool) -> None:
    """However late, and however often, it is the purchase that says whether there is anything to do."""
    purchase = purchases.get(ctx.session, int(job.data["purchase"]))
    if purchase is None or purchase.due_at is None or purchase.due_at > ctx.now_ms:
        return
    take = _STEPS.get(purchase.state)
    if take is not None:
        take(ctx, purchase)


@router.job("purchases.overdue", grace=timedelta(days=1), every=timedelta(hours=1))
def look_for_overdue(ctx: Context, job: Job, late: bool) -> None:
    """A step that met a fault again and again was given up: nobody would hear of that purchase any more."""
    before = ctx.now_ms - int(_OVERDUE.total_seconds() * 1000)
    for number in purchases.overdue(ctx.session, before=before):
        changes.step_at(ctx, number, ctx.now_ms)


@router.job(REMIND, grace=timedelta(days=365))
def remind(ctx: Context, job: Job, late: bool) -> None:
    """Some time before the deadline, if it still is the deadline."""
    purchase = purchases.get(ctx.session, int(job.data["purchase"]))
    if (
        purchase is None
        or purchase.state != "open"
        or purchase.deadline != job.data["deadline"]
        or purchase.deadline <= ctx.now_ms
    ):
        return
    lacking = [one for one in standing(ctx.session, purchase) if one.missing]
    tell_rooms(
        ctx,
        purchase,
        "purchases/news_closing",
        about=f"{interest.OWN}:{purchase.id}",
        lines=lacking,
        until=moment(purchase.deadline),
    )
    interest.remind(ctx, purchase)
