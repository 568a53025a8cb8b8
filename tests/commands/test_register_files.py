"""The files in which a register comes: good and bad ones, and what is reported of their rows."""

from __future__ import annotations

import csv
import io
import zipfile
from datetime import date
from typing import Any

import pytest
from openpyxl import Workbook

from commands.members import register
from commands.members.register import RegisterFileError
from commands.members.register import table as table_module
from commands.members.register.rows import turnover_cents
from tests.commands.registers import checked


def workbook(lines: list[list[Any]], title: str = "Blad1", **others: list[list[Any]]) -> bytes:
    book = Workbook()
    assert book.active is not None
    book.active.title = title
    for line in lines:
        book.active.append(line)
    for name, more in others.items():
        sheet = book.create_sheet(name)
        for line in more:
            sheet.append(line)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def failure(data: bytes) -> tuple[str, tuple[str, ...], int]:
    with pytest.raises(RegisterFileError) as error:
        register.read(data, "register")
    return error.value.problem, error.value.values, error.value.row


# --- reading ---------------------------------------------------------------------------------


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1252"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_any_encoding_and_separator_is_understood(encoding: str, separator: str) -> None:
    names = ["Zoé Müller", "Aïcha Benoît", "Loïc Fabré", "Hélène D’Août", "François Lévêque"]
    lines = [["lidnummer", "naam", "woonplaats"]]
    lines += [[f"K{n}", name, "Liège; of elders"] for n, name in enumerate(names)]
    text = io.StringIO()
    csv.writer(text, delimiter=separator).writerows(lines)
    table = register.read(text.getvalue().encode(encoding), "register.csv")
    assert table.columns == ("member_number", "display_name", "city")
    assert [row.cells[1] for row in table.rows] == names
    assert table.rows[0].number == 2
    assert (table.encoding is None) == (encoding not in ("utf-16-le", "cp1252"))


def test_headers_of_other_languages_in_any_order() -> None:
    table = register.read("Métiers;NOM;Code postal;numero;_note\nx;Ann;9000;7;!\n".encode(), "r")
    assert table.columns == ("member_number", "display_name", "professions", "postcode")
    assert table.rows[0].cells == ("7", "Ann", "x", "9000")


def test_unknown_missing_and_repeated_columns_are_named() -> None:
    assert failure(b"member_number,name,salary,shoe size\n") == (
        "unknown_columns",
        ("salary", "shoe size"),
        1,
    )
    assert failure(b"city,languages\n") == (
        "missing_columns",
        ("member_number", "display_name"),
        1,
    )
    assert failure(b"number,name,naam\n") == ("duplicate_columns", ("naam",), 1)


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"", "empty"),
        (b" \n\n", "empty"),
        (b"%PDF-1.7 ...", "unknown_format"),
        (b"\xd0\xcf\x11\xe0 old excel", "unknown_format"),
        (b"PK\x03\x04 broken", "not_a_workbook"),
        (b'number,name\nK1,"never closed\n', "csv"),
        (b"number,name\nK1,a\x00b\n" + b"x" * 3000, "encoding"),
        (b"\xff\xfen\x00u", "encoding"),
    ],
)
def test_what_is_no_register_is_refused(data: bytes, problem: str) -> None:
    with pytest.raises(RegisterFileError) as error:
        register.read(data, "r")
    assert error.value.problem == problem


@pytest.mark.parametrize(
    ("encoding", "name", "about"),
    [
        ("mac_roman", "Hélène Lévêque", "Présentation à Liège : créé l'été dernier"),
        ("cp1250", "Łukasz Wiśniewski", "Tłumaczenia przysięgłe i ustne: Łódź; żółta łódka"),
    ],
)
def test_rarer_code_pages_are_told_apart(encoding: str, name: str, about: str) -> None:
    text = "number,name,about\n" + f"1,{name},{about}\n" * 5
    table = register.read(text.encode(encoding), "r")
    assert table.rows[0].cells[1:] == (name, about)


def test_too_many_rows_and_too_much_data_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(table_module, "MOST_ROWS", 2)
    assert failure(b"number,name\n1,a\n2,b\n3,c\n")[0] == "too_many_rows"
    monkeypatch.setattr(table_module, "LARGEST_FILE", 10)
    assert failure(b"number,name\n1,a\n")[0] == "too_large"


