"""`!purchase order` and `!purchase ordered`: the sheets for the suppliers, which the responsible person sends,
not the bot; and that they were sent."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from commands.kernel import moments
from commands.kernel.catalogue import N_
from commands.kernel.command import Router
from commands.kernel.context import Context
from commands.kernel.errors import BadArgument
from commands.kernel.parameters import positional, rest
from commands.purchases import changes, hearing, sheets, values
from commands.purchases.values import PurchaseNumber
from storage import purchases

router = Router("purchases")

_LATEST: Final = timedelta(days=365)
NUMBER: Final = N_("the number of a group purchase")


@dataclass(frozen=True, slots=True)
class NumberArguments:
    number: int = positional(PurchaseNumber(), NUMBER)


@router.command(
    "purchase order",
    en=("order sheet",),
    nl=("groepsaankoop bestelbon", "aankoop bestelbon", "bestelbon"),
    # *Commandé* reads as *commande* without its accent: who types it gets the sheets, which harms nothing.
    fr=(
        "achat groupé bon de commande",
        "achat bon de commande",
        "bon de commande",
        "achat groupé commande",
        "achat commande",
    ),
    summary=N_("sends you the order sheets of a group purchase, to send on to the suppliers"),
    examples={
        "en": ("purchase order 7",),
        "nl": ("groepsaankoop bestelbon 7",),
        "fr": ("achat groupé bon de commande 7",),
    },
    arguments=NumberArguments,
    who=values.RESPONSIBLE,
)
def order(ctx: Context, arguments: NumberArguments) -> None:
    purchase = values.must_be_responsible(ctx, arguments.number)
    if purchase.state not in ("confirmed", "ordered"):
        raise values.not_now(ctx, purchase)
    found = sheets.orders_of(ctx, purchase)
    ctx.reply_privately("purchases/order_sheets", purchase=purchase, orders=found)
    for one in found:
        sheets.send_order(ctx, one, user=ctx.user, currency=purchase.currency)


@dataclass(frozen=True, slots=True)
class OrderedArguments:
    number: int = positional(PurchaseNumber(), NUMBER)
    day: str = rest(N_("the day on which it should come"), longest=60, default="")


@router.command(
    "purchase ordered",
    nl=("groepsaankoop besteld", "aankoop besteld"),
    fr=("achat groupé envoyé", "achat envoyé", "commande envoyée", "commande passée"),
    summary=N_("says that a group purchase was ordered, and when it should come"),
    examples={
        "en": ("purchase ordered 7", "purchase ordered 7 4 December"),
        "nl": ("groepsaankoop besteld 7", "groepsaankoop besteld 7 4 december"),
        "fr": ("achat groupé envoyé 7", "achat groupé envoyé 7 4 décembre"),
    },
    arguments=OrderedArguments,
    who=values.RESPONSIBLE,
)
def ordered(ctx: Context, arguments: OrderedArguments) -> None:
    """Again while it is ordered, when another day is heard of."""
    purchase = values.must_be_responsible(ctx, arguments.number)
    if purchase.state not in ("confirmed", "ordered"):
        raise values.not_now(ctx, purchase)
    if purchase.state == "ordered" and not arguments.day:
        raise values.not_now(ctx, purchase)
    day = _coming(ctx, arguments.day) if arguments.day else None
    if purchase.state == "confirmed":
        purchases.move(ctx.session, purchase.id, "ordered", now=ctx.now_ms)
        ctx.audit("purchase.ordered", values.subject(purchase.id))
    expected = None if day is None else day.isoformat()
    purchases.change(ctx.session, purchase.id, now=ctx.now_ms, expected_on=expected)
    hearing.tell_rooms(ctx, purchase, "purchases/ordered_news", day=day)
    changes.changed(ctx, purchase.id)
    ctx.acted = True
    ctx.reply("purchases/ordered", purchase=purchase, day=day)


def _coming(ctx: Context, text: str) -> date:
    """Today or a day within a year. Raises BadArgument."""
    phrase = moments.parse(text, ctx.today)
    if (
        phrase is None
        or phrase.clock is not None
        or not ctx.today <= phrase.day <= ctx.today + _LATEST
    ):
        raise BadArgument(text, N_("a day that is to come, such as 2027-12-01, 1/12 or tomorrow"))
    return phrase.day
