"""Oddities of the files that registers come in: hints of spreadsheet programs, and bytes that are no text."""

from __future__ import annotations

import pytest

from commands.members.register import read
from commands.spreadsheets import SpreadsheetError

HEADER = "member_number;display_name\n"


@pytest.mark.parametrize("hint", ["sep=;\n", "SEP=;\r\n"])
def test_the_hint_of_a_spreadsheet_program_is_no_header(hint: str) -> None:
    table = read(f"{hint}member_number;display_name\nK1;Ann, Ben, Caro\n".encode())
    assert table.columns == ("member_number", "display_name")
    assert [row.cells for row in table.rows] == [("K1", "Ann, Ben, Caro")]


def test_a_zero_byte_far_into_the_file_is_refused() -> None:
    rows = "".join(f"K{number};Somebody of that name\n" for number in range(200))
    with pytest.raises(SpreadsheetError) as caught:
        read(f"{HEADER}{rows}K999;A\x00nn\n".encode())
    assert caught.value.problem == "encoding"


def test_a_row_with_more_cells_than_the_header_is_told() -> None:
    table = read(f"{HEADER}K1;Ann;too much\nK2;Ben;\n".encode())
    assert [(issue.row, issue.code) for issue in table.issues] == [(2, "too_many_cells")]
