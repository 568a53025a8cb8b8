"""A charter as a file that people edit: TOML, or a workbook (XLSX) with one sheet for the criteria and one for
the charter itself. What the values may be is `charter_door`'s."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any, Final

from commands.kernel.catalogue import languages
from commands.kernel.words import truth_of
from commands.labels.fold import fold
from commands.spreadsheets import Columns, SpreadsheetError, Table, as_workbook, read
from commands.spreadsheets.workbook import sheet_names
from commands.suppliers.charter_door import (
    MOST_CRITERIA,
    BadValues,
    Content,
    Fault,
    KeyPath,
    check,
    values_of,
)

LARGEST: Final = 1024 * 1024
CRITERIA: Final = "criteria"
CHARTER: Final = "charter"

_PLAIN: Final = ("key", "weight", "knock_out", "minimum")
_LINE: Final = re.compile(r"\(at line (\d+), column (\d+)\)")
# A key of keys within keys: reading one of thousands would take the reader hours.
_PART: Final = r"""(?:[\w-]++|"[^"\n]*+"|'[^'\n]*+')"""
_DEEP: Final = re.compile(rf"(?<![\w-]){_PART}(?:[ \t]*+\.[ \t]*+{_PART}){{60}}", re.ASCII)
_TRUE: Final = ("true", "1", "x", "waar", "vrai")
_FALSE: Final = ("false", "0", "onwaar", "faux")
_BOOKS: Final = (b"PK\x03\x04",)
_OTHER_FILES: Final = (b"\xd0\xcf\x11\xe0", b"%PDF")


@dataclass(frozen=True, slots=True)
class Wrong:
    """One thing that is wrong with a file. `where` is a key path of TOML or a column; `criterion` counts from
    1 in TOML, 0 for none; `sheet` and `row` (0 for the whole sheet) are of a workbook."""

    code: str
    where: str = ""
    criterion: int = 0
    sheet: str = ""
    row: int = 0
    found: str = ""
    limit: int = 0


class BadCharter(Exception):
    """`wrong` is all that is wrong with the file."""

    def __init__(self, wrong: Sequence[Wrong]) -> None:
        super().__init__(tuple(wrong))
        self.wrong = tuple(wrong)


