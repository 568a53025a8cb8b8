"""What comes by itself: buyers hear some days ahead that a tender ends, and after its last day it is closed."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Final

from commands.kernel.command import Router
from commands.kernel.context import Context, milliseconds
from commands.kernel.telling import tell_team
from commands.purchases.rules.money import vat_on
from commands.purchases.tenders import board, values
from storage import jobs, tenders
from storage.jobs import Job
from storage.tenders import Tender

router = Router("buyers")

WARN_DAYS: Final = 14
_WARN: Final = "tenders.warn"
_END: Final = "tenders.end"
_AT: Final = time(9)


def put_down(ctx: Context, tender: Tender) -> None:
    """Have the clock look at it when its last day nears and when it is over. What was put down for another
    last day does nothing any more."""
    zone = ctx.settings.timezone
    key = f"{tender.id}/{tender.valid_until}"
    data = {"tender": tender.id, "until": tender.valid_until}
    end = datetime.combine(tender.last_day + timedelta(days=1), time(0), zone)
    jobs.add(ctx.session, _END, key, due_at=milliseconds(end), data=data)
    if warns(ctx, tender):
        jobs.add(ctx.session, _WARN, key, due_at=milliseconds(_warning(ctx, tender)), data=data)


def warns(ctx: Context, tender: Tender) -> bool:
    """Whether its end is so far that buyers are told again; who sets a near one knows it."""
    return _warning(ctx, tender) > ctx.now


def _warning(ctx: Context, tender: Tender) -> datetime:
    day = tender.last_day - timedelta(days=WARN_DAYS)
    return datetime.combine(day, _AT, ctx.settings.timezone)


def _meant(ctx: Context, job: Job) -> Tender | None:
    """The tender, while it is open until the day that was meant then."""
    tender = tenders.get(ctx.session, int(job.data["tender"]))
    if tender is None or tender.state != "open" or tender.valid_until != job.data["until"]:
        return None
    return tender


@router.job(_WARN, grace=timedelta(days=WARN_DAYS))
def warn(ctx: Context, job: Job, late: bool) -> None:
    tender = _meant(ctx, job)
    if tender is not None and values.takes_call_offs(ctx, tender):
        tell_team(
            ctx, "buyers", "purchases/tender_ending", tender=tender, waiting=waiting(ctx, tender)
        )


@router.job(_END, grace=timedelta(days=365), after_hearing=True)
def end(ctx: Context, job: Job, late: bool) -> None:
    tender = _meant(ctx, job)
    if tender is not None and not values.takes_call_offs(ctx, tender):
        close(ctx, tender)


def close(ctx: Context, tender: Tender, reason: str | None = None) -> None:
    """Nothing is called off any more: its messages say so, and the buyers hear what it came to."""
    tenders.move(ctx.session, tender.id, "closed", now=ctx.now_ms, reason=reason)
    ctx.audit("tender.closed", values.subject(tender.id), early=reason is not None)
    board.changed(ctx, tender.id)
    net = sum(line.called * line.cents for line in tender.lines)
    gained = sum(
        line.called * (line.reference_cents - line.cents)
        for line in tender.lines
        if line.reference_cents is not None
    )
    tell_team(
        ctx,
        "buyers",
        "purchases/tender_closed",
        tender=tender,
        reason=reason,
        called=[line for line in tender.lines if line.called],
        net=net,
        gross=net + sum(vat_on(line.called * line.cents, line.vat) for line in tender.lines),
        gained=gained,
        waiting=waiting(ctx, tender),
    )


def waiting(ctx: Context, tender: Tender) -> int:
    """Units that were called off and are not ordered yet."""
    found = tenders.call_offs(ctx.session, tender.id)
    return sum(one.units for one in found if one.order_id is None)
