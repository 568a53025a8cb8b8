"""What a purchase comes to for everybody, as a workbook for whoever is responsible: amounts by member, units by
member and article to hand them out, and articles with costs; the sheets' sums are equal to the cent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from commands.kernel.catalogue import N_, format_date, format_number
from commands.kernel.context import Context
from commands.networks.names import slug_of
from commands.purchases.board_data import moment
from commands.purchases.standing import costs_of
from commands.spreadsheets.styled import (
    Cell,
    Column,
    Grid,
    Heading,
    Sheet,
    as_styled_workbook,
)
from commands.spreadsheets.writing import XLSX_TYPE
from storage.outbox import FileOut
from storage.purchase_bills import Bill, BillLine
from storage.purchase_lines import Line
from storage.purchases import Purchase

FORMER: Final = N_("a former member")


def settlement_file(
    ctx: Context,
    purchase: Purchase,
    bills: Sequence[Bill],
    lines: Mapping[int, Sequence[BillLine]],
    *,
    language: str,
) -> FileOut:
    """In the language of who gets it; `lines` by bill."""

    def said(message: str, **values: object) -> str:
        text = ctx.translate(message, language)
        return text % values if values else text

    names = {
        bill.id: ctx.name_of(bill.user_id) if bill.user_id is not None else said(FORMER)
        for bill in bills
    }
    title = said(
        N_("Group purchase %(number)s: %(title)s"), number=purchase.id, title=purchase.title
    )
    day = moment(bills[0].billed_at) if bills else ctx.now
    facts = (said(N_("Settled on %(day)s"), day=format_date(day, language, ctx.settings.timezone)),)
    label = {name: said(message) for name, message in _TITLES.items()}
    total = said(N_("Total"))
    came = _came(purchase, lines)
    by_rate = {
        rate: [said(each, rate=format_number(rate / 100, language)) for each in _AT_A_RATE]
        for rate in _rates(came)
    }
    members = _members(label, by_rate, total, came, bills, lines, names)
    handing_out = _handing_out(label, total, came, bills, lines, names)
    sheets = [
        Sheet(said(N_("Members")), (members,), title, facts),
        Sheet(said(N_("Handing out")), (handing_out,), title),
        Sheet(said(N_("Articles")), (_articles(label, total, purchase, bills, lines),), title),
    ]
    stem = "-".join(
        filter(None, (slug_of(said(N_("Settlement"))), str(purchase.id), slug_of(purchase.title)))
    )
    data = as_styled_workbook(sheets, currency=purchase.currency, language=language)
    return FileOut(f"{stem}.xlsx", XLSX_TYPE, data)


_TITLES: Final = {
    "number": N_("No."),
    "member": N_("Member"),
    "account": N_("Account"),
    "article": N_("Article"),
    "unit": N_("Unit"),
    "ordered": N_("Ordered"),
    "delivered": N_("Delivered"),
    "price": N_("Unit price excl. VAT"),
    "net": N_("Total excl. VAT"),
    "rate": N_("VAT %"),
    "vat": N_("VAT"),
    "costs": N_("Costs excl. VAT"),
    "costs_row": N_("Freight and other costs"),
    "costs_vat": N_("VAT on costs"),
    "total": N_("Total incl. VAT"),
    "to_pay": N_("To pay incl. VAT"),
    "gain": N_("Gained excl. VAT"),
}


# Titles of the value and the VAT at one rate.
_AT_A_RATE: Final = (N_("Excl. VAT at %(rate)s%%"), N_("VAT at %(rate)s%%"))


def _came(purchase: Purchase, lines: Mapping[int, Sequence[BillLine]]) -> list[Line]:
    """What somebody got something of."""
    billed = {one.line_id for found in lines.values() for one in found}
    return [line for line in purchase.lines if line.id in billed]


def _rates(came: Sequence[Line]) -> list[int]:
    """The VAT rates of what came, in basis points, the highest first; none where all is at one."""
    rates = {line.vat for line in came}
    return sorted(rates, reverse=True) if len(rates) > 1 else []


def _members(
    label: Mapping[str, str],
    by_rate: Mapping[int, Sequence[str]],
    total: str,
    came: Sequence[Line],
    bills: Sequence[Bill],
    lines: Mapping[int, Sequence[BillLine]],
    names: Mapping[int, str],
) -> Grid:
    """What each owes; `by_rate` are the titles for value and VAT at each VAT rate where there are several."""
    columns = (
        Column(label["number"], "number"),
        Column(label["member"]),
        Column(label["account"]),
        *(Column(each, "money", is_summed=True) for both in by_rate.values() for each in both),
        Column(label["net"], "money", is_summed=True),
        Column(label["vat"], "money", is_summed=True),
        Column(label["costs"], "money", is_summed=True),
        Column(label["costs_vat"], "money", is_summed=True),
        Column(label["to_pay"], "money", is_summed=True),
        Column(label["gain"], "money", is_summed=True),
    )
    rate_of = {line.id: line.vat for line in came}
    rows: list[Sequence[Cell]] = []
    for bill in bills:
        at = {rate: [0, 0] for rate in by_rate}
        for one in lines.get(bill.id, ()) if at else ():
            both = at[rate_of[one.line_id]]
            both[0] += one.net_cents
            both[1] += one.vat_cents
        rows.append(
            (
                bill.number,
                names[bill.id],
                bill.user_id,
                *(cents for both in at.values() for cents in both),
                bill.net_cents,
                bill.vat_cents,
                bill.costs_cents,
                bill.costs_vat_cents,
                bill.total_cents,
                bill.gain_cents,
            )
        )
    return Grid(columns, rows, total, kept=2)


def _handing_out(
    label: Mapping[str, str],
    total: str,
    came: Sequence[Line],
    bills: Sequence[Bill],
    lines: Mapping[int, Sequence[BillLine]],
    names: Mapping[int, str],
) -> Grid:
    """A row for each member and a column for each article that came: a row for each of both together would be
    too many to read, and to write while everybody waits."""
    columns = (
        Column(label["number"], "number"),
        Column(label["member"]),
        *(Column(f"{line.position}. {line.article}", "count", is_summed=True) for line in came),
    )
    headings = (
        Heading("text", (None, label["unit"], *(line.unit for line in came))),
        Heading("money", (None, label["price"], *(line.ordered_cents for line in came))),
        Heading("rate", (None, label["rate"], *(line.vat for line in came))),
    )
    rows: list[Sequence[Cell]] = []
    for bill in bills:
        units = {one.line_id: one.units for one in lines.get(bill.id, ())}
        rows.append((bill.number, names[bill.id], *(units.get(line.id) for line in came)))
    return Grid(columns, rows, total, headings=headings, kept=2)


def _articles(
    label: Mapping[str, str],
    total: str,
    purchase: Purchase,
    bills: Sequence[Bill],
    lines: Mapping[int, Sequence[BillLine]],
) -> Grid:
    """Each line of the purchase, then the costs: what the supplier's invoice is held against."""
    columns = (
        Column(label["number"], "number"),
        Column(label["article"]),
        Column(label["unit"]),
        Column(label["ordered"], "count"),
        Column(label["delivered"], "count"),
        Column(label["price"], "money"),
        Column(label["net"], "money", is_summed=True),
        Column(label["rate"], "rate"),
        Column(label["vat"], "money", is_summed=True),
        Column(label["total"], "money", is_summed=True),
    )
    net: dict[int, int] = {}
    vat: dict[int, int] = {}
    for one in (line for bill in bills for line in lines.get(bill.id, ())):
        net[one.line_id] = net.get(one.line_id, 0) + one.net_cents
        vat[one.line_id] = vat.get(one.line_id, 0) + one.vat_cents
    rows: list[Sequence[Cell]] = [
        (
            line.position,
            line.article,
            line.unit,
            line.ordered_units,
            line.delivered_units,
            line.ordered_cents,
            net.get(line.id, 0),
            line.vat,
            vat.get(line.id, 0),
            net.get(line.id, 0) + vat.get(line.id, 0),
        )
        for line in purchase.lines
        if line.ordered_units
    ]
    if bills and costs_of(purchase).billed_cents:
        costs = sum(bill.costs_cents for bill in bills)
        costs_vat = sum(bill.costs_vat_cents for bill in bills)
        rows.append(
            (
                None, label["costs_row"], None, None, None, None,
                costs, purchase.costs_vat, costs_vat, costs + costs_vat,
            )
        )  # fmt: skip
    return Grid(columns, rows, total)
