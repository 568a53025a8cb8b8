"""Says in message ids what is wrong with a file or a cell; a domain adds the problems that only it has."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from commands.kernel.catalogue import N_
from commands.kernel.choices import Misunderstood
from commands.spreadsheets.errors import FileProblem, Issue, SpreadsheetError

_FILE_PROBLEMS: Final[Mapping[FileProblem, str]] = {
    "too_large": N_("a smaller file"),
    "too_many_rows": N_("a file with fewer rows"),
    "empty": N_("a file that is not empty"),
    "unknown_format": N_("a CSV or XLSX file"),
    "encoding": N_("a CSV file saved as UTF-8"),
    "csv": N_("a sound CSV file; row %(row)s is broken"),
    "not_a_workbook": N_("a sound XLSX workbook"),
    "zip_bomb": N_("a file that unpacks to a reasonable size"),
    "missing_columns": N_("a file that also has the columns %(values)s"),
    "unknown_columns": N_("a file without the columns %(values)s, which I do not know"),
    "duplicate_columns": N_("a file that has each column once: %(values)s"),
}
_CELL_PROBLEMS: Final[Mapping[str, str]] = {
    "required": N_("is empty"),
    "too_long": N_("is longer than %(limit)s characters"),
    "too_many": N_("has more than %(limit)s values"),
    "unknown_language": N_("“%(found)s” is no language"),
    "unknown_country": N_("“%(found)s” is no country"),
    "unknown_choice": N_("“%(found)s” is none of: %(near)s"),
    "bad_link": N_("“%(found)s” is no web address"),
    "formula": N_("holds a formula; write its value"),
    "cell_error": N_("holds an error of the spreadsheet program"),
    "too_many_cells": N_("the row has more cells than the header"),
}
_DOES_NOT_FIT: Final = N_("“%(found)s” does not fit")


def file_problem(error: SpreadsheetError) -> Misunderstood:
    """What a conversation that asked for a file answers: `raise file_problem(error) from error`."""
    return Misunderstood(
        _FILE_PROBLEMS[error.problem], values=", ".join(error.values), row=error.row
    )


def cell_problem(
    issue: Issue, own: Mapping[str, str], *, near: Sequence[str]
) -> tuple[str, dict[str, object]]:
    """A message id and its values: found, limit, rows and near.

    `own` are the message ids of the domain's own codes, which win; `near` the issue's suggestions as the
    reader knows them.
    """
    message = own.get(issue.code) or _CELL_PROBLEMS.get(issue.code, _DOES_NOT_FIT)
    return message, {
        "found": issue.found[:60],
        "limit": issue.limit,
        "rows": ", ".join(map(str, issue.rows)),
        "near": ", ".join(near) or "–",
    }
