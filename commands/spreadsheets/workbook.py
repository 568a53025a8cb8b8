"""Reads the sheet of a workbook (XLSX) as text, and refuses what is no plain data: bombs, formulas."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from datetime import date, datetime, time
from typing import Any, Final

from commands.spreadsheets.errors import SpreadsheetError

_LARGEST_UNPACKED: Final = 400 * 1024 * 1024
_LARGEST_RATIO: Final = 150
_SMALL: Final = 5 * 1024 * 1024  # below this size a high ratio harms nobody
_MOST_PARTS: Final = 2000
_MOST_COLUMNS: Final = 200


def read_workbook(
    data: bytes, sheet: str
) -> Iterator[tuple[int, list[str], dict[int, tuple[str, str]]]]:
    """Yield row number, cells as text, and the cells that are formulas or errors by position.

    Reads the sheet of that name, else the first. Raises SpreadsheetError.
    """
    # Loaded when a workbook comes: every start of the bot would pay 0.1 s and 12 MiB for it.
    from openpyxl import load_workbook

    _refuse_bombs(data)
    try:
        book = load_workbook(io.BytesIO(data), read_only=True, data_only=False, keep_links=False)
    except Exception as error:  # openpyxl raises whatever its XML parser or dictionaries raise
        raise SpreadsheetError("not_a_workbook", (type(error).__name__,)) from error
    try:
        wanted = sheet.casefold()
        named = [one for one in book.worksheets if one.title.strip().casefold() == wanted]
        sheets = named or book.worksheets
        if not sheets:
            raise SpreadsheetError("empty")
        chosen = sheets[0]
        # The size that the file claims for its sheet may be wrong, and then cells would be cut off.
        chosen.reset_dimensions()
        yield from _rows(chosen)
    except SpreadsheetError:
        raise
    except Exception as error:
        raise SpreadsheetError("not_a_workbook", (type(error).__name__,)) from error
    finally:
        book.close()


def sheet_names(data: bytes) -> tuple[str, ...]:
    """What the sheets of a workbook are called, in their order. Raises SpreadsheetError."""
    from openpyxl import load_workbook

    _refuse_bombs(data)
    try:
        book = load_workbook(io.BytesIO(data), read_only=True, keep_links=False)
        try:
            return tuple(sheet.title for sheet in book.worksheets)
        finally:
            book.close()
    except Exception as error:
        raise SpreadsheetError("not_a_workbook", (type(error).__name__,)) from error


def _rows(sheet: Any) -> Iterator[tuple[int, list[str], dict[int, tuple[str, str]]]]:
    for number, row in enumerate(sheet.iter_rows(max_col=_MOST_COLUMNS), start=1):
        cells: list[str] = []
        faults: dict[int, tuple[str, str]] = {}
        for position, cell in enumerate(row):
            value = cell.value
            if value is None:
                cells.append("")
            elif type(value) is str and cell.data_type == "s":
                cells.append(value)
            elif cell.data_type == "f":
                faults[position] = ("formula", cell.coordinate)
                cells.append("")
            elif cell.data_type == "e":
                faults[position] = ("cell_error", str(value))
                cells.append("")
            else:
                cells.append(_as_text(value))
        yield number, cells, faults


def _as_text(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        midnight = value.time() == time(0)
        return (
            value.date().isoformat() if midnight else value.isoformat(sep=" ", timespec="minutes")
        )
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else repr(value)
    return str(value)


def _refuse_bombs(data: bytes) -> None:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            parts = archive.infolist()
            unpacked = sum(part.file_size for part in parts)
            packed = max(1, sum(part.compress_size for part in parts))
            if len(parts) > _MOST_PARTS or unpacked > _LARGEST_UNPACKED:
                raise SpreadsheetError("zip_bomb", (str(unpacked),))
            if unpacked > _SMALL and unpacked / packed > _LARGEST_RATIO:
                raise SpreadsheetError("zip_bomb", (str(unpacked),))
            for part in parts:
                # Entities are how XML explodes, and no spreadsheet program writes a document type.
                if part.filename.endswith((".xml", ".rels")):
                    with archive.open(part) as content:
                        if b"<!DOCTYPE" in content.read(4096):
                            raise SpreadsheetError("zip_bomb", (part.filename,))
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, OSError) as error:
        raise SpreadsheetError("not_a_workbook", (type(error).__name__,)) from error
