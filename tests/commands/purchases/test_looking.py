"""What people see of group purchases when they ask, and what only some of them see."""

from __future__ import annotations

import pytest

from storage import purchase_lines, purchases
from storage.session import Session
from tests.commands.purchases.market import (
    ANI,
    ANNA,
    AXEL,
    BEA,
    BEN,
    CARO,
    DUTCH,
    EMMA,
    ENGLISH,
    FINN,
    FRENCH,
    OUTSIDER,
    commit,
    heard,
    in_room,
    line,
    move,
    purchase,
)
from tests.commands.talk import Talk, answer


@pytest.mark.parametrize(
    ("user", "typed", "expected"),
    [
        (BEN, "!purchases", "2 group purchases"),
        (ANNA, "!aankopen", "Office chairs"),
        (CARO, "!achats groupes", "Office chairs"),
        (ANNA, "!groepsaankopen stoel", "Bureaustoelen"),
        (CARO, "!achats réseau:graphistes", "Bureaustoelen"),
        (BEN, "!purchases state:cancelled", "Paper"),
        (ANNA, "!aankopen toestand:afgelast", "Paper"),
        (BEN, "!purchases zebra", "fits that"),
        (BEN, "!purchases place:namur", "fits that"),
    ],
)
def test_purchases_are_listed_and_filtered_in_each_language(
    talk: Talk, user: str, typed: str, expected: str
) -> None:
    purchase(talk, regions=["brussels"])
    purchase(talk, title="Bureaustoelen", rooms=(FRENCH,), regions=["brussels"])
    gone = purchase(talk, title="Paper")
    move(talk, gone, "cancelled", reason="no time")
    assert expected in answer(talk.say(user, typed))


def test_those_of_ones_networks_come_first(talk: Talk) -> None:
    purchase(talk, title="For others", rooms=(FRENCH,), days=1)
    purchase(talk, title="For makers", days=9)
    said = answer(talk.say(FINN, "purchases"))
    assert said.index("For makers") < said.index("For others")
    said = answer(talk.say(EMMA, "achats"))
    assert said.index("For others") < said.index("For makers")


def test_what_one_takes_part_in_is_marked_only_where_nobody_reads_along(talk: Talk) -> None:
    number = purchase(talk)
    commit(talk, BEN, 3)
    assert "✔" in answer(talk.say(BEN, "purchases"))
    assert "✔" not in answer(talk.say(BEN, "!purchases", room=ENGLISH))
    alone = answer(talk.say(BEN, f"purchase {number}"))
    assert "Yours" in alone
    assert "€30.00, with VAT €36.30" in alone
    assert "Yours" not in answer(talk.say(BEN, f"!purchase {number}", room=ENGLISH))


def test_ones_own_purchases_are_told_by_direct_chat_also_drafts(talk: Talk) -> None:
    purchase(talk, title="Still a draft", state="draft", opener=ANI)
    purchase(talk, title="Of Axel", opener=AXEL)
    said = talk.say(ANI, "!purchases mine", room=ENGLISH)
    assert "Still a draft" in heard(said, ANI)
    assert "Of Axel" not in heard(said, ANI)
    assert "draft" not in in_room(said, ENGLISH)
    assert "take part in none" in answer(talk.say(FINN, "purchases mine"))


def test_a_card_tells_everything_about_a_purchase(talk: Talk) -> None:
    number = purchase(
        talk,
        freight_cents=4500,
        handling_minutes=90,
        handling_rate_cents=3000,
        unapproved_reason="the only one that repairs them",
        pickup="Rue Haute 1",
        lines=[line(minimum=2)],
    )
    said = answer(talk.say(FINN, f"!purchase #{number}"))
    for part in (
        "Supplier: Meubel Coop",
        "Why all the same: the only one that repairs them",
        "Responsible: Ani",
        "€10.00 / piece, €9.00 from 20 on",
        "VAT 21%",
        "cases of 5, at least 2",
        "elsewhere €13.00 (Bureau Nord, November 2, 2026)",
        "Freight €45.00",
        "handling 1.5 h at €30.00 = €45.00 (weighed, not charged)",
        "Pick up: Rue Haute 1",
        "!commit 1 3+2",
    ):
        assert part in said, part


def test_two_hundred_lines_come_in_pages(talk: Talk) -> None:
    lines = [line(f"Article {each}", vat=550) for each in range(1, 201)]
    number = purchase(talk, lines=lines)
    first = answer(talk.say(FINN, f"purchase {number}"))
    assert "page 1 of 20" in first
    assert "VAT 5.5%" in first
    assert "!purchase 1 page:2" in first
    last = answer(talk.say(FINN, f"purchase {number} page:20"))
    assert "200. Article 200" in last
    assert "191. Article 191" in last


@pytest.mark.parametrize(
    ("user", "typed"),
    [(FINN, "purchase chair"), (ANNA, "aankoop chairs"), (CARO, "achat groupé office")],
)
def test_a_purchase_is_found_by_what_is_bought(talk: Talk, user: str, typed: str) -> None:
    purchase(talk)
    assert "Office chairs" in answer(talk.say(user, typed))


def test_a_draft_is_for_those_who_run_it_and_only_where_they_read_alone(talk: Talk) -> None:
    number = purchase(talk, state="draft")
    assert "Office chairs" in answer(talk.say(ANI, f"purchase {number}"))
    assert "Office chairs" in answer(talk.say(BEA, f"purchase {number}"))
    hidden = answer(talk.say(FINN, f"purchase {number}"))
    assert "Office chairs" not in hidden
    assert hidden == answer(talk.say(FINN, "purchase 99")).replace("99", str(number))
    assert "Office chairs" not in answer(talk.say(ANI, f"!purchase {number}", room=ENGLISH))


def test_a_mistyped_command_below_is_suggested(talk: Talk) -> None:
    assert "purchase people" in answer(talk.say(FINN, "purchase peple 7"))


def test_who_takes_part_is_for_those_who_run_it_by_direct_chat(talk: Talk) -> None:
    number = purchase(talk, rooms=(ENGLISH, DUTCH), lines=[line(), line("Tables")])
    commit(talk, BEN, 3, 2)
    commit(talk, FINN, 4, position=2)
    said = talk.say(ANI, f"!purchase people {number}", room=ENGLISH)
    assert "Ben: 3 + 2" in heard(said, ANI)
    assert "2. Tables" in heard(said, ANI)
    assert "Ben" not in in_room(said, ENGLISH)
    for user in (FINN, OUTSIDER):
        refused = answer(talk.say(user, f"purchase people {number}"))
        assert "Ben" not in refused
        assert "responsible" in refused


def test_after_the_decision_one_sees_what_was_ordered_for_oneself(talk: Talk) -> None:
    number = purchase(talk)
    one = commit(talk, BEN, 6)

    def decide(session: Session) -> None:
        found = purchases.get(session, number)
        assert found is not None
        purchase_lines.fix_order(session, found.lines[0].id, cases=1, cents=1000)
        session.run("UPDATE commitments SET ordered_units = 5 WHERE id = ?", (one,))

    talk.write(decide)
    move(talk, number, "tipped", "confirmed")
    said = answer(talk.say(BEN, f"purchase {number}"))
    assert "5 ordered" in said
    assert "€50.00, with VAT €60.50" in said
