"""Writes rows of text as a file for spreadsheet programs, with no cell that these would compute."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

from commands.members.register.table import RISKY


def neutral(cell: str) -> str:
    """The cell as text that no spreadsheet program takes for a formula (OWASP, "CSV injection")."""
    return f"'{cell}" if cell.startswith(RISKY) else cell


def as_csv(lines: Iterable[Sequence[str]]) -> bytes:
    """UTF-8 with a mark, which spreadsheet programs need."""
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\r\n").writerows(map(neutral, line) for line in lines)
    return text.getvalue().encode("utf-8-sig")


def as_xlsx(lines: Iterable[Sequence[str]]) -> bytes:
    """A workbook with one sheet, `members`."""
    # Loaded when it is needed, as in `workbook`: the bot starts without it.
    from openpyxl import Workbook

    book = Workbook(write_only=True)
    sheet = book.create_sheet("members")
    for line in lines:
        sheet.append([neutral(cell) for cell in line])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()
