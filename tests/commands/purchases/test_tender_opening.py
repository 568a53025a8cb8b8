"""How a buyer begins a tender: in a conversation or with a spreadsheet, from whom, and what the rooms see."""

from __future__ import annotations

import io

from openpyxl import load_workbook

from commands.spreadsheets.writing import as_csv, as_xlsx
from storage import tenders
from storage.charters import Criterion
from storage.tenders import Tender
from tests.commands.purchases.market import (
    ANNA,
    BEA,
    BEN,
    BOTH,
    DUTCH,
    ENGLISH,
    heard,
    in_room,
    text,
)
from tests.commands.suppliers.directory import charter, supplier
from tests.commands.talk import Said, Talk

CRITERIA = (
    Criterion("footprint", 1, 60, False, 0, {"name": {"en": "Footprint"}}),
    Criterion("work", 2, 40, False, 0, {"name": {"en": "Working conditions"}}),
)
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def get(talk: Talk, number: int = 1) -> Tender | None:
    found: Tender | None = talk.write(lambda session: tenders.get(session, number))
    return found


def begun(talk: Talk, title: str = "Paper for 2027") -> list[Said]:
    """Up to the question for the articles."""
    talk.say(BEA, f"!tender new {title}")
    talk.say(BEA, "Meubel Coop")
    return talk.say(BEA, "they alone have recycled paper")


def test_a_tender_is_told_looked_at_and_opened_in_the_rooms_that_were_named(talk: Talk) -> None:
    begun(talk)
    talk.say(BEA, "Paper A4; 40 reams; 3,20; 6; 4.50\nOffice chairs; 6; 99")
    assert "Until which day" in text(talk.say(BEA, "yesterday"))
    talk.say(BEA, "31 december 2027")
    assert "I do not know “gardeners”" in text(talk.say(BEA, "makers, gardeners"))
    talk.say(BEA, "makers and brussel")
    seen = text(talk.say(BEA, "The cooperative sends you the invoice."))
    assert "40 × €3.20/reams · VAT 6% (elsewhere €4.50)" in seen
    assert "6 × €99.00/piece · VAT 21%" in seen
    assert "they alone have recycled paper" in seen
    assert "Makers and Brussel" in seen
    assert get(talk) is None
    said = talk.say(BEA, "yes")
    assert "T1 · Paper for 2027 is open" in heard(said, BEA)
    assert "40 of 40 left" in in_room(said, ENGLISH)
    assert "nog 40 van 40 over" in in_room(said, BOTH) and "reste 40 sur 40" in in_room(said, BOTH)
    for room in (ENGLISH, BOTH):
        assert "they alone have recycled paper" in in_room(said, room)
    assert in_room(said, DUTCH) == ""
    found = get(talk)
    assert found is not None and found.state == "open"
    assert (found.valid_until, found.supplier_id) == ("2027-12-31", None)
    assert [(line.unit, line.vat, line.reference_cents) for line in found.lines] == [
        ("reams", 600, 450),
        ("piece", 2100, None),
    ]


def test_a_supplier_of_the_directory_needs_no_reason_and_one_that_members_do_not_see_is_unknown(
    talk: Talk,
) -> None:
    talk.write(lambda session: charter(session, CRITERIA, now=talk.ms()))
    known = supplier(talk, "Papierhandel", modes=("buy",))
    supplier(talk, "Stoelenhuis", state="proposed", modes=("buy",))
    talk.say(BEA, "!tender new Chairs")
    assert "not in the reference directory" in text(talk.say(BEA, "Stoelenhuis"))
    talk.say(BEA, "cancel")
    talk.say(BEA, "!tender new Paper")
    assert "Type each article on a line of its own" in text(talk.say(BEA, "papierhandel"))
    for typed in ("Paper A4; 40; 3.20", "31 december 2027", "skip", "skip", "yes"):
        talk.say(BEA, typed)
    found = get(talk)
    assert found is not None
    assert (found.supplier_id, found.supplier_name) == (known, "Papierhandel")
    assert found.unapproved_reason is None
    assert f"From Papierhandel (!supplier {known})" in text(talk.say(BEN, "!tender T1"))


def test_what_is_no_line_is_asked_again_with_what_is_wrong(talk: Talk) -> None:
    begun(talk)
    for typed, expected in (
        ("Paper A4 40 reams", "such as: Paper A4; 40 ream; 3.20"),
        ("Paper A4; 40; cheap", "for “Paper A4; 40; cheap”: an amount such as 12.50"),
        ("Paper A4; 0; 3.20", "a whole number"),
        ("Paper A4; 4; 3.20; 300", "a percentage"),
        ("Paper A4; 4; 3.20\npaper a4; 5; 3", "each article once: “paper a4”"),
    ):
        assert expected in text(talk.say(BEA, typed))
    assert "Until which day" in text(talk.say(BEA, "Paper A4; 4; 3.20"))


def test_a_spreadsheet_in_any_of_the_languages_brings_the_lines_and_faults_have_row_and_column(
    talk: Talk,
) -> None:
    begun(talk)
    header = ["artikel", "hoeveelheid", "prijs", "btw %", "referentieprijs", "artikelcode"]
    faulty = [header, ["Papier A4", "veel", "3,20", "", "", ""], ["", "5", "1", "", "", ""]]
    said = talk.send_file(BEA, "lijst.csv", as_csv(faulty), "text/csv")
    assert "row 2, hoeveelheid" in text(said) and "row 3, artikel" in text(said)
    rows = [
        header,
        ["Papier A4", "40", "3,20", "21", "4,50", "PA4"],
        ["Stoel", "6", "99", "", "", ""],
    ]
    talk.send_file(BEA, "lijst.xlsx", as_xlsx(rows, "lines"), XLSX)
    for typed in ("31 december 2027", "skip", "skip", "yes"):
        talk.say(BEA, typed)
    found = get(talk)
    assert found is not None and found.state == "open"
    assert [
        (line.article, line.quantity, line.cents, line.article_code) for line in found.lines
    ] == [
        ("Papier A4", 40, 320, "PA4"),
        ("Stoel", 6, 9900, ""),
    ]


def test_the_empty_spreadsheet_has_an_example_that_comes_in_as_it_is(talk: Talk) -> None:
    said = talk.say(BEA, "!tender template")
    file = next(one.draft.file for one in said if one.draft.file)
    example = load_workbook(io.BytesIO(file.data)).worksheets[1]
    rows = [[str(cell.value) for cell in row] for row in example.iter_rows()]
    begun(talk)
    assert "Until which day" in text(
        talk.send_file(BEA, "filled.xlsx", as_xlsx(rows, "lines"), XLSX)
    )


def test_a_draft_is_kept_and_opened_later_by_any_buyer(talk: Talk) -> None:
    begun(talk)
    for typed in ("Paper A4; 40; 3.20", "31 december 2027", "makers", "skip"):
        talk.say(BEA, typed)
    assert "kept as a draft" in text(talk.say(BEA, "no"))
    assert "T1" not in text(talk.say(BEN, "!tenders"))
    talk.say(ANNA, "!tender open T1")
    assert get(talk).state == "draft"  # type: ignore[union-attr]
    assert "40 of 40 left" in in_room(talk.say("@bram:localhost", "!tender open T1"), ENGLISH)
    assert "T1" in text(talk.say(BEN, "!tenders"))


def test_members_begin_no_tender(talk: Talk) -> None:
    assert "buyers' room" in text(talk.say(BEN, "!tender new Paper"))
