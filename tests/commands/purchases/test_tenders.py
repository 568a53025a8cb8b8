"""Tenders as members meet them: what is left, calling off in three languages, and never more than there is."""

from __future__ import annotations

import pytest

from storage import jobs, member_accounts, members, tenders
from storage.members import Profile
from storage.session import Session
from tests.commands.purchases.market import (
    ANNA,
    BEA,
    BEN,
    CARO,
    DIRK,
    ENGLISH,
    FINN,
    OUTSIDER,
    SPACE,
    STRANGER,
    in_room,
    run_jobs,
    text,
)
from tests.commands.purchases.tendering import board, left, tender
from tests.commands.talk import Talk


def test_a_member_sees_what_is_left_and_what_is_theirs_by_direct_chat_only(talk: Talk) -> None:
    tender(talk)
    assert "T1 · Paper and chairs" in text(talk.say(BEN, "!tenders"))
    seen = text(talk.say(BEN, "!tender T1"))
    assert "40 of 40 left" in seen
    assert "€3.20/ream (elsewhere €4.50)" in seen.replace("\xa0", "")
    assert "Yours" not in seen
    talk.say(BEN, "!calloff T1 paper 12")
    seen = text(talk.say(BEN, "!tender T1"))
    assert "28 of 40 left" in seen
    assert "Paper A4: 12" in seen
    assert "€38.40 excl. VAT, €46.46 with VAT" in seen
    assert "Yours" not in text(talk.say(BEN, "!tender T1", room=ENGLISH))


@pytest.mark.parametrize(
    ("user", "typed"),
    [
        (DIRK, "!afroepen T1 4 stoelen"),
        (CARO, "!appeler t1 chaises 4"),
        (BEN, "!call off 1 chairs four"),
    ],
)
def test_one_calls_off_in_ones_own_language(talk: Talk, user: str, typed: str) -> None:
    tender(talk, second="Chairs stoelen chaises")
    said = text(talk.say(user, typed))
    assert "4" in said
    assert left(talk) == [40, 2]


def test_nobody_gets_more_than_is_left_and_hears_how_many_there_are(talk: Talk) -> None:
    tender(talk)
    talk.say(ANNA, "!calloff T1 chairs 5")
    said = text(talk.say(BEN, "!calloff T1 paper 3, chairs 2"))
    assert "Of “Chairs” 1 are left: nothing was called off." in said
    assert left(talk) == [40, 1]
    talk.say(DIRK, "!calloff T1 chairs 1")
    assert "nothing is left" in text(talk.say(BEN, "!calloff T1 chairs 1"))


def test_a_reply_to_the_message_in_the_room_calls_off_and_the_message_is_renewed(
    talk: Talk,
) -> None:
    tender(talk)
    message = board(talk, ENGLISH)
    assert "6 of 6 left" in message.text
    said = text(talk.reply(BEN, message, "chairs 2"))
    assert "Called off of T1: 2 × Chairs" in said
    assert talk.reply(ANNA, message, "what a bargain") == []
    talk.reply(ANNA, message, "1 chair")
    talk.wait(seconds=6)
    renewed = run_jobs(talk)
    assert "3 of 6 left" in in_room(renewed, ENGLISH)
    assert len([one for one in renewed if one.draft.room_id == ENGLISH]) == 1


def test_what_somebody_was_shown_in_the_room_is_not_renewed(talk: Talk) -> None:
    tender(talk)
    talk.say(ANNA, "!tender T1", room=ENGLISH)
    message = board(talk, ENGLISH)
    talk.say(BEN, "!calloff T1 chairs 2")
    talk.wait(seconds=6)
    assert [one.edits for one in run_jobs(talk)] == [message.key]


def test_what_was_called_off_before_is_not_told_in_a_room(talk: Talk) -> None:
    tender(talk)
    talk.say(BEN, "!calloff T1 chairs 2")
    assert "in all" not in text(talk.reply(BEN, board(talk, ENGLISH), "chairs 1"))
    assert "that is 4 in all" in text(talk.say(BEN, "!calloff T1 chairs 1"))


def test_what_is_not_ordered_can_be_given_back(talk: Talk) -> None:
    tender(talk)
    talk.say(BEN, "!calloff T1 chairs 2, paper 10")
    assert "Given back to T1: Chairs" in text(talk.say(BEN, "!calloff cancel T1 chairs"))
    assert left(talk) == [30, 6]
    talk.write(lambda session: tenders.order(session, 1, by=BEA, now=talk.ms()))
    assert "Nothing of yours waits there" in text(talk.say(BEN, "!calloff cancel T1"))
    assert left(talk) == [30, 6]


def test_a_tolerance_is_for_group_purchases(talk: Talk) -> None:
    tender(talk)
    assert "no cases to fill" in text(talk.say(BEN, "!calloff T1 chairs 2+1"))
    assert left(talk) == [40, 6]


def test_strangers_call_off_nothing_and_drafts_are_for_buyers(talk: Talk) -> None:
    tender(talk)
    assert left(talk) == [40, 6]
    talk.say(STRANGER, "!calloff T1 chairs 2")
    assert left(talk) == [40, 6]
    talk.say(OUTSIDER, "!calloff T1 chairs 2")
    assert left(talk) == [40, 4]
    tender(talk, state="draft", title="Secret")
    assert "Secret" in text(talk.say(BEA, "!tenders"))
    assert "Secret" in text(talk.say(BEA, "!tender T2"))
    assert "Secret" not in text(talk.say(BEA, "!tenders", room=ENGLISH))
    for said in (talk.say(ANNA, "!tender T2"), talk.say(ANNA, "!calloff T2 chairs 1")):
        assert "Secret" not in text(said)


def test_after_the_last_day_nothing_is_called_off(talk: Talk) -> None:
    tender(talk, days=3)
    talk.wait(days=3)
    talk.say(BEN, "!calloff T1 chairs 1")
    assert left(talk) == [40, 5]
    in_time = talk.now
    talk.wait(days=1)
    assert "T1 is closed" in text(talk.say(BEN, "!calloff T1 chairs 1"))
    assert left(talk) == [40, 5]
    # The bot was down in the night and reads it only now.
    talk.say(FINN, "!calloff T1 chairs 2", sent_at=in_time)
    assert left(talk) == [40, 3]


def test_whoever_leaves_the_cooperative_leaves_to_others_what_is_not_ordered(talk: Talk) -> None:
    away = "@away:elsewhere.example"
    talk.member(SPACE, away, "join")
    tender(talk)
    talk.say(away, "!calloff T1 chairs 6")
    assert left(talk) == [40, 0]
    talk.member(SPACE, away, "leave")
    assert left(talk) == [40, 6]


def test_whoever_the_register_marks_as_having_left_does_so_within_the_hour(talk: Talk) -> None:
    tender(talk)
    talk.say(BEN, "!calloff T1 chairs 6")

    def leave(session: Session) -> None:
        member = members.add(session, Profile(display_name="Ben"), number="1", now=1)
        member_accounts.attach(session, BEN, member, source="register", now=1)
        members.set_status(session, [member], "left", now=talk.ms())

    talk.write(leave)
    talk.write(lambda session: jobs.add(session, "tenders.left", "now", due_at=talk.ms()))
    run_jobs(talk, "tenders.left")
    assert left(talk) == [40, 6]
