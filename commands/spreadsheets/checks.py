"""What checking the rows of any file has in common: faults of a model as issues of cells, and what stands in
several rows. Which cells a row has, and what they mean, is the domain's."""

from __future__ import annotations

from collections.abc import Callable, Collection

from pydantic import ValidationError

from commands.kernel.fields import Fault, faults
from commands.kernel.text import one_line
from commands.spreadsheets.errors import Issue
from commands.spreadsheets.table import Table


def issues_of(
    error: ValidationError,
    row: int,
    table: Table,
    unreadable: Collection[tuple[int, str]] = (),
    column_of: Callable[[Fault], str] = lambda fault: fault.field,
) -> list[Issue]:
    """All that a model found wrong with a row; `column_of` says in which of our columns.

    `unreadable` are cells, by row and column, of which the reader said already what is wrong with them.
    """
    names = table.header.names
    found = []
    for fault in faults(error):
        column = column_of(fault)
        shown = names.get(column, column)
        if (row, shown) not in unreadable:
            wrong = fault.error
            found.append(
                Issue(row, shown, wrong.problem, wrong.found, wrong.suggestions, wrong.limit)
            )
    return found


def duplicates(table: Table, column: str, code: str) -> list[Issue]:
    """Every row of a value that stands in several rows of a column."""
    if column not in table.columns:
        return []
    position = table.columns.index(column)
    values = [(row.number, one_line(row.cells[position])) for row in table.rows]
    return repeated(values, table.header.names[column], code)


def repeated(values: Collection[tuple[int, str]], column: str, code: str) -> list[Issue]:
    """The same of values by their rows, empty ones left out: nobody can tell which row is right."""
    rows: dict[str, list[int]] = {}
    for row, value in values:
        if value:
            rows.setdefault(value, []).append(row)
    return [
        Issue(row, column, code, value[:60], rows=tuple(other for other in same if other != row))
        for value, same in rows.items()
        if len(same) > 1
        for row in same
    ]
