"""Proposals: made in conversation, supported once each, heard of by staff once."""

from __future__ import annotations

import pytest

from storage import member_accounts, members
from storage.members import Profile
from storage.session import Session
from tests.commands.networks.world import (
    ANNA,
    BEN,
    CARO,
    DIRK,
    STAFF_ROOM,
    STAFFER,
    STRANGER,
    actions,
    edits,
    messages,
    one,
)
from tests.commands.talk import Said, Talk, answer

SUPPORTERS = [f"@p{number}:localhost" for number in range(8)]


def propose(talk: Talk) -> None:
    for said, expected in (
        ("propose network", "What would the network be called"),
        ("Bicycle couriers", "What kind of network"),
        ("profession", "What would it be for"),
        ("too short", "a sentence or two"),
        ("Couriers who share rides and repairs", "For which region"),
        ("brussels", "Shall I publish it?"),
        ("yes", "Proposal 1 is noted"),
    ):
        assert expected in answer(talk.say(CARO, said)), said


def heard(talk: Talk) -> Said:
    """Support it up to the threshold; the message in the staff room."""
    for user in SUPPORTERS[:4]:
        assert not messages(talk.say(user, "support 1"), STAFF_ROOM)
    return one(talk.say(SUPPORTERS[4], "support 1"), STAFF_ROOM)


def test_a_bare_propose_shows_what_there_is(talk: Talk) -> None:
    shown = answer(talk.say(CARO, "propose"))
    assert "propose network" in shown
    assert "propose initiative" in shown
    assert answer(talk.say(CARO, "stel voor"))
    assert answer(talk.say(CARO, "proposer"))


@pytest.mark.parametrize(
    "typed",
    ["propose réseau", "propose un réseau", "stel voor netwerk", "stel een netwerk voor",
     "propose une initiative", "propose initiative", "stel voor initiatief"],
)  # fmt: skip
def test_each_word_for_proposing_goes_with_what_is_proposed(talk: Talk, typed: str) -> None:
    asked = answer(talk.say(CARO, typed))
    assert ("What is the initiative called" in asked) is ("initiati" in typed)
    assert ("What would the network be called" in asked) is ("initiati" not in typed)


def test_what_is_proposed_is_read_again_before_it_is_published(talk: Talk) -> None:
    for line in ("propose network", "Bicycle couriers", "profession", "Sharing rides and repairs"):
        talk.say(CARO, line)
    shown = answer(talk.say(CARO, "brussels"))
    assert "This is what others will see" in shown
    for part in ("Bicycle couriers", "profession network", "Brussels", "Sharing rides and repairs"):
        assert part in shown
    for line in ("back", "back"):
        talk.say(CARO, line)
    talk.say(CARO, "Couriers who share rides")
    assert "Couriers who share rides" in answer(talk.say(CARO, "skip"))
    assert "is not published" in answer(talk.say(CARO, "no"))
    assert "Nothing is proposed" in answer(talk.say(ANNA, "proposals"))


def test_a_proposal_is_supported_once_each_and_heard_of_once(talk: Talk) -> None:
    propose(talk)
    assert "your own" in answer(talk.say(CARO, "support 1"))
    first = answer(talk.say(ANNA, "support 1"))
    assert "fewer than 5" in first
    assert "already" in answer(talk.say(ANNA, "steun 1"))
    for user in SUPPORTERS[:3]:
        said = talk.say(user, "soutenir 1")
        assert not messages(said, STAFF_ROOM)
        assert "4" not in answer(said)
    notice = one(talk.say(BEN, "support 1"), STAFF_ROOM)
    assert "Bicycle couriers" in notice.text
    assert "5 supporters" in notice.text
    assert not messages(talk.say(SUPPORTERS[4], "support 1"), STAFF_ROOM)
    assert "6 supporters" in answer(talk.say(CARO, "voorstellen"))


def test_a_member_with_two_accounts_supports_once(talk: Talk) -> None:
    propose(talk)

    def make(session: Session) -> None:
        for number, accounts in ((1, (CARO, BEN)), (2, (ANNA, DIRK))):
            member = members.add(session, Profile(), number=str(number), now=1)
            for user in accounts:
                member_accounts.attach(session, user, member, source="code", now=1)

    talk.write(make)
    assert "your own" in answer(talk.say(BEN, "support 1"))
    talk.say(ANNA, "support 1")
    assert "already" in answer(talk.say(DIRK, "support 1"))
    for user in SUPPORTERS[:3]:
        assert not messages(talk.say(user, "support 1"), STAFF_ROOM)


def test_staff_open_the_network_from_it(talk: Talk) -> None:
    propose(talk)
    question = talk.reply(STAFFER, heard(talk), "yes")
    assert "What kind of network" in one(question, STAFFER).text
    for line in ("profession", "skip", "english"):
        text = answer(talk.say(STAFFER, line))
    assert "Proposed: Bicycle couriers" in text
    for line in ("Bicycle couriers", "Riding together", "skip", "quantitative", "40 couriers",
                 "skip", "open", "me", "skip", "yes"):  # fmt: skip
        text = answer(talk.say(STAFFER, line))
    said = talk.say(STAFFER, "skip")
    assert actions(said, "create_room")
    assert "becomes a network" in one(said, CARO).text
    assert "decided already" in answer(talk.say(SUPPORTERS[6], "support 1"))
    assert "Nothing is proposed" in answer(talk.say(CARO, "proposals"))


def test_staff_decline_it_and_the_proposer_hears_so(talk: Talk) -> None:
    propose(talk)
    notice = heard(talk)
    said = talk.react(STAFFER, notice, "👎")
    assert "will not take it up" in one(said, CARO).text
    assert edits(said)[0].edits == notice.key
    assert "declined" in answer(talk.reply(STAFFER, notice, "yes"))


def test_only_staff_decide(talk: Talk) -> None:
    propose(talk)
    notice = heard(talk)
    talk.room(STAFF_ROOM, "staff", {STAFFER: 50, ANNA: 0}, invite=0)
    assert "invite" in answer(talk.reply(ANNA, notice, "no"))


def test_an_initiative_is_registered_and_taken_up(talk: Talk) -> None:
    for line in ("initiatief voorstellen", "A tool library", "Share what stands in our sheds"):
        talk.say(CARO, line)
    assert "Shall I publish it?" in answer(talk.say(CARO, "skip"))
    assert "Proposal 1" in answer(talk.say(CARO, "yes"))
    assert "initiative" in answer(talk.say(ANNA, "proposals"))
    said = talk.reply(STAFFER, heard(talk), "oui")
    assert "takes up your initiative" in one(said, CARO).text


def test_strangers_neither_propose_nor_support(talk: Talk) -> None:
    propose(talk)
    assert "link CODE" in answer(talk.say(STRANGER, "propose network"))
    assert "link CODE" in answer(talk.say(STRANGER, "support 1"))
    assert "cannot find" in answer(talk.say(ANNA, "support 12"))
    assert "“proposals” shows them" in answer(talk.say(ANNA, "support gardens"))
