"""`!tender order T3`: what was called off and not ordered yet becomes an order, whose sheet the buyer sends on;
each member hears what is theirs. `!tender people T3` says who called off what."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from commands.kernel import teams
from commands.kernel.catalogue import N_
from commands.kernel.command import Router
from commands.kernel.context import Context
from commands.kernel.errors import Refused
from commands.kernel.paging import page_of
from commands.kernel.parameters import Integer, option, positional
from commands.kernel.telling import reply_discreetly
from commands.purchases import sheets
from commands.purchases.rules.money import shares, vat_on
from commands.purchases.sheets import Order, Ordered
from commands.purchases.tenders import board, values
from commands.purchases.tenders.looking import Own, own_of
from commands.purchases.tenders.values import LABEL, TenderNumber
from commands.spreadsheets import XLSX_TYPE
from commands.spreadsheets.styled import Cell, Column, Grid, Sheet, as_styled_workbook
from commands.suppliers.discretion import discreetly
from storage import tenders
from storage.outbox import FileOut
from storage.tenders import CallOff, Line, Tender

router = Router("buyers")

_PAGE: Final = 20


@dataclass(frozen=True, slots=True)
class Part:
    """What one member (None for a former one) gets of a line in an order, in cents: VAT is their share of that
    on the whole line, so that all parts together are what the order says."""

    user_id: str | None
    line: Line
    units: int
    net_cents: int
    vat_cents: int

    @property
    def gross_cents(self) -> int:
        return self.net_cents + self.vat_cents


def parts_of(tender: Tender, called: Sequence[CallOff]) -> list[Part]:
    """By line, and in a line in the order in which members came."""
    found = []
    for line in tender.lines:
        units: dict[str | None, int] = {}
        for one in called:
            if one.line_id == line.id:
                units[one.user_id] = units.get(one.user_id, 0) + one.units
        net = [wanted * line.cents for wanted in units.values()]
        vat = shares(vat_on(sum(net), line.vat), net) if any(net) else [0 for _ in net]
        found += [
            Part(user, line, wanted, own_net, own_vat)
            for (user, wanted), own_net, own_vat in zip(units.items(), net, vat, strict=True)
        ]
    return found


def _order(ctx: Context, tender: Tender, number: int, parts: Sequence[Part]) -> Order:
    """For the supplier: what it is asked for, line by line."""
    units: dict[int, int] = {}
    for part in parts:
        units[part.line.id] = units.get(part.line.id, 0) + part.units
    return Order(
        tender.supplier_name,
        sheets.language_for(ctx, tender.supplier_id),
        f"T{tender.id}-{number}",
        tender.title,
        tuple(
            Ordered(
                line.position,
                line.article,
                line.article_code,
                line.unit,
                units[line.id],
                line.cents,
                line.vat,
            )
            for line in tender.lines
            if line.id in units
        ),
    )


@dataclass(frozen=True, slots=True)
class OrderArguments:
    tender: int = positional(TenderNumber(), LABEL)
    again: int | None = positional(
        Integer(1, 10_000), N_("which order, to see it again"), default=None
    )


@router.command(
    "tender order",
    en=("order tender",),
    nl=("raamaankoop bestellen", "bestel raamaankoop"),
    fr=("achat-cadre commander", "commander achat-cadre"),
    summary=N_("makes an order of what was called off of a tender, and sends you its sheet"),
    examples={
        "en": ("tender order T3", "tender order T3 1"),
        "nl": ("raamaankoop bestellen T3",),
        "fr": ("achat-cadre commander T3",),
    },
    arguments=OrderArguments,
    check=teams.buyers,
    who=teams.BUYERS,
)
@discreetly
def order(ctx: Context, arguments: OrderArguments) -> None:
    """With a number the sheets of that order come again, and nothing else happens."""
    tender = values.known(ctx, arguments.tender)
    made = tenders.orders(ctx.session, tender.id)
    if arguments.again is not None:
        if arguments.again > len(made):
            raise Refused(N_("There is no such order of T%(number)s."), number=tender.id)
        chosen = made[arguments.again - 1]
        called = [
            one for one in tenders.call_offs(ctx.session, tender.id) if one.order_id == chosen
        ]
        _send(ctx, tender, arguments.again, parts_of(tender, called), again=True)
        return
    waiting = [one for one in tenders.call_offs(ctx.session, tender.id) if one.order_id is None]
    if not waiting:
        raise Refused(N_("Nothing was called off that is not ordered yet."))
    _, called = tenders.order(ctx.session, tender.id, by=ctx.user, now=ctx.now_ms)
    number = len(made) + 1
    ctx.audit("tender.ordered", values.subject(tender.id), order=number)
    parts = parts_of(tender, called)
    _send(ctx, tender, number, parts, again=False)
    for user in dict.fromkeys(part.user_id for part in parts):
        if user is not None:
            own = [part for part in parts if part.user_id == user]
            ctx.direct(
                user,
                "purchases/tender_ordered_own",
                tender=tender,
                parts=own,
                net=sum(part.net_cents for part in own),
                gross=sum(part.gross_cents for part in own),
            )
    board.changed(ctx, tender.id)


def _send(ctx: Context, tender: Tender, number: int, parts: Sequence[Part], *, again: bool) -> None:
    """The order for the supplier, and who gets what of it, by direct chat to the buyer."""
    made = _order(ctx, tender, number, parts)
    ctx.reply_privately(
        "purchases/tender_ordered",
        tender=tender,
        order=made,
        number=number,
        again=again,
        people=len({part.user_id for part in parts}),
    )
    sheets.send_order(ctx, made, user=ctx.user, currency=tender.currency)
    ctx.send_file(_who_gets_what(ctx, tender, number, parts), user_id=ctx.user)


def _who_gets_what(ctx: Context, tender: Tender, number: int, parts: Sequence[Part]) -> FileOut:
    columns = (
        Column(ctx._(N_("Member"))),
        Column(ctx._(N_("Article"))),
        Column(ctx._(N_("Quantity")), "count", is_summed=True),
        Column(ctx._(N_("Total excl. VAT")), "money", is_summed=True),
        Column(ctx._(N_("VAT")), "money", is_summed=True),
        Column(ctx._(N_("Total incl. VAT")), "money", is_summed=True),
    )
    rows: list[tuple[Cell, ...]] = [
        (
            _called(ctx, part.user_id),
            part.line.article,
            part.units,
            part.net_cents,
            part.vat_cents,
            part.gross_cents,
        )
        for part in parts
    ]
    rows.sort(key=lambda row: (str(row[0]).casefold(), str(row[1])))
    sheet = Sheet(
        ctx._(N_("Members")),
        (Grid(columns, rows, ctx._(N_("Total"))),),
        title=f"T{tender.id}-{number} · {tender.title}",
    )
    data = as_styled_workbook([sheet], currency=tender.currency, language=ctx.language)
    return FileOut(f"T{tender.id}-{number}-members.xlsx", XLSX_TYPE, data)


def _called(ctx: Context, user: str | None) -> str:
    if user is None:
        return ctx._(N_("a former member"))
    return f"{ctx.name_of(user)} ({user})"


@dataclass(frozen=True, slots=True)
class PeopleArguments:
    tender: int = positional(TenderNumber(), LABEL)
    page: int = option(
        Integer(1, 500), N_("page"), default=1, en=("page",), nl=("pagina",), fr=("page",)
    )


@router.command(
    "tender people",
    nl=("raamaankoop mensen", "raamaankoop leden"),
    fr=("achat-cadre personnes", "achat-cadre membres"),
    summary=N_("shows buyers who called off what of a tender"),
    examples={
        "en": ("tender people T3",),
        "nl": ("raamaankoop mensen T3",),
        "fr": ("achat-cadre personnes T3",),
    },
    arguments=PeopleArguments,
    check=teams.buyers,
    who=teams.BUYERS,
    reads_only=True,
)
@discreetly
def people(ctx: Context, arguments: PeopleArguments) -> None:
    tender = values.known(ctx, arguments.tender)
    by_user: dict[str | None, list[CallOff]] = {}
    for one in tenders.call_offs(ctx.session, tender.id):
        by_user.setdefault(one.user_id, []).append(one)
    page = page_of(list(by_user.items()), arguments.page, _PAGE)
    shown: list[tuple[str | None, list[Own]]] = [
        (user, own_of(tender, called)) for user, called in page.items
    ]
    reply_discreetly(
        ctx,
        "buyers",
        "purchases/tender_people",
        tender=tender,
        people=shown,
        total=len(by_user),
        page=page.number,
        pages=page.pages,
    )
