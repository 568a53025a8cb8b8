"""Reads a file, CSV or XLSX, into rows of text; what they mean is left to the domain that asked."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Final

from charset_normalizer import from_bytes

from commands.spreadsheets.columns import Columns, Header
from commands.spreadsheets.errors import Issue, SpreadsheetError

LARGEST_FILE: Final = 50 * 1024 * 1024
MOST_ROWS: Final = 200_000

# A cell that begins so is computed by spreadsheet programs (OWASP, "CSV injection").
RISKY: Final = ("=", "+", "-", "@", "\t", "\r")

_CHARSETS: Final = ["cp1250", "mac_roman", "cp850"]
_WESTERN: Final = frozenset("€…‘’“”–—œŒ«»°·\xa0".encode("cp1252"))
_SAMPLE: Final = 65_536
_LONGEST_CELL: Final = 32_767  # what a spreadsheet's cell may hold


@dataclass(frozen=True, slots=True)
class Row:
    """The cells of one line, in the order of `Table.columns`; `number` is the spreadsheet's row."""

    number: int
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """A file as read. `issues` are cells that cannot be read (formulas, errors); `encoding` is set when
    it was guessed."""

    name: str
    header: Header
    rows: tuple[Row, ...]
    issues: tuple[Issue, ...] = ()
    encoding: str | None = None

    @property
    def columns(self) -> tuple[str, ...]:
        """Our names for the columns that the file has, in the order of `Columns.names`."""
        return tuple(self.header.positions)


def read(
    source: Path | bytes,
    columns: Columns,
    *,
    sheet: str,
    name: str | None = None,
    most_rows: int = MOST_ROWS,
    largest: int = LARGEST_FILE,
    header_within: int = 1,
) -> Table:
    """Read a file or its bytes, at most `largest` of them; CSV or XLSX is told by the content.

    CSV may be UTF-8, UTF-16 or a Windows or Mac code page, with commas, semicolons or tabs. Of a workbook
    the sheet of that name is read, else the first. The header is the first row, or the first among
    `header_within` that has the mandatory columns. Raises SpreadsheetError, OSError.
    """
    if isinstance(source, Path):
        if source.stat().st_size > largest:
            raise SpreadsheetError("too_large", (str(largest),))
        name = name or source.name
        data = source.read_bytes()
    else:
        data = source
    if len(data) > largest:
        raise SpreadsheetError("too_large", (str(largest),))
    if not data.strip():
        raise SpreadsheetError("empty")
    if data[:4] == b"PK\x03\x04":
        from commands.spreadsheets.workbook import read_workbook

        lines = read_workbook(data, sheet)
        return _table(name or "", columns, most_rows, lines, header_within)
    if data[:4] == b"\xd0\xcf\x11\xe0" or data[:4] == b"%PDF":
        raise SpreadsheetError("unknown_format")
    text, guessed = decode(data)
    return _table(name or "", columns, most_rows, _records(text), header_within, guessed)


# Row number, cells, and what is wrong with cells by their position: a code and what stands there.
Line = tuple[int, list[str], dict[int, tuple[str, str]]]


def _table(
    name: str,
    columns: Columns,
    most_rows: int,
    lines: Iterator[Line],
    header_within: int,
    encoding: str | None = None,
) -> Table:
    first = _header_line(lines, columns, header_within)
    if first is None:
        raise SpreadsheetError("empty")
    header = columns.header(first[1])
    by_position = {position: column for column, position in header.positions.items()}
    width = len(first[1])
    rows: list[Row] = []
    issues: list[Issue] = []
    for number, cells, faults in lines:
        if not any(cell and not cell.isspace() for cell in cells) and not faults:
            continue
        if len(rows) >= most_rows:
            raise SpreadsheetError("too_many_rows", (str(most_rows),), row=number)
        for position, (code, found) in faults.items():
            if position in by_position:
                shown = header.names[by_position[position]]
                issues.append(Issue(number, shown, code, found))
        if any(cell.strip() for cell in cells[width:]):
            issues.append(Issue(number, "", "too_many_cells", str(len(cells))))
        rows.append(
            Row(
                number,
                tuple(
                    _plain(cells[position]) if position < len(cells) else ""
                    for position in header.positions.values()
                ),
            )
        )
    return Table(name, header, tuple(rows), tuple(issues), encoding)


