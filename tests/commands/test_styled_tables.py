"""Workbooks and CSV files for people: amounts are numbers with their format, and nothing in them computes."""

from __future__ import annotations

import io
from typing import Any

import pytest
from openpyxl import load_workbook

from commands.spreadsheets import Columns, read
from commands.spreadsheets.number_formats import money_format
from commands.spreadsheets.styled import (
    Column,
    Grid,
    Heading,
    Sheet,
    as_styled_csv,
    as_styled_workbook,
)

COLUMNS = (
    Column("No.", "number"),
    Column("Article"),
    Column("Units", "count", is_summed=True),
    Column("Price", "money"),
    Column("Net", "money", is_summed=True),
    Column("VAT", "rate"),
    Column("Delivered", "count", is_input=True),
)
ROWS = [
    (1, "=HYPERLINK(1)", 1200, 1000, 1_200_000, 2100, None),
    (2, "Chair\x0b with a very long name that goes on and on beyond what a column holds",
     3, 333, 999, 825, None),
    (3, "-5", 0, 1, 0, 0, 7),
]  # fmt: skip
GRID = Grid(COLUMNS, ROWS, "Total")


def opened(*sheets: Sheet, language: str = "en", currency: str = "EUR") -> Any:
    data = as_styled_workbook(sheets, currency=currency, language=language)
    return load_workbook(io.BytesIO(data))


def test_amounts_are_numbers_that_show_their_currency_and_sums_are_exact() -> None:
    page = opened(Sheet("Order", (GRID,), "Order 7", ("To: Meubel Coop",))).worksheets[0]
    assert page["A1"].value == "Order 7" and page["A3"].value == "To: Meubel Coop"
    assert [cell.value for cell in page[5]] == [column.title for column in COLUMNS]
    first, second = page[6], page[7]
    assert [cell.value for cell in first[2:6]] == [1200, 10, 12_000, 0.21]
    assert first[2].number_format == "#,##0"
    assert first[3].number_format == '"€"#,##0.00;-"€"#,##0.00'
    # A rate without decimals shows none, whatever stands in the other rows.
    assert [first[5].number_format, second[5].number_format] == ["0%", "0.00%"]
    total = page[9]
    assert [cell.value for cell in total] == ["Total", None, 1203, None, 12_009.99, None, None]
    assert all(cell.font.bold for cell in (*page[5], *total) if cell.value is not None)
    assert page.freeze_panes == "A6" and page.print_title_rows == "$5:$5"


def matrix(columns: int) -> Grid:
    return Grid(
        (
            Column("No.", "number"),
            Column("Member"),
            *(Column(f"Article {each}", "count", is_summed=True) for each in range(columns)),
        ),
        [(1, "Ben", *range(columns)), (2, "=Anna", *[None] * columns)],
        "Total",
        headings=(
            Heading("text", (None, "Unit", *["=piece"] * columns)),
            Heading("money", (None, "Price", *[1050] * columns)),
            Heading("rate", (None, "VAT %", *[825] * columns)),
        ),
        kept=2,
    )


def test_a_header_of_several_rows_and_the_first_columns_stay_in_sight() -> None:
    page = opened(Sheet("Handing out", (matrix(3),), "Purchase 7")).worksheets[0]
    assert [cell.value for cell in page[3]] == [
        "No.",
        "Member",
        *map("Article {}".format, range(3)),
    ]
    assert [cell.value for cell in page["E"]][3:] == ["=piece", 10.5, 0.0825, 2, None, 2]
    assert page["E4"].data_type == "s" and page["E4"].quotePrefix
    assert "€" in page["E5"].number_format and page["E6"].number_format == "0.00%"
    assert all(page[name].fill.fgColor.rgb.endswith("E7EEF7") for name in ("C3", "B4", "E6"))
    assert page.freeze_panes == "C7"
    assert (page.print_title_rows, page.print_title_cols) == ("$3:$6", "$A:$B")


def test_what_is_too_wide_to_be_read_on_one_sheet_of_paper_goes_over_several() -> None:
    narrow, wide = opened(Sheet("few", (matrix(3),)), Sheet("many", (matrix(60),))).worksheets
    assert narrow.sheet_properties.pageSetUpPr.fitToPage
    assert not wide.sheet_properties.pageSetUpPr.fitToPage


def test_what_begins_like_a_formula_is_a_text_and_stays_one() -> None:
    data = as_styled_workbook([Sheet("=1+1", (GRID,), "=2+2")], currency="EUR", language="en")
    page = load_workbook(io.BytesIO(data)).worksheets[0]
    risky = [page["A1"], page["B4"], page["B6"]]
    assert [cell.value for cell in risky] == ["=2+2", "=HYPERLINK(1)", "-5"]
    assert all(cell.data_type == "s" and cell.quotePrefix for cell in risky)
    assert not page["B5"].quotePrefix
    assert page["B5"].value.startswith("Chair with"), "what XML cannot hold is left out"
    assert "'=HYPERLINK(1)" in as_styled_csv(GRID, language="en").decode("utf-8-sig")


def test_columns_are_as_wide_and_rows_as_high_as_what_is_in_them() -> None:
    page = opened(Sheet("Order", (GRID,))).worksheets[0]
    wide = {name: page.column_dimensions[name].width for name in "ABE"}
    assert wide["A"] < len("€12,009.99") <= wide["E"] < wide["B"] <= 52
    assert page.row_dimensions[3].height > 15 and page.row_dimensions[2].height is None


@pytest.mark.parametrize(
    ("language", "line"),
    [
        ("en", "2,Chair,3,3.33,9.99,8.25,"),
        ("nl", "2;Chair;3;3,33;9,99;8,25;"),
        ("fr", "2;Chair;3;3,33;9,99;8,25;"),
    ],
)
def test_csv_is_written_as_the_language_writes_numbers(language: str, line: str) -> None:
    grid = Grid(COLUMNS, [(2, "Chair", 3, 333, 999, 825, None)], "Total")
    text = as_styled_csv(grid, language=language).decode("utf-8-sig")
    assert text.splitlines()[1:] == [line]


def test_currencies_stand_where_the_language_puts_them() -> None:
    assert money_format("EUR", "nl") == '"€" #,##0.00;-"€" #,##0.00'
    assert money_format("EUR", "fr") == '#,##0.00 "€";-#,##0.00 "€"'
    assert money_format("CHF", "en").startswith('"CHF"')


def test_sheets_have_names_that_programs_take_and_no_two_the_same() -> None:
    long = "A supplier's [very] long name: with / signs"
    names = opened(Sheet(long, (GRID,)), Sheet(long, (GRID,)), Sheet("*", (GRID,))).sheetnames
    assert len(set(names)) == 3 and all(len(name) <= 31 for name in names)
    assert not any(sign in name for name in names for sign in "[]:*?/\\")


def test_a_table_below_its_title_is_read_again_with_what_somebody_wrote_in() -> None:
    data = as_styled_workbook(
        [Sheet("Order", (GRID,), "Order 7", ("To: somebody",))], currency="EUR", language="en"
    )
    columns = Columns(
        names=("no", "article", "units", "price", "net", "vat", "delivered"),
        mandatory=("article", "delivered"),
        aliases={"no": "no."},
    )
    table = read(data, columns, sheet="", header_within=20)
    assert [row.cells[1] for row in table.rows][:3] == [
        "=HYPERLINK(1)",
        ROWS[1][1].replace("\x0b", ""),
        "-5",
    ]
    assert [row.cells[6] for row in table.rows] == ["", "", "7", ""]
