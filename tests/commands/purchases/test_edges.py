"""What comes late, early, twice, or from somebody who is gone: at the edges of what a purchase goes through."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from storage.session import Session
from tests.commands.purchases.market import (
    ANI,
    BEA,
    BEN,
    ENGLISH,
    FINN,
    SPACE,
    STRANGER,
    commit,
    committed,
    get,
    heard,
    in_room,
    market,
    posted,
    purchase,
    run_jobs,
    text,
)
from tests.commands.purchases.tendering import tender
from tests.commands.talk import Talk, answer

STEP = "purchases.step"


def tipped(talk: Talk, **fields: object) -> None:
    """Five are wanted by two people, and it was decided."""
    purchase(talk, **fields)  # type: ignore[arg-type]
    commit(talk, BEN, 4)
    commit(talk, FINN, 1)
    talk.wait(days=7)
    run_jobs(talk)
    assert get(talk).state == "tipped"


def without(talk: Talk, *columns: str) -> None:
    """All who take part are gone, and whoever is responsible where that is named."""

    def forget(session: Session) -> None:
        session.run("DELETE FROM commitments")
        for column in columns:
            session.run(f"UPDATE purchases SET {column} = NULL")

    talk.write(forget)


def test_who_confirms_what_nobody_wants_any_more_is_told_what_became_of_it(talk: Talk) -> None:
    tipped(talk)
    without(talk, "responsible")
    said = talk.say(BEA, "!purchase confirm 1")
    assert get(talk).state == "failed" and "found too few" in in_room(said, ENGLISH)
    assert "it is “too few”" in heard(said, BEA)


def test_the_day_for_filling_takes_what_helps_until_it_ends(talk: Talk) -> None:
    purchase(talk)
    message = posted(talk)
    commit(talk, BEN, 3)
    talk.wait(days=7, hours=1)
    run_jobs(talk)
    assert get(talk).state == "filling"
    talk.wait(hours=20)
    assert "1" in answer(talk.reply(FINN, message, "1"))
    assert committed(talk, FINN) == (1, 0)
    talk.now += timedelta(milliseconds=(get(talk).due_at or 0) - talk.ms())
    assert "2 × Chairs" in answer(talk.reply(FINN, message, "2")), "the last moment counts"
    assert committed(talk, FINN) == (2, 0)
    talk.wait(seconds=1)
    assert "has just closed" in answer(talk.reply(FINN, message, "7"))


def test_a_clock_that_runs_ahead_makes_nobody_late(talk: Talk) -> None:
    purchase(talk)
    talk.wait(days=6, hours=23)
    ahead = talk.now + timedelta(hours=2)
    talk.say(FINN, "!commit 1 2", sent_at=ahead)
    assert committed(talk, FINN) == (2, 0)


def test_a_draft_takes_no_answer(talk: Talk) -> None:
    purchase(talk, state="draft")
    message = posted(talk)
    assert talk.reply(FINN, message, "3") == [] and committed(talk, FINN) is None
    assert "cannot find" in answer(talk.say(FINN, "!commit 1 3"))


def test_withdrawing_by_command_from_what_tipped_is_for_those_it_costs_more(talk: Talk) -> None:
    tipped(talk, freight_cents=1600)
    refused = text(talk.say(ANI, "!withdraw 1"))
    assert "has been decided" in refused
    said = talk.say(FINN, "!withdraw 1")
    assert committed(talk, FINN) is None and heard(said, FINN)


def test_a_yes_that_was_said_before_the_question_answers_something_else(talk: Talk) -> None:
    tipped(talk)
    before = talk.now - timedelta(minutes=2)
    assert "do not know" in answer(talk.say(ANI, "yes", sent_at=before))
    assert get(talk).state == "tipped"


def test_a_yes_without_a_reply_answers_the_question_that_came_last(talk: Talk) -> None:
    tipped(talk)
    talk.say(ANI, "yes", sent_at=talk.now - timedelta(seconds=3))
    assert get(talk).state == "confirmed", "clocks differ"


def test_what_is_repeated_while_cases_are_filled_is_no_change(talk: Talk) -> None:
    purchase(talk)
    commit(talk, BEN, 3)
    talk.wait(days=7)
    run_jobs(talk)
    assert "3 × Chairs" in answer(talk.say(BEN, "!commit 1 3"))
    assert "only what helps" in answer(talk.say(BEN, "!commit 1 2"))
    assert committed(talk, BEN) == (3, 0)


def test_nobody_is_asked_about_a_price_once_it_is_decided(talk: Talk) -> None:
    purchase(talk)
    commit(talk, BEN, 5)
    commit(talk, FINN, 5, accepted=500)
    talk.wait(days=7)
    said = run_jobs(talk)
    assert get(talk).state == "tipped" and "went up" not in heard(said, FINN)
    talk.say(ANI, "!purchase set 1 note later")
    talk.wait(minutes=1)
    assert heard(run_jobs(talk), FINN) == ""


def test_whoever_runs_a_purchase_decides_nothing_for_whoever_is_responsible(talk: Talk) -> None:
    purchase(talk)
    commit(talk, BEN, 2)
    talk.wait(days=7)
    run_jobs(talk)
    talk.wait(days=1)
    run_jobs(talk)
    for command in ("purchase extend 1 friday 18:00", "purchase release 1"):
        assert "by whoever is responsible" in answer(talk.say(BEA, command))
    assert get(talk).state == "failed" and get(talk).released_at is None


def test_a_gain_that_is_no_loss_is_not_asked_about(talk: Talk) -> None:
    # Five chairs spare € 15, and that is what the freight costs.
    tipped(talk, freight_cents=1500)
    assert get(talk).due_at is None
    refused = answer(talk.say(ANI, "!purchase override 1 because"))
    assert "needs no reason" in refused and get(talk).state == "tipped"


def test_the_time_to_withdraw_ends(talk: Talk) -> None:
    tipped(talk, freight_cents=1600)
    talk.wait(days=1)
    run_jobs(talk)
    assert get(talk).state == "tipped" and get(talk).due_at is None
    assert "has been decided" in answer(talk.say(FINN, "!withdraw 1"))
    assert committed(talk, FINN) == (1, 0)


def test_what_never_was_open_is_found_by_no_words_either(talk: Talk) -> None:
    purchase(talk, title="Something secret", opener=BEN, state="draft")
    talk.say(BEN, "!purchase cancel 1")
    for user, room in ((FINN, ENGLISH), (FINN, None), (BEN, ENGLISH)):
        found = answer(talk.say(user, "!purchase secret", room=room))
        assert "cannot find" in found and "Something" not in found
    assert "Something" not in answer(talk.say(FINN, "!purchases secret state:all"))


def test_nothing_is_given_back_where_nothing_was_called_off(talk: Talk) -> None:
    tender(talk)
    talk.say(FINN, "!calloff T1 chairs 2")
    assert "Nothing of yours waits" in answer(talk.say(BEN, "!calloff T1 chairs 0"))
    assert "Given back" in answer(talk.say(FINN, "!calloff T1 chairs 0"))
    assert "Given back" not in answer(talk.say(BEN, "!calloff T1 chairs 0, paper 1"))


def test_visitors_see_no_tenders_where_they_see_no_purchases(tmp_path: Path) -> None:
    with market(tmp_path, visitors_may_have_profiles=False) as closed:
        tender(closed)
        for command in ("purchases", "tenders", "tender T1"):
            refused = answer(closed.say(STRANGER, f"!{command}"))
            assert "for members of the cooperative" in refused and "Paper" not in refused
        assert "Paper" in answer(closed.say(FINN, "!tender T1"))


def test_nobody_is_reminded_of_a_deadline_that_is_past_or_off(talk: Talk) -> None:
    purchase(talk)
    purchase(talk, title="Lamps")
    talk.say(FINN, "!interest 1 remind")
    talk.say(FINN, "!interest 2 remind")
    talk.say(ANI, "!purchase cancel 2 no more lamps")
    talk.wait(days=6, hours=12)
    said = run_jobs(talk, "purchases.remind")
    assert "Office chairs" in in_room(said, ENGLISH) and "Office chairs" in heard(said, FINN)
    assert "Lamps" not in text(said)


def test_a_bot_that_was_down_reminds_of_no_deadline_afterwards(talk: Talk) -> None:
    purchase(talk)
    talk.say(FINN, "!interest 1 remind")
    talk.wait(days=8)
    assert run_jobs(talk, "purchases.remind") == []


def test_whoever_animates_no_more_agrees_to_no_proposal(talk: Talk) -> None:
    purchase(talk, opener=BEN, state="draft", unapproved_reason="near us")
    talk.say(BEN, "!purchase open 1")
    asked = talk.say(BEN, "yes")
    request = next(each for each in asked if each.draft.user_id == ANI)
    talk.member(ENGLISH, ANI, "leave")
    for said in ("yes", "no, too dear"):
        assert "by animators of its networks" in answer(talk.reply(ANI, request, said))
    assert get(talk).state == "draft" and get(talk).awaits_approval


def test_whoever_animates_no_more_opens_nothing_at_the_end_of_a_conversation(talk: Talk) -> None:
    purchase(talk, state="draft", unapproved_reason="near us")
    talk.say(ANI, "!purchase open 1")
    talk.member(ENGLISH, ANI, "leave")
    talk.say(ANI, "yes")
    assert get(talk).state == "draft" and get(talk).awaits_approval


def test_who_leaves_the_space_and_is_a_member_all_the_same_keeps_what_they_asked_for(
    talk: Talk,
) -> None:
    purchase(talk)
    tender(talk)
    talk.say(FINN, "!commit 1 3")
    talk.say(FINN, "!calloff T1 chairs 2")
    talk.member(SPACE, FINN, "leave")
    talk.member(SPACE, FINN, "join")
    assert committed(talk, FINN) == (3, 0)
    assert "Given back" in answer(talk.say(FINN, "!calloff cancel T1"))


def test_a_payment_is_confirmed_once_and_handling_is_not_charged(talk: Talk) -> None:
    tipped(talk)
    for command in ("confirm", "ordered", "received"):
        talk.say(ANI, f"!purchase {command} 1")
    assert "freight 42.50" in text(talk.say(ANI, "!purchase settle 1 hours 2"))
    talk.say(ANI, "!purchase settle 1")
    asked = talk.say(BEN, "!paid 1")
    question = next(each for each in asked if each.draft.user_id == ANI)
    assert "has come" in heard(talk.reply(ANI, question, "yes"), BEN)
    again = talk.reply(ANI, question, "yes")
    assert "confirmed already" in answer(again) and heard(again, BEN) == ""
