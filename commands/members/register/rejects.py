"""Writes the rows that an import left out, with what is wrong with each, so that they can be mended and
imported again; and keeps any cell that we write from being computed by a spreadsheet program."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Sequence

from commands.members.register.errors import Issue
from commands.members.register.table import RISKY, Table

ERRORS_COLUMN = "_errors"  # ignored when the file is read again


def neutral(cell: str) -> str:
    """The cell as text that no spreadsheet program takes for a formula (OWASP, "CSV injection")."""
    return f"'{cell}" if cell.startswith(RISKY) else cell


def in_codes(issue: Issue) -> str:
    """An issue in a few signs, for a reader who has no catalogue: `city: too_long (80)`."""
    extra = f" ({issue.found or issue.limit})" if issue.found or issue.limit else ""
    return f"{issue.column}: {issue.code}{extra}"


def rejects_csv(
    table: Table, issues: Sequence[Issue], describe: Callable[[Issue], str] = in_codes
) -> bytes:
    """The rejected rows as CSV (UTF-8 with a mark, which spreadsheet programs need)."""
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\r\n").writerows(_lines(table, issues, describe))
    return text.getvalue().encode("utf-8-sig")


def rejects_xlsx(
    table: Table, issues: Sequence[Issue], describe: Callable[[Issue], str] = in_codes
) -> bytes:
    # Loaded when it is needed, as in `workbook`: the bot starts without it.
    from openpyxl import Workbook

    book = Workbook(write_only=True)
    sheet = book.create_sheet("members")
    for line in _lines(table, issues, describe):
        sheet.append(line)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _lines(
    table: Table, issues: Sequence[Issue], describe: Callable[[Issue], str]
) -> list[list[str]]:
    by_row: dict[int, list[str]] = {}
    for issue in issues:
        by_row.setdefault(issue.row, []).append(describe(issue))
    lines = [[*(neutral(table.header.names[column]) for column in table.columns), ERRORS_COLUMN]]
    lines.extend(
        [*map(neutral, row.cells), neutral("; ".join(dict.fromkeys(by_row[row.number])))]
        for row in table.rows
        if row.number in by_row
    )
    return lines
