"""Which article people mean by what they call it: part of its name, singular or plural, with a slip of the
keys. How many of it is `quantities`'."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Final

from rapidfuzz import fuzz

from commands.search.words import asked

# How well one word fits another.
_EQUAL, _SAME_STEM, _BEGINS, _INSIDE, _NEARLY, _NOT = 5, 4, 3, 2, 1, 0
# Above all of these: the whole name was typed.
_WHOLE: Final = 10
_SHORTEST_BEGINNING, _SHORTEST_GUESSED, _NEAR = 2, 4, 80
_BRACKETS: Final = str.maketrans("()[]", "    ")
_DOUBLED: Final = re.compile(r"(.)\1$")
_LONG_VOWEL: Final = re.compile(r"(?<![aeiou])([aeou])([^aeiou])$")


def meant(name: str, articles: Sequence[str]) -> tuple[int, list[int]]:
    """How well the name fits (0 for not at all), and the indices of the articles that it fits that well: more
    than one where it leaves open which."""
    typed = words_of(name)
    fits = [_fit(typed, words_of(article)) for article in articles] if typed else []
    best = max(fits, default=0)
    return best, [index for index, fit in enumerate(fits) if fit == best] if best else []


@lru_cache(maxsize=4096)
def words_of(text: str) -> tuple[str, ...]:
    """The words of a name that tell something, folded."""
    return tuple(asked(text.translate(_BRACKETS)))


def _fit(typed: tuple[str, ...], article: tuple[str, ...]) -> int:
    """That of the word that fits least; which of two words is a plural says nothing about another article."""
    worst, left = _EQUAL, list(article)
    for word in typed:
        fit, index = max(
            ((_word_fit(word, other), -index) for index, other in enumerate(left)),
            default=(_NOT, 0),
        )
        if fit == _NOT:
            return _NOT
        worst = min(worst, fit)
        del left[-index]
    if worst >= _SAME_STEM:
        return _SAME_STEM if left else _WHOLE + worst
    return worst


# A message names many articles of a long list, whose words are much the same.
@lru_cache(maxsize=32_768)
def _word_fit(typed: str, word: str) -> int:
    if typed == word:
        return _EQUAL
    # Sizes and models are what they are: 80 is no 8, a4 no a5.
    if any(sign.isdigit() for sign in typed):
        return _NOT
    stems = _stems(typed)
    if stems & _stems(word):
        return _SAME_STEM
    if len(typed) >= _SHORTEST_BEGINNING and word.startswith(typed):
        return _BEGINS
    long = [stem for stem in stems if len(stem) >= _SHORTEST_GUESSED]
    if any(stem in word for stem in long):
        return _INSIDE
    others = [stem for stem in _stems(word) if len(stem) >= _SHORTEST_GUESSED]
    near = any(fuzz.ratio(stem, other) >= _NEAR for stem in long for other in others)
    return _NEARLY if near else _NOT


@lru_cache(maxsize=8192)
def _stems(word: str) -> frozenset[str]:
    """What the word may be the plural of, itself included, in Dutch, French and English: *dozen* of *doos*,
    *chevaux* of *cheval*, *batteries* of *battery*."""
    found = {word}
    if len(word) < _SHORTEST_GUESSED:
        return frozenset(found)
    if word.endswith(("s", "x")):
        found.add(word[:-1])
    if word.endswith("es"):
        found.add(word[:-2])
    if word.endswith("ies"):
        found.add(f"{word[:-3]}y")
    if word.endswith("aux"):
        found.add(f"{word[:-3]}al")
    if word.endswith("en"):
        found |= _dutch_singulars(word[:-2])
    return frozenset(found)


def _dutch_singulars(stem: str) -> set[str]:
    """*penn* is of *pen*, *bom* of *boom*, *doz* of *doos*, *schijv* of *schijf*."""
    hard = re.sub("v$", "f", re.sub("z$", "s", stem))
    return {stem, hard, _DOUBLED.sub(r"\1", stem), _LONG_VOWEL.sub(r"\1\1\2", hard)}
