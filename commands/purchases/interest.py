"""Interest in a purchase: it is free, counts for nothing, and may bring a reminder before the deadline."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from commands.kernel.context import Context
from commands.networks.checks import is_cooperative_member
from commands.purchases import pledging, values
from commands.purchases.board_data import moment
from commands.purchases.standing import standing
from storage import commitments, member_accounts, purchase_interests
from storage.purchases import Purchase

ABOUT: Final = "purchase_interest"
# What an answer to somebody's own word about a purchase is about.
OWN: Final = "purchase_own"


def show(ctx: Context, purchase: Purchase, sent_at: datetime, *, wants_reminder: bool) -> None:
    """Note it, say so where it was said, and offer a reminder by direct chat. Raises Refused."""
    _note(ctx, purchase, sent_at, wants_reminder=wants_reminder)
    private = ctx.is_direct
    ctx.reply(
        "purchases/interested",
        purchase=purchase,
        takes_part=bool(commitments.of_person(ctx.session, purchase.id, ctx.user)),
        reminder=wants_reminder,
        offers=private and not wants_reminder,
        deadline=moment(purchase.due_at or purchase.deadline),
        about=f"{ABOUT if private else OWN}:{purchase.id}",
    )
    if not private and not wants_reminder:
        _offer(ctx, purchase)


def wave(ctx: Context, purchase: Purchase, sent_at: datetime) -> None:
    """A raised hand under the message in a room: no word there, an offer by direct chat the first time."""
    if _note(ctx, purchase, sent_at, wants_reminder=False):
        _offer(ctx, purchase)


def _note(ctx: Context, purchase: Purchase, sent_at: datetime, *, wants_reminder: bool) -> bool:
    """Returns whether it is new. A wish for a reminder stays until it is taken back."""
    pledging.refuse_late(ctx, purchase, sent_at)
    pledging.refuse_others(ctx, purchase)
    before = purchase_interests.of_person(ctx.session, purchase.id, ctx.user)
    ctx.acted = True
    return purchase_interests.show(
        ctx.session,
        purchase.id,
        ctx.user,
        wants_reminder=wants_reminder or (before is not None and before.wants_reminder),
        now=ctx.now_ms,
    )


def _offer(ctx: Context, purchase: Purchase) -> None:
    ctx.direct(
        ctx.user,
        "purchases/offer_reminder",
        about=f"{ABOUT}:{purchase.id}",
        language=ctx.language,
        purchase=purchase,
        deadline=moment(purchase.due_at or purchase.deadline),
    )


def decide(ctx: Context, purchase: Purchase, sent_at: datetime, *, wants_reminder: bool) -> None:
    """A yes or a no to the offer of a reminder. Raises Refused once it is too late for one."""
    pledging.refuse_late(ctx, purchase, sent_at)
    purchase_interests.show(
        ctx.session, purchase.id, ctx.user, wants_reminder=wants_reminder, now=ctx.now_ms
    )
    ctx.acted = True
    ctx.reply(
        "purchases/reminder_noted",
        purchase=purchase,
        reminder=wants_reminder,
        about=f"{OWN}:{purchase.id}",
    )


def lose_only(ctx: Context, purchase: Purchase, sent_at: datetime) -> bool:
    """Take interest back where there is no more than that; returns whether that was so. Raises Refused."""
    if commitments.of_person(ctx.session, purchase.id, ctx.user):
        return False
    pledging.refuse_late(ctx, purchase, sent_at)
    return lose(ctx, purchase)


def lose(ctx: Context, purchase: Purchase) -> bool:
    """Take interest back, whichever account showed it; returns whether there was any."""
    accounts = member_accounts.same_person(ctx.session, ctx.user)
    lost = [purchase_interests.lose(ctx.session, purchase.id, account) for account in accounts]
    ctx.acted = ctx.acted or any(lost)
    return any(lost)


def remind(ctx: Context, purchase: Purchase) -> None:
    """Remind those who asked for it, once, unless they take part by now."""
    stands = standing(ctx.session, purchase)
    for one in purchase_interests.of_purchase(ctx.session, purchase.id):
        if not one.wants_reminder or one.reminded_at is not None:
            continue
        if not is_cooperative_member(ctx, one.user_id):
            continue
        if commitments.of_person(ctx.session, purchase.id, one.user_id):
            continue
        purchase_interests.reminded(ctx.session, purchase.id, one.user_id, now=ctx.now_ms)
        ctx.direct(
            one.user_id,
            "purchases/reminder",
            about=values.about(purchase.id),
            purchase=purchase,
            lines=[line for line in stands if line.missing][:5],
            deadline=moment(purchase.due_at or purchase.deadline),
        )
        ctx.acted = True
