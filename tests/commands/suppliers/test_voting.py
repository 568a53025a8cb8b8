"""Votes: two eligible people decide, whichever of their accounts they use, and only on what was looked at."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from commands.suppliers.search import Query, find
from storage import deal_uses, member_accounts, supplier_evidence, supplier_rounds
from storage.session import Session
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
    current,
    get,
    heard,
    propose,
    scored,
    speaks,
    text,
    under_review,
)
from tests.commands.talk import Said, Talk, answer


@pytest.fixture
def talk(tmp_path: Path) -> Iterator[Talk]:
    with board.opened(tmp_path) as opened:
        yield opened


def votes(talk: Talk) -> list[tuple[str, str]]:
    round_id = current(talk).id
    found = talk.write(lambda session: supplier_rounds.votes(session, round_id))
    return [(vote.user_id, vote.verdict) for vote in found]


@pytest.mark.parametrize(
    ("language", "lines"),
    [
        ("en", ("approve 1", "approve #1")),
        ("nl", ("keur goed 1", "goedkeuren 1")),
        ("fr", ("approuver 1", "approuve 1")),
    ],
)
def test_two_people_approve(talk: Talk, language: str, lines: tuple[str, str]) -> None:
    under_review(talk, "3", "4")
    for user in (BEA, BRAM):
        speaks(talk, user, language)
    first = talk.say(BEA, lines[0])
    assert get(talk).state == "review" and "1 vote is still needed" in board.board(first).text
    second = talk.say(BRAM, lines[1])
    supplier = get(talk)
    assert (supplier.state, supplier.review_due) == ("approved", "2029-11-23")
    shown = board.board(second).text
    assert "approved" in shown and "Bea: approve" in shown and "Bram: approve" in shown
    assert "November 23, 2029" in shown
    assert "is approved" in heard(second, MEMBER)


def test_it_is_found_from_the_second_vote_on_until_it_is_hidden(talk: Talk) -> None:
    def found() -> int:
        query = Query("printing")
        total: int = talk.write(
            lambda s: find(s, talk.kernel.labels, query, user=OTHER, smallest=5).total
        )
        return total

    under_review(talk, "3", "3")
    talk.say(BEA, "approve 1")
    assert found() == 0
    talk.say(BRAM, "approve 1")
    assert found() == 1
    talk.say(BEA, "suspend 1 closed down")
    assert found() == 0


def test_the_proposer_does_not_vote_from_any_account(talk: Talk) -> None:
    message = under_review(talk, "3", "4")
    talk.say(BEA, "approve 1")
    for said in (
        talk.say(MEMBER_TOO, "approve 1"),
        talk.reply(MEMBER_TOO, message, "yes"),
        talk.react(MEMBER_TOO, message, "👍"),
        talk.say(MEMBER_TOO, "reject 1 no good"),
        talk.say(MEMBER_TOO, "approve conditionally 1"),
    ):
        assert "You proposed this supplier" in answer(said)
    assert votes(talk) == [(BEA, "approved")]


def test_a_person_counts_once_whichever_account_they_use(talk: Talk) -> None:
    message = under_review(talk, "3", "4")
    talk.say(BEA, "approve 1")
    talk.say(BEA, "approve 1")
    said = talk.react(BEA_TOO, message, "👍")
    assert get(talk).state == "review" and votes(talk) == [(BEA_TOO, "approved")]
    assert "1 vote is still needed" in board.board(said).text
    talk.say(BRAM, "approve 1")
    assert get(talk).state == "approved"


def test_accounts_that_turn_out_to_be_one_person_do_not_approve(talk: Talk) -> None:
    under_review(talk, "3", "4")
    talk.say(BEA, "approve 1")

    def link(session: Session) -> None:
        member_accounts.attach(session, BO, 2, source="code", now=1)

    talk.write(link)
    talk.say(BO, "approve 1")
    assert get(talk).state == "review" and votes(talk) == [(BO, "approved")]


def test_whoever_left_the_buyers_room_has_no_vote_left(talk: Talk) -> None:
    under_review(talk, "3", "4")
    talk.say(BRAM, "approve 1")
    talk.member(BUYERS, BRAM, "leave")
    talk.say(BO, "approve 1")
    assert get(talk).state == "review" and votes(talk) == [(BO, "approved")]
    talk.say(BEA_TOO, "approve 1")
    assert get(talk).state == "approved"


def test_a_person_who_stays_with_another_account_keeps_their_vote(talk: Talk) -> None:
    under_review(talk, "3", "4")
    talk.say(BEA, "approve 1")
    talk.member(BUYERS, BEA, "leave")
    talk.say(BO, "approve 1")
    assert get(talk).state == "approved"


def test_a_vote_from_before_a_suspension_does_not_bring_it_back(talk: Talk) -> None:
    _approved(talk)
    talk.say(BEA, "renew 1")
    talk.say(BRAM, "approve 1")
    said = talk.say(BO, "suspend 1 the label is another firm's")
    assert "1 vote ended" in board.board(said).text and votes(talk) == []
    talk.say(BEA, "approve 1")
    assert get(talk).state == "suspended"
    talk.say(BRAM, "approve 1")
    assert get(talk).state == "approved"


@pytest.mark.parametrize(
    ("line", "value", "ended"),
    [
        ("supplier edit 1 name", "Another Printer", True),
        ("supplier edit 1 mode", "buy", True),
        ("supplier edit 1 class", "investment", True),
        ("supplier edit 1 website", "https://another.example", False),
    ],
)
def test_nobody_votes_for_a_supplier_that_becomes_another(
    talk: Talk, line: str, value: str, ended: bool
) -> None:
    under_review(talk, "3", "4")
    talk.say(BRAM, "approve 1")
    talk.say(BEA, line)
    said = talk.say(BEA, value)
    assert ("1 vote ended" in board.board(said).text) == ended
    assert votes(talk) == ([] if ended else [(BRAM, "approved")])


def test_a_conflict_of_interest_takes_the_vote_back_and_lets_no_other_be_given(talk: Talk) -> None:
    message = under_review(talk, "3", "4")
    talk.say(BEA, "approve 1")
    said = talk.say(BEA_TOO, "conflict 1")
    assert "taken back" in heard(said, BEA_TOO)
    assert "has a conflict of interest" in board.board(said).text and votes(talk) == []
    for user in (BEA, BEA_TOO):
        assert "conflict of interest" in answer(talk.reply(user, message, "yes"))
        assert "already" in answer(talk.say(user, "conflict 1"))
    talk.say(BRAM, "approve 1")
    assert get(talk).state == "review"
    talk.say(BO, "approve 1")
    assert get(talk).state == "approved"


def test_nothing_is_voted_on_that_nobody_looked_at(talk: Talk) -> None:
    message = board.board(propose(talk))
    assert "not under review yet" in answer(talk.say(BRAM, "approve 1"))
    for _ in range(3):
        talk.reply(BRAM, message, "yes")
    for line in ("approve 1", "approve conditionally 1", "reject 1 no good"):
        assert "Nobody looked at Origin, Work yet" in answer(talk.say(BEA, line))
    assert votes(talk) == []


def test_a_knock_out_that_just_reaches_what_it_needs_has_not_failed(talk: Talk) -> None:
    under_review(talk, "2", "0")
    for user in (BEA, BRAM):
        talk.say(user, "approve 1")
    assert get(talk).state == "approved"


def test_a_failed_knock_out_is_never_approved(talk: Talk) -> None:
    message = under_review(talk, "1", "4")
    for said in (
        talk.say(BEA, "approve 1"),
        talk.react(BEA, message, "👍"),
        talk.say(BEA, "approve conditionally 1"),
    ):
        assert "Origin is below" in answer(said)
    for user in (BEA, BRAM):
        talk.say(user, "reject 1 made far away")
    assert get(talk).state == "rejected"


def test_lapsed_evidence_for_a_knock_out_is_renewed_before_anybody_approves(talk: Talk) -> None:
    under_review(talk, "3", "4")

    def record(day: str) -> None:
        talk.write(
            lambda session: supplier_evidence.add(
                session, 1, "origin", "made in Ghent", valid_until=day, by=BRAM, now=talk.ms()
            )
        )

    record("2026-11-22")
    assert "evidence for Origin has lapsed" in answer(talk.say(BEA, "approve 1"))
    # The last day still counts.
    record("2026-11-23")
    talk.say(BEA, "approve 1")
    assert votes(talk) == [(BEA, "approved")]


def test_changed_scores_ask_those_who_voted_again(talk: Talk) -> None:
    under_review(talk, "3", "4")
    talk.say(BEA, "approve 1")
    unchanged = scored(talk, BRAM, "3", "skip")
    assert votes(talk) == [(BEA, "approved")] and "vote ended" not in text(unchanged)
    said = scored(talk, BRAM, "4", "skip")
    assert "1 vote ended" in board.board(said).text and "1 vote ended" in heard(said, BRAM)
    talk.say(BRAM, "approve 1")
    assert get(talk).state == "review"


def test_two_say_no_and_each_reason_is_read(talk: Talk) -> None:
    message = under_review(talk, "3", "4")
    said = talk.reply(BEA, message, "no, too far away")
    assert "Bea: reject (“too far away”)" in board.board(said).text
    talk.say(BO, "approve 1")
    assert "reject 1" in answer(talk.react(BRAM, message, "👎"))
    said = talk.say(BRAM, "!reject 1 they only sell new", room=BUYERS)
    assert get(talk).state == "rejected"
    news = heard(said, MEMBER)
    assert "too far away" in news and "they only sell new" in news and "Thank you" in news
    assert "Bea" not in news and "Bram" not in news
    assert "rejected" in answer(talk.reply(BO, message, "yes"))
    assert "No review" in answer(talk.say(BO, "approve 1"))


def test_a_vote_can_change(talk: Talk) -> None:
    under_review(talk, "3", "4")
    talk.say(BEA, "approve 1")
    talk.say(BEA, "reject 1 second thoughts")
    talk.say(BRAM, "approve 1")
    assert get(talk).state == "review"
    talk.say(BEA, "approve 1")
    assert get(talk).state == "approved"


def _on_condition(talk: Talk, user: str, *answers: str) -> list[Said]:
    said = talk.say(user, "approve conditionally 1")
    for one in answers:
        said = talk.say(user, one)
    return said


def test_two_agree_on_one_condition(talk: Talk) -> None:
    under_review(talk, "3", "4")
    said = _on_condition(talk, BEA, "a label for the paper", "1 June 2027")
    assert "a label for the paper" in board.board(said).text
    asked = answer(talk.say(BRAM, "approve conditionally 1"))
    assert "a label for the paper" in asked and "June 1, 2027" in asked
    said = talk.say(BRAM, "yes")
    supplier = get(talk)
    assert (supplier.state, supplier.condition, supplier.condition_due) == (
        "conditional",
        "a label for the paper",
        "2027-06-01",
    )
    assert "on a condition" in heard(said, MEMBER)


def test_another_condition_asks_the_others_again(talk: Talk) -> None:
    under_review(talk, "3", "4")
    _on_condition(talk, BEA, "a label for the paper", "1 June 2027")
    _on_condition(talk, BRAM, "no", "a label for the ink", "1/6/2027")
    assert get(talk).state == "review" and votes(talk) == [(BRAM, "conditional")]
    _on_condition(talk, BEA, "yes")
    assert get(talk).condition == "a label for the ink"


def test_nobody_votes_for_a_condition_that_they_did_not_read(talk: Talk) -> None:
    under_review(talk, "3", "4")
    _on_condition(talk, BRAM, "a label for the paper", "1 June 2027")
    asked = answer(talk.say(BEA, "approve conditionally 1"))
    assert "a label for the paper" in asked
    _on_condition(talk, BRAM, "no", "nothing at all", "2 June 2027")
    asked = answer(talk.say(BEA, "yes"))
    assert "nothing at all" in asked and get(talk).state == "review"
    assert votes(talk) == [(BRAM, "conditional")]
    talk.say(BEA, "yes")
    assert get(talk).condition == "nothing at all"


def test_a_condition_whose_day_has_passed_is_not_taken_over(talk: Talk) -> None:
    under_review(talk, "3", "4")
    _on_condition(talk, BEA, "a label for the paper", "24 November 2026")
    talk.wait(hours=1)
    assert "a label for the paper" in answer(talk.say(BRAM, "approve conditionally 1"))
    talk.wait(days=2)
    assert "What must" in answer(talk.say(BRAM, "yes"))
    talk.say(BRAM, "cancel")
    assert "What must" in answer(talk.say(BRAM, "approve conditionally 1"))
    talk.say(BRAM, "a label for the ink")
    talk.say(BRAM, "1 June 2027")
    assert get(talk).state == "review" and votes(talk) == [(BRAM, "conditional")]


def test_votes_for_different_verdicts_decide_nothing(talk: Talk) -> None:
    under_review(talk, "3", "4")
    _on_condition(talk, BEA, "a label for the paper", "1 June 2027")
    talk.say(BRAM, "approve 1")
    assert get(talk).state == "review"
    talk.say(BO, "approve 1")
    assert (get(talk).state, get(talk).condition) == ("approved", None)


@pytest.mark.parametrize("due", ["2020-01-01", "1 June 2040", "soon"])
def test_a_condition_has_a_day_to_come(talk: Talk, due: str) -> None:
    under_review(talk, "3", "4")
    said = _on_condition(talk, BEA, "a label for the paper", due)
    assert "a day" in answer(said) and votes(talk) == []


def test_a_met_condition_is_confirmed_by_two(talk: Talk) -> None:
    under_review(talk, "3", "4")
    _on_condition(talk, BEA, "a label for the paper", "1 June 2027")
    _on_condition(talk, BRAM, "yes")
    talk.say(BEA, "reinstate 1")
    assert (get(talk).state, current(talk).kind) == ("conditional", "condition")
    for user in (BEA, BRAM):
        talk.say(user, "approve 1")
    assert (get(talk).state, get(talk).condition) == ("approved", None)


def test_one_that_is_voted_out_is_suspended_and_those_who_used_it_hear(talk: Talk) -> None:
    _approved(talk)

    def use(session: Session) -> None:
        deal_uses.note(session, 1, OTHER, [OTHER], day="2026-11-20", now=talk.ms())

    talk.write(use)
    talk.say(BEA, "renew 1")
    talk.say(BEA, "reject 1 the label was false")
    said = talk.say(BRAM, "reject 1 so it seems")
    assert get(talk).state == "suspended"
    assert "Drukkerij De Kring" in heard(said, OTHER) and "false" not in heard(said, OTHER)


def test_only_a_suspended_one_is_revoked_and_by_two(talk: Talk) -> None:
    _approved(talk)
    assert "Only a suspended" in answer(talk.say(BEA, "revoke 1 false label"))
    talk.say(BEA, "suspend 1 false label")
    assert "You proposed" in answer(talk.say(MEMBER_TOO, "revoke 1 I say so"))
    talk.say(BEA, "trek in 1 vals label")
    assert get(talk).state == "suspended" and current(talk).kind == "return"
    talk.say(BEA_TOO, "revoke 1 false label")
    assert get(talk).state == "suspended"
    talk.say(BRAM, "révoquer 1 label faux")
    assert get(talk).state == "revoked"


def test_revoking_under_a_new_charter_begins_with_looking(talk: Talk) -> None:
    _approved(talk)
    talk.say(BEA, "suspend 1 false label")

    def forget(session: Session) -> None:
        session.run("DELETE FROM supplier_scores")

    talk.write(forget)
    assert "look at Origin, Work" in heard(talk.say(BEA, "revoke 1 false label"), BEA)
    assert get(talk).state == "suspended" and votes(talk) == []


def test_a_prospect_or_proposal_is_turned_down_without_a_vote_but_not_by_whoever_has_an_interest(
    talk: Talk,
) -> None:
    propose(talk)
    talk.say(BEA, "conflict 1")
    assert "conflict of interest" in answer(talk.say(BEA, "reject 1 a competitor"))
    assert "Something is missing" in answer(talk.say(BRAM, "reject 1"))
    talk.say(BRAM, "wijs af 1 ze leveren niet meer")
    assert get(talk).state == "rejected"


def _approved(talk: Talk) -> None:
    under_review(talk, "3", "4")
    for user in (BEA, BRAM):
        talk.say(user, "approve 1")
    assert get(talk).state == "approved"
