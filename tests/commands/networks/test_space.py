"""Whoever belongs to the cooperative is brought into its Space, once, when they first join a network."""

from __future__ import annotations

import pytest

from storage import member_accounts, members
from storage.members import Profile
from storage.session import Session
from tests.commands.networks.world import ANNA, SPACE, STRANGER, actions, messages, network, one
from tests.commands.talk import Said, Talk

NELE = "@nele:localhost"
BOT = "@kring:localhost"


def to_space(said: list[Said]) -> list[str]:
    """Who gets an invitation to the Space."""
    invites = actions(said, "invite")
    return [each.content["user_id"] for each in invites if each.content["room_id"] == SPACE]


def test_the_first_network_brings_into_the_space_and_says_why(talk: Talk) -> None:
    network(talk, "film")
    said = talk.say(NELE, "aansluiten film")
    assert to_space(said) == [NELE]
    assert len(messages(said)) == 1
    (invite,) = [each for each in actions(said) if each.content["room_id"] == SPACE]
    assert invite.content["reason"].startswith("Hier staan de netwerken van de coöperatie")
    # Should the homeserver refuse, nobody is troubled with it.
    assert talk.end(invite, error="M_FORBIDDEN") == []


@pytest.mark.parametrize("membership", ["invite", "join", "leave", "ban"])
def test_nobody_is_asked_twice(talk: Talk, membership: str) -> None:
    network(talk, "film")
    talk.member(SPACE, NELE, membership, sender=BOT)
    said = talk.say(NELE, "join film")
    assert actions(said, "invite")
    assert to_space(said) == []


def test_on_approval_it_is_the_approval_that_brings_in(talk: Talk) -> None:
    room = network(talk, "film", openness="approval", powers={ANNA: 50})
    asked = talk.say(NELE, "join film")
    assert to_space(asked) == []
    declined = talk.reply(ANNA, one(asked, ANNA), "no")
    assert to_space(declined) == []
    request = one(talk.say(NELE, "join film"), ANNA)
    assert to_space(talk.reply(ANNA, request, "yes")) == [NELE]
    other = "@omar:localhost"
    talk.member(room, other, "knock")
    assert to_space(talk.member(room, other, "invite", sender=ANNA)) == [other]


def test_only_members_are_brought_in(talk: Talk) -> None:
    room = network(talk, "film", openness="approval", powers={ANNA: 50})
    request = one(talk.member(room, STRANGER, "knock"), ANNA)
    assert to_space(talk.reply(ANNA, request, "yes")) == []

    def link(session: Session) -> None:
        member = members.add(session, Profile(display_name="Stranger"), number="7", now=1)
        member_accounts.attach(session, STRANGER, member, source="code", now=1)

    talk.write(link)
    network(talk, "food")
    assert to_space(talk.say(STRANGER, "join food")) == [STRANGER]


def test_a_space_that_the_bot_may_not_invite_to_is_left_alone(talk: Talk) -> None:
    network(talk, "film")
    talk.room(SPACE, "space", {ANNA: 100}, invite=101)
    said = talk.say(NELE, "join film")
    assert to_space(said) == []
    assert "I have sent you an invitation" in one(said, NELE).text
