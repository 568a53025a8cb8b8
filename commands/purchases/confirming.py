"""A purchase that tipped goes ahead when whoever is responsible confirms it: by itself only where it costs no
more than it gains, otherwise with a reason that everybody sees (product.md, section 5, "Freight check")."""

from __future__ import annotations

from dataclasses import dataclass

from commands.kernel.catalogue import N_
from commands.kernel.command import Router
from commands.kernel.context import Context
from commands.kernel.errors import BadArgument, Refused
from commands.kernel.incoming import Message, Reaction
from commands.kernel.parameters import positional, rest
from commands.purchases import changes, deciding, failing, hearing, nudging, values
from commands.purchases.reckoning import Reckoning, reckon
from commands.purchases.values import PurchaseNumber
from storage import purchases
from storage.purchases import Purchase

router = Router("purchases")

_LONGEST_REASON = 500


@dataclass(frozen=True, slots=True)
class ConfirmArguments:
    purchase: int = positional(PurchaseNumber(), N_("the number of a group purchase"))


@router.command(
    "purchase confirm",
    nl=("groepsaankoop bevestigen", "aankoop bevestigen", "aankoop bevestig"),
    fr=("achat groupé confirmer", "achat confirmer", "confirmer l'achat"),
    summary=N_("lets a group purchase that tipped go ahead"),
    examples={
        "en": ("purchase confirm 7",),
        "nl": ("groepsaankoop bevestigen 7",),
        "fr": ("achat groupé confirmer 7",),
    },
    arguments=ConfirmArguments,
    who=values.RESPONSIBLE,
)
def confirm_it(ctx: Context, arguments: ConfirmArguments) -> None:
    _confirm(ctx, _must_be_tipped(ctx, arguments.purchase))


@dataclass(frozen=True, slots=True)
class OverrideArguments:
    purchase: int = positional(PurchaseNumber(), N_("the number of a group purchase"))
    reason: str = rest(N_("a reason that everybody sees"), longest=_LONGEST_REASON)


@router.command(
    "purchase override",
    nl=("groepsaankoop doorzetten", "aankoop doorzetten", "aankoop toch bevestigen"),
    fr=("achat groupé passer outre", "achat passer outre", "achat confirmer quand même"),
    summary=N_("lets a group purchase go ahead that costs more than it gains, with a reason"),
    examples={
        "en": ("purchase override 7 the supplier around the corner is closing",),
        "nl": ("groepsaankoop doorzetten 7 de leverancier om de hoek stopt",),
        "fr": ("achat groupé passer outre 7 le fournisseur du coin ferme",),
    },
    arguments=OverrideArguments,
    who=values.RESPONSIBLE,
)
def override_it(ctx: Context, arguments: OverrideArguments) -> None:
    purchase = _must_be_tipped(ctx, arguments.purchase)
    found = reckon(ctx.session, purchase)
    if found.verdict.goes_ahead:
        raise Refused(
            N_(
                "Group purchase %(number)s gains at least what it costs, so it needs no reason:"
                " “%(command)s” lets it go ahead."
            ),
            number=purchase.id,
            command=_confirm_line(ctx, purchase),
        )
    if _still_the_same(ctx, purchase, found):
        _go_ahead(ctx, purchase, found, arguments.reason)


def _must_be_tipped(ctx: Context, number: int) -> Purchase:
    """Raises NotFound, NotAllowed and Refused."""
    purchase = values.must_be_responsible(ctx, number)
    if purchase.state != "tipped":
        raise values.not_now(ctx, purchase)
    if purchase.due_at is not None:
        raise Refused(
            N_(
                "Members who gain less than group purchase %(number)s costs them may still withdraw."
                " I write to you as soon as it can be confirmed."
            ),
            number=number,
        )
    return purchase


def _confirm(ctx: Context, purchase: Purchase) -> None:
    found = reckon(ctx.session, purchase)
    if not found.verdict.goes_ahead:
        raise Refused(
            N_(
                "Group purchase %(number)s costs more than it gains, so it does not go ahead by itself."
                " With a reason that everybody sees it can: “%(override)s”. Or give it up: “%(cancel)s”."
            ),
            number=purchase.id,
            override=f"{ctx.prefix}{ctx.registry.word('purchase override', ctx.language)} {purchase.id} …",
            cancel=f"{ctx.prefix}{ctx.registry.word('purchase cancel', ctx.language)} {purchase.id} …",
        )
    if _still_the_same(ctx, purchase, found):
        _go_ahead(ctx, purchase, found, None)


def _confirm_line(ctx: Context, purchase: Purchase) -> str:
    return f"{ctx.prefix}{ctx.registry.word('purchase confirm', ctx.language)} {purchase.id}"


def _still_the_same(ctx: Context, purchase: Purchase, found: Reckoning) -> bool:
    """Whether the order is what was decided. Where somebody left since, it is computed again, said, and not yet
    confirmed."""
    if not found.is_something:
        failing.fail(ctx, purchase)
        error = values.not_now(ctx, deciding.again(ctx, purchase))
        ctx.reply("kernel/error", error=error, command=None)
        return False
    deciding.write_down(ctx, found)
    after = deciding.again(ctx, purchase)
    if [(line.ordered_cases, line.ordered_cents) for line in after.lines] == [
        (line.ordered_cases, line.ordered_cents) for line in purchase.lines
    ]:
        return True
    changes.changed(ctx, purchase.id)
    ctx.reply(
        "purchases/tipped_question",
        about=f"{deciding.CONFIRM}:{purchase.id}",
        purchase=after,
        verdict=found.verdict,
        changed=True,
    )
    return False


def _go_ahead(ctx: Context, purchase: Purchase, found: Reckoning, reason: str | None) -> None:
    if reason is not None:
        purchases.change(
            ctx.session, purchase.id, now=ctx.now_ms, override_reason=reason, override_by=ctx.user
        )
    purchases.move(ctx.session, purchase.id, "confirmed", now=ctx.now_ms)
    what = "purchase.confirmed" if reason is None else "purchase.overridden"
    ctx.audit(what, values.subject(purchase.id))
    purchase = deciding.again(ctx, purchase)
    lines, verdict = [one for one in purchase.lines if one.ordered_cases], found.verdict
    ctx.reply("purchases/confirmed", purchase=purchase, lines=lines, verdict=verdict)
    hearing.tell_rooms(
        ctx, purchase, "purchases/news_confirmed", lines=lines, verdict=verdict, reason=reason
    )
    for user, outcome in found.outcomes().items():
        if outcome.got:
            ctx.direct(
                user, "purchases/own_confirmed", purchase=purchase, outcome=outcome, reason=reason
            )
    nudging.begin(ctx, purchase.id)
    changes.changed(ctx, purchase.id)


@router.answer(deciding.CONFIRM)
def answered(ctx: Context, reference: str, answer: Message | Reaction) -> bool:
    """A yes under the question whether it goes ahead."""
    decision = hearing.decision_in(answer)
    purchase = purchases.get(ctx.session, int(reference))
    if purchase is None or (decision is None and purchase.state != "tipped"):
        return False
    if decision is None:
        if isinstance(answer, Reaction) or hearing.is_remark(ctx, answer):
            return False
        raise BadArgument(answer.text[:40], N_("“yes” to let it go ahead"))
    purchase = _must_be_tipped(ctx, int(reference))
    if not decision:
        raise Refused(
            N_("It waits, then. “%(cancel)s” gives it up, and everybody hears your reason."),
            cancel=f"{ctx.prefix}{ctx.registry.word('purchase cancel', ctx.language)} {purchase.id} …",
        )
    _confirm(ctx, purchase)
    return True
