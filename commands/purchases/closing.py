"""A purchase is closed when all is paid, or when whoever is responsible says so (`!purchase close`); what it
brought is told in the rooms and kept for the reports."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from commands.kernel.catalogue import N_
from commands.kernel.command import Router
from commands.kernel.context import Context
from commands.kernel.errors import BadArgument, Refused
from commands.kernel.parameters import positional, rest
from commands.kernel.telling import shown_count
from commands.labels.fold import fold
from commands.purchases import changes, hearing, values
from commands.purchases.ordering import NUMBER
from commands.purchases.values import PurchaseNumber
from storage import purchase_bills, purchases
from storage.purchase_bills import Summary
from storage.purchases import Purchase

router = Router("purchases")

_SAVED: Final = N_("what was saved, such as: kg:120 trips:14")
_WORDS: Final = {
    **dict.fromkeys(
        "kg kgs kilo kilos kilogram kilograms kilogramme kilogrammes".split(), "saved_grams"
    ),
    **dict.fromkeys("trip trips rit ritten trajet trajets voyage voyages".split(), "saved_trips"),
}
_TOKEN: Final = re.compile(r"[0-9]+(?:[.,][0-9]+)?|[^\W\d_]+|[^\s:=,;]")
_FIGURE: Final = re.compile(r"[0-9]{1,7}(?:[.,][0-9]{1,2})?")


@dataclass(frozen=True, slots=True)
class CloseArguments:
    number: int = positional(PurchaseNumber(), NUMBER)
    saved: str = rest(_SAVED, longest=200, default="")


@router.command(
    "purchase close",
    nl=("groepsaankoop sluiten", "aankoop sluiten"),
    fr=("achat groupé clôturer", "achat clôturer"),
    summary=N_("closes a group purchase, with the kilograms or trips that it saved if you know"),
    examples={
        "en": ("purchase close 7", "purchase close 7 kg:120 trips:14"),
        "nl": ("groepsaankoop sluiten 7", "groepsaankoop sluiten 7 kg:120 ritten:14"),
        "fr": ("achat groupé clôturer 7", "achat groupé clôturer 7 kg:120 trajets:14"),
    },
    arguments=CloseArguments,
    who=values.RESPONSIBLE,
)
def close_it(ctx: Context, arguments: CloseArguments) -> None:
    """What was saved may still be told once it is closed."""
    purchase = values.must_be_responsible(ctx, arguments.number)
    saved = _saved_in(arguments.saved) if arguments.saved else {}
    if purchase.state == "settled" and saved:
        purchases.change(ctx.session, purchase.id, now=ctx.now_ms, **saved)
        summary = _summarise(ctx, purchase.id)
        changes.changed(ctx, purchase.id)
        ctx.audit("purchase.saved", values.subject(purchase.id), **saved)
        ctx.reply("purchases/closed", purchase=purchase, summary=summary, waiting=0)
        return
    if purchase.state != "received":
        raise values.not_now(ctx, purchase)
    bills = purchase_bills.of_purchase(ctx.session, purchase.id)
    if not bills and any(line.delivered_units for line in purchase.lines):
        raise Refused(
            N_("First everybody has to hear their amount: “%(command)s”"),
            command=f"{ctx.prefix}{ctx.registry.word('purchase settle', ctx.language)} {purchase.id}",
        )
    if saved:
        purchases.change(ctx.session, purchase.id, now=ctx.now_ms, **saved)
    summary = _close(ctx, purchase)
    ctx.reply_privately(
        "purchases/closed",
        purchase=purchase,
        summary=summary,
        waiting=sum(bill.total_cents for bill in bills if bill.is_open),
    )


def close_when_paid(ctx: Context, purchase: Purchase) -> None:
    """Closes it when everybody's payment is confirmed; whoever is responsible is asked what it saved."""
    bills = purchase_bills.of_purchase(ctx.session, purchase.id)
    if purchase.state != "received" or any(bill.is_open for bill in bills):
        return
    summary = _close(ctx, purchase)
    hearing.tell_responsible(ctx, purchase, "purchases/all_paid", summary=summary)


def _close(ctx: Context, purchase: Purchase) -> Summary:
    purchases.move(ctx.session, purchase.id, "settled", now=ctx.now_ms)
    ctx.audit("purchase.settled", values.subject(purchase.id))
    summary = _summarise(ctx, purchase.id)
    hearing.tell_rooms(
        ctx,
        purchase,
        "purchases/summary_news",
        summary=summary,
        members=shown_count(ctx, summary.members),
    )
    changes.changed(ctx, purchase.id)
    return summary


def _summarise(ctx: Context, purchase_id: int) -> Summary:
    """What it brought, from what members were billed; closed anew, it keeps the day on which it was closed."""
    purchase = purchases.get(ctx.session, purchase_id)
    assert purchase is not None, "a purchase is never deleted"
    before = purchase_bills.summary_of(ctx.session, purchase_id)
    bills = purchase_bills.of_purchase(ctx.session, purchase_id)
    lines = purchase_bills.lines_of(ctx.session, purchase_id)
    summary = Summary(
        purchase_id,
        before.closed_on if before is not None else ctx.today.isoformat(),
        len(bills),
        sum(one.units for own in lines.values() for one in own),
        sum(bill.net_cents for bill in bills),
        sum(bill.gain_cents for bill in bills),
        purchase.saved_grams,
        purchase.saved_trips,
    )
    purchase_bills.summarise(ctx.session, summary)
    return summary


def _saved_in(text: str) -> dict[str, int]:
    """`kg:120 trips:14`, `120 kg, 14 trips`: grams and trips, by their fields. Raises BadArgument."""
    found: dict[str, int] = {}
    tokens = _TOKEN.findall(fold(text))
    if not tokens or len(tokens) % 2:
        raise BadArgument(text[:40], _SAVED)
    for first, second in zip(tokens[::2], tokens[1::2], strict=True):
        figure, word = (second, first) if first in _WORDS else (first, second)
        field = _WORDS.get(word)
        if field is None or field in found or not _FIGURE.fullmatch(figure):
            raise BadArgument(text[:40], _SAVED)
        amount = Decimal(figure.replace(",", "."))
        if field == "saved_trips" and amount != int(amount):
            raise BadArgument(text[:40], _SAVED)
        found[field] = int(amount * 1000) if field == "saved_grams" else int(amount)
    return found
