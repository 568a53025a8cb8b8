"""Filters of the real commands, as people and phones type them, and what is said of those that are none."""

from __future__ import annotations

import pytest

from tests.commands.talk import Talk, answer

ANN = "@ann:localhost"


@pytest.mark.parametrize(
    "line",
    [
        "networks kind : nonsense",
        "réseaux type\u202f:\u00a0nonsense",
        "netwerken soort: nonsense",
    ],
)
def test_a_filter_with_spaces_around_its_colon_is_a_filter(talk: Talk, line: str) -> None:
    assert "nonsense" in answer(talk.say(ANN, line))


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("find mode:rent translator", ["filter “mode”", "place, network", '"mode:rent"']),
        ("zoek wijze:huren vertaler", ["filter “wijze”", "plaats, netwerk", "zoek vertaler"]),
        ("chercher mode:location traducteur", ["filtre «\u00a0mode\u00a0»", "lieu, réseau"]),
        ("zoek palce:gent vertaler", ["Bedoelde je “plaats”"]),
    ],
)
def test_an_unknown_filter_is_told_in_the_asker_s_language(
    talk: Talk, line: str, told: list[str]
) -> None:
    text = answer(talk.say(ANN, line))
    for part in told:
        assert part in text, text


def test_quotes_look_for_the_words_themselves(talk: Talk) -> None:
    assert "filter" not in answer(talk.say(ANN, 'find "mode:rent" translator'))
