"""What can be wrong with a register, as data; the words for it are the catalogues' business."""

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


class RegisterFileError(Exception):
    """The file cannot be read as a register at all. `values` are the columns, cells or figures concerned;
    `row` is the spreadsheet's row, 0 for the whole file."""

    def __init__(self, problem: FileProblem, values: tuple[str, ...] = (), row: int = 0) -> None:
        super().__init__(problem, values, row)
        self.problem: FileProblem = problem
        self.values = values
        self.row = row


class NotSound(Exception):
    """The plan cannot be applied: there are problems that nobody decided to skip, or the number of missing
    members is not the one that was confirmed (`missing`)."""

    def __init__(self, problems: int, missing: int | None = None) -> None:
        super().__init__(problems, missing)
        self.problems = problems
        self.missing = missing


@dataclass(frozen=True, slots=True)
class Issue:
    """One thing about one cell. `row` is the spreadsheet's row number, the header being 1; `column` the name
    in the file's header. `code` is one of `fields.Problem`, or: required, duplicate_number,
    duplicate_account, bad_account, bad_number, bad_turnover, account_of_other, formula, cell_error,
    too_many_cells. `found` is what stands there, `suggestions` codes of labels or choices, `rows` the
    other rows concerned."""

    row: int
    column: str
    code: str
    found: str = ""
    suggestions: tuple[str, ...] = ()
    limit: int = 0
    rows: tuple[int, ...] = ()
