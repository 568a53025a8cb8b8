"""`!purchase received`: what came of an order, typed or in the order sheet that comes back. What is short is
shared out by the rules of the order; what is not named did not come yet, unless nothing is named."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from pydantic import BaseModel, Field

from commands.kernel.catalogue import N_
from commands.kernel.choices import Misunderstood
from commands.kernel.command import Router
from commands.kernel.context import Context
from commands.kernel.dialogue import Answer, Dialogue, Question, Step
from commands.kernel.errors import BadArgument, Refused
from commands.kernel.parameters import OneOf, positional, rest
from commands.labels.fold import fold
from commands.purchases import changes, hearing, quantities, received_sheet, values
from commands.purchases.ordering import NUMBER
from commands.purchases.rules import allocation
from commands.purchases.standing import persons, rule_commitment
from commands.purchases.values import PurchaseNumber
from commands.spreadsheets import Issue, SpreadsheetError
from commands.spreadsheets.words import cell_problem, file_problem
from storage import commitments, purchase_bills, purchase_lines, purchases
from storage.commitments import Commitment
from storage.purchase_lines import Line
from storage.purchases import Purchase

router = Router("purchases")

_SHEET_WORDS: Final = OneOf.of(
    sheet={
        "en": ("sheet", "file"),
        "nl": ("blad", "bestand", "bestelbon"),
        "fr": ("feuille", "fichier", "bon"),
    }
)
_FAULTS_SHOWN: Final = 5
_CELL_PROBLEMS: Final = {
    "required": N_("write how many came, 0 for none"),
    "unknown_article": N_("“%(found)s” was not ordered"),
    "article_twice": N_("“%(found)s” stands there twice"),
    "no_units": N_("“%(found)s” is no whole number"),
    "too_much": N_("“%(found)s” is more than the %(limit)s that were ordered"),
}


@dataclass(frozen=True, slots=True)
class ReceivedArguments:
    number: int = positional(PurchaseNumber(), NUMBER)
    what: str = rest(N_("how many came, if not all"), longest=2000, default="")


@router.command(
    "purchase received",
    nl=("groepsaankoop geleverd", "aankoop geleverd", "groepsaankoop ontvangen", "aankoop ontvangen"),
    fr=("achat groupé livré", "achat livré", "achat groupé reçu", "achat reçu"),
    summary=N_("says what came of a group purchase; what is short is shared out by the rules"),
    examples={
        "en": ("purchase received 7", "purchase received 7 chairs 38", "purchase received 7 sheet"),
        "nl": (
            "groepsaankoop geleverd 7",
            "groepsaankoop geleverd 7 stoelen 38",
            "groepsaankoop geleverd 7 blad",
        ),
        "fr": (
            "achat groupé livré 7",
            "achat groupé livré 7 chaises 38",
            "achat groupé livré 7 feuille",
        ),
    },
    arguments=ReceivedArguments,
    who=values.RESPONSIBLE,
    takes_file=True,
)  # fmt: skip
def received(ctx: Context, arguments: ReceivedArguments) -> None:
    purchase = _deliverable(ctx, arguments.number)
    has_file = ctx.message is not None and ctx.message.file is not None
    if has_file or fold(arguments.what) in _SHEET_WORDS.words:
        ctx.frame.start(ctx, dialogue.name, Delivery(purchase=purchase.id))
        return
    ordered = [line for line in purchase.lines if line.ordered_units]
    if arguments.what:
        came = _typed(arguments.what, ordered)
    else:
        came = {line.id: line.ordered_units for line in ordered if line.delivered_units is None}
    _deliver(ctx, purchase, came)


def _deliverable(ctx: Context, number: int) -> Purchase:
    """Raises NotFound, NotAllowed, Refused."""
    purchase = values.must_be_responsible(ctx, number)
    if purchase.state not in ("ordered", "received"):
        raise values.not_now(ctx, purchase)
    bills = purchase_bills.of_purchase(ctx.session, purchase.id)
    if any(bill.confirmed_at is not None for bill in bills):
        raise Refused(
            N_(
                "A payment of group purchase %(number)s was confirmed, so what was delivered no longer"
                " changes."
            ),
            number=number,
        )
    return purchase


def _typed(text: str, ordered: list[Line]) -> dict[int, int]:
    """Raises BadArgument."""
    came = {}
    for one in quantities.parse(text, ordered):
        if one.tolerance:
            raise BadArgument(text[:40], N_("how many came of each article, such as: chairs 38"))
        if one.quantity > one.line.ordered_units:
            raise BadArgument(
                f"{one.line.article} {one.quantity}",
                N_("at most the %(ordered)s that were ordered"),
                ordered=one.line.ordered_units,
            )
        came[one.line.id] = one.quantity
    return came


# --- the sheet that comes back -----------------------------------------------------------------------


class Delivery(BaseModel):
    """`units` by line, as a sheet says."""

    purchase: int
    units: dict[int, int] = Field(default_factory=dict)


def _ask_sheet(ctx: Context, data: Delivery) -> Question:
    return Question("purchases/ask_received_sheet", {"number": data.purchase})


def _take_sheet(ctx: Context, data: Delivery, answer: Answer) -> Delivery:
    file = answer.file
    if file is None:
        raise Misunderstood(N_("the order sheet, with what came in its last column"))
    purchase = purchases.get(ctx.session, data.purchase)
    if purchase is None or file.data is None:
        raise Misunderstood(N_("a smaller file"))
    try:
        units, issues = received_sheet.delivered(file.data, file.name, purchase)
    except SpreadsheetError as error:
        raise file_problem(error) from error
    if issues:
        raise Misunderstood(N_("a sheet without mistakes. %(faults)s"), faults=_worded(ctx, issues))
    if not units:
        raise Misunderstood(N_("a sheet with the articles that were ordered"))
    return data.model_copy(update={"units": units})


def _worded(ctx: Context, issues: Iterable[Issue]) -> str:
    worded = []
    for issue in sorted(issues, key=lambda each: each.row):
        message, found = cell_problem(issue, _CELL_PROBLEMS, near=())
        worded.append(
            ctx._(
                N_("Row %(row)s, %(column)s: %(problem)s."),
                row=issue.row,
                column=issue.column,
                problem=ctx._(message, **found),
            )
        )
    more = len(worded) - _FAULTS_SHOWN
    if more > 0:
        worded[_FAULTS_SHOWN:] = [ctx._(N_("And %(more)s more."), more=more)]
    return " ".join(worded)


def _finish(ctx: Context, data: Delivery) -> None:
    purchase = _deliverable(ctx, data.purchase)
    _deliver(ctx, purchase, data.units)


dialogue: Dialogue[Delivery] = Dialogue(
    "purchases.received",
    title=N_("what was delivered"),
    data=Delivery,
    steps=(Step("sheet", _ask_sheet, _take_sheet, optional=False, takes_file=True),),
    finish=_finish,
)


# --- sharing it out ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Came:
    """What came of one line for one person, in units."""

    line: Line
    ordered: int
    delivered: int


def share(
    purchase: Purchase, made: Mapping[int, list[Commitment]], came: Mapping[int, int]
) -> dict[int, int]:
    """Units by commitment of each line that `came` names; whoever gets nothing of the order is left out."""
    shared: dict[int, int] = {}
    for line_id, units in came.items():
        standing = [one for one in made.get(line_id, ()) if one.ordered_units]
        shared.update(allocation.share_out(units, [rule_commitment(one) for one in standing]))
    return shared


def _deliver(ctx: Context, purchase: Purchase, came: Mapping[int, int]) -> None:
    made = commitments.of_purchase(ctx.session, purchase.id)
    shared = share(purchase, made, came)
    commitments.deliver(ctx.session, shared)
    for line_id, units in came.items():
        purchase_lines.set_delivered(ctx.session, line_id, units)
    after = purchases.get(ctx.session, purchase.id)
    assert after is not None, "a purchase is never deleted"
    ordered = [line for line in after.lines if line.ordered_units]
    is_whole = all(line.delivered_units is not None for line in ordered)
    if is_whole and after.state == "ordered":
        purchases.move(ctx.session, after.id, "received", now=ctx.now_ms)
        hearing.tell_rooms(ctx, after, "purchases/received_news")
    ctx.audit("purchase.received", values.subject(after.id), whole=is_whole)
    _tell_members(ctx, after, made, shared)
    changes.changed(ctx, after.id)
    ctx.reply_privately(
        "purchases/received",
        purchase=after,
        lines=ordered,
        is_whole=is_whole,
        is_billed=bool(purchase_bills.of_purchase(ctx.session, after.id)),
    )


def _tell_members(
    ctx: Context,
    purchase: Purchase,
    made: Mapping[int, list[Commitment]],
    shared: Mapping[int, int],
) -> None:
    """Each person hears what came for them, where that is news: first where it is less than was ordered."""
    accounts = persons(ctx.session, made)
    news: dict[str, list[Came]] = {}
    for line in purchase.lines:
        for one in made.get(line.id, ()):
            units = shared.get(one.id)
            if one.user_id is None or units is None or units == one.delivered_units:
                continue
            came = Came(line, one.ordered_units or 0, units)
            news.setdefault(accounts[one.user_id], []).append(came)
    for user, own in news.items():
        own.sort(key=lambda one: one.delivered == one.ordered)
        ctx.direct(user, "purchases/received_member", purchase=purchase, came=own)
