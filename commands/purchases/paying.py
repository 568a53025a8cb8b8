"""`!paid` and `!payments`: who says that they paid, and whoever is responsible confirming that it came. The bot
holds no money; who forgets is reminded, three times at most."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from commands.kernel.catalogue import N_
from commands.kernel.command import Router
from commands.kernel.context import Context, milliseconds
from commands.kernel.errors import BadArgument, NotAllowed, Refused
from commands.kernel.incoming import Message, Reaction
from commands.kernel.moments import next_decent
from commands.kernel.paging import page_of
from commands.kernel.parameters import Integer, option, positional, rest
from commands.labels.fold import fold
from commands.purchases import closing, hearing, values
from commands.purchases.ordering import NUMBER
from commands.purchases.values import PurchaseNumber
from storage import jobs, purchase_bills, purchases
from storage.jobs import Job
from storage.purchase_bills import Bill, BillLine
from storage.purchase_lines import Line
from storage.purchases import Purchase

router = Router("purchases")

PAYMENT: Final = "purchase_payment"
REMIND: Final = "purchases.payments"
_AGAIN: Final = timedelta(days=7)
_MOST_REMINDERS: Final = 3
_ON_A_PAGE: Final = 40
_ALL: Final = frozenset("all everybody everyone alle allemaal iedereen tous tout toutes".split())
_RANGE: Final = re.compile(r"#?([0-9]{1,6})(?:\s*[-–]\s*([0-9]{1,6}))?")
_SOME: Final = re.compile(r"\s*[-–]\s*")
_WHICH: Final = N_("numbers of payments, such as 1 3-5, or “all”")


# --- whoever pays ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class PaidArguments:
    number: int | None = positional(PurchaseNumber(), NUMBER, default=None)


@router.command(
    "paid",
    en=("i paid", "i have paid"),
    nl=("betaald", "ik heb betaald"),
    fr=("payé", "j'ai payé"),
    summary=N_("says that you paid your amount of a group purchase"),
    examples={"en": ("paid 7",), "nl": ("betaald 7",), "fr": ("payé 7",)},
    arguments=PaidArguments,
)
def paid(ctx: Context, arguments: PaidArguments) -> None:
    own = [
        bill
        for bill in purchase_bills.of_person(ctx.session, ctx.user, arguments.number)
        if bill.total_cents
    ]
    waiting = [bill for bill in own if bill.is_open]
    numbers = {bill.purchase_id for bill in waiting}
    if len(numbers) > 1:
        listed = ", ".join(map(str, sorted(numbers)))
        raise BadArgument(
            ctx._(N_("paid")), N_("one of the group purchases %(numbers)s"), numbers=listed
        )
    if not own:
        raise Refused(N_("I know of nothing that you have to pay."))
    if not waiting:
        raise Refused(N_("It was already confirmed that you paid."))
    purchase = purchases.get(ctx.session, waiting[0].purchase_id)
    assert purchase is not None, "a purchase is never deleted"
    ctx.acted = True
    if values.is_responsible(ctx, purchase):
        # Whom the money goes to need not ask themselves.
        _confirm(ctx, purchase, waiting)
        ctx.reply_privately("purchases/paid", purchase=purchase, bill=waiting[0], is_confirmed=True)
        return
    fresh = [bill for bill in waiting if bill.said_paid_at is None]
    purchase_bills.say_paid(ctx.session, [bill.id for bill in fresh], now=ctx.now_ms)
    for bill in fresh:
        hearing.tell_responsible(
            ctx, purchase, "purchases/payment_said", about=f"{PAYMENT}:{bill.id}", bill=bill
        )
    ctx.reply_privately("purchases/paid", purchase=purchase, bill=waiting[0], is_confirmed=False)


# --- whoever is responsible ----------------------------------------------------------------------------


@router.answer(PAYMENT)
def answered(ctx: Context, reference: str, answer: Message | Reaction) -> bool:
    """Whether the money came, in reply to who says that they paid."""
    decision = hearing.decision_in(answer)
    bill = purchase_bills.get(ctx.session, int(reference))
    purchase = purchases.get(ctx.session, bill.purchase_id) if bill is not None else None
    if bill is None or purchase is None:
        # It was worked out again since.
        if decision is None:
            return False
        raise Refused(N_("That amount was worked out again meanwhile."))
    if decision is None:
        if isinstance(answer, Reaction) or hearing.is_remark(ctx, answer):
            return False
        raise BadArgument(answer.text[:40], N_("“yes” if the money came, “no” if it did not"))
    if not _may_confirm(ctx, purchase):
        raise NotAllowed(values.RESPONSIBLE)
    if not bill.is_open:
        raise Refused(N_("That payment is confirmed already."))
    ctx.acted = True
    if decision:
        _confirm(ctx, purchase, [bill])
    else:
        purchase_bills.deny(ctx.session, bill.id)
        ctx.audit("purchase.payment_denied", values.subject(purchase.id), payment=bill.number)
        if bill.user_id is not None:
            ctx.direct(bill.user_id, "purchases/payment_denied", purchase=purchase, bill=bill)
    ctx.reply("purchases/payment_noted", purchase=purchase, bill=bill, came=decision)
    return True


def bill_shown(ctx: Context, purchase: Purchase, bill: Bill) -> dict[str, Any]:
    """What the template of one bill needs."""
    lines = purchase_bills.lines_of(ctx.session, purchase.id, bill.id).get(bill.id, [])
    return {"purchase": purchase, "bill": bill, "lines": with_lines(purchase, lines)}


def with_lines(purchase: Purchase, lines: Sequence[BillLine]) -> list[tuple[Line, BillLine]]:
    """What each line of a bill is about."""
    of_purchase = {line.id: line for line in purchase.lines}
    return [(of_purchase[one.line_id], one) for one in lines]


def _may_confirm(ctx: Context, purchase: Purchase) -> bool:
    if values.responsible_for(ctx, purchase) is None:
        return values.runs(ctx, purchase)
    return values.is_responsible(ctx, purchase)


@dataclass(frozen=True, slots=True)
class PaymentsArguments:
    number: int = positional(PurchaseNumber(), NUMBER)
    which: str = rest(_WHICH, longest=500, default="")
    page: int = option(
        Integer(1, 200), N_("a page"), default=1, en=("page",), nl=("pagina",), fr=("page",)
    )


@router.command(
    "payments",
    nl=("betalingen",),
    fr=("paiements",),
    summary=N_(
        "shows what you owe for a group purchase; whoever is responsible sees who paid, and confirms it"
    ),
    examples={
        "en": ("payments 7", "payments 7 1 3-5", "payments 7 all"),
        "nl": ("betalingen 7", "betalingen 7 1 3-5", "betalingen 7 alle"),
        "fr": ("paiements 7", "paiements 7 1 3-5", "paiements 7 tous"),
    },
    arguments=PaymentsArguments,
)
def payments(ctx: Context, arguments: PaymentsArguments) -> None:
    """Members see their own amount once more."""
    own = purchase_bills.of_person(ctx.session, ctx.user, arguments.number)
    purchase = values.seen(ctx, arguments.number)
    if own and not _may_confirm(ctx, purchase):
        shown = bill_shown(ctx, purchase, own[0])
        ctx.reply_privately("purchases/bill", **shown, is_changed=False)
        return
    purchase = values.must_be_responsible(ctx, arguments.number)
    bills = purchase_bills.of_purchase(ctx.session, purchase.id)
    if not bills:
        raise values.not_now(ctx, purchase)
    chosen = _chosen(arguments.which, bills) if arguments.which else []
    confirmed = [bill for bill in chosen if bill.is_open]
    if confirmed:
        _confirm(ctx, purchase, confirmed)
        bills = purchase_bills.of_purchase(ctx.session, purchase.id)
    page = page_of(bills, arguments.page, _ON_A_PAGE)
    ctx.reply_privately(
        "purchases/payments",
        purchase=purchases.get(ctx.session, purchase.id),
        bills=page.items,
        page=page.number,
        pages=page.pages,
        confirmed=len(confirmed),
        waiting=sum(bill.total_cents for bill in bills if bill.is_open),
    )


def _chosen(text: str, bills: Sequence[Bill]) -> list[Bill]:
    """`1 3-5`, `1, 3 en 5`, `all`. Raises BadArgument for anything else, and for numbers that there are not."""
    folded = _SOME.sub("-", fold(text))
    words = [word for word in re.split(r"[\s,;]+", folded) if word not in ("", "and", "en", "et")]
    if words and set(words) <= _ALL:
        return list(bills)
    by_number = {bill.number: bill for bill in bills}
    chosen: dict[int, Bill] = {}
    for word in words:
        said = _RANGE.fullmatch(word)
        if said is None:
            raise BadArgument(word[:40], _WHICH)
        first, last = int(said[1]), int(said[2] or said[1])
        if first > last or first not in by_number or last not in by_number:
            raise BadArgument(word[:40], N_("numbers from 1 to %(highest)s"), highest=len(bills))
        chosen.update({number: by_number[number] for number in range(first, last + 1)})
    return list(chosen.values())


def _confirm(ctx: Context, purchase: Purchase, bills: Sequence[Bill]) -> None:
    """The money came; who paid hears so, and when all is paid the purchase is closed."""
    purchase_bills.confirm(ctx.session, [bill.id for bill in bills], ctx.user, now=ctx.now_ms)
    for bill in bills:
        ctx.audit("purchase.payment_confirmed", values.subject(purchase.id), payment=bill.number)
        if bill.user_id is not None and not values.is_same(ctx, bill.user_id):
            ctx.direct(bill.user_id, "purchases/payment_confirmed", purchase=purchase, bill=bill)
    closing.close_when_paid(ctx, purchase)


# --- whoever forgot --------------------------------------------------------------------------------------


def remind_later(ctx: Context, purchase_id: int) -> None:
    """Everybody was told their amount now: who did not pay within the term is reminded."""
    _put_down(ctx, purchase_id, billed_at=ctx.now_ms, count=1, after=ctx.settings.payment_term)


def _put_down(
    ctx: Context, purchase_id: int, *, billed_at: int, count: int, after: timedelta
) -> None:
    jobs.add(
        ctx.session,
        REMIND,
        f"{purchase_id}-{billed_at}-{count}",
        due_at=milliseconds(next_decent(ctx.now + after, ctx.settings.timezone)),
        data={"purchase": purchase_id, "billed_at": billed_at, "count": count},
    )


@router.job(REMIND, grace=timedelta(days=365))
def remind(ctx: Context, job: Job, late: bool) -> None:
    purchase = purchases.get(ctx.session, int(job.data["purchase"]))
    bills = purchase_bills.of_purchase(ctx.session, int(job.data["purchase"]))
    # Amounts that were worked out again have a term of their own.
    current = [bill for bill in bills if bill.billed_at == job.data["billed_at"]]
    unpaid = [bill for bill in current if bill.is_open]
    if purchase is None or purchase.state != "received" or not unpaid:
        return
    forgot = [bill for bill in unpaid if bill.said_paid_at is None]
    for bill in forgot:
        if bill.user_id is not None:
            ctx.direct(bill.user_id, "purchases/payment_reminder", purchase=purchase, bill=bill)
    purchase_bills.reminded(ctx.session, [bill.id for bill in forgot], now=ctx.now_ms)
    said = [bill for bill in unpaid if bill.said_paid_at is not None]
    hearing.tell_responsible(
        ctx, purchase, "purchases/payments_waiting", said=said, forgot=len(forgot)
    )
    ctx.acted = True
    count = int(job.data["count"])
    if count < _MOST_REMINDERS:
        _put_down(
            ctx,
            purchase.id,
            billed_at=int(job.data["billed_at"]),
            count=count + 1,
            after=_AGAIN,
        )
