"""Asks members again whose price went above what they agreed to. Who does not agree drops out at the decision
(`rules.allocation`), unless the price falls again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from commands.kernel.catalogue import N_
from commands.kernel.command import Router
from commands.kernel.context import Context
from commands.kernel.errors import BadArgument, Refused
from commands.kernel.incoming import Message, Reaction
from commands.kernel.telling import edit_everywhere
from commands.purchases import changes, values
from commands.purchases.board_data import moment
from commands.purchases.hearing import decision_in, is_remark
from commands.purchases.interest import OWN
from commands.purchases.pledging import Amount
from commands.purchases.standing import standing
from storage import commitments, purchases
from storage.commitments import Commitment
from storage.purchase_lines import Line
from storage.purchases import Purchase

router = Router("purchases")

ABOUT: Final = "purchase_price"


@dataclass(frozen=True, slots=True)
class Question:
    """What somebody is asked: whether they agree to a price of `cents` a unit (net) for what they committed
    to."""

    purchase: Purchase
    line: Line
    commitment: Commitment
    cents: int

    @property
    def about(self) -> str:
        return f"{ABOUT}:{self.commitment.id}/{self.cents}"

    @property
    def amount(self) -> Amount:
        """What their quantity comes to."""
        return Amount(self.commitment.quantity, self.cents, self.line.vat)


def ask_again(ctx: Context, purchase: Purchase) -> None:
    """Ask everybody whose price is above what they agreed to, by direct chat, once for each price."""
    if not purchase.takes_commitments:
        return
    found = standing(ctx.session, purchase)
    dearer = commitments.unaccepted(ctx.session, {one.line.id: one.cents for one in found})
    for stands in found:
        for one in dearer.get(stands.line.id, ()):
            if one.user_id is None or one.asked_cents == stands.cents:
                continue
            commitments.asked(ctx.session, one.id, stands.cents)
            question = Question(purchase, stands.line, one, stands.cents)
            ctx.direct(
                one.user_id,
                "purchases/ask_price",
                about=question.about,
                question=question,
                deadline=moment(purchase.due_at or purchase.deadline),
            )
            ctx.acted = True


@router.answer(ABOUT)
def answered(ctx: Context, reference: str, answer: Message | Reaction) -> bool:
    """A yes or a no, or a thumb, under the question about a price."""
    question = _question(ctx, reference)
    if question is not None and not values.is_same(ctx, question.commitment.user_id):
        return False
    agrees = decision_in(answer)
    if agrees is None:
        if isinstance(answer, Reaction) or is_remark(ctx, answer):
            return False
        raise BadArgument(answer.text[:40], N_("“yes” if you agree to the price, or “no”"))
    if question is None:
        raise Refused(N_("You do not take part in that any more, so nothing needs to be decided."))
    if not question.purchase.takes_commitments:
        raise values.not_now(ctx, question.purchase)
    if agrees:
        commitments.accept(ctx.session, question.commitment.id, question.cents)
        ctx.audit("purchase.price_accepted", values.subject(question.purchase.id))
        changes.changed(ctx, question.purchase.id)
    edit_everywhere(
        ctx, question.about, "purchases/price_answered", question=question, agrees=agrees
    )
    ctx.acted = True
    ctx.reply(
        "purchases/price_noted",
        question=question,
        agrees=agrees,
        # Who agreed to more before, and says no now, still agreed.
        accepted=question.commitment.accepted_cents,
        others=_asked_beside(ctx, question, answer),
        about=f"{OWN}:{question.purchase.id}",
    )
    return True


def _asked_beside(ctx: Context, question: Question, answer: Message | Reaction) -> list[Line]:
    """What else of the purchase somebody was asked about, who answered without saying to which question."""
    if isinstance(answer, Reaction) or answer.reply_to is not None:
        return []
    own = commitments.of_person(ctx.session, question.purchase.id, ctx.user)
    return [
        question.purchase.line(one.line_id)
        for one in own.values()
        if one.id != question.commitment.id and (one.asked_cents or 0) > one.accepted_cents
    ]


def _question(ctx: Context, reference: str) -> Question | None:
    """What a message asked; None once the commitment is gone."""
    number, _, cents = reference.partition("/")
    commitment = commitments.get(ctx.session, int(number))
    if commitment is None:
        return None
    purchase = purchases.of_line(ctx.session, commitment.line_id)
    if purchase is None:
        return None
    return Question(purchase, purchase.line(commitment.line_id), commitment, int(cents))
