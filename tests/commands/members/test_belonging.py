"""Who counts as a member: a profile that somebody made for themselves makes nobody one."""

from __future__ import annotations

from pathlib import Path

from tests.commands.members.world import STRANGER, person
from tests.commands.talk import Talk, answer


def test_a_self_made_profile_makes_nobody_a_member(talk: Talk) -> None:
    person(talk, STRANGER, display_name="Stranger")
    assert "members of the cooperative" in answer(talk.say(STRANGER, "propose network"))


def test_a_row_of_the_register_does(talk: Talk) -> None:
    person(talk, STRANGER, number="K1", display_name="Stranger")
    assert "What would the network be called" in answer(talk.say(STRANGER, "propose network"))


def test_an_installation_may_keep_profiles_to_members(tmp_path: Path) -> None:
    talk = Talk.open(tmp_path, visitors_may_have_profiles=False)
    try:
        refused = answer(talk.say(STRANGER, "profile edit"))
        assert "Profiles are for members" in refused
        assert talk.write(lambda session: session.value("SELECT count(*) FROM members")) == 0
        assert "Profiles are for members" not in answer(talk.say("@ann:localhost", "profile edit"))
    finally:
        talk.close()