def test_a_workbook_is_read_as_it_looks() -> None:
    data = workbook(
        [["anything"], ["else"]],
        Members=[
            ["number", "name", "postcode", "about", "turnover"],
            [123, "Ann", 9000, date(2026, 5, 1), 1234.5],
            [None, None, None, None, None],
            ["007", "'@home", "1012 AB", True, None],
        ],
    )
    table = register.read(data, "register.xlsx")
    assert [(row.number, row.cells) for row in table.rows] == [
        (2, ("123", "Ann", "9000", "2026-05-01", "1234.5")),
        (4, ("007", "@home", "1012 AB", "yes", "")),
    ]


def test_formulas_are_refused_with_their_cell() -> None:
    data = workbook(
        [["number", "name", "city"], ["K1", "Ann", '=CONCAT("G","ent")'], ["K2", "Bea", ""]]
    )
    found = checked(data)
    assert [(one.row, one.column, one.code, one.found) for one in found.issues] == [
        (2, "city", "formula", "C2")
    ]
    assert [entry.number for entry in found.entries] == ["K2"]


def test_a_zip_bomb_is_refused_before_it_is_unpacked() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", b"0" * 20_000_000)
    assert failure(out.getvalue())[0] == "zip_bomb"
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("xl/workbook.xml", b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>')
    assert failure(out.getvalue())[0] == "zip_bomb"


# --- checking --------------------------------------------------------------------------------


def test_every_error_is_reported_with_row_and_column() -> None:
    found = checked(
        "number;naam;taal;pays;sectors;links;matrix_id;stage;turnover;postcode\n"
        "K1;;nl;BE;J;example.org;@a:x;starting;1000;9000\n"
        "K2;Bea;gobbledygook;Atlantis;Zz;javascript:alert(1);bea;sleeping;a lot;!!\n"
        ";Cis;nl;BE;;;;;;\n"
        "K4;Dan;nl,français;Belgique;kunst|J;;;démarrage;;1012 AB\n"
    )
    assert [(one.row, one.column, one.code, one.found) for one in found.issues if one.row != 3] == [
        (2, "naam", "required", ""),
        (4, "number", "required", ""),
    ]
    assert {(one.column, one.code, one.found) for one in found.issues if one.row == 3} == {
        ("taal", "unknown_language", "gobbledygook"),
        ("pays", "unknown_country", "Atlantis"),
        ("sectors", "unknown_sector", "Zz"),
        ("links", "bad_link", "javascript:alert(1)"),
        ("matrix_id", "bad_account", "bea"),
        ("stage", "unknown_choice", "sleeping"),
        ("turnover", "bad_turnover", "a lot"),
        ("postcode", "bad_postcode", "!!"),
    }
    profile = found.entries[0].profile
    assert (profile.languages, profile.country, profile.stage, len(profile.sectors)) == (
        ("nl", "fr"),
        "BE",
        "starting",
        2,
    )


def test_duplicates_are_found_in_every_row_concerned() -> None:
    found = checked("number,name,account\nK1,A,@a:x\nK2,B,@b:x\nK1,C,\nK3,D,@b:x\n")
    assert [(one.row, one.code, one.rows) for one in found.issues] == [
        (2, "duplicate_number", (4,)),
        (3, "duplicate_account", (5,)),
        (4, "duplicate_number", (2,)),
        (5, "duplicate_account", (3,)),
    ]
    assert not found.entries


def test_professions_are_understood_in_any_language_or_kept_as_they_are() -> None:
    found = checked(
        "number;name;métier\nK1;A;vertaler\nK2;B;Traductrice\nK3;C;translator|luchtgitarist\n"
    )
    codes = {entry.profile.professions[0] for entry in found.entries}
    assert len(codes) == 1
    assert found.entries[2].profile.professions[1] == "luchtgitarist"
    assert not found.issues
    assert [(one.row, one.column, one.code, one.found) for one in found.notes] == [
        (4, "métier", "unknown_profession", "luchtgitarist")
    ]


@pytest.mark.parametrize(
    ("text", "cents"),
    [
        ("", None),
        ("12345", 12345_00),
        ("12.345,67", 12345_67),
        ("12,345.67", 12345_67),
        ("12.345", 12345_00),
        ("12,5", 12_50),
        ("1.234.567", 1234567_00),
        ("€ 12 345", 12345_00),
        ("-5", -5_00),
    ],
)
def test_turnover_as_people_write_it(text: str, cents: int | None) -> None:
    assert turnover_cents(text) == cents
