"""A purchase that found too few: whoever is responsible extends it once, or it is released; all hear of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from commands.kernel.catalogue import N_
from commands.kernel.command import Router
from commands.kernel.context import Context, milliseconds
from commands.kernel.errors import BadArgument, Refused
from commands.kernel.fields import FieldError
from commands.kernel.incoming import Message, Reaction
from commands.kernel.parameters import positional, rest
from commands.purchases import changes, nudging, typed, values
from commands.purchases.board_data import moment
from commands.purchases.hearing import (
    decision_in,
    is_remark,
    tell_members,
    tell_responsible,
    tell_rooms,
)
from commands.purchases.interest import OWN
from commands.purchases.standing import LineStanding, standing
from commands.purchases.values import PurchaseNumber
from storage import commitments, purchase_lines, purchase_losses, purchases
from storage.purchases import Purchase

router = Router("purchases")

ABOUT: Final = "purchase_failed"
_PATIENCE: Final = timedelta(days=7)


def fail(ctx: Context, purchase: Purchase) -> None:
    """Nothing is ordered. It waits a week for whoever is responsible, unless it was extended before: then it is
    released at once."""
    lines = [one for one in standing(ctx.session, purchase) if one.quantity]
    commitments.unfix(ctx.session, purchase.id)
    purchase_losses.forget(ctx.session, purchase.id)
    for line in purchase.lines:
        purchase_lines.fix_order(ctx.session, line.id, cases=None, cents=None)
    until = None
    if not purchase.extended:
        until = ctx.now_ms + int(_PATIENCE.total_seconds() * 1000)
    purchases.move(ctx.session, purchase.id, "failed", now=ctx.now_ms, due_at=until)
    ctx.audit("purchase.failed", values.subject(purchase.id))
    if until is None:
        release(ctx, purchase, lines)
        return
    changes.step_at(ctx, purchase.id, until)
    tell_rooms(ctx, purchase, "purchases/news_failed", lines=lines, until=moment(until))
    tell_members(ctx, purchase, "purchases/own_failed", until=moment(until))
    tell_responsible(
        ctx,
        purchase,
        "purchases/failed_question",
        about=f"{ABOUT}:{purchase.id}",
        lines=lines,
        until=moment(until),
    )
    nudging.begin(ctx, purchase.id)
    changes.changed(ctx, purchase.id)


def release(ctx: Context, purchase: Purchase, lines: list[LineStanding] | None = None) -> None:
    """It is given up for good; all hear."""
    if lines is None:
        lines = [one for one in standing(ctx.session, purchase) if one.quantity]
    purchases.change(ctx.session, purchase.id, now=ctx.now_ms, released_at=ctx.now_ms, due_at=None)
    ctx.audit("purchase.released", values.subject(purchase.id))
    tell_rooms(ctx, purchase, "purchases/news_released", lines=lines)
    tell_members(ctx, purchase, "purchases/own_released")
    changes.changed(ctx, purchase.id)


def extend(ctx: Context, purchase: Purchase, until: datetime) -> None:
    """It opens once more; all hear, and what was committed stands."""
    deadline = milliseconds(until)
    purchases.move(
        ctx.session, purchase.id, "open", now=ctx.now_ms, due_at=deadline, deadline=deadline
    )
    changes.step_at(ctx, purchase.id, deadline)
    ctx.audit("purchase.extended", values.subject(purchase.id), until=until.isoformat())
    tell_rooms(ctx, purchase, "purchases/news_extended", about=f"{OWN}:{purchase.id}", until=until)
    tell_members(ctx, purchase, "purchases/own_extended", until=until)
    changes.changed(ctx, purchase.id)


def _must_be_failed(ctx: Context, number: int) -> Purchase:
    purchase = values.must_be_responsible(ctx, number)
    if purchase.state != "failed":
        raise values.not_now(ctx, purchase)
    if purchase.released_at is not None:
        raise Refused(
            N_("Group purchase %(number)s was released: open a new one instead."), number=number
        )
    return purchase


def _deadline(ctx: Context, text: str) -> datetime:
    """Raises BadArgument."""
    try:
        return typed.deadline(text, ctx.now, ctx.settings.timezone)
    except FieldError as error:
        expected = typed.PROBLEMS[error.problem]
        raise BadArgument(text[:40], expected, limit=error.limit) from None


@dataclass(frozen=True, slots=True)
class ExtendArguments:
    purchase: int = positional(PurchaseNumber(), N_("the number of a group purchase"))
    until: str = rest(N_("the new deadline"), longest=60)


@router.command(
    "purchase extend",
    nl=("groepsaankoop verlengen", "aankoop verlengen", "aankoop verleng"),
    fr=("achat groupé prolonger", "achat prolonger", "prolonger l'achat"),
    summary=N_("gives a group purchase that found too few another deadline, once"),
    examples={
        "en": ("purchase extend 7 friday 18:00",),
        "nl": ("groepsaankoop verlengen 7 vrijdag 18u",),
        "fr": ("achat groupé prolonger 7 vendredi 18h",),
    },
    arguments=ExtendArguments,
    who=values.RESPONSIBLE,
)
def extend_it(ctx: Context, arguments: ExtendArguments) -> None:
    purchase = _must_be_failed(ctx, arguments.purchase)
    until = _deadline(ctx, arguments.until)
    extend(ctx, purchase, until)
    ctx.reply("purchases/extended", purchase=purchase, until=until)


@dataclass(frozen=True, slots=True)
class ReleaseArguments:
    purchase: int = positional(PurchaseNumber(), N_("the number of a group purchase"))


@router.command(
    "purchase release",
    nl=("groepsaankoop vrijgeven", "aankoop vrijgeven", "aankoop loslaten"),
    fr=("achat groupé abandonner", "achat abandonner", "abandonner l'achat"),
    summary=N_("gives up a group purchase that found too few"),
    examples={
        "en": ("purchase release 7",),
        "nl": ("groepsaankoop vrijgeven 7",),
        "fr": ("achat groupé abandonner 7",),
    },
    arguments=ReleaseArguments,
    who=values.RESPONSIBLE,
)
def release_it(ctx: Context, arguments: ReleaseArguments) -> None:
    purchase = _must_be_failed(ctx, arguments.purchase)
    release(ctx, purchase)
    ctx.reply("purchases/released", purchase=purchase)


@router.answer(ABOUT)
def answered(ctx: Context, reference: str, answer: Message | Reaction) -> bool:
    """A day extends it, a no releases it."""
    decision = decision_in(answer)
    found = purchases.get(ctx.session, int(reference))
    if found is None or (decision is None and (found.state != "failed" or is_remark(ctx, answer))):
        return False
    purchase = _must_be_failed(ctx, found.id)
    if decision is False:
        release(ctx, purchase)
        ctx.reply("purchases/released", purchase=purchase)
        return True
    until = _deadline(ctx, answer.key if isinstance(answer, Reaction) else answer.text)
    extend(ctx, purchase, until)
    ctx.reply("purchases/extended", purchase=purchase, until=until)
    return True
