"""A file of a purchase's lines, XLSX or CSV: what its columns are called in each language, reading it, and an
empty one to fill in. What a row means is `lines_rows`'s."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from commands import spreadsheets
from commands.kernel.catalogue import N_
from commands.kernel.choices import Misunderstood
from commands.kernel.command import Router
from commands.kernel.context import Context
from commands.kernel.incoming import Attachment
from commands.kernel.parameters import OneOf, option
from commands.networks import checks
from commands.purchases.lines_rows import Around, check
from commands.purchases.plan import PlannedLine
from commands.purchases.supplying import in_directory
from commands.spreadsheets import CSV_TYPE, XLSX_TYPE, Columns, Issue, SpreadsheetError
from commands.spreadsheets.words import cell_problem, file_problem
from commands.spreadsheets.writing import as_csv, as_workbook
from storage.outbox import FileOut

router = Router("purchases")

SHEET: Final = "lines"
MOST_LINES: Final = 500
PIECE: Final = N_("piece")
_ISSUES_SHOWN: Final = 15
_HEADERS: Final[Mapping[str, Mapping[str, str]]] = MappingProxyType(
    {
        "article": {"en": "article", "nl": "artikel", "fr": "article"},
        "unit": {"en": "unit", "nl": "eenheid", "fr": "unité"},
        "case": {"en": "units per case", "nl": "stuks per doos", "fr": "unités par caisse"},
        "minimum": {"en": "minimum cases", "nl": "minimum dozen", "fr": "caisses minimum"},
        "price": {"en": "price", "nl": "prijs", "fr": "prix"},
        "from2": {"en": "from 2", "nl": "vanaf 2", "fr": "dès 2"},
        "price2": {"en": "price 2", "nl": "prijs 2", "fr": "prix 2"},
        "from3": {"en": "from 3", "nl": "vanaf 3", "fr": "dès 3"},
        "price3": {"en": "price 3", "nl": "prijs 3", "fr": "prix 3"},
        "vat": {"en": "VAT %", "nl": "btw %", "fr": "TVA %"},
        "reference": {"en": "reference price", "nl": "referentieprijs", "fr": "prix de référence"},
        "reference_by": {"en": "quoted by", "nl": "prijs van", "fr": "prix donné par"},
        "reference_on": {"en": "quoted on", "nl": "prijs op", "fr": "prix donné le"},
        "supplier": {"en": "supplier", "nl": "leverancier", "fr": "fournisseur"},
        "code": {"en": "article code", "nl": "artikelcode", "fr": "code article"},
    }
)
_ALSO: Final[Mapping[str, str]] = MappingProxyType(
    {
        "article": "name|product|naam|nom|produit|item",
        "unit": "units|eenheden|unités",
        "case": "case|case size|box|pack|doos|kist|verpakking|per doos|caisse|carton|boîte|conditionnement"
        "|par caisse",
        "minimum": "min|minimum|minimum order|minimumbestelling|commande minimum",
        "price": "price 1|unit price|eenheidsprijs|prijs 1|prix 1|prix unitaire",
        "from2": "from2|vanaf2|dès2|à partir de 2",
        "price2": "price2|prijs2|prix2",
        "from3": "from3|vanaf3|dès3|à partir de 3",
        "price3": "price3|prijs3|prix3",
        "vat": "vat|vat rate|btw|btw-tarief|tva|taux de tva",
        "reference": "reference|referentie|référence|price elsewhere|prijs elders|prix ailleurs",
        "reference_by": "reference by|referentie van|référence par|référence de|source|bron",
        "reference_on": "reference on|referentie op|référence le|date|datum",
        "code": "code|sku|ref|réf|item code|bestelcode|code de l'article",
    }
)
COLUMNS: Final = Columns(
    names=tuple(_HEADERS),
    mandatory=("article", "price"),
    aliases={
        name: "|".join(dict.fromkeys((*headers.values(), *_ALSO.get(name, name).split("|"))))
        for name, headers in _HEADERS.items()
    },
)
CELL_PROBLEMS: Final[Mapping[str, str]] = {
    "bad_amount": N_("“%(found)s” is no amount such as 12.50, without anything between the thousands"),
    "bad_tiers": N_("the prices do not begin at one unit, or cannot be read"),
    "rising_tiers": N_("the prices do not fall as more is ordered"),
    "bad_whole": N_("“%(found)s” is no whole number that fits (at most %(limit)s)"),
    "bad_percent": N_("“%(found)s” is no percentage, such as 21"),
    "bad_day": N_("“%(found)s” is no day in the past, such as 2026-11-02"),
    "duplicate_article": N_("the same article stands in row %(rows)s"),
}  # fmt: skip
_EXAMPLES: Final = (
    {
        "article": N_("Office chair"), "unit": PIECE, "case": "5", "minimum": "2", "price": "95",
        "from2": "20", "price2": "89.50", "vat": "21", "reference": "129",
        "reference_by": "Bureau Nord", "reference_on": "2026-11-02", "code": "CH-100",
    },
    {"article": N_("Paper, A4"), "unit": N_("ream"), "case": "10", "price": "4.20", "vat": "21"},
)  # fmt: skip


def lines_in(ctx: Context, file: Attachment) -> list[PlannedLine]:
    """The lines that a file holds, with the suppliers that members see by their number. Says every fault of its
    cells and raises Misunderstood where there is one."""
    if file.data is None:
        raise Misunderstood(N_("a file: the lines as XLSX or CSV"))
    try:
        table = spreadsheets.read(
            file.data, COLUMNS, sheet=SHEET, name=file.name, most_rows=MOST_LINES
        )
    except SpreadsheetError as error:
        raise file_problem(error) from error
    checked = check(table, Around(ctx.settings.currency, ctx.today, ctx._(PIECE)))
    if checked.issues:
        ctx.reply(
            "purchases/lines_faulty",
            issues=[
                (issue.row, _column(ctx, issue), _words(ctx, issue))
                for issue in checked.issues[:_ISSUES_SHOWN]
            ],
            count=len(checked.issues),
            more=max(0, len(checked.issues) - _ISSUES_SHOWN),
        )
        raise Misunderstood(N_("the file once more, without these faults"))
    if not checked.lines:
        raise Misunderstood(N_("a file with at least one line"))
    known = in_directory(ctx.session, {line.supplier_name for line in checked.lines})
    return [_with_supplier(line, known.get(line.supplier_name)) for line in checked.lines]


def _with_supplier(line: PlannedLine, found: tuple[int, str] | None) -> PlannedLine:
    if found is None:
        return line
    return line.model_copy(update={"supplier_id": found[0], "supplier_name": found[1]})


def _column(ctx: Context, issue: Issue) -> str:
    """As the file calls it; one that it lacks as the empty file does."""
    headers = _HEADERS.get(issue.column)
    return issue.column if headers is None else _header(ctx, headers)


def _header(ctx: Context, headers: Mapping[str, str]) -> str:
    return headers.get(ctx.language, headers["en"])


def _words(ctx: Context, issue: Issue) -> str:
    message, values = cell_problem(issue, CELL_PROBLEMS, near=())
    return ctx._(message, **values)


_FORMAT: Final = OneOf.of(
    xlsx={"en": ("xlsx", "excel"), "nl": ("xlsx", "excel"), "fr": ("xlsx", "excel")},
    csv={"en": ("csv",), "nl": ("csv",), "fr": ("csv",)},
)


@dataclass(frozen=True, slots=True)
class TemplateArguments:
    format: str = option(
        _FORMAT, N_("a format"), default="xlsx", en=("format",), nl=("formaat",), fr=("format",)
    )


@router.command(
    "purchase template",
    en=("purchases template",),
    nl=("groepsaankoop sjabloon", "aankoop sjabloon", "sjabloon aankoop"),
    fr=("achat groupé modèle", "achat modèle", "modèle achat", "achat groupé tableur"),
    summary=N_("sends you a spreadsheet to fill in with what is to be bought together"),
    examples={
        "en": ("purchase template", "purchase template format:csv"),
        "nl": ("groepsaankoop sjabloon", "groepsaankoop sjabloon formaat:csv"),
        "fr": ("achat groupé modèle", "achat groupé modèle format:csv"),
    },
    arguments=TemplateArguments,
    check=checks.member,
    who=checks.MEMBERS,
)
def template(ctx: Context, arguments: TemplateArguments) -> None:
    header = [_header(ctx, headers) for headers in _HEADERS.values()]
    examples = [[ctx._(example.get(name, "")) for name in _HEADERS] for example in _EXAMPLES]
    if arguments.format == "csv":
        file = FileOut("lines.csv", CSV_TYPE, as_csv([header]))
    else:
        sheets = {SHEET: [header], "example": [header, *examples]}
        file = FileOut("lines.xlsx", XLSX_TYPE, as_workbook(sheets))
    ctx.reply_privately("purchases/lines_template", most=MOST_LINES)
    ctx.send_file(file, user_id=ctx.user)
