"""Complaints: who makes them, who reads them, what comes of them, and who hears of that."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from storage import charters, rooms, supplier_complaints, supplier_rounds, suppliers
from storage.supplier_complaints import Complaint
from storage.supplier_rounds import Outcome, Round
from tests.commands.suppliers.directory import (
    ANNA,
    BEN,
    BUYER,
    BUYERS_ROOM,
    CARO,
    ROOM,
    SECOND,
    STRANGER,
    same_member,
    supplier,
)
from tests.commands.suppliers.keeping import cooperative, later, state, to, used
from tests.commands.talk import Said, Talk, answer

WORDS = "It came back unrepaired, twice"


@pytest.fixture
def talk(tmp_path: Path) -> Iterator[Talk]:
    opened = Talk.open(tmp_path)
    cooperative(opened)
    supplier(opened, "Inkpot")
    yield opened
    opened.close()


def complain(talk: Talk, user: str = ANNA, number: int = 1) -> Said:
    """The message in the buyers' room."""
    said = talk.say(user, f"complain {number} {WORDS}")
    (message,) = [each for each in said if each.draft.room_id == BUYERS_ROOM]
    return message


def complaint(talk: Talk, number: int = 1) -> Complaint:
    found = talk.write(lambda s: supplier_complaints.get(s, number))
    assert isinstance(found, Complaint)
    return found


def current(talk: Talk, number: int = 1) -> Round | None:
    found: Round | None = talk.write(lambda s: supplier_rounds.current(s, number))
    return found


def edited(said: list[Said], words: str) -> list[Said]:
    return [each for each in said if each.edits is not None and words in each.text]


@pytest.mark.parametrize("typed", ["complain 1", "complaint 1", "klacht 1", "plainte 1"])
def test_a_complaint_reaches_the_buyers_and_nobody_else(talk: Talk, typed: str) -> None:
    said = talk.say(ANNA, f"!{typed} {WORDS}", room=ROOM)
    (public,) = to(said, ROOM)
    assert "Inkpot" not in public
    (own,) = to(said, ANNA)
    assert "noted as number 1" in own
    assert "The buyers see who you are" in own
    (buyers,) = to(said, BUYERS_ROOM)
    for part in ("Complaint 1", "Inkpot", "Anna", WORDS):
        assert part in buyers, part
    assert len(said) == 3


def test_without_words_it_asks_for_them_in_private(talk: Talk) -> None:
    asked = talk.say(ANNA, "!complain 1", room=ROOM)
    assert "Inkpot" not in to(asked, ROOM)[0]
    assert "Only the buyers of the cooperative read it" in to(asked, ANNA)[0]
    assert "a sentence or two" in answer(talk.say(ANNA, "bad"))
    assert to(talk.say(ANNA, WORDS), BUYERS_ROOM)
    assert complaint(talk).text == WORDS
    assert "a sentence or two" in answer(talk.say(ANNA, "complain 1 bad"))


def test_outsiders_do_not_complain_and_members_not_about_what_they_cannot_see(talk: Talk) -> None:
    hidden = supplier(talk, "Hidden", state="suspended")
    assert "for members of the cooperative" in answer(talk.say(STRANGER, f"complain 1 {WORDS}"))
    unseen, unknown = (
        answer(talk.say(ANNA, f"complain {number} {WORDS}")) for number in (hidden, 99)
    )
    assert unseen == unknown.replace("99", str(hidden))
    # Whoever used its deal knows of it.
    used(talk, hidden, ANNA)
    assert "Hidden" in complain(talk, ANNA, hidden).text


def test_a_person_has_a_few_open_complaints_at_most_from_all_accounts(talk: Talk) -> None:
    same_member(talk, ANNA, BEN)
    for user in (ANNA, BEN, ANNA):
        complain(talk, user)
    said = talk.say(BEN, f"!complain 1 {WORDS}", room=ROOM)
    assert "1, 2, 3" not in to(said, ROOM)[0]
    assert "(1, 2, 3)" in to(said, BEN)[0]
    assert not to(said, BUYERS_ROOM)
    talk.say(BUYER, "complaint close 2 they repair it again")
    complain(talk, BEN)


