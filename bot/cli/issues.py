"""What is wrong with a spreadsheet or a file of labels, in English for operators; members have catalogues."""

from __future__ import annotations

from commands.labels.errors import LabelFileError
from commands.spreadsheets import Issue, SpreadsheetError

_CELLS = {
    "required": "is empty",
    "too_long": "is longer than {limit} characters",
    "too_many": "has more than {limit} values",
    "unknown_profession": "{found!r} is in no table; it is kept as written",
    "ambiguous_profession": "{found!r} means several professions; it is kept as written",
    "unknown_sector": "{found!r} is no sector",
    "unknown_language": "{found!r} is no language",
    "unknown_country": "{found!r} is no country",
    "unknown_choice": "{found!r} is no choice",
    "bad_postcode": "{found!r} is no postcode",
    "bad_link": "{found!r} is no web address",
    "duplicate_number": "the same member number stands in row {rows}",
    "duplicate_account": "the same account stands in row {rows}",
    "bad_account": "{found!r} is no Matrix id such as @anna:example.org",
    "bad_number": "{found!r} is no member number",
    "bad_turnover": "{found!r} is no amount",
    "account_of_other": "{found!r} is the account of another member",
    "too_short": "{found!r} is shorter than {limit} letters",
    "unknown_class": "{found!r} is no class",
    "unknown_mode": "{found!r} is no way to get something",
    "unknown_category": "{found!r} is in no table; it is kept as written",
    "unknown_region": "{found!r} is in no table; it is kept as written",
    "bad_email": "{found!r} is no e-mail address",
    "bad_phone": "{found!r} is no phone number",
    "bad_date": "{found!r} is no day, such as 2027-12-01",
    "bad_amount": "{found!r} is no amount of money",
    "ends_early": "{found!r} is before the first day",
    "company_country": "{found!r} does not say of which country it is",
    "company_length": "{found!r} has too many or too few figures for a company number",
    "company_form": "{found!r} does not look like a company number",
    "company_checksum": "{found!r} is no company number; perhaps a figure is wrong",
    "bad_supplier_number": "{found!r} is no number of a supplier; leave it empty for a new one",
    "unknown_supplier": "there is no supplier {found}; leave it empty for a new one",
    "duplicate_supplier_number": "the same number stands in row {rows}",
    "duplicate_company": "the same company number stands in row {rows}",
    "duplicate_name": "the same name stands in row {rows}, and nothing tells them apart",
    "same_supplier": "row {rows} is about the same supplier",
    "name_of_other": "{found!r} is the name of another supplier",
    "company_of_other": "{found!r} is the company number of another supplier",
    "other_company": "a supplier called so has another company number; give its number if it is meant",
    "several_suppliers": "several suppliers are called {found!r}; give the number of one",
    "formula": "holds a formula; write its value",
    "cell_error": "holds an error of the spreadsheet program ({found})",
    "too_many_cells": "the row has more cells than the header",
}
_FILES = {
    "too_large": "is too large",
    "too_many_rows": "has too many rows",
    "empty": "is empty",
    "unknown_format": "is neither CSV nor XLSX",
    "encoding": "is in an encoding that is not understood; save it as UTF-8",
    "csv": "is broken CSV",
    "not_a_workbook": "is no sound XLSX workbook",
    "zip_bomb": "unpacks to far more than it should",
    "missing_columns": "lacks columns",
    "unknown_columns": "has columns that are not known",
    "duplicate_columns": "has columns twice",
}
_LABELS = {
    "unreadable": "cannot be read",
    "encoding": "is not UTF-8",
    "csv": "is broken CSV",
    "missing_column": "lacks the column {column}",
    "unknown_language": "is in a language that is not known",
    "bad_code": "{column}: {found!r} is no code",
    "bad_value": "{column}: {found!r} is not understood",
    "duplicate_code": "{column}: {found!r} stands there already",
    "missing_name": "{column} is empty",
    "unknown_sector": "{column}: {found!r} is no sector",
}


def sentence(issue: Issue) -> str:
    """Such as: row 17, sector: 'Bakkery' is no sector (perhaps I, C)."""
    words = _CELLS.get(issue.code, issue.code).format(
        found=issue.found,
        limit=issue.limit,
        rows=", ".join(map(str, issue.rows)),
    )
    near = f" (perhaps {', '.join(issue.suggestions)})" if issue.suggestions else ""
    return f"row {issue.row}, {issue.column}: {words}{near}"


def file_problem(error: SpreadsheetError) -> str:
    """Why the file cannot be read at all."""
    values = f": {', '.join(error.values)}" if error.values else ""
    row = f"row {error.row}: " if error.row else ""
    return f"{row}{_FILES.get(error.problem, error.problem)}{values}"


def label_problem(error: LabelFileError) -> str:
    """Such as: labels.csv, row 3: code: 'x' is no code."""
    words = _LABELS[error.problem].format(column=error.column, found=error.found)
    return f"{error.file}{f', row {error.row}:' if error.row else ''} {words}"
