"""Tables for people to read and to calculate with: a workbook (XLSX) in which amounts are numbers with their
format, and the same as CSV as a language writes it. What stands in them is left to the domains."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from textwrap import wrap
from typing import TYPE_CHECKING, Any, Final, Literal

from babel.numbers import get_currency_symbol, get_decimal_symbol

from commands.kernel.catalogue import locale_of
from commands.spreadsheets.number_formats import money_format, rate_format
from commands.spreadsheets.table import RISKY
from commands.spreadsheets.writing import neutral

if TYPE_CHECKING:
    from openpyxl.cell.cell import Cell as Written
    from openpyxl.worksheet._write_only import WriteOnlyWorksheet

Kind = Literal["text", "number", "count", "money", "rate"]
# A text, a number that is a name, units, cents, basis points; None stays empty.
Cell = str | int | None

_NARROWEST: Final = 5
_WIDEST: Final = 48
_MARGIN: Final = 2.5  # in characters
_TITLE_LINE: Final = 14
_LINE_HEIGHT: Final = 15.0  # in points
_FONT: Final = "Calibri"  # the one that programs take where none is named
_ON_THE_LEFT: Final = ("text", "number")
_LONGEST_NAME: Final = 31  # what a spreadsheet program takes
_LONGEST_TEXT: Final = 32_767
_NOT_IN_NAMES: Final = re.compile(r"[\[\]:*?/\\]")
_NOT_IN_XML: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_A4: Final = 9  # ECMA-376, part 1, 18.3.1.63
_SHADE: Final = "E7EEF7"
_LINE: Final = "8CA3BF"
# How many rows are looked at to find how wide a column is.
_MEASURED: Final = 500
# In characters: what is wider than that on one sheet of paper is too small to read.
_WIDEST_PAPER: Final = 240
_SMALLEST_PRINT: Final = 60  # in percent


@dataclass(frozen=True, slots=True)
class Column:
    """`title` is in the reader's language. Cells of a `text` are texts, of a `number` numbers by which
    something is called, of a `count` units, of `money` cents, of a `rate` basis points. `is_summed` where the
    last row says the sum; `is_input` where readers write."""

    title: str
    kind: Kind = "text"
    is_summed: bool = False
    is_input: bool = False


@dataclass(frozen=True, slots=True)
class Heading:
    """A further row of a header, of one kind whatever stands in the columns below it: a cell for each."""

    kind: Kind
    cells: Sequence[Cell]


@dataclass(frozen=True, slots=True)
class Grid:
    """A table: every row has a cell for each column. `total` is what the row of sums is called; without it
    there is none. It may have a `caption`, `headings` under the titles of its columns, and begin `indent`
    columns from the left. Its first `kept` columns stay in sight however many there are."""

    columns: tuple[Column, ...]
    rows: Sequence[Sequence[Cell]]
    total: str | None = None
    caption: str = ""
    indent: int = 0
    headings: tuple[Heading, ...] = ()
    kept: int = 0


@dataclass(frozen=True, slots=True)
class Sheet:
    """`name` is on its tab. Under the title and the facts stands the first grid, whose header and first
    columns stay in sight and are repeated on paper; further ones follow under it."""

    name: str
    grids: tuple[Grid, ...]
    title: str = ""
    facts: tuple[str, ...] = ()


def as_styled_workbook(sheets: Sequence[Sheet], *, currency: str, language: str) -> bytes:
    """A workbook (XLSX) that computes nothing: what begins like a formula is a text, sums are numbers."""
    # Loaded when it is needed: the bot starts without it.
    from openpyxl import Workbook

    book = Workbook(write_only=True)
    taken: set[str] = set()
    for sheet in sheets:
        name = _free_name(sheet.name, taken)
        taken.add(name.casefold())
        _Writer(book.create_sheet(name), currency, language).write(sheet)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def as_styled_csv(grid: Grid, *, language: str) -> bytes:
    """Header and rows without sums, to read in by a program: UTF-8 with a mark; numbers with the decimal sign
    of the language and no currency, and semicolons between them where that sign is a comma."""
    decimal = str(get_decimal_symbol(locale_of(language)))
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=";" if decimal == "," else ",", lineterminator="\r\n")
    writer.writerow([neutral(column.title) for column in grid.columns])
    kinds = [column.kind for column in grid.columns]
    for row in grid.rows:
        writer.writerow(
            [_plain(cell, kind, decimal) for cell, kind in zip(row, kinds, strict=True)]
        )
    return text.getvalue().encode("utf-8-sig")


def _plain(cell: Cell, kind: Kind, decimal: str) -> str:
    if cell is None:
        return ""
    if isinstance(cell, str):
        return neutral(cell)
    if kind in ("count", "number"):
        return str(cell)
    hundredths = f"{Decimal(cell) / 100:.2f}"
    if kind == "rate":
        hundredths = hundredths.rstrip("0").rstrip(".")
    return hundredths.replace(".", decimal)


def sums(grid: Grid) -> list[Cell]:
    """What stands under each column: the sum where it is summed, else nothing."""
    return [
        sum(cell for row in grid.rows if isinstance(cell := row[index], int))
        if column.is_summed
        else None
        for index, column in enumerate(grid.columns)
    ]


def _free_name(name: str, taken: set[str]) -> str:
    plain = _NOT_IN_NAMES.sub(" ", _printable(name)).strip(" '") or "1"
    free, number = plain[:_LONGEST_NAME], 1
    while free.casefold() in taken:
        number += 1
        free = f"{plain[: _LONGEST_NAME - 4]} {number}"
    return free


def _printable(text: str) -> str:
    return _NOT_IN_XML.sub("", text)[:_LONGEST_TEXT]


class _Writer:
    """Writes one sheet, row by row. A cell object is written again and again: a sheet of a hundred thousand
    rows would make as many otherwise."""

    def __init__(self, sheet: WriteOnlyWorksheet, currency: str, language: str) -> None:
        from openpyxl.styles import Alignment, Border, Font, PatternFill, Side

        self._sheet: Any = sheet
        self._money = money_format(currency, language)
        self._currency, self._language = currency, language
        self._rows, self._widths = 0, list[int]()
        self._plain = Font(name=_FONT, size=11)
        self._bold = Font(name=_FONT, size=11, bold=True)
        self._large = Font(name=_FONT, size=14, bold=True)
        self._grey = Font(name=_FONT, size=11, color="595959")
        self._shade = PatternFill("solid", start_color=_SHADE)
        line = Side(style="thin", color=_LINE)
        self._under, self._over = Border(bottom=line), Border(top=line)
        self._boxed = Border(top=line, bottom=line, left=line, right=line)
        # For what stands on the right, and on the left.
        self._header = [
            Alignment(wrap_text=True, vertical="center", horizontal=side)
            for side in ("right", "left")
        ]
        self._aligned = [
            Alignment(vertical="top"),
            Alignment(wrap_text=True, vertical="top", horizontal="left"),
        ]

    def write(self, sheet: Sheet) -> None:
        above = (2 if sheet.title else 0) + (len(sheet.facts) + 1 if sheet.facts else 0)
        above += bool(sheet.grids[0].caption)
        self._set_page(sheet, first=above + 1, last=above + 1 + len(sheet.grids[0].headings))
        if sheet.title:
            self._row([self._text(sheet.title, self._large)])
            self._row([])
        for fact in sheet.facts:
            self._row([self._text(fact, self._grey)])
        if sheet.facts:
            self._row([])
        for index, grid in enumerate(sheet.grids):
            if index:
                self._row([])
            self._grid(grid)

    def _set_page(self, sheet: Sheet, *, first: int, last: int) -> None:
        """The header stands in the rows from the first to the last."""
        from openpyxl.utils import get_column_letter
        from openpyxl.worksheet.properties import PageSetupProperties

        page = self._sheet
        self._widths = _widths(sheet, self._currency, self._language)
        for index, width in enumerate(self._widths, start=1):
            page.column_dimensions[get_column_letter(index)].width = width + _MARGIN
        kept = sheet.grids[0].kept
        page.freeze_panes = f"{get_column_letter(kept + 1)}{last + 1}"
        page.print_title_rows = f"{first}:{last}"
        if kept:
            page.print_title_cols = f"A:{get_column_letter(kept)}"
        page.page_setup.orientation = "landscape"
        page.page_setup.paperSize = _A4
        page.page_setup.fitToHeight = 0
        fits = not kept or sum(self._widths) <= _WIDEST_PAPER
        page.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=fits)
        if not fits:
            page.page_setup.scale = _SMALLEST_PRINT
        page.oddFooter.center.text = "&P / &N"

    def _grid(self, grid: Grid) -> None:
        blank: list[Written | None] = [None] * grid.indent
        widths = self._widths[grid.indent :]
        if grid.caption:
            self._row([*blank, self._text(grid.caption, self._bold)])
        titles = [column.title for column in grid.columns]
        header = [self._text(title, self._bold) for title in titles]
        self._header_row(grid, header, _lines(titles, widths), is_last=not grid.headings)
        for heading in grid.headings:
            header = [self._headed(cell, heading.kind) for cell in heading.cells]
            is_last = heading is grid.headings[-1]
            self._header_row(grid, header, _lines(heading.cells, widths), is_last=is_last)
        ways = [self._way(column) for column in grid.columns]
        for row in grid.rows:
            cells = [way(cell) for way, cell in zip(ways, row, strict=True)]
            self._row([*blank, *cells], lines=_lines(row, widths))
        if grid.total is not None:
            self._totals(grid)

    def _headed(self, value: Cell, kind: Kind) -> Written:
        if isinstance(value, str):
            return self._text(value, self._plain)
        cell = self._cell()
        if value is not None:
            cell.value, cell.number_format = _figure(value, kind), self._format(kind, value)
        return cell

    def _header_row(
        self, grid: Grid, cells: Sequence[Written], lines: int, *, is_last: bool
    ) -> None:
        for column, cell in zip(grid.columns, cells, strict=True):
            cell.fill = self._shade
            cell.alignment = self._header[column.kind in _ON_THE_LEFT]
            if is_last:
                cell.border = self._under
        self._row([*[None] * grid.indent, *cells], lines=lines)

    def _way(self, column: Column) -> Callable[[Cell], Written | None]:
        """How a value of the column becomes its cell; none where there is nothing to see. There is a cell for
        each style: one whose style changed later would change those that were written before."""
        made: dict[str, Written] = {}

        def styled(number_format: str, *, is_quoted: bool = False) -> Written:
            cell = self._cell()
            if number_format:
                cell.number_format = number_format
            else:
                cell.data_type, cell.quotePrefix = "s", is_quoted
            cell.alignment = self._aligned[column.kind in _ON_THE_LEFT]
            if column.is_input:
                cell.border = self._boxed
            return cell

        def filled(value: Cell) -> Written | None:
            if value is None and not column.is_input:
                return None
            if isinstance(value, str):
                key = "risky" if value.startswith(RISKY) else "text"
                if key not in made:
                    made[key] = styled("", is_quoted=key == "risky")
                _set_text(made[key], value)
                return made[key]
            key = self._format(column.kind, value)
            if key not in made:
                made[key] = styled(key)
            made[key].value = _figure(value, column.kind)
            return made[key]

        return filled

    def _format(self, kind: Kind, value: int | None) -> str:
        if kind == "money":
            return self._money
        if kind == "rate":
            return rate_format(value or 0)
        return "0" if kind == "number" else "#,##0"

    def _totals(self, grid: Grid) -> None:
        cells: list[Written | None] = [None] * grid.indent
        for index, (column, value) in enumerate(zip(grid.columns, sums(grid), strict=True)):
            cell = self._text(grid.total or "", self._bold) if index == 0 else self._cell()
            if column.is_summed:
                cell.value = _figure(value, column.kind)
                cell.number_format = self._format(column.kind, None)
            cell.font, cell.border = self._bold, self._over
            cells.append(cell)
        self._row(cells)

    def _row(self, cells: Sequence[Written | None], *, lines: int = 1) -> None:
        self._rows += 1
        if lines > 1:
            # Not every program finds the height of a row by itself.
            self._sheet.row_dimensions[self._rows].height = lines * _LINE_HEIGHT
        self._sheet.append(cells)

    def _cell(self) -> Written:
        from openpyxl.cell import WriteOnlyCell

        return WriteOnlyCell(self._sheet)

    def _text(self, text: str, font: Any) -> Written:
        cell = self._cell()
        _set_text(cell, text)
        cell.quotePrefix = text.startswith(RISKY)
        cell.font = font
        return cell


def _widths(sheet: Sheet, currency: str, language: str) -> list[int]:
    """How many characters each column of the sheet holds."""
    sign = len(get_currency_symbol(currency, locale_of(language))) + 1
    widths = [_NARROWEST] * max(len(grid.columns) + grid.indent for grid in sheet.grids)
    for grid in sheet.grids:
        totals = sums(grid) if grid.total is not None else []
        for index, column in enumerate(grid.columns):
            cells = [row[index] for row in grid.rows[:_MEASURED]] + totals[index : index + 1]
            lengths = [_length(cell, column.kind, sign) for cell in cells]
            lengths += [_length(one.cells[index], one.kind, sign) for one in grid.headings]
            longest = max(lengths, default=0)
            words = max(map(len, column.title.split()), default=0)
            needed = max(longest, words + 1, min(len(column.title), _TITLE_LINE))
            place = index + grid.indent
            widths[place] = max(widths[place], min(needed, _WIDEST))
    return widths


def _length(cell: Cell, kind: Kind, sign: int) -> int:
    """In characters; `sign` is the length of what stands beside an amount."""
    if isinstance(cell, int) and kind == "money":
        return len(f"{cell // 100:,}.00") + sign
    return len(str(cell)) if cell is not None else 0


def _lines(cells: Sequence[Cell], widths: Sequence[int]) -> int:
    """On how many lines the longest text stands; words that do not fit begin the next."""
    return max(
        (
            len(wrap(cell, width))
            for cell, width in zip(cells, widths, strict=False)
            if isinstance(cell, str) and len(cell) > width
        ),
        default=1,
    )


def _set_text(cell: Written, text: str) -> None:
    """A text whatever it begins with."""
    cell.value = _printable(text)
    cell.data_type = "s"


def _figure(cell: Cell, kind: Kind) -> Any:
    if not isinstance(cell, int):
        return cell
    if kind == "money":
        return Decimal(cell) / 100
    return Decimal(cell) / 10_000 if kind == "rate" else cell