def test_without_a_room_that_can_be_trusted_it_waits_for_one(talk: Talk) -> None:
    def invite(power: int) -> None:
        content = {"users": {BUYER: 50, SECOND: 50}, "invite": power}
        event = {"type": "m.room.power_levels", "sender": BUYER, "content": content}
        talk.write(lambda s: rooms.apply_state(s, BUYERS_ROOM, event))

    invite(0)
    said = talk.say(ANNA, f"complain 1 {WORDS}")
    assert not to(said, BUYERS_ROOM)
    assert "I tell them as soon as I can" in to(said, ANNA)[0]
    invite(50)
    assert WORDS in to(later(talk, days=1), BUYERS_ROOM)[0]
    assert not later(talk, days=1)


def test_a_thumb_of_somebody_who_is_no_buyer_begins_no_review(talk: Talk) -> None:
    message = complain(talk)
    talk.room(BUYERS_ROOM, "buyers", {BUYER: 50, ANNA: 0}, join_rule="public")
    for said in (talk.react(ANNA, message, "👍"), talk.reply(ANNA, message, "yes")):
        assert WORDS not in answer(said)
    assert current(talk) is None
    assert complaint(talk).status == "open"


@pytest.mark.parametrize("typed", ["complaints", "klachten", "plaintes"])
def test_the_list_is_for_buyers_alone(talk: Talk, typed: str) -> None:
    assert "No complaint is open" in answer(talk.say(BUYER, typed))
    complain(talk)
    for user in (ANNA, STRANGER):
        assert WORDS not in answer(talk.say(user, typed))
        assert "buyers' room" in answer(talk.say(user, "complaint review 1"))
        assert "buyers' room" in answer(talk.say(user, "complaint close 1 never mind"))
    text = answer(talk.say(BUYER, typed))
    assert WORDS in text
    assert "Anna" in text
    said = talk.say(BUYER, f"!{typed}", room=ROOM)
    assert WORDS not in to(said, ROOM)[0]
    assert WORDS in to(said, BUYER)[0]


@pytest.mark.parametrize(
    "typed", ["complaint close 1", "klacht sluiten 1", "plainte clore 1"]
)  # fmt: skip
def test_an_answer_closes_it_and_reaches_who_complained(talk: Talk, typed: str) -> None:
    message = complain(talk, CARO)
    assert "Something is missing" in answer(talk.say(BUYER, typed))
    said = talk.say(BUYER, f"{typed} they repair it for free", room=None)
    assert "they repair it for free" in to(said, CARO)[0]
    (edit,) = edited(said, "they repair it for free")
    assert edit.edits == message.key
    assert "Closed by Bea" in edit.text
    assert "closed already" in answer(talk.say(BUYER, f"{typed} again"))
    assert "No complaint is open" in answer(talk.say(BUYER, "complaints"))
    assert "I cannot find" in answer(talk.say(BUYER, typed.replace("1", "9") + " what"))


def begins(said: list[Said]) -> None:
    assert edited(said, "A review is under way")
    assert "look at Inkpot anew" in to(said, ANNA)[0]


def test_a_review_begins_with_the_scores_of_the_last_one(talk: Talk) -> None:
    complain(talk)
    assert current(talk) is None
    said = talk.say(BUYER, "!complaint review 1", room=ROOM)
    begins(said)
    assert "Inkpot" not in to(said, ROOM)[0]
    opened = current(talk)
    assert opened is not None
    assert (opened.kind, opened.charter_version) == ("complaint", 1)
    scores = talk.write(lambda s: supplier_rounds.scores(s, opened.id))
    assert {key: each.score for key, each in scores.items()} == {"footprint": 3, "work": 4}
    # Members go on seeing it.
    assert "Inkpot" in answer(talk.say(BEN, "supplier 1"))
    assert "under review already" in answer(talk.say(BUYER, "complaint review 1"))
    complain(talk, BEN)
    assert "under way already" in to(talk.say(BUYER, "complaint review 2"), BUYER)[0]
    assert complaint(talk, 2).round_id == opened.id


def test_the_log_tells_what_a_complaint_led_to_and_not_whose_it_was(talk: Talk) -> None:
    complain(talk)
    talk.say(BUYER, "complaint review 1")
    talk.say(SECOND, "complaint close 1 we are sorry")
    log = answer(talk.say(BUYER, "supplier log 1"))
    for line in ("a review was opened (review after a complaint)", "complaint 1 led to a review",
                 "complaint 1 was answered"):  # fmt: skip
        assert line in log
    assert "Anna" not in log
    assert WORDS not in log


