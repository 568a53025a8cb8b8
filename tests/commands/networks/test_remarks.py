"""A yes or no typed under a request, without replying to it."""

from __future__ import annotations

import pytest

from tests.commands.networks.world import ANNA, BEN, CARO, DIRK, actions, messages, network, one
from tests.commands.talk import Talk, answer


@pytest.mark.parametrize(
    ("words", "approved", "reason"),
    [
        ("oui", True, ""),
        ("Oui, bienvenue", True, ""),
        ("👍", True, ""),
        ("nee", False, ""),
        ("no, we are full until May", False, "we are full until May"),
    ],
)
def test_what_is_typed_right_under_the_only_request_decides(
    talk: Talk, words: str, approved: bool, reason: str
) -> None:
    network(talk, "food", openness="approval", powers={ANNA: 50})
    talk.say(CARO, "join food")
    decided = talk.say(ANNA, words)
    assert bool(actions(decided, "invite")) is approved
    told = one(decided, CARO).text
    assert ("Good news" in told) is approved
    assert reason in told


def test_a_yes_that_may_mean_several_requests_says_which_and_how(talk: Talk) -> None:
    network(talk, "food", openness="approval", powers={ANNA: 50})
    talk.say(CARO, "join food")
    talk.say(DIRK, "join food")
    for words, command in (("yes", "!network approve"), ("non", "!network decline")):
        said = talk.say(ANNA, words)
        assert not actions(said)
        asked = answer(said)
        assert f"Caro, Food: {command} 1" in asked
        assert f"Dirk, Food: {command} 2" in asked
    # The other one is not decided by accident after the first.
    assert actions(talk.say(ANNA, "network approve 1"), "invite")
    assert "network approve 2" in answer(talk.say(ANNA, "yes"))


def test_a_yes_under_something_else_decides_nothing(talk: Talk) -> None:
    network(talk, "food", openness="approval", powers={ANNA: 50})
    talk.say(CARO, "join food")
    assert "Caro" in answer(talk.say(ANNA, "network requests"))
    said = talk.say(ANNA, "ok")
    assert not actions(said)
    assert "network approve 1" in answer(said)


@pytest.mark.parametrize("words", ["misschien", "approve 2", "yes, but only in May"])
def test_what_is_no_plain_decision_is_none(talk: Talk, words: str) -> None:
    network(talk, "food", openness="approval", powers={ANNA: 50})
    talk.say(CARO, "join food")
    said = talk.say(ANNA, words)
    assert not actions(said)
    assert "I do not know" in answer(said)


def test_only_those_for_whom_a_request_waits_are_understood(talk: Talk) -> None:
    room = network(talk, "food", openness="approval", powers={ANNA: 50, BEN: 0})
    talk.say(CARO, "join food")
    assert "I do not know" in answer(talk.say(BEN, "yes"))
    assert talk.say(ANNA, "yes", room=room) == []
    decided = talk.say(ANNA, "yes")
    assert actions(decided, "invite")
    assert messages(decided, CARO)
    assert "I do not know" in answer(talk.say(ANNA, "yes"))


def test_what_a_colleague_decided_meanwhile_is_said(talk: Talk) -> None:
    network(talk, "food", openness="approval", powers={ANNA: 50, BEN: 50})
    talk.say(CARO, "join food")
    talk.say(BEN, "yes")
    late = talk.say(ANNA, "no")
    assert not actions(late)
    assert "decided by Ben" in answer(late)
