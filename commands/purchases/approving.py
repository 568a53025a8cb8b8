"""A purchase that a member proposes: animators of its networks hear of it by direct chat, buyers where there
are none, and one of them decides, in one reply or reaction; the member hears what came of it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

from commands.kernel import roles
from commands.kernel.catalogue import N_
from commands.kernel.command import Router
from commands.kernel.context import Context
from commands.kernel.errors import BadArgument, NotAllowed, Refused
from commands.kernel.incoming import Message, Reaction
from commands.kernel.telling import edit_everywhere, reply_discreetly, tell_team
from commands.kernel.words import decision_of
from commands.networks.people import animators_of
from commands.purchases import typed, values
from commands.purchases.launching import in_the_way, launch, may_open, preview
from storage import jobs, purchases
from storage.jobs import Job
from storage.purchases import Purchase

router = Router("purchases")

ABOUT: Final = "purchase_request"
UNANSWERED: Final = "purchases.unanswered"
_LAST_CALL: Final = int(typed.SOONEST.total_seconds() * 1000)
DECIDERS: Final = N_("animators of its networks, and buyers")


def about(purchase_id: int) -> str:
    return f"{ABOUT}:{purchase_id}"


def may_decide(ctx: Context, purchase: Purchase) -> bool:
    """Animators of any of its networks, and buyers; what one proposed oneself is for others."""
    if may_open(ctx, purchase):
        return True
    return not values.is_same(ctx, purchase.opener) and any(
        roles.animates(ctx.session, ctx.user, network.room_id)
        for network in values.networks_of(ctx, purchase)
    )


def request(ctx: Context, purchase: Purchase) -> bool:
    """Ask those who decide. False where there is nobody to ask: then it stays a draft."""
    deciders = dict.fromkeys(
        user
        for network in values.networks_of(ctx, purchase)
        for user in animators_of(ctx, network)
        if not values.is_same(ctx, user)
    )
    said: dict[str, Any] = {"purchase": purchase, "proposer": ctx.user}
    for user in deciders:
        shown = preview(ctx, purchase, ctx.language_for(user))
        ctx.direct(user, "purchases/request", about=about(purchase.id), preview=shown, **said)
    told = bool(deciders) or tell_team(
        ctx,
        "buyers",
        "purchases/request",
        about=about(purchase.id),
        preview=preview(ctx, purchase, ctx.settings.language),
        **said,
    )
    if told:
        purchases.change(ctx.session, purchase.id, now=ctx.now_ms, awaits_approval=True)
        ctx.audit("purchase.proposed", values.subject(purchase.id))
        _look_again(ctx, purchase)
    return told


def _look_again(ctx: Context, purchase: Purchase) -> None:
    """When it can no longer open with the deadline that it has now."""
    jobs.add(
        ctx.session,
        UNANSWERED,
        f"{purchase.id}-{ctx.now_ms}",
        due_at=purchase.deadline - _LAST_CALL,
        data={"purchase": purchase.id, "deadline": purchase.deadline},
    )


@router.job(UNANSWERED, grace=timedelta(days=365), after_hearing=True)
def unanswered(ctx: Context, job: Job, late: bool) -> None:
    """Nobody decided before it would have closed: it is its proposer's draft again, and they hear so."""
    purchase = purchases.get(ctx.session, int(job.data["purchase"]))
    if purchase is None or not purchase.awaits_approval:
        return
    if purchase.deadline != job.data["deadline"]:
        _look_again(ctx, purchase)
        return
    purchases.change(ctx.session, purchase.id, now=ctx.now_ms, awaits_approval=False)
    _settled(ctx, purchase, "unanswered", "")
    if purchase.opener is not None:
        ctx.direct(purchase.opener, "purchases/request_unanswered", purchase=purchase)


def withdraw(ctx: Context, purchase: Purchase) -> None:
    """The member thought better of it, or it was settled in another way: nobody needs to decide any more."""
    _settled(ctx, purchase, "withdrawn", "")


def decide(ctx: Context, purchase: Purchase, *, approve: bool, reason: str = "") -> None:
    """As the one who speaks. Raises NotAllowed, or Refused where it cannot open."""
    if not may_decide(ctx, purchase):
        raise NotAllowed(DECIDERS)
    if purchase.state != "draft" or not purchase.awaits_approval:
        reply_discreetly(
            ctx, "buyers", "purchases/request_late", purchase=purchase, states=values.STATE_NAMES
        )
        return
    if approve:
        problem = in_the_way(ctx, purchase)
        if problem is not None:
            raise problem
        launch(ctx, purchase)
    else:
        purchases.change(ctx.session, purchase.id, now=ctx.now_ms, awaits_approval=False)
        purchases.move(ctx.session, purchase.id, "cancelled", now=ctx.now_ms, reason=reason or None)
        ctx.audit("purchase.declined", values.subject(purchase.id))
    reply_discreetly(
        ctx, "buyers", "purchases/request_decided", purchase=purchase, approved=approve
    )
    _settled(ctx, purchase, "approved" if approve else "declined", ctx.user)
    if purchase.opener is not None and not values.is_same(ctx, purchase.opener):
        ctx.direct(
            purchase.opener,
            "purchases/request_answer",
            purchase=purchase,
            approved=approve,
            reason=reason,
        )


def _settled(ctx: Context, purchase: Purchase, outcome: str, by: str) -> None:
    edit_everywhere(
        ctx,
        about(purchase.id),
        "purchases/request_settled",
        purchase=purchase,
        outcome=outcome,
        by=by,
    )


@router.answer(ABOUT)
def answered(ctx: Context, reference: str, answer: Message | Reaction) -> bool:
    """A yes, a no with or without a reason, or a thumb under the request."""
    purchase = purchases.get(ctx.session, int(reference))
    if purchase is None:
        raise Refused(N_("That request is gone, so nothing needs to be decided."))
    approve, reason = decision_of(answer)
    if approve is None:
        return isinstance(answer, Message) and _misunderstood(ctx, purchase, answer.text)
    decide(ctx, purchase, approve=approve, reason=reason)
    return True


def _misunderstood(ctx: Context, purchase: Purchase, text: str) -> bool:
    """Say what decides. False for what speaks of nothing to decide: a command, or a word afterwards."""
    is_command = ctx.is_direct and ctx.registry.find(text) is not None
    if is_command or not purchase.awaits_approval:
        return False
    raise BadArgument(text[:40], N_("“yes”, or “no” with a reason"))
