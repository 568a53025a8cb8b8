"""`!supplier`: what everyone may see of a supplier, and what nobody may."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from storage import loans, member_accounts, supplier_evidence, suppliers
from storage.session import Session
from storage.suppliers import Deal, Draft
from tests.commands.suppliers.directory import (
    ANNA,
    BEN,
    BUYER,
    BUYERS_ROOM,
    CARO,
    ROOM,
    STRANGER,
    cooperative,
    supplier,
)
from tests.commands.talk import Talk, answer


@pytest.fixture
def talk(tmp_path: Path) -> Iterator[Talk]:
    opened = Talk.open(tmp_path)
    cooperative(opened)
    yield opened
    opened.close()


def inkpot(talk: Talk, **said: object) -> int:
    number = supplier(
        talk,
        "Inkpot",
        **{  # type: ignore[arg-type]  # the fields of a draft, whatever their types
            "modes": ("rent", "buy"),
            "categories": ("printing",),
            "regions": ("brussels",),
            "languages": ("nl", "fr"),
            "website": "https://inkpot.example",
            "contact": "their secret boss",
            "texts": {
                "offer": {"en": "Ink by the litre", "nl": "Inkt per liter", "fr": "Encre au litre"},
                "deal": {"en": "Ten percent off"},
                "steps": {"en": "Say the code"},
            },
            "deal": Deal("KRING10", "Jo", "2026-01-01", "2027-01-31", 5000),
            **said,
        },
    )

    def prove(session: Session) -> None:
        for criterion, day in (("footprint", "2027-05-01"), ("work", "2026-01-01")):
            supplier_evidence.add(
                session, number, criterion, "label", link="https://proof.example",
                valid_until=day, by=BUYER, now=talk.ms(),
            )  # fmt: skip

    talk.write(prove)
    return number


@pytest.mark.parametrize(
    ("typed", "parts"),
    [
        ("supplier 1", ("Ink by the litre", "rent, buy", "printing", "Brussels-Capital Region",
                        "Dutch and French", "Footprint", "€50.00", "January 31, 2027",
                        "May 1, 2027")),
        ("leverancier #1", ("Inkt per liter", "drukwerk", "Brussels Hoofdstedelijk Gewest",
                            "Voetafdruk", "50,00", "31 januari 2027")),
        ("fournisseur 1", ("Encre au litre", "imprimerie", "Région de Bruxelles-Capitale",
                           "Empreinte", "50,00\u00a0€", "31 janvier 2027")),
    ],
)  # fmt: skip
def test_a_card_in_the_language_of_who_asks(talk: Talk, typed: str, parts: tuple[str, ...]) -> None:
    inkpot(talk)
    text = answer(talk.say(CARO, typed))
    for part in (*parts, "Inkpot", "https://inkpot.example", "3/4", "4/4", "85"):
        assert part in text, (part, text)
    for hidden in ("KRING10", "Say the code", "secret boss", "proof.example", "2026-01-01", "★"):
        assert hidden not in text, hidden


def test_unrated_is_neither_zero_nor_full(talk: Talk) -> None:
    inkpot(talk, scores={"work": None})
    text = answer(talk.say(ANNA, "supplier 1"))
    assert "75 of 100 (over the 60% that is rated)" in text
    assert "Working conditions: not rated" in text


def test_a_condition_is_said_with_its_day(talk: Talk) -> None:
    inkpot(talk, condition=("Publish the wages", "2027-03-01"), state="conditional")
    text = answer(talk.say(ANNA, "supplier 1"))
    assert "by March 1, 2027: Publish the wages" in text


def test_a_deal_that_ended_has_no_way_to_get_it(talk: Talk) -> None:
    inkpot(talk, deal=Deal("KRING10", ends="2026-11-22"))
    text = answer(talk.say(ANNA, "supplier 1"))
    assert "ended on November 22, 2026" in text
    assert "!deal" not in text


@pytest.mark.parametrize("state", ["proposed", "evidence", "review", "suspended"])
def test_one_that_is_not_approved_looks_as_if_it_did_not_exist(talk: Talk, state: str) -> None:
    inkpot(talk, state=state)
    talk.say(CARO, "language english")
    for typed in ("supplier 1", "leverancier 1", "fournisseur #1"):
        hidden = answer(talk.say(CARO, typed))
        assert hidden == answer(talk.say(CARO, typed.replace("1", "7"))).replace("7", "1")
    assert "cannot find" in answer(talk.say(BUYER, "!supplier 1", room=ROOM))
    for place in (None, BUYERS_ROOM):
        text = answer(talk.say(BUYER, "!supplier 1", room=place))
        assert "Inkpot" in text
        assert "!review 1" in text
        assert "!deal" not in text


def test_outsiders_look_where_visitors_may(talk: Talk, tmp_path: Path) -> None:
    inkpot(talk)
    assert "Inkpot" in answer(talk.say(STRANGER, "supplier 1"))
    (tmp_path / "closed").mkdir()
    closed = Talk.open(tmp_path / "closed", visitors_may_have_profiles=False)
    try:
        cooperative(closed)
        inkpot(closed)
        text = answer(closed.say(STRANGER, "supplier 1"))
        assert "for members of the cooperative" in text
        assert "Inkpot" not in text
    finally:
        closed.close()


@pytest.mark.parametrize("typed", ["supplier", "supplier ink", "supplier 1 2"])
def test_what_is_no_number_is_said_kindly(talk: Talk, typed: str) -> None:
    inkpot(talk)
    assert "!supplier 12" in answer(talk.say(ANNA, typed))


def test_hostile_texts_are_only_texts(talk: Talk) -> None:
    inkpot(talk, texts={"offer": {"en": "<script>x</script>{{7*7}}"}}, website="javascript:x")
    (said,) = talk.say(ANNA, "supplier 1")
    assert "<script" not in said.html
    assert "javascript:" not in said.html.replace("</a>", "").split(">javascript:")[0]
    assert "49" not in said.text


def drill(talk: Talk, owner: str = ANNA) -> int:
    return int(
        talk.write(
            lambda session: loans.add(
                session, owner, "Hammer drill", "borrow", category=None, region="be-ghent",
                terms="Bring it back clean", language="en", now=talk.ms(),
            )
        )
    )  # fmt: skip


@pytest.mark.parametrize("typed", ["supplier L1", "leverancier l1", "fournisseur #L1"])
def test_what_a_member_lends_has_a_card_without_a_name(talk: Talk, typed: str) -> None:
    drill(talk)
    text = answer(talk.say(CARO, typed))
    for part in ("L1 · Hammer drill", "Bring it back clean", " L1"):
        assert part in text
    assert "anna" not in text.lower()


def test_what_is_withdrawn_or_blocked_is_not_there_and_a_room_reads_nothing(talk: Talk) -> None:
    drill(talk)
    gone = drill(talk, BUYER)
    talk.write(lambda session: loans.withdraw(session, gone, now=talk.ms()))
    talk.write(lambda session: member_accounts.block(session, ANNA, BEN, now=talk.ms()))
    for number in (1, gone, 9):
        said = talk.say(BEN, f"!supplier L{number}", room=ROOM)
        (in_room,) = [each.text for each in said if each.draft.room_id == ROOM]
        assert "direct chat" in in_room
        assert "cannot find" in answer([each for each in said if each.draft.user_id == BEN])
    assert "members of the cooperative" in answer(talk.say(STRANGER, "supplier L1"))


def test_who_proposed_one_sees_where_it_stands_and_nobody_else_that_it_is_there(talk: Talk) -> None:
    number = talk.write(
        lambda session: suppliers.add(
            session, Draft("Zorro Bikes", "service"), state="proposed", proposer=ANNA,
            language="en", now=talk.ms(),
        )
    )  # fmt: skip
    own = answer(talk.say(ANNA, f"supplier {number}"))
    assert "Zorro Bikes · proposed" in own
    assert "tell you of each step" in own
    assert "Zorro" not in answer(talk.say(CARO, f"supplier {number}"))
    assert "Zorro" not in answer(talk.say(ANNA, f"!supplier {number}", room=ROOM))
