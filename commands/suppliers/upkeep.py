"""What becomes of suppliers with time: once a day what lapsed takes effect, and the buyers hear of what ends.

What ends, and what that brings about, is `lapses`'s; how a supplier is hidden and who hears is `suspending`'s.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Final

from commands.kernel import teams
from commands.kernel.catalogue import N_
from commands.kernel.command import Router
from commands.kernel.context import Context
from commands.kernel.paging import page_of
from commands.kernel.parameters import Integer, positional
from commands.kernel.telling import reply_discreetly, tell_team
from commands.suppliers import complaints, lapses, progress
from commands.suppliers.lapses import CONDITION_LAPSED, EVIDENCE_LAPSED, Consequence, Lapse
from commands.suppliers.reviewing import charter_came
from commands.suppliers.standing import move
from commands.suppliers.suspending import hide, users_hear
from commands.suppliers.values import subject
from storage import charters, facts, supplier_notices, supplier_rounds, suppliers
from storage.charters import Charter
from storage.jobs import Job
from storage.suppliers import Supplier

router = Router("buyers")

_LAST_DAY: Final = "suppliers.upkeep"
_FIRST_HOUR: Final = 8
_WEEK: Final = timedelta(days=7)
_YEAR: Final = timedelta(days=365)
# How long suppliers of an earlier charter may wait for their review against the new one.
_CHARTER_REVIEW: Final = timedelta(days=180)
_SHOWN: Final = 25


@dataclass(frozen=True, slots=True)
class Moved:
    """A supplier that is no longer shown, and what lapsed."""

    supplier: Supplier
    lapse: Lapse


@router.job("suppliers.upkeep", grace=timedelta(days=1), every=timedelta(hours=1))
def keep_up(ctx: Context, job: Job, late: bool) -> None:
    """In the morning where the installation is, or as soon after as the bot runs; each day once.

    Nothing is counted from the runs themselves, so days on which the bot was down need not be made up for.
    """
    local = ctx.now.astimezone(ctx.settings.timezone)
    day = local.date().isoformat()
    if local.hour < _FIRST_HOUR or facts.get(ctx.session, _LAST_DAY) == day:
        return
    facts.put(ctx.session, _LAST_DAY, day)
    complaints.tell_untold(ctx)
    charter = charters.in_force(ctx.session)
    if charter is not None:
        _bring_forward(ctx, charter)
    moved = _take_effect(ctx)
    due = _to_be_told(ctx)
    if not moved and not due:
        return
    told = tell_team(
        ctx,
        "buyers",
        "suppliers/upkeep",
        moved=moved[:_SHOWN],
        more_moved=len(moved[_SHOWN:]),
        lapses=due[:_SHOWN],
        more=len(due[_SHOWN:]),
        today=ctx.today,
    )
    if told:
        notices = [lapse.notice for lapse in due]
        supplier_notices.note_told(ctx.session, notices, now=ctx.now_ms)


def _take_effect(ctx: Context) -> list[Moved]:
    """Suspend and expire, each supplier for the weightiest of its reasons."""
    day, grace = ctx.today, timedelta(days=ctx.settings.warn_days)
    moved: dict[int, Moved] = {}
    for lapse in sorted(lapses.coming(ctx), key=lambda each: each.weight):
        consequence = lapse.consequence(day, grace)
        if consequence is not None and lapse.supplier.id not in moved:
            moved[lapse.supplier.id] = Moved(_move(ctx, lapse, consequence, day), lapse)
    return list(moved.values())


def _move(ctx: Context, lapse: Lapse, consequence: Consequence, day: date) -> Supplier:
    if consequence == "expired":
        expired = move(ctx, lapse.supplier, "expired")
        _withdraw_round(ctx, expired)
        since = (day - _YEAR).isoformat()
        users_hear(ctx, expired, "suppliers/deal_expired", since=since)
        return expired
    reason = CONDITION_LAPSED if lapse.kind == "condition" else EVIDENCE_LAPSED
    suspended, asked_again = hide(ctx, lapse.supplier, reason)
    ctx.audit("supplier.lapsed", subject(suspended.id), what=lapse.notice.subject or lapse.kind)
    users_hear(ctx, suspended, "suppliers/deal_suspended", reason=reason)
    if lapse.under_review:
        progress.show(ctx, suspended.id, asked_again=asked_again)
    return suspended


def _withdraw_round(ctx: Context, expired: Supplier) -> None:
    """Nothing is left to vote on: an expired one is proposed anew."""
    current = supplier_rounds.current(ctx.session, expired.id)
    if current is not None:
        supplier_rounds.close(ctx.session, current.id, "withdrawn", now=ctx.now_ms)
        complaints.round_closed(ctx, current, "withdrawn")
        progress.show(ctx, expired.id, round_id=current.id)


def _to_be_told(ctx: Context) -> list[Lapse]:
    """What the buyers never heard of, not for a week, or not since it lapsed."""
    told, day = supplier_notices.told(ctx.session), ctx.today

    def is_due(lapse: Lapse) -> bool:
        moment = told.get(lapse.notice)
        if moment is None:
            return True
        last = datetime.fromtimestamp(moment / 1000, UTC).astimezone(ctx.settings.timezone).date()
        # A clock that was ahead must not silence what it told of until then.
        return abs(day - last) >= _WEEK or last <= lapse.due < day

    return [lapse for lapse in lapses.coming(ctx) if is_due(lapse)]


# --- a new charter -------------------------------------------------------------------------------


def charter_changed(ctx: Context, version: int) -> None:
    """That version has just come into force: whoever members see is to be reviewed against it, and proposals
    that waited for a charter get their review.

    Called in the same transaction. Their approval ends in 180 days at the latest (sooner where it would
    have), which the buyers hear of now, once for all of them, and then as of every review that is due.
    """
    charter = charters.get(ctx.session, version)
    if charter is None:
        return
    charter_came(ctx)
    affected = supplier_notices.reviewed_before(ctx.session, version)
    if not affected:
        return
    _bring_forward(ctx, charter)
    tell_team(
        ctx,
        "buyers",
        "suppliers/charter_asks",
        version=version,
        count=len(affected),
        last=_last_review(ctx, charter),
    )


def _bring_forward(ctx: Context, charter: Charter) -> None:
    """For those who stand by an earlier charter, among them who came back by a vote on it since."""
    last = _last_review(ctx, charter).isoformat()
    earlier = supplier_notices.reviewed_before(ctx.session, charter.version)
    for supplier_id, due in earlier.items():
        if due is None or due > last:
            suppliers.set_review_due(ctx.session, supplier_id, last)


def _last_review(ctx: Context, charter: Charter) -> date:
    """The latest day of a review against that charter, never without the days of warning."""
    earliest = ctx.today + timedelta(days=ctx.settings.warn_days)
    if charter.in_force_at is None:
        return max(earliest, ctx.today + _CHARTER_REVIEW)
    moment = datetime.fromtimestamp(charter.in_force_at / 1000, UTC)
    return max(earliest, moment.astimezone(ctx.settings.timezone).date() + _CHARTER_REVIEW)


# --- the list ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ExpiringArguments:
    page: int = positional(Integer(1, 999), N_("page"), default=1)


@router.command(
    "expiring",
    nl=("vervalt", "vervaldagen"),
    fr=("échéances",),
    summary=N_("lists what ends for suppliers: evidence, approvals, conditions and deals"),
    examples={"en": ("expiring",), "nl": ("vervalt",), "fr": ("échéances",)},
    arguments=ExpiringArguments,
    check=teams.buyers,
    who=teams.BUYERS,
    reads_only=True,
)
def expiring(ctx: Context, arguments: ExpiringArguments) -> None:
    found: Sequence[Lapse] = lapses.coming(ctx)
    page = page_of(found, arguments.page, _SHOWN)
    reply_discreetly(
        ctx,
        "buyers",
        "suppliers/expiring",
        lapses=page.items,
        total=len(found),
        page=page.number,
        pages=page.pages,
        today=ctx.today,
        days=ctx.settings.warn_days,
    )
