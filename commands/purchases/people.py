"""`!purchase people`: who commits to what, for those who run the purchase, in their direct chat."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from commands.kernel.catalogue import N_
from commands.kernel.command import Router
from commands.kernel.context import Context
from commands.kernel.paging import page_of
from commands.kernel.parameters import Integer, option, positional
from commands.kernel.telling import shown_count
from commands.purchases import values
from storage import commitments, purchase_interests
from storage.commitments import Commitment
from storage.purchase_lines import Line

router = Router("purchases")

_ON_A_PAGE: Final = 40


@dataclass(frozen=True, slots=True)
class PeopleArguments:
    purchase: int = positional(values.PurchaseNumber(), N_("the number of a group purchase"))
    page: int = option(
        Integer(1, 5000), N_("a page"), default=1, en=("page",), nl=("pagina",), fr=("page",)
    )


@dataclass(frozen=True, slots=True)
class Entry:
    """What one person commits to of one line."""

    line: Line
    commitment: Commitment


@router.command(
    "purchase people",
    nl=("groepsaankoop deelnemers", "aankoop deelnemers", "aankoop mensen", "groepsaankoop mensen"),
    fr=("achat groupé participants", "achat participants", "achat groupé personnes", "achat personnes"),
    en=("purchase members", "purchase participants", "group purchase people"),
    summary=N_("shows you who takes part in a group purchase that you run, and with how much"),
    examples={
        "en": ("purchase people 7", "purchase people 7 page:2"),
        "nl": ("aankoop deelnemers 7", "aankoop deelnemers 7 pagina:2"),
        "fr": ("achat participants 7", "achat participants 7 page:2"),
    },
    arguments=PeopleArguments,
    who=values.RUNNERS,
    reads_only=True,
)  # fmt: skip
def show_people(ctx: Context, arguments: PeopleArguments) -> None:
    purchase = values.must_run(ctx, arguments.purchase)
    made = commitments.of_purchase(ctx.session, purchase.id)
    entries = [Entry(line, one) for line in purchase.lines for one in made.get(line.id, ())]
    page = page_of(entries, arguments.page, _ON_A_PAGE)
    ctx.reply_privately(
        "purchases/people",
        purchase=purchase,
        entries=page.items,
        total=commitments.count_people(ctx.session, purchase.id),
        interested=shown_count(ctx, len(purchase_interests.of_purchase(ctx.session, purchase.id))),
        page=page.number,
        pages=page.pages,
    )
