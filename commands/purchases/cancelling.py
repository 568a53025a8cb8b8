"""`!purchase cancel` and `!purchase take`: whoever runs a purchase may stop it before it is ordered, with a
reason that everybody hears, or become responsible for it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from commands.kernel.catalogue import N_
from commands.kernel.command import Router
from commands.kernel.context import Context
from commands.kernel.errors import MissingArgument, NotAllowed, Refused
from commands.kernel.parameters import positional, rest
from commands.kernel.text import one_line
from commands.purchases import approving, changes, hearing, nudging, values
from commands.purchases.values import PurchaseNumber
from storage import purchases
from storage.purchases import UNDER_WAY, State

router = Router("purchases")

_LONGEST_REASON: Final = 300
_BEFORE_ORDER: Final[frozenset[State]] = frozenset(
    {"draft", "open", "filling", "tipped", "failed", "confirmed"}
)
_A_NUMBER: Final = N_("the number of a group purchase")


@dataclass(frozen=True, slots=True)
class CancelArguments:
    purchase: int = positional(PurchaseNumber(), _A_NUMBER)
    reason: str = rest(N_("a reason, which everybody hears"), longest=_LONGEST_REASON, default="")


@router.command(
    "purchase cancel",
    en=("cancel purchase",),
    nl=("groepsaankoop annuleer", "groepsaankoop annuleren", "aankoop annuleer", "aankoop annuleren"),
    fr=("achat groupé annuler", "achat annuler", "annuler achat groupé", "annuler achat"),
    summary=N_("cancels a group purchase before it is ordered, with a reason that everybody hears"),
    examples={
        "en": ("purchase cancel 7 the supplier closed",),
        "nl": ("groepsaankoop annuleren 7 de leverancier stopt",),
        "fr": ("achat groupé annuler 7 le fournisseur a fermé",),
    },
    arguments=CancelArguments,
    who=values.RUNNERS,
)  # fmt: skip
def cancel(ctx: Context, arguments: CancelArguments) -> None:
    purchase = values.seen(ctx.privately(), arguments.purchase)
    is_own_draft = purchase.state == "draft" and values.is_same(ctx, purchase.opener)
    if not (is_own_draft or values.runs(ctx, purchase)):
        raise NotAllowed(values.RUNNERS)
    # A failed one that was given up is over already.
    if purchase.state not in _BEFORE_ORDER or purchase.released_at is not None:
        raise values.not_now(ctx, purchase)
    reason = one_line(arguments.reason)
    if not reason and purchase.state != "draft":
        raise MissingArgument(N_("a reason, which everybody hears"))
    purchases.move(ctx.session, purchase.id, "cancelled", now=ctx.now_ms, reason=reason or None)
    ctx.audit("purchase.cancelled", values.subject(purchase.id), was=purchase.state)
    if purchase.awaits_approval:
        purchases.change(ctx.session, purchase.id, now=ctx.now_ms, awaits_approval=False)
        approving.withdraw(ctx, purchase)
    said = {"reason": reason, "by": ctx.user}
    if purchase.state != "draft":
        changes.changed(ctx, purchase.id)
        hearing.tell_rooms(ctx, purchase, "purchases/news_cancelled", reason=reason)
        others = [
            user for user in hearing.members_of(ctx, purchase) if not values.is_same(ctx, user)
        ]
        hearing.tell_members(
            ctx, purchase, "purchases/own_cancelled", members=others, reason=reason
        )
    told = purchase.responsible if purchase.state != "draft" else purchase.opener
    if told is not None and not values.is_same(ctx, told):
        ctx.direct(told, "purchases/cancelled_for_you", purchase=purchase, **said)
    values.reply_about(ctx, purchase, "purchases/cancelled")


@dataclass(frozen=True, slots=True)
class TakeArguments:
    purchase: int = positional(PurchaseNumber(), _A_NUMBER)


@router.command(
    "purchase take",
    en=("purchase take over",),
    nl=("groepsaankoop overnemen", "aankoop overnemen", "neem aankoop over", "aankoop neem over"),
    fr=("achat groupé reprendre", "achat reprendre", "reprendre achat"),
    summary=N_("makes you responsible for a group purchase that you may run"),
    examples={
        "en": ("purchase take 7",),
        "nl": ("groepsaankoop overnemen 7",),
        "fr": ("achat groupé reprendre 7",),
    },
    arguments=TakeArguments,
    who=values.RUNNERS,
)
def take(ctx: Context, arguments: TakeArguments) -> None:
    purchase = values.must_run(ctx.privately(), arguments.purchase)
    if values.is_responsible(ctx, purchase):
        raise Refused(
            N_("You are responsible for purchase %(number)s already."), number=purchase.id
        )
    if purchase.state not in ("draft", *UNDER_WAY) or purchase.released_at is not None:
        raise values.not_now(ctx, purchase)
    purchases.change(ctx.session, purchase.id, now=ctx.now_ms, responsible=ctx.user)
    ctx.audit("purchase.taken", values.subject(purchase.id))
    changes.changed(ctx, purchase.id)
    if purchase.responsible is not None:
        ctx.direct(purchase.responsible, "purchases/taken_from_you", purchase=purchase, by=ctx.user)
    values.reply_about(ctx, purchase, "purchases/taken")
    nudging.handed_over(ctx, purchase.id)
