"""What is mistyped around a network's name: the command, the field, the name itself."""

from __future__ import annotations

import pytest

from tests.commands.networks.world import ANNA, CARO, network, speaks
from tests.commands.talk import Talk, answer


@pytest.mark.parametrize(
    ("language", "typed", "meant"),
    [
        ("nl", "netwerk aanvraag", "!netwerk aanvragen"),
        ("fr", "reseau obsever", "!réseau observer"),
        ("en", "network checklst food", "!network checklist"),
    ],
)
def test_a_mistyped_second_word_brings_the_command(
    talk: Talk, language: str, typed: str, meant: str
) -> None:
    network(talk, "food", powers={ANNA: 50})
    speaks(talk, ANNA, language)
    assert meant in answer(talk.say(ANNA, typed))


def test_what_is_like_no_command_brings_none(talk: Talk) -> None:
    network(talk, "food", powers={ANNA: 50})
    assert "Did you mean" not in answer(talk.say(ANNA, "network quantum"))
    assert "!network" not in answer(talk.say(ANNA, "network fod garden"))


def test_what_follows_a_network_and_is_no_field_brings_the_fields(talk: Talk) -> None:
    room = network(talk, "food", powers={ANNA: 50})
    for said in (
        talk.say(ANNA, "network edit food colour"),
        talk.say(ANNA, "!network edit colour", room=room),
    ):
        assert "“colour” does not fit here. I expected one of: name, purpose" in answer(said)
    assert "cannot find “foud gardens”" in answer(talk.say(ANNA, "network edit foud gardens"))
    assert "can be done by" in answer(talk.say(CARO, "network edit food colour"))
    assert "In which language" in answer(talk.say(ANNA, "network edit food goasl"))


@pytest.mark.parametrize(
    ("language", "suggested"),
    [
        ("en", "translators (Translators and interpreters)"),
        ("nl", "translators (Vertalers en tolken)"),
        ("fr", "translators (Traduction et interprétation)"),
    ],
)
def test_a_suggested_network_is_shown_with_its_name(
    talk: Talk, language: str, suggested: str
) -> None:
    names = {
        "en": "Translators and interpreters",
        "nl": "Vertalers en tolken",
        "fr": "Traduction et interprétation",
    }
    network(talk, "translators", names=names)
    network(talk, "translating-tools")
    speaks(talk, CARO, language)
    assert suggested in answer(talk.say(CARO, "join transl"))
    # Where the name says no more, it is not repeated.
    assert "translating-tools (" not in answer(talk.say(CARO, "join transl"))
