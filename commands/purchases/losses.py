"""Members for whom a purchase that tipped costs more than it gains: each may withdraw once, until it is
computed again (product.md, section 5)."""

from __future__ import annotations

from commands.kernel.catalogue import N_
from commands.kernel.command import Router
from commands.kernel.context import Context
from commands.kernel.errors import BadArgument, Refused
from commands.kernel.incoming import Message, Reaction
from commands.purchases import changes, deciding, values
from commands.purchases.hearing import decision_in, is_remark
from storage import commitments, purchase_losses, purchases
from storage.purchases import Purchase
from storage.session import Session

router = Router("purchases")


def may_withdraw(session: Session, purchase: Purchase, user: str) -> bool:
    """Whether the person behind that account was told of their loss, and may still withdraw for it."""
    return (
        purchase.state == "tipped"
        and purchase.due_at is not None
        and purchase_losses.may_withdraw(session, purchase.id, user)
    )


def withdraw(ctx: Context, purchase: Purchase) -> None:
    """Whoever speaks withdraws from a purchase that tipped, with all that they committed to, and is answered.
    When nobody who was told is left, it is computed again at once. Raises Refused where they may not."""
    if not may_withdraw(ctx.session, purchase, ctx.user):
        raise _refusal(ctx, purchase)
    commitments.remove_person(ctx.session, [line.id for line in purchase.lines], ctx.user)
    purchase_losses.withdraw(ctx.session, purchase.id, ctx.user, now=ctx.now_ms)
    ctx.audit("purchase.withdrew", values.subject(purchase.id))
    ctx.reply("purchases/withdrew_in_time", purchase=purchase)
    told = purchase_losses.of_purchase(ctx.session, purchase.id)
    if all(one.withdrew_at is not None for one in told):
        deciding.decide_again(ctx, purchase)
    else:
        changes.changed(ctx, purchase.id)


def _refusal(ctx: Context, purchase: Purchase) -> Refused:
    if purchase.state != "tipped":
        return values.not_now(ctx, purchase)
    return Refused(
        N_(
            "Group purchase %(number)s has been decided, and others count on what you committed to."
            " Whoever gains less than it costs them could withdraw in the time after the decision."
        ),
        number=purchase.id,
    )


@router.answer(deciding.LOSS)
def answered(ctx: Context, reference: str, answer: Message | Reaction) -> bool:
    """A yes stays, a no withdraws."""
    stays = decision_in(answer)
    purchase = purchases.get(ctx.session, int(reference))
    if purchase is None:
        return False
    open_to = may_withdraw(ctx.session, purchase, ctx.user)
    if stays is None:
        if isinstance(answer, Reaction) or not open_to or is_remark(ctx, answer):
            return False
        raise BadArgument(
            answer.text[:40], N_("“yes” to stay with it, or “no” to withdraw from it")
        )
    if stays and open_to:
        ctx.reply("purchases/stays", purchase=purchase)
    else:
        withdraw(ctx, purchase)
    return True
