"""The catalogue in the chat: who may take it in and out, what is said of it and where, and that nothing which
comes in is seen by members."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.cli.common import ACTOR
from commands.spreadsheets import XLSX_TYPE, importing
from storage import audit, supplier_rounds, suppliers
from storage.session import Session
from storage.suppliers import Deal, Supplier
from tests.commands.suppliers.directory import (
    ANNA,
    BUYER,
    BUYERS_ROOM,
    ROOM,
    SECOND,
    cooperative,
    supplier,
)
from tests.commands.talk import Said, Talk, answer

FILE = "name,class,modes,categories,code\nInkpot,service,rent,printing,SECRET1\nZon,product,buy,,\n"


@pytest.fixture
def talk(tmp_path: Path) -> Iterator[Talk]:
    opened = Talk.open(tmp_path)
    cooperative(opened)
    yield opened
    opened.close()


def sends(talk: Talk, choice: str, text: str, *, who: str = BUYER) -> list[Said]:
    """Choose what becomes of a file, and send it."""
    talk.say(who, "import suppliers")
    talk.say(who, choice)
    return talk.send_file(who, "suppliers.csv", text.encode(), "text/csv")


def own(said: list[Said], who: str = BUYER) -> str:
    (text,) = [one.text for one in said if one.to in (f"!direct-{who[1:].split(':')[0]}", who)
               and one.draft.file is None]  # fmt: skip
    return text


def team(said: list[Said]) -> list[str]:
    return [one.text for one in said if one.to == BUYERS_ROOM]


def every(talk: Talk) -> list[Supplier]:
    return list(talk.write(suppliers.every))


def exported(talk: Talk, line: str = "export suppliers format:csv", who: str = BUYER) -> bytes:
    (file,) = [one.draft.file for one in talk.say(who, line) if one.draft.file is not None]
    return file.data


def test_looking_changes_nothing_and_says_what_would_happen(talk: Talk) -> None:
    said = sends(talk, "1", FILE)
    assert "changed nothing" in own(said)
    assert "New: 2" in own(said)
    assert team(said) == []
    assert every(talk) == []


def test_new_suppliers_are_proposals_of_whoever_imports_and_seen_by_nobody(talk: Talk) -> None:
    said = sends(talk, "2", FILE)
    assert "Imported: 2 new, 0 changed" in own(said)
    assert "two other buyers" in own(said)
    (told,) = team(said)
    assert "Inkpot" in told
    assert "Zon" in told
    assert "!review 1 next" in told
    assert "SECRET1" not in told
    assert [(one.state, one.proposer) for one in every(talk)] == [("proposed", BUYER)] * 2
    for line in ("suppliers inkpot", "supplier 1", "deal 1"):
        assert "SECRET1" not in "".join(one.text for one in talk.say(ANNA, line))
    assert "Inkpot" not in answer(talk.say(ANNA, "supplier 1"))


def test_whoever_imported_cannot_approve(talk: Talk) -> None:
    sends(talk, "2", FILE)
    for _ in range(3):
        talk.say(BUYER, "review 1 next")
    assert every(talk)[0].state == "review"

    def score(session: Session) -> None:
        found = supplier_rounds.current(session, 1)
        assert found is not None
        for key in ("footprint", "work"):
            supplier_rounds.put_score(
                session, found.id, key, 4, note=None, by=SECOND, now=talk.ms()
            )

    talk.write(score)
    assert "You proposed this supplier" in answer(talk.say(BUYER, "approve 1"))
    talk.say(SECOND, "approve 1")
    assert every(talk)[0].state == "review"


def test_the_same_file_again_changes_nothing_and_nobody_hears(talk: Talk) -> None:
    sends(talk, "2", FILE)
    before = every(talk)
    said = sends(talk, "2", FILE)
    assert "nothing changed" in own(said)
    assert "Unchanged: 2" in own(said)
    assert (team(said), every(talk)) == ([], before)


def test_bad_rows_come_back_as_a_file_to_mend(talk: Talk) -> None:
    bad = FILE + "Bad,toy,rent,harps,\n"
    said = sends(talk, "2", bad)
    assert "Row 4, class: “toy” is no class" in own(said)
    assert "Nothing was imported" in own(said)
    assert every(talk) == []
    said = sends(talk, "3", bad)
    assert "Imported: 2 new" in own(said)
    (rejects,) = [one.draft.file for one in said if one.draft.file is not None]
    text = rejects.data.decode("utf-8-sig")
    assert rejects.name == "suppliers.rejects.csv"
    assert "is no class" in text
    assert "Inkpot" not in text
    said = sends(talk, "2", text.replace(",toy,", ",product,"))
    assert "Imported: 1 new" in own(said)
    assert "harps" in own(said)


def test_a_file_without_one_sound_row_is_not_said_to_be_known(talk: Talk) -> None:
    said = own(sends(talk, "3", "name;class\nInkpot;nope\n;service\n"))
    assert said.startswith("Nothing was imported: not every row is sound.")
    assert "Row 2, class: “nope”" in said and "Row 3, name: is empty" in said
    assert every(talk) == []


def test_the_buyers_hear_of_changes_in_what_members_see(talk: Talk) -> None:
    number = supplier(talk, "Inkpot", deal=Deal("OLD"))
    said = sends(talk, "2", f"number,name,class,code\n{number},Inkwell,service,NEW\n")
    (told,) = team(said)
    assert "Inkwell" in told
    assert "discount code" in told
    assert "NEW" not in told
    assert "NEW" in answer(talk.say(ANNA, f"deal {number}"))
    assert "Inkwell" in answer(talk.say(ANNA, f"supplier {number}"))
    (found,) = every(talk)
    assert (found.state, found.review_due) == ("approved", "2029-11-23")
    log = talk.write(lambda session: audit.of_subject(session, f"supplier:{number}"))
    assert (log[-1].action, log[-1].details) == (
        "supplier.imported",
        {"fields": ["name", "code"]},
    )
    assert "changed by a file: name, discount code" in answer(
        talk.say(BUYER, f"supplier log {number}")
    )


def test_the_log_says_what_was_done_on_the_server(talk: Talk) -> None:
    number = supplier(talk, "Inkpot")
    talk.write(
        lambda session: audit.note(
            session,
            actor=ACTOR,
            action="supplier.imported",
            subject=f"supplier:{number}",
            details={"fields": ["website"]},
            now=talk.ms(),
        )
    )
    log = answer(talk.say(BUYER, f"supplier log {number}"))
    assert "on the server: changed by a file: website" in log


def test_a_file_that_comes_with_the_command_is_looked_at(talk: Talk) -> None:
    said = talk.send_file(
        BUYER, "suppliers.csv", FILE.encode(), "text/csv", text="!import suppliers"
    )
    assert "changed nothing" in own(said)
    assert "!import suppliers" in own(said)
    assert every(talk) == []


def test_another_file_is_asked_for_again(talk: Talk) -> None:
    assert "CSV or XLSX" in answer(sends(talk, "2", "%PDF-1.4"))
    said = talk.send_file(BUYER, "suppliers.csv", FILE.encode(), "text/csv")
    assert "Imported: 2 new" in own(said)


def test_large_files_belong_on_the_server(talk: Talk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importing, "MOST_ROWS", 1)
    assert "kring import" in answer(sends(talk, "2", FILE))


def test_only_buyers_take_the_catalogue_in_or_out(talk: Talk) -> None:
    supplier(talk, "Inkpot", deal=Deal("SECRET1"))
    for line in ("import suppliers", "export suppliers", "exporter fournisseurs format:csv"):
        said = talk.say(ANNA, line)
        assert "buyers" in answer(said)
        assert [one for one in said if one.draft.file is not None] == []


@pytest.mark.parametrize(
    ("line", "first"),
    [
        ("export suppliers format:csv", "number"),
        ("exporteer leveranciers formaat:csv", "number"),
        ("exporter fournisseurs format:csv", "number"),
    ],
)
def test_an_export_goes_to_the_direct_chat_and_comes_in_unchanged(
    talk: Talk, line: str, first: str
) -> None:
    supplier(talk, "Inkpot", deal=Deal("SECRET1"), texts={"deal": {"nl": "Tien procent"}})
    supplier(talk, "Zon", state="suspended")
    said = talk.say(BUYER, f"!{line}", room=ROOM)
    assert "SECRET1" not in "".join(one.text for one in said if one.to == ROOM)
    (sent,) = [one for one in said if one.draft.file is not None]
    assert sent.to == BUYER
    assert sent.draft.file is not None
    rows = list(csv.DictReader(io.StringIO(sent.draft.file.data.decode("utf-8-sig"))))
    assert [row[first] for row in rows] == ["1", "2"]
    assert rows[0]["code"] == "SECRET1"
    assert [(row["_state"], row["_score"]) for row in rows] == [
        ("approved", "85"),
        ("suspended", "85"),
    ]
    said = sends(talk, "2", sent.draft.file.data.decode("utf-8-sig"))
    assert "nothing changed" in own(said)


def test_an_export_is_a_workbook_unless_said_otherwise(talk: Talk) -> None:
    supplier(talk, "Inkpot")
    data = exported(talk, "export suppliers")
    assert data.startswith(b"PK")
    talk.say(BUYER, "import suppliers")
    talk.say(BUYER, "2")
    said = talk.send_file(BUYER, "suppliers.xlsx", data, XLSX_TYPE)
    assert "Unchanged: 1" in own(said)


def test_who_is_no_buyer_any_more_imports_nothing(talk: Talk) -> None:
    talk.say(BUYER, "import suppliers")
    talk.say(BUYER, "2")
    talk.member(BUYERS_ROOM, BUYER, "leave")
    said = talk.send_file(BUYER, "suppliers.csv", FILE.encode(), "text/csv")
    assert "Imported" not in "".join(one.text for one in said)
    assert every(talk) == []