def _header_line(lines: Iterator[Line], columns: Columns, within: int) -> Line | None:
    """The first row with the mandatory columns among so many that are not empty, else the first of all."""
    filled = (line for line in lines if any(cell.strip() for cell in line[1]))
    passed: list[Line] = []
    for line in islice(filled, within):
        if within == 1 or columns.fit(line[1]):
            return line
        passed.append(line)
    return passed[0] if passed else None


def _plain(cell: str) -> str:
    """Our own files, and careful programs, put an apostrophe before what a spreadsheet would compute."""
    return cell[1:] if is_quoted(cell) else cell


def is_quoted(cell: str) -> bool:
    """Whether apostrophes, of which the first is not the text's own, stand before what would be computed."""
    return cell[:1] == "'" and cell.lstrip("'").startswith(RISKY)


def decode(data: bytes) -> tuple[str, str | None]:
    """The text of a file, and its encoding where that was guessed. Raises SpreadsheetError('encoding')."""
    for mark, encoding in (
        (b"\xef\xbb\xbf", "utf-8-sig"),
        (b"\xff\xfe", "utf-16"),
        (b"\xfe\xff", "utf-16"),
    ):
        if data.startswith(mark):
            return _strictly(data, encoding), None
    head = data[:2000]
    if b"\x00" in head:
        # UTF-16 without a mark: in European text the zeros are every other byte.
        little = head[1::2].count(0) > head[0::2].count(0)
        return _strictly(data, "utf-16-le" if little else "utf-16-be"), "UTF-16"
    try:
        return data.decode("utf-8"), None
    except UnicodeDecodeError:
        pass
    telling = b"\n".join(line for line in data.splitlines() if not line.isascii())[:_SAMPLE]
    encoding = "cp1252"
    if not _looks_western(telling):
        best = from_bytes(telling, cp_isolation=_CHARSETS, threshold=0.5).best()
        encoding = best.encoding if best is not None else encoding
    try:
        return data.decode(encoding), encoding
    except UnicodeDecodeError as error:
        raise SpreadsheetError("encoding", (f"byte {error.start}",)) from error


def _looks_western(data: bytes) -> bool:
    """Names are too short for statistics to tell one European code page from another; but in Windows-1252,
    by far the commonest, nearly all that is not ASCII is an accented letter or typographic punctuation."""
    foreign = [byte for byte in data if byte >= 0x80]
    usual = sum(byte >= 0xC0 or byte in _WESTERN for byte in foreign)
    return usual >= 0.95 * len(foreign)


def _strictly(data: bytes, encoding: str) -> str:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        raise SpreadsheetError("encoding", (f"byte {error.start}",)) from error


def _records(text: str) -> Iterator[Line]:
    if "\x00" in text:
        raise SpreadsheetError("encoding", ("NUL",))
    line, _, rest = text.partition("\n")
    named = re.fullmatch(r"\s*sep=(.)\s*", line, re.IGNORECASE)
    if named:  # a hint that spreadsheet programs write and hide
        text = rest
    delimiter = named[1] if named else _delimiter(text)
    csv.field_size_limit(_LONGEST_CELL * 4)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    number = 0
    try:
        for number, cells in enumerate(reader, start=1):
            yield number, cells, {}
    except csv.Error as error:
        raise SpreadsheetError("csv", (str(error),), row=number + 1) from error


def _delimiter(text: str) -> str:
    """The separator of the header: what stands there most often outside quotes."""
    header = re.sub(r'"[^"]*"', "", next((one for one in text.splitlines() if one.strip()), ""))
    return max(",;\t", key=header.count)
