"""The register as staff hand it in: good and bad files, what is reported, what an import does."""

from __future__ import annotations

import csv
import io
import zipfile
from dataclasses import astuple
from datetime import date
from typing import Any

import pytest
from openpyxl import Workbook

from bot.demo.register import COLUMNS, rows
from commands.labels import load_labels
from commands.members import register
from commands.members.register import Options, Plan, RegisterFileError
from commands.members.register import table as table_module
from commands.members.register.rows import turnover_cents
from storage import erasure, member_accounts, member_search, members
from storage.member_search import Wanted
from storage.members import Member
from storage.session import Session

LABELS = load_labels()
KEY = b"k" * 32
HEADER = "member_number,display_name,city\n"


def checked(text: str | bytes) -> register.Checked:
    data = text.encode() if isinstance(text, str) else text
    return register.check(register.read(data, "register"), LABELS)


def imported(session: Session, text: str | bytes, *, now: int = 1, **options: Any) -> Plan:
    plan, _ = register.import_register(
        session, checked(text), Options(KEY, **options), labels=LABELS, now=now
    )
    return plan


def planned(session: Session, text: str | bytes, **options: Any) -> Plan:
    return register.plan(session, checked(text), Options(KEY, **options))


def by_number(session: Session, number: str) -> Member:
    member = members.by_number(session, number)
    assert member is not None
    return member


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


# --- importing -------------------------------------------------------------------------------


def test_the_same_import_again_changes_nothing(session: Session) -> None:
    text = io.StringIO()
    csv.writer(text).writerows([COLUMNS, *(astuple(row) for row in rows(300, accounts=20))])
    first = imported(session, text.getvalue())
    assert (len(first.new), first.issues) == (300, ())
    before = session.rows("SELECT * FROM members")
    again = imported(session, text.getvalue(), now=99)
    assert (again.unchanged, again.changes_nothing, again.missing) == (300, True, ())
    assert [tuple(row) for row in session.rows("SELECT * FROM members")] == [
        tuple(row) for row in before
    ]
    member = members.by_user(session, "@m00001:localhost")
    assert member is not None
    assert member.number == "K000001"


def test_nothing_is_written_unless_the_file_is_sound_or_bad_rows_are_skipped(
    session: Session,
) -> None:
    text = "number,name,country\nK1,Ann,BE\nK2,Bea,Atlantis\n"
    with pytest.raises(register.NotSound):
        imported(session, text)
    assert members.by_number(session, "K1") is None
    plan = imported(session, text, skip_bad=True)
    assert plan.rejected == {3}
    assert by_number(session, "K1").profile.country == "BE"
    assert members.by_number(session, "K2") is None


def test_planning_writes_nothing(session: Session) -> None:
    plan = planned(session, HEADER + "K1,Ann,Gent\n")
    assert [entry.number for entry in plan.new] == ["K1"]
    assert members.by_number(session, "K1") is None


def test_rejects_can_be_mended_and_imported(session: Session) -> None:
    found = checked(
        "number,name,country,account,about\nK1,Ann,BE,@a:x,\nK2,Bea,Atlantis,@b:x,=1+1\n"
    )
    for data in (
        register.rejects_csv(found.table, found.issues),
        register.rejects_xlsx(found.table, found.issues),
    ):
        table = register.read(data, "rejects")
        assert [row.cells for row in table.rows] == [("K2", "@b:x", "Bea", "Atlantis", "=1+1")]
    text = register.rejects_csv(found.table, found.issues).decode("utf-8-sig")
    assert text.splitlines() == [
        "number,account,name,country,about,_errors",
        "K2,'@b:x,Bea,Atlantis,'=1+1,country: unknown_country (Atlantis)",
    ]
    assert imported(session, text.replace("Atlantis,", "FR,")).new[0].account == "@b:x"


def test_a_corrected_field_stays_unless_the_file_is_to_win(session: Session) -> None:
    imported(session, HEADER + "K1,Ann,Gent\n")
    member = by_number(session, "K1")
    members.set_field(session, member.id, "city", "Brugge", now=2)
    plan = imported(session, HEADER + "K1,Anna,Gent\n")
    assert [(one.row, one.field) for one in plan.kept] == [(2, "city")]
    assert by_number(session, "K1").profile.city == "Brugge"
    assert by_number(session, "K1").profile.display_name == "Anna"
    imported(session, HEADER + "K1,Anna,Gent\n", overwrite_corrected=True)
    assert by_number(session, "K1").profile.city == "Gent"


