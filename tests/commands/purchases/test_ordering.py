"""The order goes to the supplier in a sheet of their language, and what came is typed or sent back in it."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook, load_workbook

from commands.kernel.catalogue import languages, translate
from commands.purchases.sheets import TITLES
from commands.spreadsheets.columns import header_key
from storage import suppliers
from storage.session import Session
from tests.commands.purchases import market
from tests.commands.purchases.market import (
    ANI,
    ANNA,
    BEN,
    CARO,
    ENGLISH,
    FINN,
    heard,
    in_room,
    line,
    text,
)
from tests.commands.purchases.ordering import XLSX, cells, confirmed, files
from tests.commands.talk import Talk

LINES = (
    line(supplier="Meubel Coop"),
    line("Ladder", case=1, tiers=((1, 3333),), vat=600, supplier="Outillage SCRL"),
    line("Table; oak", case=2, tiers=((1, 4999),), supplier="Meubel Coop", article_code="=T-1"),
)
WANTED = {
    BEN: ((3, 2), (1, 0), (1, 1)),
    ANNA: ((4, 0), (0, 0), (1, 0)),
    FINN: ((2, 0), (1, 0), (0, 0)),
}


@pytest.fixture
def talk(tmp_path: Path) -> Iterator[Talk]:
    with market.market(tmp_path) as opened:
        yield opened


def supplier(talk: Talk, name: str, language: str) -> int:
    def make(session: Session) -> int:
        draft = suppliers.Draft(name, "product", languages=(language,))
        return suppliers.add(
            session, draft, state="proposed", proposer=None, language="en", now=talk.ms()
        )

    return int(talk.write(make))


def delivered(talk: Talk, user: str, position: int = 1) -> int | None:
    found = market.commitment(talk, user, position=position)
    return found.delivered_units if found is not None else None


def test_each_supplier_has_a_sheet_in_its_own_language_that_adds_up(talk: Talk) -> None:
    french = supplier(talk, "Outillage SCRL", "fr")
    lines = (*LINES[:1], line("Ladder", case=1, tiers=((1, 3333),), vat=600,
                              supplier="Outillage SCRL", supplier_id=french), LINES[2])  # fmt: skip
    number = confirmed(talk, lines, WANTED)
    said = talk.say(ANI, f"!purchase order {number}")
    sent = files(said)
    assert len(sent) == 4
    tools = next(data for name, data in sent.items() if name.endswith("outillage-scrl.xlsx"))
    formats = {
        cell.number_format for row in load_workbook(io.BytesIO(tools)).worksheets[0] for cell in row
    }
    assert '#,##0.00 "€";-#,##0.00 "€"' in formats, "as the supplier's language writes it"
    meubel = cells(next(data for name, data in sent.items() if name.endswith("meubel-coop.xlsx")))
    flat = [value for row in meubel for value in row]
    assert "Order 1: Office chairs" in flat and "To: Meubel Coop" in flat and "From: Ani" in flat
    chairs = next(row for row in meubel if "Chairs" in row)
    # 9 and 2 more of tolerance make two cases of five at 10.
    assert chairs[:6] == [1, "Chairs", None, "piece", 2, 5]
    assert chairs[6:12] == [10, 10, 100, 0.21, 21, 121]
    tables = next(row for row in meubel if "Table; oak" in row)
    assert tables[2] == "=T-1", "what begins like a formula is a text as it is"
    assert tables[8:12] == [99.98, 0.21, 21, 120.98]
    total = next(row for row in meubel if row[0] == "Total")
    assert total[8:12] == [199.98, None, 42, 241.98]


def test_only_whoever_is_responsible_has_the_sheets_and_not_in_the_room(talk: Talk) -> None:
    number = confirmed(talk, LINES, WANTED)
    assert "by whoever is responsible" in text(talk.say(BEN, f"!purchase order {number}"))
    said = talk.say(ANI, f"!purchase order {number}", room=ENGLISH)
    assert "Meubel" not in in_room(said, ENGLISH)
    assert "€120.00 excl. VAT" not in in_room(said, ENGLISH)
    assert all(each.draft.user_id == ANI for each in said if each.draft.file)


def test_members_hear_what_came_and_a_shortage_is_shared_by_the_rules(talk: Talk) -> None:
    number = confirmed(talk, LINES, WANTED)
    assert "It should come on December 4, 2026" in in_room(
        talk.say(ANI, f"!purchase ordered {number} 4 December", room=ENGLISH), ENGLISH
    )
    assert "It should come on December 4, 2026" in text(talk.say(FINN, f"!purchase {number}"))
    assert "cannot be done" in text(talk.say(ANI, f"!purchase ordered {number}"))
    said = talk.say(ANI, f"!purchase received {number} chairs 6; table 2")
    # Ben's three were added first, then Anna's four; nobody's tolerance is used while a quantity waits.
    assert [delivered(talk, user) for user in (BEN, ANNA, FINN)] == [3, 3, 0]
    assert "3 × Chairs of the 4 that were ordered. Fewer came" in heard(said, BEN)
    assert "0 × Chairs of the 2 that were ordered. Fewer came" in heard(said, FINN)
    assert "Ladder: not yet, 2 ordered" in heard(said, ANI)
    assert market.get(talk, number).state == "ordered", "the ladders are still to come"
    said = talk.say(ANI, f"!purchase received {number}")
    assert market.get(talk, number).state == "received"
    assert "1 × Ladder" in heard(said, FINN) and "Chairs" not in heard(said, FINN)
    assert heard(said, ANNA) == "", "nothing new came for her"
    assert "has come" in in_room(said, ENGLISH)
    # The rest turned up after all.
    said = talk.say(ANI, f"!purchase received {number} chairs 10")
    assert "4 × Chairs" in heard(said, BEN) and "Ladder" not in heard(said, BEN)
    assert [delivered(talk, user) for user in (BEN, ANNA, FINN)] == [4, 4, 2]


@pytest.mark.parametrize(
    "typed", ["chairs 11", "chairs 3+2", "stools 3", "chairs -1", "chairs two and a half"]
)
def test_what_cannot_have_come_is_refused_and_changes_nothing(talk: Talk, typed: str) -> None:
    number = confirmed(talk, LINES, WANTED)
    talk.say(ANI, f"!purchase ordered {number}")
    said = talk.say(ANI, f"!purchase received {number} {typed}")
    assert len(said) == 1 and "What came of" not in text(said)
    assert delivered(talk, BEN) is None and market.get(talk, number).state == "ordered"


def test_the_order_sheet_comes_back_with_what_was_delivered(talk: Talk) -> None:
    number = confirmed(talk, LINES, WANTED)
    sent = files(talk.say(ANI, f"!purchase order {number}"))
    talk.say(ANI, f"!purchase ordered {number}")
    name, data = next(one for one in sent.items() if one[0].endswith("meubel-coop.xlsx"))
    asked = talk.say(ANI, f"!purchase received {number} sheet")
    assert "order sheet" in text(asked)
    book = load_workbook(io.BytesIO(data))
    page: Any = book.worksheets[0]
    header = next(row for row in page.iter_rows() if row[1].value == "Article")
    top, column = header[0].row, next(cell.column for cell in header if cell.value == "Delivered")
    # Left as it was, it says nothing.
    said = talk.send_file(ANI, name, data, XLSX)
    assert f"Row {top + 1}, Delivered: write how many came" in text(said)
    page.cell(top + 1, column).value = 11
    page.cell(top + 2, column).value = 1
    said = talk.send_file(ANI, name, written(book), XLSX)
    assert "more than the 10 that were ordered" in text(said)
    page.cell(top + 1, column).value = 9.0
    said = talk.send_file(ANI, name, written(book), XLSX)
    assert "Chairs: 9 of 10" in heard(said, ANI) and "Table; oak: 1 of 2" in heard(said, ANI)
    assert [delivered(talk, user) for user in (BEN, ANNA, FINN)] == [3, 4, 2]


def test_the_csv_comes_back_as_a_file_with_the_command_as_its_caption(talk: Talk) -> None:
    number = confirmed(talk, LINES[:1], {BEN: ((5, 0),), ANNA: ((5, 0),)})
    sent = files(talk.say(ANI, f"!purchase order {number}"))
    talk.say(ANI, f"!purchase ordered {number}")
    data = next(data for name, data in sent.items() if name.endswith(".csv"))
    rows = data.decode("utf-8-sig").splitlines()
    back = "\r\n".join([rows[0], rows[1] + "7"]).encode()
    said = talk.send_file(ANI, "order.csv", back, "text/csv", text=f"!purchase received {number}")
    assert "Chairs: 7 of 10" in heard(said, ANI)
    assert [delivered(talk, user) for user in (BEN, ANNA)] == [5, 2]


def written(book: Workbook) -> bytes:
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


@pytest.mark.parametrize("language", languages())
def test_a_sheet_in_any_language_has_headers_that_tell_its_columns_apart(language: str) -> None:
    keys = {header_key(translate(language, title)) for title in TITLES.values()}
    assert len(keys) == len(TITLES)


@pytest.mark.parametrize(
    ("article", "command"),
    [
        ("Stoel", "!groepsaankoop geleverd 1 stoelen 3"),
        ("Chaise", "!achat groupé livré 1 chaises 3"),
    ],
)
def test_dutch_and_french_are_understood(talk: Talk, article: str, command: str) -> None:
    number = confirmed(talk, (line(article),), {BEN: ((5, 0),)}, opener=CARO)
    talk.say(CARO, f"!achat groupé envoyé {number} 4 décembre")
    assert market.get(talk, number).expected_on == "2026-12-04"
    talk.say(CARO, command)
    assert delivered(talk, BEN) == 3


def test_whoever_dropped_out_gets_nothing_and_nobody_hears_the_same_twice(talk: Talk) -> None:
    chairs = (line(tiers=((1, 1000),)),)
    number = market.purchase(talk, lines=chairs)
    market.commit(talk, FINN, 5, accepted=800, number=number)
    number = confirmed(talk, chairs, {BEN: ((3, 0),), ANNA: ((2, 0),)}, number=number)
    talk.say(ANI, f"!purchase ordered {number}")
    said = talk.say(ANI, f"!purchase received {number} chairs 4")
    assert [delivered(talk, user) for user in (BEN, ANNA, FINN)] == [3, 1, None]
    assert heard(said, BEN) and heard(said, FINN) == ""
    said = talk.say(ANI, f"!purchase received {number} 5")
    assert heard(said, BEN) == "" and delivered(talk, ANNA) == 2
