"""`!purchase settle`: everybody's amount for what was delivered, told to each by direct chat, the whole to
whoever is responsible. The bot holds no money: the supplier or the cooperative invoices."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Final

from commands.kernel.catalogue import N_
from commands.kernel.command import Router
from commands.kernel.context import Context
from commands.kernel.errors import BadArgument, Refused
from commands.kernel.fields import FieldError
from commands.kernel.parameters import positional, rest
from commands.purchases import changes, typed, values
from commands.purchases.ordering import NUMBER
from commands.purchases.paying import remind_later, with_lines
from commands.purchases.rules.settlement import Delivered, settle
from commands.purchases.settlement_sheet import settlement_file
from commands.purchases.standing import costs_of, person_key, persons
from commands.purchases.values import PurchaseNumber
from storage import commitments, member_accounts, purchase_bills, purchases
from storage.purchase_bills import Bill, BillLine, NewBill
from storage.purchases import Purchase

router = Router("purchases")

_COSTS: Final = ("freight_cents", "fees_cents")
# People put no comma between “freight 42.50” and “fees 10”.
_NEXT_COST: Final = re.compile(
    rf"(?<=[\d€])\s+(?=(?:{'|'.join(map(re.escape, typed.COST_WORDS))})\b)", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class SettleArguments:
    number: int = positional(PurchaseNumber(), NUMBER)
    costs: str = rest(N_("costs that differ from what was planned"), longest=200, default="")


@router.command(
    "purchase settle",
    nl=("groepsaankoop afrekenen", "aankoop afrekenen", "groepsaankoop afrekening"),
    fr=("achat groupé décompte", "achat décompte", "achat groupé décompter"),
    summary=N_("works out what everybody owes for what was delivered, and tells them"),
    examples={
        "en": ("purchase settle 7", "purchase settle 7 freight 42.50 fees 10"),
        "nl": ("groepsaankoop afrekenen 7", "groepsaankoop afrekenen 7 vracht 42,50 kosten 10"),
        "fr": ("achat groupé décompte 7", "achat groupé décompte 7 transport 42,50 frais 10"),
    },
    arguments=SettleArguments,
    who=values.RESPONSIBLE,
)
def settle_it(ctx: Context, arguments: SettleArguments) -> None:
    """Again, with other costs or deliveries, until a payment was confirmed."""
    purchase = values.must_be_responsible(ctx, arguments.number)
    if purchase.state != "received":
        raise values.not_now(ctx, purchase)
    before = purchase_bills.of_purchase(ctx.session, purchase.id)
    if any(bill.confirmed_at is not None for bill in before):
        raise Refused(
            N_(
                "A payment of group purchase %(number)s was confirmed, so the amounts no longer change."
            ),
            number=purchase.id,
        )
    if arguments.costs:
        costs = _costs_in(arguments.costs, purchase.currency)
        purchases.change(ctx.session, purchase.id, now=ctx.now_ms, **costs)
        purchase = values.must_be_responsible(ctx, purchase.id)
    purchase_bills.write(ctx.session, purchase.id, _bills(ctx, purchase), now=ctx.now_ms)
    ctx.audit("purchase.billed", values.subject(purchase.id))
    _tell(ctx, purchase, before)
    remind_later(ctx, purchase.id)
    changes.changed(ctx, purchase.id)


def _costs_in(text: str, currency: str) -> dict[str, int]:
    """Freight and fees, in cents by their fields. Raises BadArgument."""
    try:
        found = _found_in(text, currency)
    except FieldError as error:
        raise BadArgument(text[:40], N_("costs by name, such as: freight 42.50 fees 10")) from error
    if not found.keys() <= set(_COSTS):
        # Handling is weighed before the order and never charged.
        raise BadArgument(text[:40], N_("costs by name, such as: freight 42.50 fees 10"))
    return found


def _found_in(text: str, currency: str) -> dict[str, int]:
    """Raises FieldError."""
    try:
        return typed.costs(text, currency)
    except FieldError:
        return typed.costs(_NEXT_COST.sub(", ", text.replace(":", " ")), currency)


def _bills(ctx: Context, purchase: Purchase) -> list[NewBill]:
    """One for each person, whichever of their accounts they used, in the order in which they committed."""
    made = commitments.of_purchase(ctx.session, purchase.id)
    accounts = persons(ctx.session, made)
    in_order = sorted((one for found in made.values() for one in found), key=lambda one: one.id)
    people = dict.fromkeys(person_key(one, accounts) for one in in_order)
    lines = [line for line in purchase.lines if line.delivered_units]
    delivered = []
    for line in lines:
        units = dict.fromkeys(people, 0)
        for one in made.get(line.id, ()):
            units[person_key(one, accounts)] += one.delivered_units or 0
        delivered.append(Delivered(units, line.ordered_cents or 0, line.vat, line.reference_cents))
    parts = settle(delivered, costs_of(purchase).billed_cents, purchase.costs_vat)
    return [
        NewBill(
            accounts.get(key),
            tuple(
                BillLine(
                    lines[got.place].id,
                    got.units,
                    delivered[got.place].cents,
                    got.net_cents,
                    got.vat_cents,
                )
                for got in parts[key].got
            ),
            parts[key].costs_cents,
            parts[key].costs_vat_cents,
            parts[key].gain_cents,
        )
        for key in people
        if key in parts
    ]


def _tell(ctx: Context, purchase: Purchase, before: list[Bill]) -> None:
    """Each member hears their amount where it is news, whoever is responsible the whole."""
    bills = purchase_bills.of_purchase(ctx.session, purchase.id)
    lines = purchase_bills.lines_of(ctx.session, purchase.id)
    earlier = {bill.user_id: bill.total_cents for bill in before if bill.user_id is not None}
    for bill in bills:
        if bill.user_id is not None and earlier.get(bill.user_id) != bill.total_cents:
            ctx.direct(
                bill.user_id,
                "purchases/bill",
                purchase=purchase,
                bill=bill,
                lines=with_lines(purchase, lines.get(bill.id, [])),
                is_changed=bill.user_id in earlier,
            )
    owed = {bill.user_id for bill in bills}
    for bill in before:
        if bill.user_id is None or bill.user_id in owed or bill.total_cents == 0:
            continue
        if owed.isdisjoint(member_accounts.same_person(ctx.session, bill.user_id)):
            nothing = replace(
                bill,
                net_cents=0,
                vat_cents=0,
                costs_cents=0,
                costs_vat_cents=0,
                total_cents=0,
                gain_cents=0,
            )
            ctx.direct(
                bill.user_id,
                "purchases/bill",
                purchase=purchase,
                bill=nothing,
                lines=[],
                is_changed=True,
            )
    ctx.reply_privately(
        "purchases/settled_whole",
        purchase=purchase,
        people=len(bills),
        net=sum(bill.net_cents for bill in bills),
        vat=sum(bill.vat_cents for bill in bills),
        costs=sum(bill.costs_cents for bill in bills),
        costs_vat=sum(bill.costs_vat_cents for bill in bills),
        total=sum(bill.total_cents for bill in bills),
    )
    if bills:
        file = settlement_file(ctx, purchase, bills, lines, language=ctx.language)
        ctx.send_file(file, user_id=ctx.user)
