"""`kring import members`: what an operator sees of good, bad and repeated registers."""

from __future__ import annotations

import stat
from typing import get_args

from bot.cli.issues import file_problem, sentence
from commands.members.fields import Problem
from commands.spreadsheets import FileProblem, Issue, SpreadsheetError
from storage import members
from tests.bot.conftest import Office

HEADER = "member number,name,professions,sectors,city,country\n"
ANNA = "1,Anna Peeters,translator,,Gent,BE\n"
BRAM = "2,Bram Janssens,cook,,Antwerpen,BE\n"
BAD = "3,Chloé Dubois,cook,Nonsense,Namur,BE\n"


def imports(office: Office, text: str, *options: str) -> tuple[int, str]:
    (office.folder / "register.csv").write_text(text, encoding="utf-8")
    return office.kring("import", "members", "register.csv", *options)


def known(office: Office) -> dict[str | None, str]:
    return office.do(lambda session: {one.number: one.status for one in members.every(session)})


def test_a_sound_file_is_imported_and_again_changes_nothing(office: Office) -> None:
    code, said = imports(office, HEADER + ANNA + BRAM, "--dry-run")
    assert (code, known(office)) == (0, {})
    assert "2 rows, 0 with errors, 2 new" in said
    assert "dry run" in said
    code, said = imports(office, HEADER + ANNA + BRAM)
    assert code == 0, said
    assert "Done: 2 new, 0 changed" in said
    assert known(office) == {"1": "active", "2": "active"}
    code, said = imports(office, HEADER + ANNA + BRAM)
    assert (code, "Nothing changed." in said) == (0, True)


def test_an_error_is_told_with_row_and_column_and_nothing_is_written(office: Office) -> None:
    code, said = imports(office, HEADER + ANNA + BAD)
    assert code == 1
    assert "row 3, sectors: 'Nonsense' is no sector" in said
    assert "nothing was written" in said
    assert known(office) == {}


def test_bad_rows_can_be_left_out_into_a_file_of_their_own(office: Office) -> None:
    code, said = imports(office, HEADER + ANNA + BAD, "--skip-bad")
    assert code == 0, said
    assert known(office) == {"1": "active"}
    rejects = office.folder / "register.rejects.csv"
    assert "Chloé Dubois" in rejects.read_text(encoding="utf-8-sig")
    assert "is no sector" in rejects.read_text(encoding="utf-8-sig")
    assert stat.S_IMODE(rejects.stat().st_mode) == 0o600


def test_missing_members_leave_only_when_their_number_is_confirmed(office: Office) -> None:
    imports(office, HEADER + ANNA + BRAM)
    code, said = imports(office, HEADER + ANNA)
    assert (code, "--confirm-missing 1" in said) == (0, True)
    assert known(office)["2"] == "active"
    code, said = imports(office, HEADER + ANNA, "--confirm-missing", "2")
    assert (code, "1 members are not in the file, not 2" in said) == (1, True)
    assert known(office)["2"] == "active"
    code, said = imports(office, HEADER + ANNA, "--confirm-missing", "1")
    assert (code, known(office)["2"]) == (0, "left"), said


def test_a_file_that_is_no_register_is_one_kind_line(office: Office) -> None:
    code, said = imports(office, "nom,couleur\nx,y\n")
    assert code == 1
    assert said.count("\n") == 1
    assert "couleur" in said


def test_every_problem_has_a_sentence() -> None:
    for problem in get_args(FileProblem):
        assert file_problem(SpreadsheetError(problem)) != problem
    for code in get_args(Problem):
        assert not sentence(Issue(1, "city", code)).endswith(f": {code}")
