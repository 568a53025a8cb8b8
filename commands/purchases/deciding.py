"""The decision about a purchase, in one transaction: how many cases of each line are ordered, who gets what of
them, and who hears. What becomes of too few is `failing`'s; going ahead with what tipped is `confirming`'s."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Final

from commands.kernel.context import Context
from commands.purchases import changes, failing, nudging, values
from commands.purchases.board_data import moment
from commands.purchases.hearing import tell_responsible, tell_rooms
from commands.purchases.interest import OWN
from commands.purchases.outcomes import Outcome
from commands.purchases.reckoning import Reckoning, reckon
from commands.purchases.rules.freight import Own, Verdict
from commands.purchases.standing import standing
from storage import commitments, purchase_lines, purchase_losses, purchases
from storage.purchases import Purchase

CONFIRM: Final = "purchase_tipped"
LOSS: Final = "purchase_loss"
# A decision this late is late because the bot was down: the filling then lasts from now on.
_PUNCTUAL: Final = timedelta(minutes=10)


def deadline_came(ctx: Context, purchase: Purchase) -> None:
    """Cases that are not full yet are given time; otherwise it is decided at once."""
    lacking = [one for one in standing(ctx.session, purchase) if one.missing]
    if not lacking:
        decide(ctx, purchase)
        return
    late = ctx.now_ms - purchase.deadline > _milliseconds(_PUNCTUAL)
    begins = ctx.now_ms if late else purchase.deadline
    until = begins + _milliseconds(ctx.settings.filling)
    purchases.move(ctx.session, purchase.id, "filling", now=ctx.now_ms, due_at=until)
    changes.step_at(ctx, purchase.id, until)
    ctx.audit("purchase.filling", values.subject(purchase.id))
    tell_rooms(
        ctx,
        purchase,
        "purchases/news_filling",
        about=f"{OWN}:{purchase.id}",
        lines=lacking,
        until=moment(until),
    )
    changes.changed(ctx, purchase.id)


def decide(ctx: Context, purchase: Purchase) -> None:
    """It tips, or fails. Members for whom it would cost more than it gains are asked whether they stay."""
    found = reckon(ctx.session, purchase)
    if not found.is_something:
        failing.fail(ctx, purchase)
        return
    write_down(ctx, found)
    # A former member is asked nothing.
    losers = {user: part for user, part in found.verdict.losers.items() if user in found.persons}
    losses = {user: part.gain_cents for user, part in losers.items()}
    until = ctx.now_ms + _milliseconds(ctx.settings.withdrawal) if losses else None
    purchases.move(ctx.session, purchase.id, "tipped", now=ctx.now_ms, due_at=until)
    ctx.audit("purchase.tipped", values.subject(purchase.id))
    purchase = again(ctx, purchase)
    own = found.outcomes()
    if until is not None:
        purchase_losses.tell(ctx.session, purchase.id, losses, now=ctx.now_ms)
        changes.step_at(ctx, purchase.id, until)
        _tell_losers(ctx, purchase, own, losers, until)
    _tell_left_out(ctx, purchase, {user: one for user, one in own.items() if user not in losses})
    tell_rooms(
        ctx,
        purchase,
        "purchases/news_tipped",
        lines=[one for one in purchase.lines if one.ordered_cases],
        left=[one for one in purchase.lines if not one.ordered_cases],
        until=moment(until) if until is not None else None,
    )
    if until is None:
        _ask_responsible(ctx, purchase, found.verdict)
    changes.changed(ctx, purchase.id)


def decide_again(ctx: Context, purchase: Purchase) -> None:
    """Who might withdraw had the time: what is left is computed again, and goes to whoever is responsible."""
    found = reckon(ctx.session, purchase)
    if not found.is_something:
        failing.fail(ctx, purchase)
        return
    before = found.outcomes_before()
    write_down(ctx, found)
    purchases.change(ctx.session, purchase.id, now=ctx.now_ms, due_at=None)
    purchase = again(ctx, purchase)
    _tell_left_out(
        ctx,
        purchase,
        {
            user: one
            for user, one in found.outcomes().items()
            if user not in before or one.left_out - before[user].left_out
        },
    )
    _ask_responsible(ctx, purchase, found.verdict)
    changes.changed(ctx, purchase.id)


def write_down(ctx: Context, found: Reckoning) -> None:
    """The order, and what each commitment gets of it."""
    for line_id, allotment in found.allotted.items():
        purchase_lines.fix_order(ctx.session, line_id, cases=allotment.cases, cents=allotment.cents)
        commitments.fix(ctx.session, allotment.units, allotment.dropped)


def again(ctx: Context, purchase: Purchase) -> Purchase:
    """As it stands after something was written."""
    found = purchases.get(ctx.session, purchase.id)
    assert found is not None
    return found


def _tell_losers(
    ctx: Context,
    purchase: Purchase,
    own: Mapping[str, Outcome],
    losers: Mapping[str, Own],
    until: int,
) -> None:
    for user, part in losers.items():
        ctx.direct(
            user,
            "purchases/own_loss",
            about=f"{LOSS}:{purchase.id}",
            purchase=purchase,
            outcome=own[user],
            own=part,
            until=moment(until),
        )


def _tell_left_out(ctx: Context, purchase: Purchase, own: Mapping[str, Outcome]) -> None:
    """Whoever gets nothing of a line hears so now, and not only with the order."""
    for user, outcome in own.items():
        if outcome.left_out:
            ctx.direct(user, "purchases/own_left_out", purchase=purchase, outcome=outcome)


def _ask_responsible(ctx: Context, purchase: Purchase, verdict: Verdict) -> None:
    tell_responsible(
        ctx,
        purchase,
        "purchases/tipped_question",
        about=f"{CONFIRM}:{purchase.id}",
        verdict=verdict,
        changed=False,
    )
    nudging.begin(ctx, purchase.id)


def _milliseconds(span: timedelta) -> int:
    return int(span.total_seconds() * 1000)