def read_charter(data: bytes) -> Content:
    """TOML (UTF-8) or XLSX is told by the content. Raises BadCharter."""
    if len(data) > LARGEST:
        raise BadCharter([Wrong("too_large", limit=LARGEST // 1024)])
    if not data.strip():
        raise BadCharter([Wrong("empty")])
    if data.startswith(_BOOKS):
        return _from_workbook(data)
    if data.startswith(_OTHER_FILES):
        raise BadCharter([Wrong("unknown_format")])
    return _from_toml(data)


def shipped() -> Content:
    """The charter to begin from, where none is in force yet."""
    return read_charter((resources.files(__package__) / "charter.toml").read_bytes())


# --- TOML ----------------------------------------------------------------------------------------


def _from_toml(data: bytes) -> Content:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadCharter([Wrong("encoding", row=data.count(b"\n", 0, error.start) + 1)]) from error
    if deep := _DEEP.search(text):
        raise BadCharter([Wrong("not_toml", row=text.count("\n", 0, deep.start()) + 1)])
    try:
        values = tomllib.loads(text)
    except (
        ValueError,
        RecursionError,
    ) as error:  # a number of thousands of figures is a ValueError
        place = _LINE.search(str(error))
        row = int(place[1]) if place else 0
        raise BadCharter([Wrong("not_toml", row=row)]) from error
    try:
        return check(values)
    except BadValues as error:
        raise BadCharter([_in_toml(fault) for fault in error.faults]) from error


def _in_toml(fault: Fault) -> Wrong:
    number, keys = _criterion_of(fault.path)
    where = ".".join(str(key)[:60] for key in keys)
    return Wrong(fault.code, where, number, found=fault.found, limit=fault.limit)


def _criterion_of(path: KeyPath) -> tuple[int, KeyPath]:
    """The number of the criterion, 0 for none, and the keys within it."""
    if len(path) > 1 and path[0] == "criteria" and isinstance(path[1], int):
        return path[1] + 1, path[2:]
    return 0, path


def as_toml(content: Content, *, comment: str = "") -> bytes:
    """With the comment, of any number of lines, at its top."""
    import tomli_w  # loaded when a file is asked for: the bot starts without it

    head = "".join(f"# {line}".rstrip() + "\n" for line in comment.splitlines())
    body = tomli_w.dumps(values_of(content), multiline_strings=True)
    return (f"{head}\n{body}" if head else body).encode()


# --- XLSX ----------------------------------------------------------------------------------------


@cache
def _columns() -> Mapping[str, Columns]:
    """Missing ones are told by what is missing in them."""
    return {
        CHARTER: Columns(names=_worded("name", "text")),
        CRITERIA: Columns(names=(*_PLAIN, *_worded("name", "text", "evidence"))),
    }


def _worded(*fields: str) -> tuple[str, ...]:
    return tuple(f"{field}_{language}" for field in fields for language in languages())


def _from_workbook(data: bytes) -> Content:
    try:
        names = {name.strip().casefold() for name in sheet_names(data)}
    except SpreadsheetError as error:
        raise BadCharter([Wrong(error.problem)]) from error
    wrong: list[Wrong] = []
    tables: dict[str, Table] = {}
    for sheet in (CHARTER, CRITERIA):
        if sheet not in names:
            wrong.append(Wrong("missing_sheet", sheet=sheet))
            continue
        try:
            tables[sheet] = _read_sheet(data, sheet)
        except SpreadsheetError as error:
            wrong.append(Wrong(error.problem, ", ".join(error.values), sheet=sheet, row=error.row))
            continue
        wrong += [
            Wrong(issue.code, issue.column, sheet=sheet, row=issue.row)
            for issue in tables[sheet].issues
        ]
    unreadable = {(one.sheet, one.row, one.where) for one in wrong}
    if CHARTER in tables:
        wrong += [
            Wrong("surplus_row", sheet=CHARTER, row=row.number) for row in tables[CHARTER].rows[1:]
        ]
    try:
        content = check(_values(tables))
    except BadValues as error:
        found = [_in_sheet(fault, tables) for fault in error.faults]
        wrong += [
            one
            for one in found
            if one.sheet in tables and (one.sheet, one.row, one.where) not in unreadable
        ]
    else:
        if not wrong:
            return content
    raise BadCharter(wrong)


def _read_sheet(data: bytes, sheet: str) -> Table:
    # One row more than there may be is enough to be told so.
    return read(data, _columns()[sheet], sheet=sheet, most_rows=10 * MOST_CRITERIA, largest=LARGEST)


def _values(tables: Mapping[str, Table]) -> dict[str, Any]:
    """As TOML would have them; what cannot be converted stays text, which the check refuses."""
    charter = _cells(tables, CHARTER)
    own = _by_language(charter[0] if charter else {}, ("name", "text"))
    criteria = [
        {
            **{name: _plain(name, cells[name]) for name in _PLAIN if cells.get(name)},
            **_by_language(cells, ("name", "text", "evidence")),
        }
        for cells in _cells(tables, CRITERIA)
    ]
    return {**own, "criteria": criteria}


def _cells(tables: Mapping[str, Table], sheet: str) -> list[dict[str, str]]:
    table = tables.get(sheet)
    if table is None:
        return []
    return [dict(zip(table.columns, map(str.strip, row.cells), strict=True)) for row in table.rows]


def _by_language(cells: Mapping[str, str], fields: Sequence[str]) -> dict[str, dict[str, str]]:
    return {
        field: {
            language: cell for language in languages() if (cell := cells.get(f"{field}_{language}"))
        }
        for field in fields
    }


def _plain(name: str, cell: str) -> Any:
    if name == "key":
        return cell
    if name == "knock_out":
        return _truth(cell)
    return int(cell) if re.fullmatch(r"-?[0-9]{1,9}", cell) else cell


def _truth(cell: str) -> bool | str:
    word = fold(cell)
    if word in _TRUE or word in _FALSE:
        return word in _TRUE
    truth = truth_of(cell)
    return cell if truth is None else truth


def _in_sheet(fault: Fault, tables: Mapping[str, Table]) -> Wrong:
    number, keys = _criterion_of(fault.path)
    is_charter = fault.path[:1] in (("name",), ("text",))
    sheet = CHARTER if is_charter else CRITERIA
    column = "_".join(map(str, keys)) if number or is_charter else ""
    table = tables.get(sheet)
    row = 2 if is_charter else 0
    if table is not None:
        rows = table.rows[number - 1 : number] if number else table.rows[:1] if is_charter else ()
        row = rows[0].number if rows else row
        column = table.header.names.get(column, column)
    return Wrong(fault.code, column, sheet=sheet, row=row, found=fault.found, limit=fault.limit)


def as_xlsx(content: Content) -> bytes:
    values = values_of(content)

    def worded(table: Mapping[str, Any], *fields: str) -> list[str]:
        return [table[field].get(language, "") for field in fields for language in languages()]

    return as_workbook(
        {
            CRITERIA: [
                list(_columns()[CRITERIA].names),
                *(
                    [
                        each["key"],
                        str(each["weight"]),
                        "yes" if each["knock_out"] else "no",
                        str(each.get("minimum", "")),
                        *worded(each, "name", "text", "evidence"),
                    ]
                    for each in values["criteria"]
                ),
            ],
            CHARTER: [list(_columns()[CHARTER].names), worded(values, "name", "text")],
        }
    )
