"""Reserved words and yes or no, in every language, and only when they are all that was said."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commands.kernel.words import MOVES, Move, move_in, truth_of


@pytest.mark.parametrize(
    ("move", "word"),
    [(move, word) for move, by in MOVES.items() for words in by.values() for word in words],
)
def test_every_word_is_understood_however_it_is_typed(move: Move, word: str) -> None:
    for said in (word, word.upper(), f"  {word.capitalize()} ", f"{word}.", f"{word}!"):
        assert move_in(said) == move


@pytest.mark.parametrize("text", ["go back", "stop motion", "help me", "", "…", "terug naar af"])
def test_a_reserved_word_counts_only_alone(text: str) -> None:
    assert move_in(text) is None


@pytest.mark.parametrize("text", ["yes", "Ja", "OUI", "d’accord", "👍", "👍🏽", "✅", "☑️", "ok!"])
def test_yes(text: str) -> None:
    assert truth_of(text) is True


@pytest.mark.parametrize("text", ["no", "Nee", "neen", "NON", "👎🏿", "❌", "✖️", "no."])
def test_no(text: str) -> None:
    assert truth_of(text) is False


@pytest.mark.parametrize("text", ["", "maybe", "yes please do", "❤️", "🤷", "."])
def test_neither(text: str) -> None:
    assert truth_of(text) is None


@given(st.text(max_size=20))
def test_no_text_is_both_a_move_and_a_yes(text: str) -> None:
    assert move_in(text) is None or truth_of(text) is None
