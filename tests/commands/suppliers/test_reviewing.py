"""Reviewing a supplier: the next step, evidence and scores, what is open, and rounds that are opened again."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from commands.suppliers.rounds import look
from commands.suppliers.scoring import read_score
from storage import audit, supplier_evidence, supplier_rounds
from storage.session import Session
from storage.supplier_evidence import Evidence
from tests.commands.suppliers import board
from tests.commands.suppliers.board import (
    BEA,
    BEA_TOO,
    BO,
    BRAM,
    BUYERS,
    MEMBER,
    MEMBER_TOO,
    OTHER,
    SQUARE,
    STRANGER,
    current,
    get,
    heard,
    propose,
    scored,
    speaks,
    under_review,
)
from tests.commands.talk import Talk, answer

PDF = b"%PDF-1.7 proof"


@pytest.fixture
def talk(tmp_path: Path) -> Iterator[Talk]:
    with board.opened(tmp_path, largest_file=1_000_000) as opened:
        yield opened


def approved(talk: Talk) -> None:
    message = under_review(talk, "3 local", "4")
    for user in (BEA, BRAM):
        talk.reply(user, message, "yes")
    assert get(talk).state == "approved"


def evidence(talk: Talk) -> list[Evidence]:
    found: list[Evidence] = talk.write(lambda session: supplier_evidence.of_supplier(session, 1))
    return found


# --- steps ---------------------------------------------------------------------------------------


def test_each_yes_is_one_step_and_the_one_message_moves_on(talk: Talk) -> None:
    message = board.board(propose(talk))
    for state, words in (
        ("triage", "begin to gather evidence"),
        ("evidence", "record evidence"),
        ("review", "look at Origin, Work"),
    ):
        said = talk.reply(BRAM, message, "yes")
        assert get(talk).state == state
        assert board.board(said).edits == message.key and words in board.board(said).text
    assert "look at Origin, Work" not in answer(talk.reply(BEA, message, "yes"))
    assert get(talk).state == "review"


@pytest.mark.parametrize(
    ("language", "line"), [("en", "review 1 next"), ("nl", "beoordeling 1 volgende"),
                           ("fr", "examen 1 suivant")],
)  # fmt: skip
def test_a_step_can_be_typed(talk: Talk, language: str, line: str) -> None:
    propose(talk)
    speaks(talk, BRAM, language)
    said = talk.say(BRAM, line)
    assert get(talk).state == "triage" and "Drukkerij De Kring" in heard(said, BRAM)


def test_whoever_is_no_buyer_is_refused(talk: Talk) -> None:
    message = board.board(propose(talk))
    talk.member(BUYERS, OTHER, "join")
    talk.member(BUYERS, OTHER, "leave")
    assert "buyers' room" in answer(talk.reply(OTHER, message, "yes"))
    for line in ("review 1", "reviews", "score 1", "evidence 1", "approve 1", "conflict 1",
                 "reject 1 because", "supplier log 1", "renew 1", "reinstate 1"):  # fmt: skip
        said = answer(talk.say(OTHER, line))
        assert "buyers' room" in said and "Drukkerij" not in said
    assert get(talk).state == "proposed"


def test_a_yes_that_was_said_before_the_last_step_takes_no_other(talk: Talk) -> None:
    message = board.board(propose(talk))
    before = talk.now
    talk.wait(minutes=1)
    talk.reply(BRAM, message, "yes")
    said = talk.reply(BEA, message, "ok", sent_at=before)
    assert get(talk).state == "triage" and "looked at" in answer(said)


def test_a_buyers_room_that_was_opened_to_all_reads_no_more_of_the_review(talk: Talk) -> None:
    talk.room("!strict", "buyers", dict.fromkeys((BEA, BRAM), 50), language="en")
    said = propose(talk)
    assert {each.draft.room_id for each in said if each.draft.about} >= {BUYERS, "!strict"}
    talk.room(BUYERS, "buyers", dict.fromkeys((BEA, BRAM, STRANGER), 50), join_rule="public")
    said = talk.say(BRAM, "review 1 next")
    assert [each.draft.room_id for each in said if each.edits] == ["!strict"]
    assert all(each.draft.room_id != BUYERS for each in said)
    # What a buyer of the strict room types there is answered in the direct chat.
    for line in ("!review 1", "!reviews", "!supplier log 1", "!supplier 1"):
        said = talk.say(BRAM, line, room=BUYERS)
        assert not any("Kring" in each.text for each in said if each.draft.room_id == BUYERS)


@pytest.mark.parametrize(
    "lines",
    [
        ("evidence 1", "origin", "printed in Ghent", "1 June 2027", "skip"),
        ("score 1", "3", "4"),
        ("approve conditionally 1", "a label for the paper", "1 June 2027"),
    ],
)
def test_whoever_left_the_buyers_room_finishes_nothing_there(
    talk: Talk, lines: tuple[str, ...]
) -> None:
    under_review(talk, *(() if lines[0] == "score 1" else ("3", "4")))
    for line in lines[:-1]:
        talk.say(BEA, line)
    for account in (BEA, BEA_TOO):
        talk.member(BUYERS, account, "leave")
    assert "the buyers' room" in answer(talk.say(BEA, lines[-1]))
    supplier = get(talk)
    review = talk.write(lambda session: look(session, supplier))
    assert not review.votes and not review.evidence
    assert len(review.missing) == (2 if lines[0] == "score 1" else 0)


def test_words_that_are_neither_yes_nor_no_are_talk_among_buyers(talk: Talk) -> None:
    message = board.board(propose(talk))
    assert talk.reply(BRAM, message, "who knows them?") == []
    assert talk.react(BRAM, message, "🎉") == []


def test_a_buyer_elsewhere_is_answered_where_nobody_reads_along(talk: Talk) -> None:
    propose(talk)
    for line in ("!review 1", "!reviews", "!supplier log 1", "!approve 1", "!score 1",
                 "!renew 1", "!reinstate 1", "!review 99"):  # fmt: skip
        said = talk.say(BRAM, line, room=SQUARE)
        there = [each for each in said if each.draft.room_id == SQUARE]
        assert len(there) == 1 and "Drukkerij" not in there[0].text and "99" not in there[0].text
        assert heard(said, BRAM)


def test_what_waits_on_you_stands_first(talk: Talk) -> None:
    under_review(talk, "3", "3")
    propose(talk, OTHER, "Alpha")
    talk.say(BRAM, "approve 1")
    said = answer(talk.say(BRAM, "reviews"))
    assert said.index("👉 2 Alpha") < said.index("1 Drukkerij De Kring")
    assert "👉 1 Drukkerij" not in said and "1 vote needed" in said
    assert "👉 1 Drukkerij" in answer(talk.say(BEA, "reviews"))
    assert "👉 1 Drukkerij" not in answer(talk.say(MEMBER_TOO, "reviews"))


# --- evidence ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("language", "line", "answers", "until"),
    [
        ("en", "evidence 1", ("Origin", "made in Ghent", "1 June 2028"), "2028-06-01"),
        ("nl", "bewijs 1", ("Herkomst", "gemaakt in Gent", "31 december 2027"), "2027-12-31"),
        ("fr", "preuve 1", ("1", "fabriqué à Gand", "14/07/2027"), "2027-07-14"),
        ("en", "evidence 1", ("1", "made in Ghent", "skip"), "2027-11-23"),
    ],
)
def test_evidence_is_recorded_with_a_file(
    talk: Talk, language: str, line: str, answers: tuple[str, ...], until: str
) -> None:
    under_review(talk)
    speaks(talk, BRAM, language)
    talk.say(BRAM, line)
    for one in answers:
        talk.say(BRAM, one)
    said = talk.send_file(BRAM, "proof.pdf", PDF, "application/pdf")
    assert answers[1] in board.board(said).text and "proof.pdf" in board.board(said).text
    (found,) = evidence(talk)
    assert (found.criterion, found.claim, found.valid_until) == ("origin", answers[1], until)
    # It asks whether there is more, and comes to an end.
    talk.say(BRAM, {"en": "no", "nl": "nee", "fr": "non"}[language])
    assert "1" in answer(talk.say(BRAM, "reviews"))


def test_a_second_one_follows_and_what_was_paused_comes_back(talk: Talk) -> None:
    under_review(talk)
    talk.say(BRAM, "propose supplier")
    talk.say(BRAM, "!evidence 1")
    for one in ("1", "made in Ghent", "skip", "https://druk.example/origin", "yes", "2"):
        said = talk.say(BRAM, one)
    assert "Work" in answer(said)
    for one in ("fair wages", "skip", "skip"):
        said = talk.say(BRAM, one)
    said = talk.say(BRAM, "no")
    assert "What is the supplier called?" in heard(said, BRAM)
    assert [(one.criterion, one.link) for one in evidence(talk)] == [
        ("origin", "https://druk.example/origin"),
        ("work", None),
    ]


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("yesterday week", "a day"),
        ("2020-01-01", "still to come"),
        ("2026-11-23", "still to come"),
        ("2031-11-24", "within 5 years"),
        ("tomorrow 14:00", "a day"),
        ("31/02/2027", "a day"),
    ],
)
def test_a_day_that_cannot_be_is_asked_again(talk: Talk, said: str, expected: str) -> None:
    under_review(talk)
    for one in ("evidence 1", "1", "made in Ghent"):
        talk.say(BRAM, one)
    assert expected in answer(talk.say(BRAM, said))
    assert evidence(talk) == []


def test_a_file_that_is_too_large_and_a_link_that_is_none_are_asked_again(talk: Talk) -> None:
    under_review(talk)
    for one in ("evidence 1", "1", "made in Ghent", "skip"):
        talk.say(BRAM, one)
    assert "a link or a file" in answer(talk.say(BRAM, "it is nice"))
    large = talk.send_file(BRAM, "x.pdf", b"x" * 1_000_001, "application/pdf")
    assert "at most 1 MB" in answer(large)
    assert evidence(talk) == []


def test_the_file_comes_back_to_one_buyer_alone(talk: Talk) -> None:
    _with_file(talk)
    said = talk.say(BEA, "!evidence 1 show 1", room=BUYERS)
    (file,) = [each for each in said if each.draft.file is not None]
    assert file.draft.file is not None and file.draft.file.data == PDF
    assert file.draft.user_id == BEA
    assert "proof.pdf" in heard(said, BEA)
    assert "Nobody checked it" in heard(said, BEA)
    scored(talk, BRAM, "3", "3")
    assert "Checked by Bram" in heard(talk.say(BEA, "evidence 1 show 1"), BEA)


def test_withdrawn_evidence_is_gone_from_the_review_and_stays_in_the_log(talk: Talk) -> None:
    _with_file(talk)
    said = talk.say(BEA, "evidence 1 withdraw 1")
    assert "proof.pdf" not in board.board(said).text
    assert evidence(talk) == []
    assert "cannot find" in answer(talk.say(BEA, "evidence 1 show 1"))
    assert "cannot find" in answer(talk.say(BEA, "evidence 1 withdraw 1"))
    log = answer(talk.say(BEA, "supplier log 1"))
    assert "evidence 1 for “Origin” was withdrawn" in log


def test_evidence_of_another_supplier_is_not_shown_under_this_one(talk: Talk) -> None:
    _with_file(talk)
    propose(talk, OTHER, "Alpha")
    assert "cannot find" in answer(talk.say(BEA, "evidence 2 show 1"))
    assert "show 3" in answer(talk.say(BEA, "evidence 1 dance"))


def test_asking_for_more_goes_back_to_evidence_and_ends_votes(talk: Talk) -> None:
    message = under_review(talk, "3", "3")
    talk.say(BEA, "approve 1")
    said = talk.say(BRAM, "evidence 1 ask who makes the paper")
    assert get(talk).state == "evidence"
    assert "who makes the paper" in heard(said, MEMBER)
    assert "1 vote ended" in board.board(said).text
    talk.reply(BRAM, message, "yes")
    talk.reply(BRAM, message, "yes")
    assert get(talk).state == "review"


# --- scores --------------------------------------------------------------------------------------


def test_scoring_shows_claim_and_evidence_and_the_total(talk: Talk) -> None:
    _with_file(talk)
    asked = answer(talk.say(BRAM, "score 1"))
    assert "Origin" in asked and "made in Ghent" in asked and "at least 2" in asked
    assert "Work" in answer(talk.say(BRAM, "3: bakes it itself"))
    said = talk.say(BRAM, "-")
    shown = board.board(said).text
    assert "Origin (40, at least 2): 3/4 · bakes it itself" in shown
    assert "Work (60): unrated" in shown
    assert "75 of 100" in shown and "40%" in shown


def test_scoring_begins_the_review(talk: Talk) -> None:
    message = board.board(propose(talk))
    talk.reply(BRAM, message, "yes")
    assert "not under review" in answer(talk.say(BRAM, "score 1"))
    talk.reply(BRAM, message, "yes")
    scored(talk, BRAM, "3", "skip")
    assert get(talk).state == "review"
    assert "Nobody looked at Work" in answer(talk.say(BEA, "approve 1"))
    scored(talk, BEA, "skip", "2")
    assert set(_scores(talk)) == {"origin", "work"}


def test_one_criterion_can_be_scored_alone(talk: Talk) -> None:
    under_review(talk, "3", "3")
    assert "from 1 to 2" in answer(talk.say(BRAM, "score 1 3"))
    assert "Work" in answer(talk.say(BRAM, "score 1 2"))
    talk.say(BRAM, "1 low wages")
    assert _scores(talk) == {"origin": 3, "work": 1}


@pytest.mark.parametrize(
    ("said", "score", "note"),
    [
        ("3", 3, None), ("0", 0, None), ("4/4", 4, None), ("2 - buys abroad", 2, "buys abroad"),
        ("1: slow", 1, "slow"), ("unrated", None, None), ("onbekend, geen antwoord", None, "geen antwoord"),
        ("non évalué", None, None),
    ],
)  # fmt: skip
def test_scores_are_read_as_people_write_them(
    said: str, score: int | None, note: str | None
) -> None:
    given = read_score(said)
    assert (given.score, given.note) == (score, note)


@pytest.mark.parametrize("said", ["5", "-1", "3.5", "31", "good", "3/5", "½"])
def test_what_is_no_score_is_asked_again(talk: Talk, said: str) -> None:
    under_review(talk)
    talk.say(BRAM, "score 1")
    assert "from 0 to 4" in answer(talk.say(BRAM, said))
    assert _scores(talk) == {}


def test_proposer_and_whoever_has_an_interest_do_not_score(talk: Talk) -> None:
    under_review(talk)
    assert "You proposed" in answer(talk.say(MEMBER_TOO, "score 1"))
    talk.say(BEA, "conflict 1")
    assert "conflict of interest" in answer(talk.say(BEA, "score 1"))


def test_a_score_that_comes_too_late_changes_nothing(talk: Talk) -> None:
    under_review(talk, "3", "3")
    talk.say(BO, "score 1")
    talk.say(BO, "0")
    for user in (BEA, BRAM):
        talk.say(user, "approve 1")
    assert "not under review" in heard(talk.say(BO, "0"), BO)
    assert get(talk).state == "approved"


# --- opened again --------------------------------------------------------------------------------


@pytest.mark.parametrize("line", ["renew 1", "hernieuw 1", "renouveler 1"])
def test_a_renewal_begins_with_the_old_scores_and_stays_visible(talk: Talk, line: str) -> None:
    approved(talk)
    said = talk.say(BRAM, line)
    assert get(talk).state == "approved" and current(talk).kind == "renewal"
    message = board.board(said)
    assert message.edits is None and "Origin (40, at least 2): 3/4 · local" in message.text
    assert "open already" in answer(talk.say(BRAM, line))
    before = get(talk).review_due
    talk.wait(days=300)
    for user in (BEA, BRAM):
        said = talk.reply(user, message, "yes")
    assert get(talk).state == "approved" and (get(talk).review_due or "") > (before or "")
    assert not heard(said, MEMBER)


def test_a_renewal_under_another_charter_is_a_review_against_it(talk: Talk) -> None:
    approved(talk)
    board.charter_in_force(talk)
    talk.say(BRAM, "renew 1")
    assert (current(talk).kind, current(talk).charter_version) == ("charter", 2)


def test_a_suspended_one_comes_back_by_two(talk: Talk) -> None:
    approved(talk)
    assert "neither suspended" in answer(talk.say(BRAM, "reinstate 1"))
    talk.say(BRAM, "suspend 1 its label is in doubt")
    assert "reinstate 1" in answer(talk.say(BRAM, "renew 1"))
    talk.say(BRAM, "reinstate 1")
    assert get(talk).state == "suspended" and current(talk).kind == "return"
    talk.say(BRAM, "approve 1")
    assert get(talk).state == "suspended"
    talk.say(BEA, "approve 1")
    assert get(talk).state == "approved"


def test_what_was_rejected_is_proposed_anew_by_whoever_proposed_it(talk: Talk) -> None:
    message = under_review(talk, "3", "3")
    for user in (BEA, BRAM):
        talk.say(user, "reject 1 only new goods")
    assert get(talk).state == "rejected"
    said = talk.say(BRAM, "renew 1")
    assert (get(talk).state, get(talk).proposer) == ("proposed", MEMBER)
    assert board.board(said).key != message.key and _scores(talk) == {}


def test_the_log_says_who_did_what_and_pages_back(talk: Talk) -> None:
    approved(talk)
    talk.write(lambda session: audit.forget_actor(session, BRAM))
    log = answer(talk.say(BEA, "supplier log 1"))
    assert log.index("Mia") < log.index("a vote was given: approve") < log.rindex("approved")
    assert "“Origin” was scored: 3" in log and "former member" in log and "Bram" not in log
    for _ in range(30):
        _note(talk)
    log = answer(talk.say(BEA, "supplier log 1"))
    assert "Mia" not in log and "supplier log 1 " in log
    assert "Mia" in answer(talk.say(BEA, "supplier log 1 1"))


def _with_file(talk: Talk) -> None:
    under_review(talk)
    for one in ("evidence 1", "1", "made in Ghent", "skip"):
        talk.say(BRAM, one)
    talk.send_file(BRAM, "proof.pdf", PDF, "application/pdf")
    talk.say(BRAM, "no")


def _scores(talk: Talk) -> dict[str, int | None]:
    def read(session: Session) -> dict[str, int | None]:
        found = supplier_rounds.current(session, 1)
        assert found is not None
        return {
            key: score.score for key, score in supplier_rounds.scores(session, found.id).items()
        }

    return talk.write(read)  # type: ignore[no-any-return]


def _note(talk: Talk) -> None:
    talk.write(
        lambda session: audit.note(
            session, actor=BRAM, action="supplier.conflict", subject="supplier:1", now=talk.ms()
        )
    )
