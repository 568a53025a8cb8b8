"""`!purchase report`: what the group purchases of a year brought, for staff and buyers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from commands.kernel import teams
from commands.kernel.catalogue import N_
from commands.kernel.command import Router
from commands.kernel.context import Context
from commands.kernel.errors import NotAllowed
from commands.kernel.parameters import Integer, positional
from commands.kernel.telling import reply_discreetly, shown_count
from storage import purchase_bills, purchases
from storage.purchase_bills import Summary

router = Router("buyers")

_WHO: Final = N_("staff and buyers")
_SHOWN: Final = 25


def _staff_or_buyers(ctx: Context, arguments: Any) -> None:
    """Raises NotAllowed, or Refused where the room that would give the right is too lax."""
    if teams.is_staff(ctx) or teams.is_buyer(ctx):
        return
    teams.refuse_for_laxity(ctx, "staff")
    teams.refuse_for_laxity(ctx, "buyers")
    raise NotAllowed(_WHO)


@dataclass(frozen=True, slots=True)
class ReportArguments:
    year: int | None = positional(Integer(2000, 2200), N_("year"), default=None)


@router.command(
    "purchase report",
    en=("purchases report",),
    nl=("groepsaankoop rapport", "aankoop rapport", "groepsaankopen rapport"),
    fr=("achat groupé rapport", "achat rapport", "achats groupés rapport"),
    summary=N_("what the group purchases that were settled in a year brought"),
    examples={
        "en": ("purchase report", "purchase report 2026"),
        "nl": ("groepsaankoop rapport", "groepsaankoop rapport 2026"),
        "fr": ("achat groupé rapport", "achat groupé rapport 2026"),
    },
    arguments=ReportArguments,
    check=_staff_or_buyers,
    who=_WHO,
    reads_only=True,
)
def report(ctx: Context, arguments: ReportArguments) -> None:
    year = arguments.year or ctx.today.year
    found = purchase_bills.summaries(ctx.session, year)
    titles = {summary.purchase_id: _title(ctx, summary) for summary in found[-_SHOWN:]}
    reply_discreetly(
        ctx,
        "staff" if teams.is_staff(ctx) else "buyers",
        "purchases/report",
        year=year,
        count=len(found),
        # Of each purchase this would tell more than of all together.
        taken=shown_count(ctx, sum(summary.members for summary in found)),
        smallest=ctx.settings.smallest_count,
        units=sum(summary.units for summary in found),
        net=sum(summary.net_cents for summary in found),
        gained=sum(summary.gained_cents for summary in found),
        grams=sum(summary.saved_grams or 0 for summary in found),
        trips=sum(summary.saved_trips or 0 for summary in found),
        summaries=[(titles[one.purchase_id], one) for one in found[-_SHOWN:][::-1]],
        more=max(0, len(found) - _SHOWN),
    )


def _title(ctx: Context, summary: Summary) -> str:
    purchase = purchases.get(ctx.session, summary.purchase_id)
    return purchase.title if purchase is not None else ""