def test_columns_that_are_not_there_touch_nothing(session: Session) -> None:
    imported(session, "number,name,city,turnover,account\nK1,Ann,Gent,5000,@a:x\n")
    plan = imported(session, "number,name\nK1,Ann\n")
    assert plan.changes_nothing
    imported(session, "number,name,city,turnover,account\nK1,Ann,,,\n")
    member = by_number(session, "K1")
    assert member.profile.city == ""
    assert members.turnovers(session)[member.id] is None
    assert member_accounts.accounts_of(session, member.id) == ["@a:x"]


def test_missing_members_have_left_only_when_their_number_is_confirmed(session: Session) -> None:
    imported(session, HEADER + "K1,Ann,\nK2,Bea,\nK3,Cis,\n")
    shorter = HEADER + "K1,Ann,\n"
    assert [one.number for one in imported(session, shorter).missing] == ["K2", "K3"]
    assert by_number(session, "K2").status == "active"
    with pytest.raises(register.NotSound):
        imported(session, shorter, confirm_missing=1)
    imported(session, shorter, confirm_missing=2)
    assert by_number(session, "K2").status == "left"
    assert imported(session, shorter).missing == ()
    plan = imported(session, HEADER + "K1,Ann,\nK2,Bea,\n")
    assert plan.changed[0].returned
    assert by_number(session, "K2").status == "active"


def test_a_rejected_row_is_not_a_missing_member(session: Session) -> None:
    imported(session, "number,name,country\nK1,Ann,BE\nK2,Bea,BE\n")
    plan = imported(session, "number,name,country\nK1,Ann,BE\nK2,Bea,Atlantis\n", skip_bad=True)
    assert plan.missing == ()


def test_the_erased_do_not_come_back(session: Session) -> None:
    text = "number,name,account\nK1,Ann,@a:x\nK2,Bea,@b:x\n"
    imported(session, text)
    erasure.erase(session, by_number(session, "K1").id, key=KEY, now=2)
    plan = imported(session, text)
    assert (plan.erased, plan.unchanged, plan.new) == (1, 1, ())
    assert imported(session, "number,name,account\nK2,Bea,@b:x\nK9,Ann,@a:x\n").erased == 1
    assert members.by_number(session, "K9") is None
    erasure.lift(session, KEY, "number", "K1")
    erasure.lift(session, KEY, "account", "@a:x")
    assert len(imported(session, text).new) == 1


def test_a_row_finds_the_profile_that_its_account_made(session: Session) -> None:
    own = member_accounts.ensure_for_user(session, "@a:x", display_name="Annie", now=1)
    members.set_field(session, own.id, "city", "Brugge", now=1)
    plan = imported(session, "number,name,city,skills,account\nK1,Ann,Gent,seo,@a:x\n")
    assert plan.changed[0].adopted
    member = by_number(session, "K1")
    assert (member.id, member.profile.display_name, member.profile.city, member.profile.skills) == (
        own.id,
        "Annie",
        "Brugge",
        ("seo",),
    )
    assert imported(
        session, "number,name,city,skills,account\nK1,Ann,Gent,seo,@a:x\n"
    ).changes_nothing


def test_an_account_that_changes_in_the_register_moves(session: Session) -> None:
    imported(session, "number,name,account\nK1,Ann,@old:x\n")
    member_accounts.attach(session, "@own:y", by_number(session, "K1").id, source="code", now=1)
    member_accounts.ensure_for_user(session, "@new:x", display_name="Ann", now=1)
    imported(session, "number,name,account\nK1,Ann,@new:x\n", now=3)
    member = by_number(session, "K1")
    assert member_accounts.accounts_of(session, member.id) == ["@own:y", "@new:x"]
    assert members.by_user(session, "@old:x") is None


def test_an_account_of_another_row_is_an_error(session: Session) -> None:
    imported(session, "number,name,account\nK1,Ann,@a:x\nK2,Bea,\n")
    plan = planned(session, "number,name,account\nK1,Ann,\nK2,Bea,@a:x\nK3,Cis,\n")
    assert [(one.row, one.column, one.code) for one in plan.issues] == [
        (3, "account", "account_of_other")
    ]
    assert not plan.is_sound


def test_the_index_follows_an_import(session: Session) -> None:
    imported(session, HEADER + "K1,Ann Quist,Gent\n")
    members.set_consent(session, by_number(session, "K1").id, "yes", now=2)
    imported(session, HEADER + "K1,Ann Quast,Gent\n", now=3)

    def found(word: str) -> int:
        return len(
            member_search.matching(session, [Wanted(prefixes=(word,))], shared=False, limit=5)
        )

    assert found("quast") == 1
    imported(session, HEADER + "K9,Zed,\n", confirm_missing=1, now=4)
    assert found("quast") == 0
