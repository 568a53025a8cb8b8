"""`kring import suppliers` and `export suppliers`: what an operator sees of good, bad and repeated files."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from bot.cli.issues import sentence
from commands.spreadsheets import Issue
from commands.suppliers.catalogue_file import CELL_PROBLEMS
from storage import audit, suppliers
from storage.suppliers import Deal
from tests.bot.conftest import Office

HEADER = "naam;klasse;wijzen;categorieën;ondernemingsnummer;aanbod_nl;code\n"
INK = "Inktpot;dienst;huren;drukwerk;BE 0403.170.701;Wij drukken;KRING10\n"
SUN = "Zon;product;kopen;Glass harps;;;\n"
BAD = "Maan;speelgoed;stelen;;BE 0403.170.702;;\n"


def imports(office: Office, text: str, *options: str) -> tuple[int, str]:
    (office.folder / "catalogue.csv").write_text(text, encoding="utf-8")
    return office.kring("import", "suppliers", "catalogue.csv", *options)


def known(office: Office) -> dict[str, str]:
    return office.do(lambda session: {one.name: one.state for one in suppliers.every(session)})


def test_a_sound_file_is_imported_and_again_changes_nothing(office: Office) -> None:
    code, said = imports(office, HEADER + INK + SUN, "--dry-run")
    assert (code, known(office)) == (0, {})
    assert "2 rows, 0 with errors, 2 new" in said
    assert "dry run" in said
    code, said = imports(office, HEADER + INK + SUN)
    assert code == 0, said
    assert "Done: 2 new, 0 changed" in said
    assert "members see none of them" in said
    assert "note: row 3, categorieën: 'Glass harps' is in no table" in said
    assert known(office) == {"Inktpot": "prospect", "Zon": "prospect"}
    code, said = imports(office, HEADER + INK + SUN)
    assert (code, "Nothing changed." in said) == (0, True)
    code, said = imports(office, HEADER + INK.replace("KRING10", "KRING12"))
    assert "Done: 0 new, 1 changed" in said
    assert "1 suppliers are not in the file and stay as they are" in said
    log = office.do(lambda session: audit.of_subject(session, "supplier:1"))
    assert [(one.actor, one.action) for one in log] == [
        ("command line", "supplier.prospect"),
        ("command line", "supplier.imported"),
    ]


def test_errors_are_told_with_row_and_column_and_nothing_is_written(office: Office) -> None:
    code, said = imports(office, HEADER + INK + BAD)
    assert code == 1
    assert "row 3, klasse: 'speelgoed' is no class" in said
    assert "row 3, wijzen: 'stelen' is no way" in said
    assert "row 3, ondernemingsnummer: 'BE 0403.170.702' is no company number" in said
    assert "nothing was written" in said
    assert known(office) == {}


def test_bad_rows_can_be_left_out_into_a_file_of_their_own(office: Office) -> None:
    code, said = imports(office, HEADER + INK + BAD, "--skip-bad", "--dry-run")
    rejects = office.folder / "catalogue.rejects.csv"
    assert (code, rejects.exists()) == (0, False), said
    code, said = imports(office, HEADER + INK + BAD, "--skip-bad")
    assert (code, known(office)) == (0, {"Inktpot": "prospect"}), said
    text = rejects.read_text(encoding="utf-8-sig")
    assert "Maan" in text
    assert "is no class" in text
    assert "Inktpot" not in text
    assert stat.S_IMODE(rejects.stat().st_mode) == 0o600


@pytest.mark.parametrize("name", ["out.csv", "out.xlsx"])
def test_the_catalogue_goes_out_and_comes_in_unchanged(office: Office, name: str) -> None:
    imports(office, HEADER + INK + SUN)
    code, said = office.kring("export", "suppliers", name)
    assert (code, said) == (0, f"{name}: 2 suppliers.\n")
    file = office.folder / name
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    code, said = office.kring("import", "suppliers", name)
    assert (code, "2 rows, 0 with errors, 0 new, 0 changed, 2 unchanged" in said) == (0, True), said
    assert office.do(lambda session: suppliers.every(session)[0].deal) == Deal("KRING10")


def test_a_workbook_that_is_not_sound_gives_a_workbook_to_mend(office: Office) -> None:
    imports(office, HEADER + INK)
    office.kring("export", "suppliers", "out.xlsx")
    book = Path(office.folder / "out.xlsx")
    office.do(lambda session: session.run("DELETE FROM suppliers"))
    code, said = office.kring("import", "suppliers", str(book), "--skip-bad")
    assert "there is no supplier 1" in said
    assert (code, known(office)) == (0, {})
    assert (office.folder / "out.rejects.xlsx").read_bytes().startswith(b"PK")


def test_what_is_no_catalogue_is_one_kind_line(office: Office) -> None:
    code, said = imports(office, "nom,couleur\nx,y\n")
    assert (code, said.count("\n"), "couleur" in said) == (1, 1, True)
    code, said = office.kring("export", "suppliers", "out.ods")
    assert (code, ".csv or .xlsx" in said) == (2, True)


def test_every_problem_of_a_cell_has_a_sentence() -> None:
    for code in (*CELL_PROBLEMS, "unknown_category", "unknown_region"):
        assert not sentence(Issue(1, "name", code)).endswith(f": {code}"), code
