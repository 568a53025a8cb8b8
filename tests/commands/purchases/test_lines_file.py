"""A spreadsheet of many lines: the empty one that the bot sends, filled in and sent back; every fault by its
row and column."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from pathlib import Path

import openpyxl
import pytest

from commands.spreadsheets import CSV_TYPE, XLSX_TYPE, as_csv
from tests.commands.purchases import market
from tests.commands.purchases.market import ANI, AXEL, CARO, get, text
from tests.commands.purchases.test_opening import BEGUN, REST, answers, directory
from tests.commands.talk import Said, Talk


@pytest.fixture
def talk(tmp_path: Path) -> Iterator[Talk]:
    with market.market(tmp_path) as opened:
        yield opened


def send_csv(talk: Talk, *rows: Sequence[str], user: str = ANI) -> list[Said]:
    return talk.send_file(user, "lines.csv", as_csv(rows), CSV_TYPE)


def begin(talk: Talk, user: str = ANI) -> None:
    answers(talk, user, "purchase new", *BEGUN)


@pytest.mark.parametrize(
    ("user", "command", "header"),
    [
        (ANI, "purchase template", "units per case"),
        (market.ANNA, "groepsaankoop sjabloon", "stuks per doos"),
        (AXEL, "achat groupé modèle", "unités par caisse"),
    ],
)
def test_the_empty_one_is_filled_in_and_taken(
    talk: Talk, user: str, command: str, header: str
) -> None:
    sent = next(one.draft.file for one in talk.say(user, command) if one.draft.file is not None)
    book = openpyxl.load_workbook(io.BytesIO(sent.data))
    lines, example = book.worksheets
    assert header in [cell.value for cell in lines[1]]
    # What stands in the example is fit to be taken as it is; numbers may be typed as numbers.
    for row in example.iter_rows(min_row=2, values_only=True):
        lines.append(
            [value if place != 4 else float(str(value)) for place, value in enumerate(row)]
        )
    out = io.BytesIO()
    book.save(out)
    begin(talk, user)
    said = talk.send_file(user, "bestelling.xlsx", out.getvalue(), XLSX_TYPE)
    assert "friday 18:00" in text(said) or "vendredi" in text(said) or "vrijdag" in text(said)
    answers(talk, user, *REST)
    chair, paper = get(talk).lines
    assert (chair.case_size, chair.minimum_cases, chair.article_code) == (5, 2, "CH-100")
    assert [(tier.from_units, tier.cents) for tier in chair.tiers] == [(1, 9500), (20, 8950)]
    assert (chair.reference_cents, chair.reference_on) == (12900, "2026-11-02")
    assert paper.tiers[0].cents == 420 and paper.reference_cents is None


@pytest.mark.parametrize(
    ("header", "row", "column", "why"),
    [
        (("article", "price"), ("Chair", "ten"), "price", "“ten” is no amount"),
        (("artikel", "prijs"), ("Stoel", "1.234"), "prijs", "thousands"),
        (("article", "prix"), ("", "10"), "article", "empty"),
        (("article", "price", "from 2"), ("Chair", "10", "20"), "price 2", "empty"),
        (("article", "price", "from 2", "price 2"), ("Chair", "10", "20", "11"), "price", "fall"),
        (("article", "price", "VAT"), ("Chair", "10", "210"), "VAT", "percentage"),
        (("article", "price", "units per case"), ("Chair", "10", "0"), "units per case", "whole"),
        (("article", "price", "reference"), ("Chair", "10", "12"), "quoted by", "empty"),
        (
            ("article", "price", "reference", "quoted by", "quoted on"),
            ("Chair", "10", "12", "Nord", "2027-01-01"),
            "quoted on",
            "past",
        ),
    ],
)
def test_a_fault_is_told_by_row_and_column(
    talk: Talk, header: Sequence[str], row: Sequence[str], column: str, why: str
) -> None:
    begin(talk)
    fine = ("Table", "10", *[""] * (len(header) - 2))
    said = text(send_csv(talk, header, fine, row))
    assert "row 3" in said and column in said and why in said
    # The question still stands.
    assert "friday 18:00" in text(send_csv(talk, header, fine))


def test_the_same_article_twice_and_all_faults_at_once(talk: Talk) -> None:
    begin(talk)
    said = text(
        send_csv(
            talk,
            ("article", "price", "vat"),
            ("Chair", "10", "x"),
            ("chair ", "11", ""),
            ("Desk", "", ""),
        )
    )
    assert "row 2, VAT" in said or "row 2, vat" in said
    assert "row 3" in said and "row 4, price" in said
    assert "stands in row 3" in said and "stands in row 2" in said


def test_more_than_fits_is_refused_and_so_is_what_is_no_spreadsheet(talk: Talk) -> None:
    begin(talk)
    many = [(f"Article {number}", "1") for number in range(501)]
    assert "fewer rows" in text(send_csv(talk, ("article", "price"), *many))
    said = talk.send_file(ANI, "lines.pdf", b"%PDF-1.4", "application/pdf")
    assert "CSV or XLSX" in text(said)
    assert "color" in text(send_csv(talk, ("article", "price", "color"), ("Chair", "1", "red")))
    assert "friday 18:00" in text(send_csv(talk, ("article", "price"), *many[:500]))


def test_each_line_may_have_its_own_supplier_and_strangers_need_a_reason(talk: Talk) -> None:
    number = directory(talk, "Papier Vert")
    answers(talk, ANI, "purchase new", "Paper", "1", "skip", "Papier Vert")
    said = send_csv(
        talk,
        ("article", "price", "supplier"),
        ("Paper", "4", ""),
        ("Pens", "1", "papier vert bvba"),
        ("Glue", "2", "Lijm & Zo"),
    )
    assert "Lijm & Zo" in text(said) and "Papier Vert" not in text(said)
    answers(talk, ANI, "they alone sell it without plastic", *REST, "1")
    bought = get(talk)
    assert [line.supplier_id for line in bought.lines] == [number, number, None]
    assert bought.unapproved_reason == "they alone sell it without plastic"


def test_members_who_are_none_get_no_template(talk: Talk) -> None:
    assert not [one for one in talk.say(market.STRANGER, "purchase template") if one.draft.file]
    assert [one for one in talk.say(CARO, "achat modèle format:csv") if one.draft.file]
