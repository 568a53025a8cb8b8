"""Writes the rows that an import left out, with what is wrong with each, so that they can be mended and
imported again."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from commands.spreadsheets.errors import Issue
from commands.spreadsheets.table import Table
from commands.spreadsheets.writing import as_csv, as_xlsx

ERRORS_COLUMN = "_errors"  # ignored when the file is read again


def in_codes(issue: Issue) -> str:
    """An issue in a few signs, for a reader who has no catalogue: `city: too_long (80)`."""
    extra = f" ({issue.found or issue.limit})" if issue.found or issue.limit else ""
    return f"{issue.column}: {issue.code}{extra}"


def rejects_csv(
    table: Table, issues: Sequence[Issue], describe: Callable[[Issue], str] = in_codes
) -> bytes:
    return as_csv(_lines(table, issues, describe))


def rejects_xlsx(
    table: Table,
    issues: Sequence[Issue],
    describe: Callable[[Issue], str] = in_codes,
    *,
    sheet: str,
) -> bytes:
    """A workbook whose one sheet has that name."""
    return as_xlsx(_lines(table, issues, describe), sheet)


def _lines(
    table: Table, issues: Sequence[Issue], describe: Callable[[Issue], str]
) -> list[list[str]]:
    by_row: dict[int, list[str]] = {}
    for issue in issues:
        by_row.setdefault(issue.row, []).append(describe(issue))
    lines = [[*(table.header.names[column] for column in table.columns), ERRORS_COLUMN]]
    lines.extend(
        [*row.cells, "; ".join(dict.fromkeys(by_row[row.number]))]
        for row in table.rows
        if row.number in by_row
    )
    return lines