def test_a_yes_or_a_thumb_begins_a_review_and_a_no_asks_for_the_answer(talk: Talk) -> None:
    message = complain(talk)
    asked = talk.reply(BUYER, message, "no")
    assert "!complaint close 1 your answer" in answer(asked)
    assert talk.reply(BUYER, message, "I know them, let me call") == []
    assert complaint(talk).status == "open"
    begins(talk.react(SECOND, message, "👍"))
    other = complain(talk, BEN)
    assert edited(talk.reply(BUYER, other, "yes"), "A review is under way")


def test_of_what_members_do_not_see_no_review_begins(talk: Talk) -> None:
    complain(talk)
    talk.write(lambda s: suppliers.move(s, 1, "suspended", now=talk.ms(), reason="x"))
    text = answer(talk.say(BUYER, "complaint review 1"))
    assert "complaint close 1" in text
    assert current(talk) is None


def vote(talk: Talk, outcome: Outcome) -> list[Said]:
    """Two buyers vote so; what the second vote brought about."""
    typed = {"approved": ["approve 1"], "rejected": ["reject 1 it happens too often"]}.get(outcome)
    for user in (BUYER, SECOND):
        if typed is not None:
            said = talk.say(user, typed[0])
        elif user == BUYER:
            for line in ("approve conditionally 1", "a repair within ten days", "2027-03-01"):
                said = talk.say(user, line)
        else:
            for line in ("approve conditionally 1", "yes"):
                said = talk.say(user, line)
    return said


def test_who_had_an_answer_during_the_review_hears_nothing_twice(talk: Talk) -> None:
    complain(talk)
    talk.say(BUYER, "complaint review 1")
    assert "sorry" in to(talk.say(BUYER, "complaint close 1 we are sorry"), ANNA)[0]
    assert not to(vote(talk, "approved"), ANNA)
    assert complaint(talk).answer == "we are sorry"


@pytest.mark.parametrize(
    ("outcome", "words", "after"),
    [("approved", "stays in the directory.", "approved"),
     ("conditional", "on a condition", "conditional"),
     ("rejected", "no longer stands", "suspended")],
)  # fmt: skip
def test_who_complained_hears_what_two_buyers_made_of_it(
    talk: Talk, outcome: Outcome, words: str, after: str
) -> None:
    message = complain(talk)
    talk.say(BUYER, "complaint review 1")
    said = vote(talk, outcome)
    (text,) = to(said, ANNA)
    assert words in text
    assert "happens too often" not in text
    assert [each.edits for each in edited(said, "has heard what came of it")] == [message.key]
    assert complaint(talk).status == "closed"
    assert state(talk, 1) == after


def test_a_review_without_a_verdict_leaves_the_complaint_open(talk: Talk) -> None:
    complain(talk)
    talk.say(BUYER, "complaint review 1")
    talk.write(lambda s: suppliers.set_review_due(s, 1, "2026-09-01"))
    said = later(talk, days=1)
    assert state(talk, 1) == "expired"
    assert edited(said, "begin a new review")
    assert not to(said, ANNA)
    assert (complaint(talk).status, complaint(talk).round_id) == ("open", None)


def test_a_former_member_is_named_no_more_and_gets_no_answer(talk: Talk) -> None:
    complain(talk)
    complain(talk)
    talk.say(BUYER, "complaint close 2 settled")
    talk.write(lambda s: supplier_complaints.forget_person(s, ANNA))
    assert "a former member" in answer(talk.say(BUYER, "complaints"))
    assert talk.write(lambda s: supplier_complaints.get(s, 2)) is None
    said = talk.say(BUYER, "complaint close 1 settled")
    assert not to(said, ANNA)
    assert "nobody gets the answer" in to(said, BUYER)[0]
    assert complaint(talk).text == ""


def test_without_a_charter_no_review_begins(tmp_path: Path) -> None:
    opened = Talk.open(tmp_path)
    cooperative(opened)
    supplier(opened, "Inkpot")
    complain(opened)
    opened.write(
        lambda s: s.run("UPDATE charter_versions SET status = 'superseded', superseded_at = 1")
    )
    assert opened.write(charters.in_force) is None
    assert "no charter in force" in answer(opened.say(BUYER, "complaint review 1"))
    assert complaint(opened).status == "open"
    opened.close()
