"""The lines of a new tender, as a buyer types them (`Paper A4; 40 ream; 3.20; 21; 4.50`) or sends them in a
spreadsheet, XLSX or CSV; every fault is told with its row and column."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Final

from pydantic import BaseModel

from commands import spreadsheets
from commands.kernel.catalogue import N_
from commands.kernel.choices import Misunderstood
from commands.kernel.context import Context
from commands.kernel.fields import FieldError, short
from commands.kernel.incoming import Attachment
from commands.kernel.text import one_line
from commands.labels.fold import fold
from commands.purchases import typed
from commands.purchases.lines_file import CELL_PROBLEMS, MOST_LINES, PIECE
from commands.purchases.lines_rows import LONGEST_CODE
from commands.spreadsheets import XLSX_TYPE, Columns, Issue, SpreadsheetError
from commands.spreadsheets.checks import repeated
from commands.spreadsheets.words import cell_problem, file_problem
from commands.spreadsheets.writing import as_workbook
from storage.outbox import FileOut
from storage.tenders import LineDraft

MOST_UNITS: Final = 1_000_000
_SHEET: Final = "lines"
_ISSUES_SHOWN: Final = 15
_BETWEEN: Final = re.compile(r"\s*[;|\t]\s*")
_HOW_MANY: Final = re.compile(r"(?P<units>[0-9]{1,9})(?:\s+x)?\s*(?P<unit>[^\d\s].*)?")
_HEADERS: Final[Mapping[str, Mapping[str, str]]] = MappingProxyType(
    {
        "article": {"en": "article", "nl": "artikel", "fr": "article"},
        "unit": {"en": "unit", "nl": "eenheid", "fr": "unité"},
        "quantity": {"en": "quantity", "nl": "hoeveelheid", "fr": "quantité"},
        "price": {"en": "price", "nl": "prijs", "fr": "prix"},
        "vat": {"en": "VAT %", "nl": "btw %", "fr": "TVA %"},
        "reference": {"en": "reference price", "nl": "referentieprijs", "fr": "prix de référence"},
        "code": {"en": "article code", "nl": "artikelcode", "fr": "code article"},
    }
)
_ALSO: Final[Mapping[str, str]] = MappingProxyType(
    {
        "article": "name|product|naam|nom|produit|item",
        "unit": "units|eenheden|unités",
        "quantity": "number|how many|aantal|nombre|qty",
        "price": "unit price|eenheidsprijs|prix unitaire",
        "vat": "vat|vat rate|btw|btw-tarief|tva|taux de tva",
        "reference": "reference|referentie|référence|price elsewhere|prijs elders|prix ailleurs",
        "code": "code|sku|ref|réf|item code|bestelcode|code de l'article",
    }
)
_COLUMNS: Final = Columns(
    names=tuple(_HEADERS),
    mandatory=("article", "quantity", "price"),
    aliases={
        name: "|".join(dict.fromkeys((*headers.values(), *_ALSO[name].split("|"))))
        for name, headers in _HEADERS.items()
    },
)


class NewLine(BaseModel):
    """A line while it is being told: the price of a unit in cents net of VAT, `vat` in basis points."""

    article: str
    unit: str
    quantity: int
    cents: int
    vat: int
    reference_cents: int | None = None
    code: str = ""

    def draft(self) -> LineDraft:
        return LineDraft(
            self.article,
            self.unit,
            self.cents,
            self.vat,
            self.quantity,
            reference_cents=self.reference_cents,
            article_code=self.code,
        )


class _Faulty(Exception):
    """Cells that are no values, by column."""

    def __init__(self, faults: Mapping[str, FieldError]) -> None:
        super().__init__(faults)
        self.faults = faults


def _line(ctx: Context, cells: Mapping[str, str]) -> NewLine:
    """Raises _Faulty."""
    faults: dict[str, FieldError] = {}
    values: dict[str, str | int | None] = {}
    for name in _HEADERS:
        try:
            values[name] = _value(ctx, name, one_line(cells.get(name, "")))
        except FieldError as error:
            faults[name] = error
    if faults:
        raise _Faulty(faults)
    return NewLine.model_validate(
        {
            **values,
            "cents": values["price"],
            "reference_cents": values["reference"],
        }
    )


def _value(ctx: Context, name: str, text: str) -> str | int | None:
    """Raises FieldError."""
    currency = ctx.settings.currency
    if name == "article":
        return typed.required(text, typed.LONGEST_ARTICLE)
    if name == "unit":
        return typed.unit(text) or ctx._(PIECE)
    if name == "quantity":
        return typed.whole(text, lowest=1, highest=MOST_UNITS)
    if name == "price":
        return typed.amount(text, currency)
    if name == "vat":
        return typed.percent(text) if text else ctx.settings.usual_vat
    if name == "reference":
        return typed.amount(text, currency) if text else None
    return short(text, LONGEST_CODE)


# --- typed -------------------------------------------------------------------------------------------


def lines_typed(ctx: Context, text: str) -> list[NewLine]:
    """One for each line of the text: the article, how many of what unit, the price; the VAT and what it costs
    elsewhere where they are said. Raises Misunderstood."""
    found: list[NewLine] = []
    said = [line for line in text.splitlines() if line.strip()]
    if not said:
        raise Misunderstood(N_("the articles, one on each line, or a file"))
    if len(said) > MOST_LINES:
        raise Misunderstood(N_("at most %(most)s lines"), most=MOST_LINES)
    for line in said:
        parts = _BETWEEN.split(line.strip(" ;|\t-•"))
        how_many = _HOW_MANY.fullmatch(parts[1]) if 3 <= len(parts) <= 5 else None
        if how_many is None:
            raise Misunderstood(
                N_(
                    "for “%(line)s”: article; how many and of what unit; price, such as: %(example)s"
                ),
                line=line.strip()[:60],
                example=ctx._(N_("Paper A4; 40 ream; 3.20")),
            )
        cells = dict(zip(("article", "quantity", "price", "vat", "reference"), parts, strict=False))
        cells["quantity"], cells["unit"] = how_many["units"], how_many["unit"] or ""
        try:
            found.append(_line(ctx, cells))
        except _Faulty as faulty:
            problem = typed.misunderstood(next(iter(faulty.faults.values())))
            raise Misunderstood(
                N_("for “%(line)s”: %(expected)s"),
                line=line.strip()[:60],
                expected=ctx._(problem.expected, **problem.values),
            ) from faulty
    _refuse_twice(found)
    return found


def _refuse_twice(lines: Sequence[NewLine]) -> None:
    """Two lines of one name could not be told apart. Raises Misunderstood."""
    names: set[str] = set()
    for line in lines:
        if fold(line.article) in names:
            raise Misunderstood(N_("each article once: “%(article)s”"), article=line.article)
        names.add(fold(line.article))


# --- in a file ---------------------------------------------------------------------------------------


def lines_in(ctx: Context, file: Attachment) -> list[NewLine]:
    """Says every fault of the file's cells and raises Misunderstood where there is one."""
    if file.data is None:
        raise Misunderstood(N_("a file: the lines as XLSX or CSV"))
    try:
        table = spreadsheets.read(
            file.data, _COLUMNS, sheet=_SHEET, name=file.name, most_rows=MOST_LINES
        )
    except SpreadsheetError as error:
        raise file_problem(error) from error
    names = table.header.names
    issues = list(table.issues)
    unreadable = {(issue.row, issue.column) for issue in issues}
    found = []
    for row in table.rows:
        try:
            found.append(_line(ctx, dict(zip(table.columns, row.cells, strict=True))))
        except _Faulty as faulty:
            issues += [
                Issue(row.number, names[name], error.problem, error.found, limit=error.limit)
                for name, error in faulty.faults.items()
                if (row.number, names[name]) not in unreadable
            ]
    articles = [(row.number, fold(one_line(row.cells[0]))) for row in table.rows]
    issues += repeated(articles, names["article"], "duplicate_article")
    if issues:
        _tell(ctx, sorted(issues, key=lambda issue: issue.row))
        raise Misunderstood(N_("the file once more, without these faults"))
    if not found:
        raise Misunderstood(N_("a file with at least one line"))
    return found


def _tell(ctx: Context, issues: Sequence[Issue]) -> None:
    shown = []
    for issue in issues[:_ISSUES_SHOWN]:
        message, values = cell_problem(issue, CELL_PROBLEMS, near=())
        shown.append((issue.row, issue.column, ctx._(message, **values)))
    ctx.reply(
        "purchases/lines_faulty",
        issues=shown,
        count=len(issues),
        more=max(0, len(issues) - _ISSUES_SHOWN),
    )


def template(ctx: Context) -> FileOut:
    """An empty sheet to fill in, with an example on a second one."""
    header = [headers.get(ctx.language, headers["en"]) for headers in _HEADERS.values()]
    example = [ctx._(N_("Paper, A4")), ctx._(N_("ream")), "40", "3.20", "21", "4.50", "PA4"]
    return FileOut(
        "tender.xlsx", XLSX_TYPE, as_workbook({_SHEET: [header], "example": [header, example]})
    )
