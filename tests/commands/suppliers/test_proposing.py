"""Proposing a supplier: five questions, one message to the buyers that moves on, and news for the proposer."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from commands.labels import load_labels
from commands.search.categories import categories_in
from commands.suppliers.proposing import address_in
from commands.suppliers.upkeep import charter_changed
from storage import supplier_rounds, suppliers
from storage.session import Session
from storage.suppliers import Draft
from tests.commands.suppliers import board
from tests.commands.suppliers.board import (
    BEA,
    BRAM,
    BUYERS,
    MEMBER,
    MEMBER_TOO,
    OTHER,
    SQUARE,
    STRANGER,
    get,
    heard,
    propose,
    speaks,
    text,
)
from tests.commands.talk import Talk, answer


@pytest.fixture
def talk(tmp_path: Path) -> Iterator[Talk]:
    with board.opened(tmp_path) as opened:
        yield opened


def test_five_answers_make_a_proposal_that_the_buyers_read(talk: Talk) -> None:
    said = propose(talk)
    supplier = get(talk)
    assert (supplier.state, supplier.proposer, supplier.name) == (
        "proposed", MEMBER, "Drukkerij De Kring",
    )  # fmt: skip
    assert supplier.modes == ("share", "buy") and supplier.regions == ("be-ghent",)
    assert supplier.categories == ("printing",) and supplier.class_ == "service"
    assert supplier.website == "https://drukkerijdekring.be"
    message = board.board(said)
    assert message.draft.about == f"review:{board.current(talk).id}"
    for words in ("Drukkerij De Kring", "flyers and posters", "Mia", "An", "not looked at yet"):
        assert words in message.text
    assert "Drukkerij De Kring" in heard(said, MEMBER)
    assert "@" not in message.text


@pytest.mark.parametrize(
    ("language", "command", "answers", "modes", "regions"),
    [
        ("nl", "voorstel leverancier", ("verhuur van bakfietsen", "huur, herstellen", "overal"),
         ("rent", "repair"), ()),
        ("fr", "proposer un fournisseur", ("location de vélos", "location et occasion", "partout"),
         ("rent", "second_hand"), ()),
    ],
)  # fmt: skip
def test_it_is_proposed_in_the_words_of_each_language(
    talk: Talk,
    language: str,
    command: str,
    answers: tuple[str, ...],
    modes: tuple[str, ...],
    regions: tuple[str, ...],
) -> None:
    speaks(talk, MEMBER, language)
    talk.say(MEMBER, command)
    talk.say(MEMBER, "Fietsen Vélo")
    for one in answers:
        talk.say(MEMBER, one)
    skip = {"nl": "overslaan", "fr": "passer"}[language]
    said = talk.say(MEMBER, skip)
    supplier = get(talk)
    assert (supplier.modes, supplier.regions) == (modes, regions)
    assert supplier.texts["offer"] == {language: answers[0]}
    assert supplier.contact is None and supplier.website is None
    assert "Fietsen Vélo" in board.board(said).text


def test_repairing_is_a_service_and_a_small_word_no_category(talk: Talk) -> None:
    talk.say(MEMBER, "propose supplier")
    for one in ("Fietsherstel", "Herstelt fietsen van zelfstandigen", "repair", "Ghent", "skip"):
        talk.say(MEMBER, one)
    supplier = get(talk)
    assert supplier.class_ == "service"
    assert supplier.categories == ("bicycles",)


def test_one_that_is_nearly_called_so_is_named_before_it_is_proposed_twice(talk: Talk) -> None:
    _approved(talk, "Drukkerij De Kring")
    talk.say(OTHER, "propose supplier")
    asked = answer(talk.say(OTHER, "drukkerij de krings"))
    assert "1 Drukkerij De Kring" in asked
    said = talk.say(OTHER, "no")
    assert "supplier 1" in text(said)
    assert talk.write(lambda session: len(suppliers.every(session))) == 1
    talk.say(OTHER, "propose supplier")
    talk.say(OTHER, "drukkerij de krings")
    assert "offer" in answer(talk.say(OTHER, "yes"))


def test_a_legal_form_makes_no_other_supplier(talk: Talk) -> None:
    _approved(talk, "Gist")
    talk.say(OTHER, "propose supplier")
    assert "1 Gist" in answer(talk.say(OTHER, "Gist B.V.B.A."))


def test_a_proposal_of_somebody_else_is_nobodys_business_but_the_buyers(talk: Talk) -> None:
    propose(talk, MEMBER)
    talk.say(OTHER, "propose supplier")
    assert "offer" in answer(talk.say(OTHER, "Drukkerij de Kring"))
    for one in ("printing", "buy", "everywhere"):
        talk.say(OTHER, one)
    said = talk.say(OTHER, "skip")
    assert "1 Drukkerij De Kring (proposed)" in board.board(said).text
    assert "(proposed)" not in heard(said, OTHER)


def test_members_propose_and_others_do_not(talk: Talk) -> None:
    refused = answer(talk.say(STRANGER, "!propose supplier", room=SQUARE))
    assert "members of the cooperative" in refused
    said = talk.say(OTHER, "!propose supplier", room=SQUARE)
    assert "called" in heard(said, OTHER)


def test_a_few_proposals_at_a_time_from_whichever_account(talk: Talk) -> None:
    for name in ("Alpha", "Bravo"):
        propose(talk, MEMBER, name)
    talk.member(BUYERS, MEMBER_TOO, "leave")
    propose(talk, MEMBER_TOO, "Charlie")
    refused = answer(talk.say(MEMBER, "propose supplier"))
    assert "Alpha" in refused and "Charlie" in refused
    talk.say(BRAM, "reject 1 too far away")
    assert "called" in answer(talk.say(MEMBER, "propose supplier"))


def test_buyers_propose_as_many_as_they_like(talk: Talk) -> None:
    for name in ("Alpha", "Bravo", "Charlie", "Delta"):
        propose(talk, BEA, name)
    assert get(talk, 4).name == "Delta"


def test_bad_answers_are_asked_again_and_nothing_is_stored(talk: Talk) -> None:
    talk.say(MEMBER, "propose supplier")
    assert "2 to 120" in answer(talk.say(MEMBER, "---"))
    talk.say(MEMBER, "Alpha")
    assert "at most 600" in answer(talk.say(MEMBER, "x" * 601))
    talk.say(MEMBER, "printing")
    assert "answers above" in answer(talk.say(MEMBER, "telepathy"))
    talk.say(MEMBER, "cancel")
    assert talk.write(suppliers.every) == []


def test_the_proposer_hears_of_each_step_and_nobody_else_does(talk: Talk) -> None:
    message = board.board(propose(talk))
    taken = talk.react(BRAM, message, "👍")
    assert "took up" in heard(taken, MEMBER)
    talk.reply(BRAM, message, "yes")
    more = talk.say(BRAM, "!evidence 1 ask who makes the paper", room=BUYERS)
    assert "who makes the paper" in heard(more, MEMBER)
    talk.reply(BRAM, message, "yes")
    board.scored(talk, BRAM, "3", "3")
    talk.reply(BRAM, message, "yes")
    approved = talk.reply(BEA, message, "yes")
    assert "is approved" in heard(approved, MEMBER) and "!supplier 1" in heard(approved, MEMBER)
    assert {each.to for each in approved} == {MEMBER, BUYERS}


def test_a_rejection_is_kind_and_says_why(talk: Talk) -> None:
    message = board.board(propose(talk))
    asked = answer(talk.reply(BRAM, message, "no"))
    assert "reject 1" in asked and get(talk).state == "proposed"
    said = talk.reply(BRAM, message, "no, they only sell new goods")
    assert get(talk).state == "rejected"
    assert "they only sell new goods" in heard(said, MEMBER)
    assert "Thank you" in heard(said, MEMBER)
    assert "rejected: they only sell new goods" in board.board(said).text


def test_without_a_charter_it_waits_in_the_same_one_message(tmp_path: Path) -> None:
    with board.opened(tmp_path, charter=False) as talk:
        said = propose(talk)
        message = board.board(said)
        assert "charter must come into force first" in message.text
        assert "waits until" in heard(said, MEMBER)
        assert "no charter in force" in answer(talk.react(BRAM, message, "👍"))
        assert get(talk).state == "proposed"
        board.charter_in_force(talk)
        taken = talk.react(BRAM, message, "👍")
        assert board.board(taken).edits == message.key
        assert get(talk).state == "triage"
        # From now on the same message is about the round.
        assert "evidence is asked" in text(talk.reply(BEA, message, "yes"))


def test_a_charter_opens_the_rounds_that_waited_for_it(tmp_path: Path) -> None:
    with board.opened(tmp_path, charter=False) as talk:
        propose(talk)
        board.charter_in_force(talk)
        talk.write(lambda session: charter_changed(board.context(talk, session, BEA), 1))
        assert board.current(talk).kind == "first"
        assert "to be taken up" in answer(talk.say(BEA, "reviews"))


def test_without_a_room_of_buyers_the_proposal_is_kept_for_their_list(talk: Talk) -> None:
    talk.room(BUYERS, "other", {BEA: 50})
    said = propose(talk)
    assert "in their list" in answer(said)
    talk.room(BUYERS, "buyers", {BEA: 50}, language="en")
    assert "Drukkerij De Kring" in answer(talk.say(BEA, "reviews"))


@pytest.mark.parametrize(
    ("words", "codes"),
    [
        ("printing of flyers, website building", ("printing", "web-development")),
        ("drukwerk en boekhouding", ("printing", "accounting")),
        ("imprimerie, traduction", ("printing", "translation")),
        ("nothing that anybody knows", ()),
    ],
)
def test_categories_are_recognised_in_a_sentence(words: str, codes: tuple[str, ...]) -> None:
    found = categories_in(load_labels(), words)
    assert set(codes) <= set(found) if codes else found == ()


@pytest.mark.parametrize(
    ("words", "address"),
    [
        ("see www.druk.be/offer, ask An", "https://www.druk.be/offer"),
        ("http://a.example.org.", "http://a.example.org"),
        ("mail an@druk.be", None),
        ("they are nice", None),
    ],
)
def test_a_web_address_is_found_in_a_line(words: str, address: str | None) -> None:
    assert address_in(words) == address


def _approved(talk: Talk, name: str) -> None:
    """An approved supplier, without the conversation."""

    def make(session: Session) -> None:
        number = suppliers.add(
            session, Draft(name, "service"), state="proposed", proposer=None, language="en", now=1
        )
        review = supplier_rounds.open_round(
            session, number, "first", charter_version=1, by=BEA, now=1
        )
        for user in (BEA, BRAM):
            supplier_rounds.vote(session, review, user, "approved", now=1)
        suppliers.move(session, number, "approved", round_id=review, now=1)
        supplier_rounds.close(session, review, "approved", now=1)

    talk.write(make)


def test_the_name_may_come_with_the_command(talk: Talk) -> None:
    asked = answer(talk.say(MEMBER, "propose supplier Zorro Bikes"))
    assert "Zorro Bikes" in asked and "offer" in asked and "1 of 4" in asked
    talk.say(MEMBER, "cancel")
    assert "a name of 2 to" in answer(talk.say(MEMBER, "propose supplier !"))
