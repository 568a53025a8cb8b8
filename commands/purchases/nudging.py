"""Reminds whoever is responsible that a purchase waits for them: after two days, then weekly, four times."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from commands.kernel.command import Router
from commands.kernel.context import Context
from commands.purchases.hearing import tell_responsible
from commands.purchases.standing import verdict_now
from storage import jobs, purchases
from storage.jobs import Job
from storage.purchases import Purchase, State

router = Router("purchases")

NUDGE: Final = "purchases.nudge"
_FIRST: Final = timedelta(days=2)
_AGAIN: Final = timedelta(days=7)
_MOST: Final = 4
_WAIT: Final[tuple[State, ...]] = ("tipped", "failed", "confirmed")


def begin(ctx: Context, purchase_id: int) -> None:
    """It waits for whoever is responsible from now on, in the state in which it is."""
    purchase = purchases.get(ctx.session, purchase_id)
    if purchase is not None:
        _put_down(ctx, purchase, 1, ctx.now_ms + _milliseconds(_FIRST))


def _put_down(ctx: Context, purchase: Purchase, count: int, due_at: int) -> None:
    jobs.add(
        ctx.session,
        NUDGE,
        f"{purchase.id}-{purchase.state_since}-{count}",
        due_at=due_at,
        data={"purchase": purchase.id, "since": purchase.state_since, "count": count},
    )


@router.job(NUDGE, grace=timedelta(days=365))
def nudge(ctx: Context, job: Job, late: bool) -> None:
    purchase = purchases.get(ctx.session, int(job.data["purchase"]))
    if purchase is None or purchase.state_since != job.data["since"] or not _waits(purchase):
        return
    _tell(ctx, purchase)
    if job.data["count"] < _MOST:
        due_at = ctx.now_ms + _milliseconds(_AGAIN)
        _put_down(ctx, purchase, int(job.data["count"]) + 1, due_at)


def handed_over(ctx: Context, purchase_id: int) -> None:
    """Somebody else has become responsible: what waits for them they hear at once."""
    purchase = purchases.get(ctx.session, purchase_id)
    if purchase is not None and _waits(purchase):
        _tell(ctx, purchase)


def _tell(ctx: Context, purchase: Purchase) -> None:
    about = f"purchase_{purchase.state}:{purchase.id}"
    verdict = verdict_now(ctx.session, purchase) if purchase.state == "tipped" else None
    tell_responsible(ctx, purchase, "purchases/waits_for_you", about=about, verdict=verdict)


def _waits(purchase: Purchase) -> bool:
    """A state that has a time for its next step waits for that, and for nobody."""
    if purchase.state == "failed":
        return purchase.released_at is None
    return purchase.state in _WAIT and purchase.due_at is None


def _milliseconds(span: timedelta) -> int:
    return int(span.total_seconds() * 1000)
