"""Writes rows of text as files for spreadsheet programs, with no cell that these would compute."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from commands.spreadsheets.table import RISKY, is_quoted

CSV_TYPE: Final = "text/csv"
XLSX_TYPE: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def neutral(cell: str) -> str:
    """The cell as text that no spreadsheet program takes for a formula (OWASP, "CSV injection"), and that
    reading gives back as it was."""
    return f"'{cell}" if cell.startswith(RISKY) or is_quoted(cell) else cell


def in_one_cell(values: Sequence[str]) -> str:
    """Several values, as `commands.kernel.fields.parts_of` takes them apart again."""
    # A single value with a comma in it would be taken for two.
    alone = len(values) == 1 and "," in values[0]
    return ";".join(values) + (";" if alone else "")


def as_csv(lines: Iterable[Sequence[str]]) -> bytes:
    """UTF-8 with a mark, which spreadsheet programs need."""
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\r\n").writerows(map(neutral, line) for line in lines)
    return text.getvalue().encode("utf-8-sig")


def as_xlsx(lines: Iterable[Sequence[str]], sheet: str) -> bytes:
    """A workbook with one sheet of that name."""
    return as_workbook({sheet: lines})


def as_workbook(sheets: Mapping[str, Iterable[Sequence[str]]]) -> bytes:
    """A workbook (XLSX) of one or more sheets: their names, at most 31 characters, and their lines."""
    # Loaded when it is needed, as in `workbook`: the bot starts without it.
    from openpyxl import Workbook

    book = Workbook(write_only=True)
    for name, lines in sheets.items():
        sheet = book.create_sheet(name)
        for line in lines:
            sheet.append([neutral(cell) for cell in line])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()
