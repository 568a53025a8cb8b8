"""What people type next: under what was not understood, under a line of news, and about what is over."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from commands.kernel.choices import Choice, Misunderstood, chosen
from commands.purchases.changes import REMIND, STEP
from tests.commands.purchases import market, tendering
from tests.commands.purchases.market import (
    ANI,
    BEA,
    BEN,
    CARO,
    ENGLISH,
    FRENCH,
    commit,
    committed,
    get,
    in_room,
    line,
    purchase,
    run_jobs,
)
from tests.commands.talk import Talk, answer

TWO = (line(), line("Tables", case=1))


@pytest.fixture
def talk(tmp_path: Path) -> Iterator[Talk]:
    with market.market(tmp_path) as opened:
        yield opened


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("1, makers", ("d", "m")),
        ("drukkers, 2", ("d", "m")),
        ("1 en maker", ("d", "m")),
        ("makres", ("m",)),
        ("2", ("m",)),
    ],
)
def test_a_list_is_not_taken_for_a_slip_in_one_of_its_names(
    text: str, wanted: tuple[str, ...]
) -> None:
    choices = [Choice("d", "Drukkers"), Choice("m", "Makers")]
    assert chosen(choices, text, several=True) == wanted
    with pytest.raises(Misunderstood):
        chosen(choices, "1, weavers", several=True)


def test_what_was_expected_is_said_under_the_message_that_expected_it(talk: Talk) -> None:
    purchase(talk, lines=TWO)
    (wrong,) = talk.reply(BEN, market.posted(talk), "3+2")
    assert "“Chairs 3+2”" in wrong.text and committed(talk, BEN) is None
    assert "3 × Chairs" in answer(talk.reply(BEN, wrong, "chairs 3+2"))
    assert committed(talk, BEN) == (3, 2)


def test_a_question_is_still_there_after_an_answer_that_was_none(talk: Talk) -> None:
    purchase(talk)
    commit(talk, BEN, 5, accepted=900)
    talk.say(ANI, "!purchase set 1 freight 0")
    talk.wait(seconds=30)
    (asked,) = [one for one in run_jobs(talk) if (one.draft.about or "").startswith("purchase_pri")]
    assert "I expected “yes”" in answer(talk.reply(BEN, asked, "perhaps"))
    assert "Noted" in talk.say(BEN, "yes")[-1].text
    found = market.commitment(talk, BEN)
    assert found is not None and found.accepted_cents == 1000


def test_people_take_part_under_the_news_of_a_deadline_as_it_is_typed_there(talk: Talk) -> None:
    purchase(talk, lines=TWO)
    commit(talk, BEN, 4)
    talk.wait(days=6.5)
    (news,) = run_jobs(talk, REMIND)
    assert "!commit 1 1: 3+2" in news.text
    assert talk.react(BEN, news, "👍") == []
    talk.reply(BEN, news, "chairs 4+1")
    assert committed(talk, BEN) == (4, 1)
    talk.reply(BEN, news, "1: 4")
    talk.wait(days=1)
    (news,) = [one for one in run_jobs(talk, STEP) if one.to == ENGLISH]
    assert "!commit 1 1: 3+2" in news.text and get(talk).state == "filling"
    talk.reply(BEN, news, "1: 5")
    assert committed(talk, BEN) == (5, 0)


def test_what_is_over_is_nobodys_to_pay(talk: Talk) -> None:
    purchase(talk, freight_cents=4500)
    commit(talk, BEN, 4)
    assert "Yours" in answer(talk.say(BEN, "purchase 1"))
    said = talk.say(ANI, "!purchase cancel 1 the shop closed", room=ENGLISH)
    assert "the shop closed" in in_room(said, ENGLISH)
    shown = answer(talk.say(BEN, "purchase 1"))
    assert "the shop closed" in shown and "Chairs" in shown
    for gone in ("Yours", "comes on top", "fills the case", "Take part"):
        assert gone not in shown


def test_what_members_decided_by_only_becomes_less_once_it_tipped(talk: Talk) -> None:
    purchase(talk, freight_cents=1000, handling_minutes=60)
    commit(talk, BEN, 10)
    talk.wait(days=8)
    run_jobs(talk, STEP)
    assert get(talk).state == "tipped"
    for more in ("freight 10.01", "hours 2"):
        assert "no more than it was" in answer(talk.say(ANI, f"!purchase set 1 {more}"))
    assert (get(talk).freight_cents, get(talk).handling_minutes) == (1000, 60)
    talk.say(ANI, "!purchase set 1 freight 8.50")
    assert get(talk).freight_cents == 850


@pytest.mark.parametrize(
    "typed", ["42.50 freight, 10 fees", "freight 42.50 fees 10", "freight: 42.50, 10 fees"]
)
def test_the_costs_of_a_settlement_are_typed_in_any_order(talk: Talk, typed: str) -> None:
    purchase(talk)
    commit(talk, BEN, 10)
    talk.wait(days=8)
    run_jobs(talk, STEP)
    for said in ("confirm 1", "ordered 1", "received 1", f"settle 1 {typed}"):
        talk.say(ANI, f"!purchase {said}")
    assert (get(talk).freight_cents, get(talk).fees_cents) == (4250, 1000)


@pytest.mark.parametrize(
    ("typed", "named"),
    [
        ("purchase 9", "“!purchases”"),
        ("purchase confirm x", "“!purchases”"),
        ("purchase of nothing", "“!purchases”"),
        ("tender T9", "“!tenders”"),
    ],
)
def test_commands_that_are_named_can_be_typed_as_they_stand(
    talk: Talk, typed: str, named: str
) -> None:
    assert named in answer(talk.say(BEN, typed))


def test_what_a_reference_was_understood_as_is_shown_before_the_next_question(talk: Talk) -> None:
    for said in ("purchase new Chairs", "makers", "skip", "Meubel Coop", "there is no other",
                 "Chair", "piece", "skip", "10", "skip"):  # fmt: skip
        talk.say(ANI, said)
    told = answer(talk.say(ANI, "13 Bureau Nord 2/11/2026"))
    assert "elsewhere €13.00 (Bureau Nord, November 2, 2026)" in told


def test_a_tender_has_no_cases_to_fill_in_its_hints_and_no_bare_no_for_a_note(talk: Talk) -> None:
    tendering.tender(talk)
    (wrong,) = talk.reply(BEN, tendering.board(talk, ENGLISH), "stools 3")
    assert "“Paper A4 3”" in wrong.text
    talk.reply(BEN, wrong, "chairs 3")
    assert tendering.left(talk) == [40, 3]
    for said in ("tender new Paper for 2028", "Meubel Coop", "they alone have it",
                 "Paper A4; 40 ream; 3.20", "31 december 2027", "skip"):  # fmt: skip
        talk.say(BEA, said)
    assert "“skip” if there is none" in answer(talk.say(BEA, "no"))


def test_a_word_without_a_quantity_is_asked_for_one(talk: Talk) -> None:
    purchase(talk)
    (asked,) = talk.reply(BEN, market.posted(talk), "count me in")
    assert "Something is missing" in asked.text and "“”" not in asked.text
    talk.reply(BEN, asked, "3")
    assert committed(talk, BEN) == (3, 0)


def test_whoever_looks_again_before_they_withdraw_need_not_search_for_the_question(
    talk: Talk,
) -> None:
    purchase(talk, freight_cents=9000)
    commit(talk, BEN, 5)
    talk.wait(days=8)
    run_jobs(talk, STEP)
    assert get(talk).due_at is not None
    talk.say(BEN, "purchase 1")
    talk.say(BEN, "no")
    assert committed(talk, BEN) is None


def test_several_articles_are_taken_and_given_back_in_words(talk: Talk) -> None:
    purchase(talk, lines=[line("Chaise"), line("Lampe", case=1)], rooms=(FRENCH,))
    board = market.posted(talk, room=FRENCH)
    talk.reply(CARO, board, "trois chaises et deux lampes")
    assert committed(talk, CARO) == (3, 0) and committed(talk, CARO, position=2) == (2, 0)
    talk.reply(CARO, board, "je retire les lampes")
    assert committed(talk, CARO) == (3, 0) and committed(talk, CARO, position=2) is None
