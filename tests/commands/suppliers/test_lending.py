"""`!lend` and `!borrow`: what is shown of whom, who decides, and when the two come to know of each other."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from commands.suppliers.indexing import reindex_loan
from storage import loans, member_accounts, members, supplier_people
from storage.members import Profile
from storage.session import Session
from tests.commands.suppliers.directory import (
    ANNA,
    BEN,
    BUYER,
    BUYERS_ROOM,
    CARO,
    ROOM,
    STRANGER,
    cooperative,
    due,
    same_member,
)
from tests.commands.talk import Said, Talk, answer

VERA = "@vera:localhost"


@pytest.fixture
def talk(tmp_path: Path) -> Iterator[Talk]:
    opened = Talk.open(tmp_path)
    cooperative(opened)
    opened.room("!staff", "staff", {VERA: 50}, language="en")
    yield opened
    opened.close()


def lives_in_ghent(talk: Talk, user: str) -> None:
    def make(session: Session) -> None:
        member = members.add(session, Profile(display_name="Anna", city="Gent"), number="1", now=1)
        member_accounts.attach(session, user, member, source="register", now=1)

    talk.write(make)


def ladder(talk: Talk, owner: str = ANNA) -> int:
    """Offered without a conversation; returns its number."""
    return int(
        talk.write(
            lambda session: loans.add(
                session, owner, "Ladder of 6 m", "borrow", category="tools", region="be-ghent",
                terms="A week at most", language="en", now=talk.ms(),
            )
        )
    )  # fmt: skip


def found_by(talk: Talk, user: str, *numbers: int) -> list[int]:
    return list(talk.write(lambda session: loans.seen_by(session, user, numbers)))


def to(said: list[Said], user: str) -> list[Said]:
    """What was said anew to somebody in their direct chat."""
    places = {user, f"!direct-{user[1:].partition(':')[0]}"}
    return [
        each
        for each in said
        if each.edits is None and places & {each.draft.room_id, each.draft.user_id}
    ]


def request_to(said: list[Said], owner: str = ANNA) -> Said:
    (asked,) = [each for each in to(said, owner) if (each.draft.about or "").startswith("loan_")]
    return asked


def test_a_thing_is_offered_in_a_conversation_and_shown_without_a_name(talk: Talk) -> None:
    lives_in_ghent(talk, ANNA)
    assert "What would you like to lend" in answer(talk.say(ANNA, "lend"))
    assert "cordless drill" in answer(talk.say(ANNA, "cordless drill"))
    # The words told that it is a tool: its kind is not asked for.
    where = answer(talk.say(ANNA, "lend it"))
    assert "Ghent" in where
    assert "Flanders" in where
    assert "which terms" in answer(talk.say(ANNA, "1"))
    shown = answer(talk.say(ANNA, "Bring your own bits"))
    for part in ("cordless drill", "to borrow", "tools", "Ghent", "Bring your own bits"):
        assert part in shown
    assert "Anna" not in shown
    assert "L1" in answer(talk.say(ANNA, "yes"))
    loan = talk.write(lambda session: loans.get(session, 1))
    assert (loan.mode, loan.category, loan.region) == ("borrow", "tools", "be-ghent")


def test_the_questions_are_counted_once(talk: Talk) -> None:
    assert "1 of 6" in answer(talk.say(ANNA, "lend"))
    assert "2 of 6" in answer(talk.say(ANNA, "thingamajig"))
    talk.say(ANNA, "cancel")
    assert "1 of 5" in answer(talk.say(ANNA, "lend thingamajig"))


def test_what_is_not_to_be_shown_is_not_kept(talk: Talk) -> None:
    talk.say(ANNA, "lend thingamajig")
    talk.say(ANNA, "rent it out")
    assert "kind of thing" in answer(talk.say(ANNA, "qqxyz"))
    assert "city or region" in answer(talk.say(ANNA, "cameras"))
    talk.say(ANNA, "Liège")
    talk.say(ANNA, "skip")
    assert "kept nothing" in answer(talk.say(ANNA, "no"))
    assert talk.write(loans.offered) == []


@pytest.mark.parametrize(
    ("lend", "own", "stop"),
    [
        ("uitlenen", "uitleen", "uitlenen stop L1"),
        ("uitlenen", "mijn uitleningen", "uitlenen stop L1"),
        ("prêter", "mes prêts", "prêter stop L1"),
    ],
)
def test_in_other_languages(talk: Talk, lend: str, own: str, stop: str) -> None:
    assert "1" in answer(talk.say(CARO, lend))
    talk.say(CARO, "stop")
    ladder(talk, CARO)
    assert "Ladder of 6 m" in answer(talk.say(CARO, own))
    assert "Ladder of 6 m" in answer(talk.say(CARO, stop))
    assert "Ladder" not in answer(talk.say(CARO, own))


def test_a_yes_lets_the_two_know_of_each_other_and_not_before(talk: Talk) -> None:
    ladder(talk)
    said = talk.say(BEN, "!borrow L1 for the gutters, on Saturday?", room=ROOM)
    (public,) = [each for each in said if each.draft.room_id == ROOM]
    assert "Ladder" not in public.text
    (told,) = to(said, BEN)
    assert "Ladder" in told.text
    assert "Anna" not in told.text + told.html
    asked = request_to(said)
    assert "Ben" in asked.text
    assert BEN in asked.html
    assert "for the gutters" in asked.text
    decided = talk.reply(ANNA, asked, "yes")
    (news,) = to(decided, BEN)
    assert ANNA in news.html
    assert any(BEN in each.html for each in to(decided, ANNA))
    (edit,) = [each for each in decided if each.edits]
    assert edit.edits == asked.key
    assert "✅" in edit.text


def test_a_visitor_finds_nothing_that_members_lend_each_other(talk: Talk) -> None:
    number = ladder(talk)
    talk.write(lambda session: reindex_loan(session, talk.kernel.labels, number))
    assert "Ladder of 6 m" in answer(talk.say(BEN, "!suppliers ladder", room=ROOM))
    for room in (ROOM, None):
        assert "Ladder of 6 m" not in answer(talk.say(STRANGER, "!suppliers ladder", room=room))


def test_a_yes_to_another_question_lends_nothing(talk: Talk) -> None:
    ladder(talk)
    talk.say(BEN, "borrow L1")
    assert "zeppelin" in answer(talk.say(ANNA, "suppliers zeppelin"))
    assert "zeppelin" in answer(talk.say(ANNA, "yes"))
    request = talk.write(lambda session: loans.request(session, 1, BEN))
    assert request.answered is None


def test_the_first_answer_stands(talk: Talk) -> None:
    ladder(talk)
    asked = request_to(talk.say(BEN, "borrow L1"))
    talk.react(ANNA, asked, "👍")
    assert to(talk.reply(ANNA, asked, "no, after all not"), BEN) == []
    request = talk.write(lambda session: loans.request(session, 1, BEN))
    assert request.answered == "yes"


def test_a_person_asks_for_ten_things_a_day(talk: Talk) -> None:
    for _ in range(12):
        ladder(talk)
    for number in range(1, 11):
        request_to(talk.say(BEN, f"borrow L{number}"))
    said = talk.say(BEN, "borrow L11")
    assert "a lot today" in answer(said)
    talk.wait(hours=25)
    request_to(talk.say(BEN, "borrow L12"))


@pytest.mark.parametrize("decision", ["👎", "no, its rungs are broken", "non", "nee"])
def test_a_no_is_told_kindly_and_without_a_name(talk: Talk, decision: str) -> None:
    ladder(talk)
    asked = request_to(talk.say(BEN, "emprunter L1"))
    say = talk.react if decision == "👎" else talk.reply
    said = say(ANNA, asked, decision)
    (news,) = to(said, BEN)
    assert "sorry" in news.text
    assert "anna" not in (news.text + news.html).lower()
    assert ("rungs" in news.text) == ("rungs" in decision)
    again = talk.say(BEN, "borrow L1")
    assert "ask again in a while" in answer(again)
    assert to(again, ANNA) == []


def test_a_bare_word_decides_the_one_request_that_waits(talk: Talk) -> None:
    ladder(talk)
    talk.say(BEN, "borrow L1")
    said = talk.say(ANNA, "oui")
    assert [ANNA in each.html for each in to(said, BEN)] == [True]


def test_a_yes_that_was_said_before_the_request_came_decides_nothing(talk: Talk) -> None:
    ladder(talk)
    before = talk.now
    talk.wait(minutes=1)
    talk.say(BEN, "borrow L1")
    assert "do not know" in answer(talk.say(ANNA, "yes", sent_at=before))
    assert to(talk.say(ANNA, "yes"), BEN)


def test_a_bare_word_decides_nothing_where_two_wait(talk: Talk) -> None:
    ladder(talk)
    talk.say(BEN, "borrow L1")
    asked = request_to(talk.say(BUYER, "borrow L1"))
    said = talk.say(ANNA, "ja")
    which = answer(said)
    assert "Ben" in which
    assert "Bea" in which
    assert to(talk.reply(ANNA, asked, "ja"), BUYER)
    assert to(talk.say(ANNA, "ja"), BEN)


def test_a_condition_is_no_yes(talk: Talk) -> None:
    ladder(talk)
    asked = request_to(talk.say(BEN, "borrow L1"))
    said = talk.reply(ANNA, asked, "yes, but only in May")
    assert "“yes”, or “no”" in answer(said)
    assert to(said, BEN) == []


def test_the_same_person_does_not_ask_twice_from_any_account(talk: Talk) -> None:
    same_member(talk, BEN, CARO)
    ladder(talk)
    request_to(talk.say(BEN, "borrow L1"))
    for user in (BEN, CARO):
        said = talk.say(user, "borrow L1")
        assert "already" in answer(said)
    talk.wait(days=31)
    request_to(talk.say(CARO, "borrow L1"))


def test_a_block_either_way_makes_it_as_if_it_did_not_exist(talk: Talk) -> None:
    same_member(talk, ANNA, "@anna2:localhost")
    ladder(talk, "@anna2:localhost")
    ladder(talk, BUYER)
    talk.say(BUYER, "block @caro:localhost")
    talk.say(BEN, "block @anna:localhost")
    talk.say(CARO, "language en")
    for user, number in ((BEN, 1), (CARO, 2)):
        hidden = answer(talk.say(user, f"borrow L{number}"))
        assert hidden == answer(talk.say(user, "borrow L9")).replace("L9", f"L{number}")
        assert found_by(talk, user, 1, 2) == [3 - number]


def test_a_block_after_asking_ends_the_request(talk: Talk) -> None:
    ladder(talk)
    asked = request_to(talk.say(BEN, "borrow L1"))
    talk.say(BEN, "block @anna:localhost")
    said = talk.reply(ANNA, asked, "yes")
    assert "gone" in answer(said)
    assert to(said, BEN) == []


def test_what_is_stopped_cannot_be_asked_for_and_who_waited_hears(talk: Talk) -> None:
    ladder(talk)
    talk.say(BEN, "borrow L1")
    (news,) = to(talk.say(ANNA, "lend stop L1"), BEN)
    assert "no longer offered" in news.text
    assert "cannot find" in answer(talk.say(BEN, "borrow L1"))


def test_staff_and_buyers_take_one_down_with_a_reason_that_its_owner_hears(talk: Talk) -> None:
    ladder(talk)
    ladder(talk)
    assert "staff and buyers" in answer(talk.say(BEN, "lend stop L1"))
    assert "a reason" in answer(talk.say(BUYER, "!lend stop L1", room=BUYERS_ROOM))
    for user, room, number in ((BUYER, BUYERS_ROOM, 1), (VERA, "!staff", 2)):
        said = talk.say(user, f"!lend stop L{number} no animals here", room=room)
        (news,) = to(said, ANNA)
        assert "no animals here" in news.text
        (reply,) = [each for each in said if each.draft.room_id == room]
        assert "Anna" not in reply.text
    assert talk.write(loans.offered) == []


def test_who_left_or_was_erased_lends_nothing(talk: Talk) -> None:
    lives_in_ghent(talk, ANNA)
    ladder(talk)
    far = ladder(talk, STRANGER)
    assert "cannot find" in answer(talk.say(BEN, f"borrow L{far}"))
    member = talk.write(lambda session: session.value("SELECT max(id) FROM members"))
    talk.write(lambda session: members.set_status(session, [member], "left", now=talk.ms()))
    assert "cannot find" in answer(talk.say(BEN, "borrow L1"))
    talk.write(lambda session: talk.kernel.prepare(session, talk.now))
    talk.wait(hours=2)
    due(talk, "suppliers.loans")
    talk.write(lambda session: members.set_status(session, [member], "active", now=talk.ms()))
    assert "cannot find" in answer(talk.say(BEN, "borrow L1"))
    third = ladder(talk, BUYER)
    request_to(talk.say(BEN, f"borrow L{third}"), BUYER)
    talk.write(lambda session: supplier_people.forget(session, [BUYER]))
    assert "cannot find" in answer(talk.say(BEN, f"borrow L{third}"))


def test_who_leaves_the_space_and_is_no_member_otherwise_lends_nothing(talk: Talk) -> None:
    talk.member("!space", STRANGER, "join")
    number = ladder(talk, STRANGER)
    request_to(talk.say(BEN, f"borrow L{number}"), STRANGER)
    (news,) = to(talk.member("!space", STRANGER, "leave"), BEN)
    assert "no longer offered" in news.text
    assert talk.write(loans.offered) == []


def test_own_things_and_wrong_numbers(talk: Talk) -> None:
    ladder(talk)
    assert "yours" in answer(talk.say(ANNA, "borrow L1"))
    assert "such as L4" in answer(talk.say(ANNA, "borrow ladder"))
    assert "members of the cooperative" in answer(talk.say(STRANGER, "borrow L1"))
    assert "members of the cooperative" in answer(talk.say(STRANGER, "lend"))


def test_twenty_things_are_enough(talk: Talk) -> None:
    for _ in range(20):
        ladder(talk)
    assert "20 things" in answer(talk.say(ANNA, "lend"))
