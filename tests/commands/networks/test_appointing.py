"""Roles are given to people whom somebody knows, and what is missing is named."""

from __future__ import annotations

import pytest

from tests.commands.networks.world import ANNA, BEN, CARO, STAFFER, actions, network
from tests.commands.talk import Talk, answer


@pytest.mark.parametrize(
    "command", ["network animator food", "réseau ambassadrice food", "netwerk adviseur food"]
)
def test_an_account_that_nobody_knows_gets_no_role(talk: Talk, command: str) -> None:
    network(talk, "food", powers={ANNA: 50, BEN: 0})
    refused = talk.say(ANNA, f"{command} @benn:localhost")
    assert "shares a room with me" in answer(refused)
    assert "Did you mean: @ben?" in answer(refused)
    assert not actions(refused)
    # A power that stands in the room's settings can be taken away all the same.
    assert "so nothing changes" in answer(talk.say(ANNA, f"{command} @benn:localhost remove"))


def test_a_new_network_gets_no_animator_that_nobody_knows(talk: Talk) -> None:
    for line in ("network new", "other", "english", "Gardens", "Growing", "skip", "1", "30",
                 "skip", "open"):  # fmt: skip
        talk.say(STAFFER, line)
    assert "shares a room with me" in answer(talk.say(STAFFER, "@benn:localhost"))
    assert "encrypted" in answer(talk.say(STAFFER, BEN))


def test_a_role_without_a_person_says_what_is_missing(talk: Talk) -> None:
    network(talk, "food", powers={ANNA: 50})
    assert "Something is missing: one person" in answer(talk.say(ANNA, "network animator food"))
    assert "can be done by" in answer(talk.say(CARO, "network animator food"))
    unclear = answer(talk.say(ANNA, "network animator food stijn"))
    assert "“food stijn” does not fit here. I expected one person" in unclear
