"""Makes sure of every row of a register by itself and against the other rows, before any database."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Final

from pydantic import BaseModel, ConfigDict, ValidationError, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

from commands.kernel.fields import FieldError, Note, at_the_door, cents
from commands.kernel.parameters import USER_ID
from commands.kernel.text import one_line
from commands.labels import Labels
from commands.members.fields import Parsed, parse
from commands.spreadsheets import Issue, Table
from commands.spreadsheets.checks import duplicates, issues_of
from storage.members import FIELDS, Profile

_NUMBER: Final = re.compile(r"[^\s\x00-\x1f][^\x00-\x1f]{0,39}")


@dataclass(slots=True)
class _Circumstances:
    labels: Labels
    notes: list[tuple[str, Note]]


class _Cells(BaseModel):
    """One row at the door: every cell becomes a value or an error with its code."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    member_number: str
    matrix_id: str = ""
    display_name: str
    professions: tuple[str, ...] = ()
    sectors: tuple[str, ...] = ()
    skills: tuple[str, ...] = ()
    city: str = ""
    postcode: str = ""
    region: str = ""
    country: str = ""
    languages: tuple[str, ...] = ()
    about: str = ""
    links: tuple[str, ...] = ()
    stage: str = ""
    open_to: tuple[str, ...] = ()
    turnover: int | None = None

    @field_validator("member_number")
    @classmethod
    def _number(cls, text: str) -> str:
        text = one_line(text)
        if not text:
            raise _wrong("required", "")
        if not _NUMBER.fullmatch(text):
            raise _wrong("bad_number", text[:30])
        return text

    @field_validator("matrix_id")
    @classmethod
    def _account(cls, text: str) -> str:
        text = one_line(text)
        if text and (not USER_ID.fullmatch(text) or len(text) > 255):
            raise _wrong("bad_account", text[:60])
        return text

    @field_validator(*FIELDS, mode="before")
    @classmethod
    def _field(cls, text: str, info: ValidationInfo[_Circumstances]) -> Any:
        assert info.field_name is not None
        assert info.context is not None
        try:
            parsed: Parsed = parse(info.field_name, text, info.context.labels)
        except FieldError as error:
            raise at_the_door(error) from error
        info.context.notes.extend((info.field_name, note) for note in parsed.notes)
        return parsed.value

    @field_validator("turnover", mode="before")
    @classmethod
    def _turnover(cls, text: str) -> int | None:
        return turnover_cents(text)


def turnover_cents(text: str) -> int | None:
    """A yearly amount. Raises PydanticCustomError('bad_turnover')."""
    try:
        return cents(text, "EUR")
    except FieldError as error:
        raise _wrong("bad_turnover", error.found) from None


def _wrong(problem: str, found: str) -> PydanticCustomError:
    return at_the_door(FieldError(problem, found))


@dataclass(frozen=True, slots=True)
class Entry:
    """One sound row: `account` is a Matrix id or empty. Only the columns of the file mean something."""

    row: int
    number: str
    account: str
    profile: Profile
    turnover_cents: int | None


@dataclass(frozen=True, slots=True)
class Checked:
    """A register whose rows were looked at: `entries` are the sound ones, `issues` all that is wrong, in
    order of rows, `notes` what was accepted and deserves a look."""

    table: Table
    entries: tuple[Entry, ...]
    issues: tuple[Issue, ...]
    notes: tuple[Issue, ...]

    @property
    def columns(self) -> frozenset[str]:
        return frozenset(self.table.columns)


def check(table: Table, labels: Labels) -> Checked:
    """Look at every row; reports all that is wrong, and raises nothing.

    Professions that no table knows, or that mean several, are kept as the member's own words with a note,
    since registers are messy; unknown sectors, languages, countries and choices are errors.
    """
    entries: list[Entry] = []
    issues: list[Issue] = list(table.issues)
    notes: list[Issue] = []
    unreadable = {(issue.row, issue.column) for issue in issues}
    names = table.header.names
    for row in table.rows:
        circumstances = _Circumstances(labels, [])
        try:
            cells = _Cells.model_validate(
                dict(zip(table.columns, row.cells, strict=True)), context=circumstances
            )
        except ValidationError as error:
            issues.extend(issues_of(error, row.number, table, unreadable))
            continue
        notes.extend(
            Issue(row.number, names[column], note.problem, note.found, note.suggestions)
            for column, note in circumstances.notes
        )
        entries.append(
            Entry(
                row.number,
                cells.member_number,
                cells.matrix_id,
                Profile(**{name: getattr(cells, name) for name in FIELDS}),
                cells.turnover,
            )
        )
    issues.extend(duplicates(table, "member_number", "duplicate_number"))
    issues.extend(duplicates(table, "matrix_id", "duplicate_account"))
    issues.sort(key=lambda issue: issue.row)
    bad = {issue.row for issue in issues}
    sound = tuple(entry for entry in entries if entry.row not in bad)
    return Checked(table, sound, tuple(issues), tuple(notes))
