"""What can be wrong with a file and with its cells, as data; the words for it are left to `words` and to
the command line."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

FileProblem = Literal[
    "too_large",
    "too_many_rows",
    "empty",
    "unknown_format",
    "encoding",
    "csv",
    "not_a_workbook",
    "zip_bomb",
    "missing_columns",
    "unknown_columns",
    "duplicate_columns",
]


class SpreadsheetError(Exception):
    """The file cannot be read at all. `values` are the columns, cells or figures concerned; `row` is the
    spreadsheet's row, 0 for the whole file."""

    def __init__(self, problem: FileProblem, values: tuple[str, ...] = (), row: int = 0) -> None:
        super().__init__(problem, values, row)
        self.problem: FileProblem = problem
        self.values = values
        self.row = row


@dataclass(frozen=True, slots=True)
class Issue:
    """One thing about one cell. `row` is the spreadsheet's row number, the header being 1; `column` the name
    in the file's header. `code` is formula, cell_error or too_many_cells where reading found it, else one
    of the domain's that checked the rows. `found` is what stands there, `suggestions` what might be meant,
    in the domain's codes, `limit` what a length or number may be, `rows` the other rows concerned."""

    row: int
    column: str
    code: str
    found: str = ""
    suggestions: tuple[str, ...] = ()
    limit: int = 0
    rows: tuple[int, ...] = ()
