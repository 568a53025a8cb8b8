"""Files of spreadsheet programs, CSV and XLSX, read into rows of text and written from them; what the rows
mean is left to the domains."""

from commands.spreadsheets.columns import Columns, Header
from commands.spreadsheets.errors import FileProblem, Issue, SpreadsheetError
from commands.spreadsheets.table import Row, Table, read
from commands.spreadsheets.writing import CSV_TYPE, XLSX_TYPE, as_csv, as_workbook, as_xlsx

__all__ = [
    "CSV_TYPE",
    "XLSX_TYPE",
    "Columns",
    "FileProblem",
    "Header",
    "Issue",
    "Row",
    "SpreadsheetError",
    "Table",
    "as_csv",
    "as_workbook",
    "as_xlsx",
    "read",
]
