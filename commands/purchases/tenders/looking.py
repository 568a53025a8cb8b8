"""`!tenders` and `!tender T3`: what the cooperative buys at agreed prices, what is left of it, and by direct
chat what one called off oneself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from commands.kernel.catalogue import N_
from commands.kernel.command import Router
from commands.kernel.context import Context
from commands.kernel.paging import page_of
from commands.kernel.parameters import Integer, option, positional
from commands.members.who import refuse_outsiders
from commands.purchases.rules.money import vat_on
from commands.purchases.tenders import values
from commands.purchases.tenders.values import LABEL, STATE_NAMES, TenderNumber
from commands.suppliers.values import sees_all
from storage import member_accounts, suppliers, tenders
from storage.tenders import CallOff, Line, Tender

router = Router("purchases")

_PAGE: Final = 10
_LINES: Final = 20


@dataclass(frozen=True, slots=True)
class Own:
    """What one person has of a line: units that wait and units that are ordered, and what all of these cost in
    cents, net and with VAT."""

    line: Line
    waiting: int
    ordered: int

    @property
    def units(self) -> int:
        return self.waiting + self.ordered

    @property
    def net_cents(self) -> int:
        return self.units * self.line.cents

    @property
    def gross_cents(self) -> int:
        return self.net_cents + vat_on(self.net_cents, self.line.vat)


def own_of(tender: Tender, called: list[CallOff]) -> list[Own]:
    """By line, of one person's call-offs; lines without any are left out."""
    found = []
    for line in tender.lines:
        here = [one for one in called if one.line_id == line.id]
        waiting = sum(one.units for one in here if one.order_id is None)
        ordered = sum(one.units for one in here if one.order_id is not None)
        if here:
            found.append(Own(line, waiting, ordered))
    return found


def own_in(ctx: Context, tender: Tender) -> list[Own]:
    """What the person who speaks called off, whichever of their accounts they used."""
    accounts = member_accounts.same_person(ctx.session, ctx.user)
    return own_of(tender, tenders.call_offs(ctx.session, tender.id, accounts))


def _page_option() -> int:
    page: int = option(
        Integer(1, 500), N_("page"), default=1, en=("page",), nl=("pagina",), fr=("page",)
    )
    return page


@dataclass(frozen=True, slots=True)
class ListArguments:
    page: int = _page_option()


@router.command(
    "tenders",
    nl=("raamaankopen",),
    fr=("achats-cadres", "achats cadres", "accords-cadres", "contrats-cadres"),
    summary=N_("lists what the cooperative buys at agreed prices, for members to call off"),
    examples={"en": ("tenders",), "nl": ("raamaankopen",), "fr": ("achats-cadres",)},
    arguments=ListArguments,
    reads_only=True,
)
def list_tenders(ctx: Context, arguments: ListArguments) -> None:
    refuse_outsiders(ctx)
    found = tenders.in_states(ctx.session, ["open"])
    drafts = tenders.in_states(ctx.session, ["draft"]) if sees_all(ctx) else []
    page = page_of([*found, *drafts], arguments.page, _PAGE)
    ctx.reply(
        "purchases/tenders",
        tenders=page.items,
        total=len(found),
        page=page.number,
        pages=page.pages,
    )


@dataclass(frozen=True, slots=True)
class ShowArguments:
    tender: int = positional(TenderNumber(), LABEL)
    page: int = _page_option()


@router.command(
    "tender",
    nl=("raamaankoop",),
    fr=("achat-cadre", "achat cadre", "accord-cadre", "contrat-cadre"),
    summary=N_("shows a tender: its prices, what is left, and how to call off"),
    examples={"en": ("tender T3",), "nl": ("raamaankoop T3",), "fr": ("achat-cadre T3",)},
    arguments=ShowArguments,
    reads_only=True,
)
def show(ctx: Context, arguments: ShowArguments) -> None:
    refuse_outsiders(ctx)
    tender = values.seen(ctx, arguments.tender)
    page = page_of(tender.lines, arguments.page, _LINES)
    supplier = suppliers.get(ctx.session, tender.supplier_id) if tender.supplier_id else None
    ctx.reply(
        "purchases/tender",
        about=values.about(tender.id),
        tender=tender,
        state=STATE_NAMES[tender.state],
        takes=values.takes_call_offs(ctx, tender),
        in_directory=supplier is not None and supplier.is_visible,
        lines=page.items,
        page=page.number,
        pages=page.pages,
        own=own_in(ctx, tender) if ctx.is_direct else [],
    )
