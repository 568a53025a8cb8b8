"""What can be wrong with a file of labels, as data; the words for it are the catalogues'
business."""

from pathlib import Path
from typing import Literal

LabelProblem = Literal[
    "unreadable",
    "encoding",
    "csv",
    "missing_column",
    "unknown_language",
    "bad_code",
    "bad_value",
    "duplicate_code",
    "missing_name",
    "unknown_sector",
]


class LabelFileError(Exception):
    """A file of labels cannot be used; `row` counts the file's lines from 1 (the header), 0 is the
    file."""

    def __init__(
        self, file: Path, problem: LabelProblem, *, row: int = 0, column: str = "", found: str = ""
    ) -> None:
        super().__init__(str(file), problem, row, column, found)
        self.file = file
        self.problem: LabelProblem = problem
        self.row = row
        self.column = column
        self.found = found
