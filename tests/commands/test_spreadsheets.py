"""What every import and export of spreadsheets shares: headers, sheets, limits, words for what is wrong."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

import pytest

from commands import spreadsheets
from commands.spreadsheets import (
    Columns,
    FileProblem,
    Issue,
    SpreadsheetError,
    Table,
    as_csv,
    as_workbook,
    as_xlsx,
)
from commands.spreadsheets.words import cell_problem, file_problem

COLUMNS = Columns(
    names=("name", "until", "price"),
    mandatory=("name",),
    aliases={"name": "naam|nom", "until": "valid until|geldig tot|valable jusqu'à"},
)


def read(data: bytes | Path, *, most_rows: int = 10, largest: int = 100_000) -> Table:
    return spreadsheets.read(data, COLUMNS, sheet="suppliers", most_rows=most_rows, largest=largest)


def refused(data: bytes | Path, **limits: int) -> tuple[FileProblem, tuple[str, ...], int]:
    with pytest.raises(SpreadsheetError) as caught:
        read(data, **limits)
    return caught.value.problem, caught.value.values, caught.value.row


def test_a_header_in_any_language_gives_the_columns_in_our_order() -> None:
    table = read("VALABLE_JUSQU’À;_errors;Naam\n2027-01-01;is empty;Bakkerij Zon\n".encode())
    assert table.columns == ("name", "until")
    assert table.header.names == {"name": "Naam", "until": "VALABLE_JUSQU’À"}
    assert [(row.number, row.cells) for row in table.rows] == [(2, ("Bakkerij Zon", "2027-01-01"))]


def test_a_misspelt_column_is_told_before_one_that_stands_twice_or_lacks() -> None:
    assert refused(b"nmae,price,price\n") == ("unknown_columns", ("nmae",), 1)
    assert refused(b"price,Price\n") == ("duplicate_columns", ("Price",), 1)
    assert refused(b"price\n") == ("missing_columns", ("name",), 1)


def test_another_name_belongs_to_one_column() -> None:
    with pytest.raises(ValueError, match="Naam"):
        Columns(names=("name", "legal_name"), aliases={"name": "naam", "legal_name": "Naam"})
    with pytest.raises(ValueError, match="prijs"):
        Columns(names=("name",), aliases={"price": "prijs"})


def test_the_named_sheet_of_a_workbook_is_read_wherever_it_stands() -> None:
    explained = [("column", "meaning"), ("name", "what it is called")]
    suppliers = [("name", "price"), ("Bakkerij Zon", "-2"), ("=SUM(A1)", "'quoted'")]
    table = read(as_workbook({"columns": explained, "Suppliers": suppliers}))
    assert [row.cells for row in table.rows] == suppliers[1:]
    assert read(as_xlsx(suppliers, "another name")).rows == table.rows
    assert read(as_csv(suppliers)).rows == table.rows


@pytest.mark.parametrize("text", ["=1+1", "'=1+1", "''-x", "'quoted'", "it's", "'", "-2", "@a:b"])
def test_what_is_written_is_read_as_it_was_and_is_no_formula(text: str) -> None:
    for data in (as_csv([("name",), (text,)]), as_xlsx([("name",), (text,)], "suppliers")):
        assert [row.cells for row in read(data).rows] == [(text,)]
    assert as_csv([(text,)]).decode("utf-8-sig").lstrip('"')[0] not in "=+-@"


def test_limits_are_those_of_who_reads(tmp_path: Path) -> None:
    lines = [("name",), *((f"Supplier {number}",) for number in range(3))]
    for data in (as_csv(lines), as_xlsx(lines, "suppliers")):
        assert len(read(data, most_rows=3).rows) == 3
        assert refused(data, most_rows=2) == ("too_many_rows", ("2",), 4)
        assert refused(data, largest=20) == ("too_large", ("20",), 0)
        path = tmp_path / "suppliers"
        path.write_bytes(data)
        assert read(path).name == "suppliers"
        assert refused(path, largest=20) == ("too_large", ("20",), 0)


def test_what_is_wrong_has_words() -> None:
    for problem in get_args(FileProblem):
        assert file_problem(SpreadsheetError(problem)).expected
    missing = file_problem(SpreadsheetError("missing_columns", ("name", "until"), 1))
    assert missing.expected % missing.values == "a file that also has the columns name, until"

    def said(issue: Issue, *near: str) -> str:
        message, values = cell_problem(issue, {"required": "must be given"}, near=near)
        return message % values

    assert said(Issue(2, "until", "required")) == "must be given"
    assert said(Issue(2, "name", "too_long", limit=80)) == "is longer than 80 characters"
    assert said(Issue(2, "mode", "unknown_choice", "bye"), "buy") == "“bye” is none of: buy"
    assert said(Issue(2, "mode", "unknown_choice", "x")) == "“x” is none of: –"
    assert said(Issue(2, "price", "no such code", "y" * 99)) == f"“{'y' * 60}” does not fit"
