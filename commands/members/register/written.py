"""Writes the register as a file that can be brought in again; personal data, for staff only.

Visibility is about other members, so what came from the register goes out whoever may see it. What members
told the bot themselves and show to nobody is theirs: it stays here, also when the file comes in again."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from commands.kernel.fields import FieldError
from commands.labels import Labels
from commands.members.fields import parse
from commands.members.register.columns import COLUMNS, SHEET
from commands.members.show import named
from commands.spreadsheets import as_csv, as_xlsx
from commands.spreadsheets.writing import in_one_cell
from storage import member_accounts, members
from storage.members import FIELDS, Member, Value
from storage.session import Session

# Turnover serves sums over many people only (product.md, section 3): it comes in and never goes out.
WRITTEN: Final = tuple(column for column in COLUMNS.names if column != "turnover")


def register_csv(session: Session, labels: Labels, language: str) -> tuple[bytes, int]:
    """The active members of the register as CSV, and how many they are."""
    lines = list(_lines(session, labels, language))
    return as_csv([WRITTEN, *lines]), len(lines)


def register_xlsx(session: Session, labels: Labels, language: str) -> tuple[bytes, int]:
    """As `register_csv`, as a workbook."""
    lines = list(_lines(session, labels, language))
    return as_xlsx([WRITTEN, *lines], SHEET), len(lines)


def _lines(session: Session, labels: Labels, language: str) -> Iterator[list[str]]:
    """Who left, and profiles without a row of the register, would come back as new members: left out."""
    accounts: dict[int, str] = {}
    for account in member_accounts.every(session).values():
        accounts.setdefault(account.member_id, account.user_id)
    for member in members.every(session):
        if member.number is None or member.status != "active":
            continue
        cells = _cells(member, accounts.get(member.id, ""), labels, language)
        yield [cells[column] for column in WRITTEN]


def _cells(member: Member, account: str, labels: Labels, language: str) -> dict[str, str]:
    return {
        "member_number": member.number or "",
        "matrix_id": account,
        **{
            name: ""
            if _is_confided(member, name)
            else cell(name, member.profile.value(name), labels, language)
            for name in FIELDS
        },
    }


def _is_confided(member: Member, name: str) -> bool:
    """Said to the bot alone. A name is no secret of its member, and no row is sound without one."""
    return (
        name != "display_name"
        and member.source(name) == "member"
        and member.visibility(name) == "nobody"
    )


def cell(name: str, value: Value, labels: Labels, language: str) -> str:
    """A value as people write it, or in codes where their words would not be understood the same again."""
    if isinstance(value, str):
        readable = named(name, value, labels, language)
    else:
        readable = in_one_cell([named(name, one, labels, language) for one in value])
    try:
        if parse(name, readable, labels).value == value:
            return readable
    except FieldError:
        pass
    return value if isinstance(value, str) else in_one_cell(value)
