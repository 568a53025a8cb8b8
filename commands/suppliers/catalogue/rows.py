"""Makes sure of every row of a catalogue by itself and against the other rows, before any database."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from pydantic import ValidationError

from commands.kernel import fields as kernel
from commands.kernel.fields import Fault, FieldError
from commands.kernel.text import one_line
from commands.labels import fold
from commands.spreadsheets import Issue, Table
from commands.spreadsheets.checks import issues_of, repeated
from commands.suppliers.catalogue.columns import TEXT_COLUMNS, text_column
from commands.suppliers.companies import Company, company
from commands.suppliers.entry import Circumstances, Entry
from commands.suppliers.fields import TEXTS, Around
from storage.suppliers import Draft

_NUMBER: Final = re.compile(r"#?([0-9]{1,15})")
# What the model calls a column, where that is not the column's own name.
_FIELDS: Final[Mapping[str, str]] = {"class": "class_", "company_number": "company"}
_COLUMNS: Final[Mapping[str, str]] = {field: column for column, field in _FIELDS.items()}


@dataclass(frozen=True, slots=True)
class Named:
    """By what a row says whom it is about: our number, a company, a folded name. What it does not say, or not
    well, is None or empty."""

    row: int
    number: int | None
    company: Company | None
    name: str


@dataclass(frozen=True, slots=True)
class Checked:
    """A catalogue whose rows were looked at. `named` are all rows but those whose number is none, `drafts` by
    row those whose cells are sound, in which only the columns of the file mean something. `issues` is all
    that is wrong with cells, in order of rows, `notes` what was accepted and deserves a look."""

    table: Table
    named: tuple[Named, ...]
    drafts: Mapping[int, Draft]
    issues: tuple[Issue, ...]
    notes: tuple[Issue, ...]

    @property
    def columns(self) -> frozenset[str]:
        return frozenset(self.table.columns)


def check(table: Table, around: Around) -> Checked:
    """Look at every row; reports all that is wrong, and raises nothing.

    Categories and regions that no table knows are kept as typed, with a note.
    """
    named: list[Named] = []
    drafts: dict[int, Draft] = {}
    issues: list[Issue] = list(table.issues)
    notes: list[Issue] = []
    unreadable = {(issue.row, issue.column) for issue in issues}
    names = table.header.names
    for row in table.rows:
        cells = dict(zip(table.columns, row.cells, strict=True))
        number = one_line(cells.get("number", ""))
        if number and not _NUMBER.fullmatch(number):
            issues.append(Issue(row.number, names["number"], "bad_supplier_number", number[:30]))
        else:
            named.append(_named(row.number, cells))
        circumstances = Circumstances(around)
        try:
            entry = Entry.model_validate(_for_the_model(cells), context=circumstances)
        except ValidationError as error:
            issues.extend(issues_of(error, row.number, table, unreadable, _column))
            continue
        drafts[row.number] = entry.draft()
        notes.extend(
            Issue(row.number, names[field], note.problem, note.found, note.suggestions)
            for field, note in circumstances.notes
        )
    issues.extend(_duplicates(table, named))
    issues.sort(key=lambda issue: issue.row)
    for issue in issues:
        drafts.pop(issue.row, None)
    return Checked(table, tuple(named), drafts, tuple(issues), tuple(notes))


def _for_the_model(cells: Mapping[str, str]) -> dict[str, Any]:
    texts: dict[str, dict[str, str]] = {}
    plain: dict[str, str] = {}
    for column, cell in cells.items():
        if column in TEXT_COLUMNS:
            field, language = TEXT_COLUMNS[column]
            texts.setdefault(field, {})[language] = cell
        elif column != "number":
            plain[_FIELDS.get(column, column)] = cell
    return {**plain, **texts}


def _column(fault: Fault) -> str:
    if fault.field in TEXTS:
        return text_column(fault.field, fault.part)
    return _COLUMNS.get(fault.field, fault.field)


def _named(row: int, cells: Mapping[str, str]) -> Named:
    number = _NUMBER.fullmatch(one_line(cells.get("number", "")))
    return Named(
        row,
        int(number[1]) if number else None,
        _company(cells.get("company_number", ""), cells.get("company_country", "")),
        fold(one_line(cells["name"])),
    )


def _company(number: str, country: str) -> Company | None:
    """What is wrong with it is the model's to say."""
    try:
        said = one_line(country)
        return company(number, country=kernel.country(said) if said else None)
    except FieldError:
        return None


def _duplicates(table: Table, named: list[Named]) -> list[Issue]:
    names = table.header.names
    issues = repeated(
        [(one.row, str(one.number or "")) for one in named],
        names.get("number", ""),
        "duplicate_supplier_number",
    )
    issues += repeated(
        [
            (one.row, f"{one.company.country} {one.company.number}" if one.company else "")
            for one in named
        ],
        names.get("company_number", ""),
        "duplicate_company",
    )
    # Where something else tells two apart they may share a name, as the branches of a cooperative do.
    only_named = {one.row for one in named if one.number is None and one.company is None}
    same_name = repeated([(one.row, one.name) for one in named], names["name"], "duplicate_name")
    return issues + [issue for issue in same_name if issue.row in only_named]
