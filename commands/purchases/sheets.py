"""Order sheets for suppliers, in their language, as XLSX and CSV: of a group purchase, and of anything else
that is ordered. The sheet that comes back with what was delivered is `received_sheet`'s."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from commands.kernel.catalogue import N_, format_date, languages, translate
from commands.kernel.context import Context
from commands.labels.fold import fold
from commands.networks.names import slug_of
from commands.purchases.rules.money import vat_on
from commands.spreadsheets.styled import (
    Cell,
    Column,
    Grid,
    Sheet,
    as_styled_csv,
    as_styled_workbook,
)
from commands.spreadsheets.writing import CSV_TYPE, XLSX_TYPE
from storage import suppliers
from storage.outbox import FileOut
from storage.purchases import Purchase

# The columns of an order sheet, in their order, by the name that the code uses.
TITLES: Final = {
    "position": N_("No."),
    "article": N_("Article"),
    "code": N_("Article code"),
    "unit": N_("Unit"),
    "cases": N_("Cases"),
    "case_size": N_("Per case"),
    "units": N_("Quantity"),
    "price": N_("Unit price excl. VAT"),
    "net": N_("Total excl. VAT"),
    "rate": N_("VAT %"),
    "vat": N_("VAT"),
    "total": N_("Total incl. VAT"),
    "received": N_("Delivered"),
}
_KINDS: Final = {
    "position": Column("", "number"),
    "cases": Column("", "count", is_summed=True),
    "case_size": Column("", "count"),
    "units": Column("", "count"),
    "price": Column("", "money"),
    "net": Column("", "money", is_summed=True),
    "rate": Column("", "rate"),
    "vat": Column("", "money", is_summed=True),
    "total": Column("", "money", is_summed=True),
    "received": Column("", "count", is_input=True),
}
_ONLY_BY_CASE: Final = ("cases", "case_size")


@dataclass(frozen=True, slots=True)
class Ordered:
    """A line of an order: `position` as people name it, `units` at a price of a unit in cents net of VAT, VAT
    in basis points; `case_size` is None for what is sold by the unit."""

    position: int
    article: str
    code: str
    unit: str
    units: int
    cents: int
    vat: int
    case_size: int | None = None

    @property
    def net_cents(self) -> int:
        return self.units * self.cents

    @property
    def vat_cents(self) -> int:
        return vat_on(self.net_cents, self.vat)


@dataclass(frozen=True, slots=True)
class Order:
    """What one supplier is asked for, in the language in which they are written to. `reference` is how both
    sides name it."""

    supplier: str
    language: str
    reference: str
    title: str
    lines: tuple[Ordered, ...]

    @property
    def net_cents(self) -> int:
        return sum(line.net_cents for line in self.lines)

    @property
    def vat_cents(self) -> int:
        return sum(line.vat_cents for line in self.lines)

    @property
    def total_cents(self) -> int:
        return self.net_cents + self.vat_cents


def language_for(ctx: Context, supplier_id: int | None) -> str:
    """The supplier's first language in which the bot writes, else the installation's."""
    found = suppliers.get(ctx.session, supplier_id) if supplier_id is not None else None
    spoken = found.languages if found is not None else ()
    return next((code for code in spoken if code in languages()), ctx.settings.language)


def orders_of(ctx: Context, purchase: Purchase) -> list[Order]:
    """One for each supplier of a purchase that is decided, of what is ordered from them."""
    by_supplier: dict[tuple[int | None, str], list[Ordered]] = {}
    names: dict[tuple[int | None, str], str] = {}
    for line in purchase.lines:
        if not line.ordered_units or line.ordered_cents is None:
            continue
        key = (line.supplier_id, fold(line.supplier_name))
        names.setdefault(key, line.supplier_name)
        by_supplier.setdefault(key, []).append(
            Ordered(
                line.position,
                line.article,
                line.article_code,
                line.unit,
                line.ordered_units,
                line.ordered_cents,
                line.vat,
                line.case_size,
            )
        )
    return [
        Order(
            names[key],
            language_for(ctx, key[0]),
            str(purchase.id),
            purchase.title,
            tuple(lines),
        )
        for key, lines in by_supplier.items()
    ]


def order_files(
    order: Order, *, buyer: str, day: date, currency: str, ctx: Context
) -> tuple[FileOut, FileOut]:
    """The order as a workbook, with its totals by VAT rate, who orders and when; and its lines as CSV."""

    def said(message: str, **values: object) -> str:
        return translate(order.language, message, **values)

    columns = _columns(order)
    shown = tuple(_titled(name, order.language) for name in columns)
    rows = [tuple(_cells(line)[name] for name in columns) for line in order.lines]
    sheet = Sheet(
        said(N_("Order")),
        (
            Grid(shown, rows, said(N_("Total"))),
            _by_rate(order, columns.index("net")),
        ),
        title=said(N_("Order %(number)s: %(title)s"), number=order.reference, title=order.title),
        facts=(
            said(N_("To: %(supplier)s"), supplier=order.supplier),
            said(N_("From: %(buyer)s"), buyer=buyer),
            said(N_("Date: %(day)s"), day=format_date(day, order.language, ctx.settings.timezone)),
        ),
    )
    stem = "-".join(
        filter(None, (slug_of(said(N_("Order"))), order.reference, slug_of(order.supplier)))
    )
    workbook = as_styled_workbook([sheet], currency=currency, language=order.language)
    lines = as_styled_csv(Grid(shown, rows), language=order.language)
    return FileOut(f"{stem}.xlsx", XLSX_TYPE, workbook), FileOut(f"{stem}.csv", CSV_TYPE, lines)


def send_order(ctx: Context, order: Order, *, user: str, currency: str) -> None:
    """Both files by direct chat to whoever sends the order on to the supplier, in whose name it is."""
    for file in order_files(
        order, buyer=ctx.name_of(user), day=ctx.today, currency=currency, ctx=ctx
    ):
        ctx.send_file(file, user_id=user)


def _columns(order: Order) -> list[str]:
    by_case = any(line.case_size is not None for line in order.lines)
    has_codes = any(line.code for line in order.lines)
    return [
        name
        for name in TITLES
        if (by_case or name not in _ONLY_BY_CASE) and (has_codes or name != "code")
    ]


def _titled(name: str, language: str) -> Column:
    like = _KINDS.get(name, Column(""))
    return Column(translate(language, TITLES[name]), like.kind, like.is_summed, like.is_input)


def _cells(line: Ordered) -> dict[str, Cell]:
    return {
        "position": line.position,
        "article": line.article,
        "code": line.code,
        "unit": line.unit,
        "cases": None if line.case_size is None else line.units // line.case_size,
        "case_size": line.case_size,
        "units": line.units,
        "price": line.cents,
        "net": line.net_cents,
        "rate": line.vat,
        "vat": line.vat_cents,
        "total": line.net_cents + line.vat_cents,
        "received": None,
    }


def _by_rate(order: Order, indent: int) -> Grid:
    """Totals for each VAT rate, under the columns that they are the sums of."""
    shown = tuple(_titled(name, order.language) for name in ("net", "rate", "vat", "total"))
    rows: list[Sequence[Cell]] = []
    for rate in sorted({line.vat for line in order.lines}, reverse=True):
        net = sum(line.net_cents for line in order.lines if line.vat == rate)
        vat = sum(line.vat_cents for line in order.lines if line.vat == rate)
        rows.append((net, rate, vat, net + vat))
    caption = translate(order.language, N_("By VAT rate"))
    return Grid(shown, rows, caption=caption, indent=indent)
