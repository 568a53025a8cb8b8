"""Which codes a word of a query may stand for, in any language. Each domain says what its codes are."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from rapidfuzz import process
from rapidfuzz.distance import OSA

from commands.kernel.tongues import country_names, language_words
from commands.labels import Label
from commands.search.words import STOP_WORDS, Kind, asked, code_token, tokens

WHOLE_TERM = 100
PART_OF_TERM = 90
BEGINS_TERM = 75

_SHORTEST_PREFIX = 3
_MOST = 80

Codes = dict[str, int]


def errors_allowed(word: str) -> int:
    """How many typing errors are forgiven in a word: none in numbers and very short words."""
    if len(word) < 3 or any(letter.isdigit() for letter in word):
        return 0
    return 1 if len(word) <= 5 else 2


@dataclass(frozen=True, slots=True)
class Meaning:
    """A word, or words that mean something only together, and the code that they stand for, with how well
    they fit (of 100). A `whole` word is meant only when it is typed in full and without mistakes."""

    words: tuple[str, ...]
    token: str
    fit: int = WHOLE_TERM
    whole: bool = False


def of_label(label: Label, kind: Kind) -> Iterator[Meaning]:
    """Names of several words mean something only together: *technical* is no sector."""
    token = code_token(kind, label.code)
    for term in label.terms():
        yield Meaning(group_of(term), token)


def of_label_by_words(label: Label, kind: Kind) -> Iterator[Meaning]:
    """Any word of a name is enough: *designer* may be each kind of designer."""
    token = code_token(kind, label.code)
    for term in label.terms():
        words = [word for word in tokens(term) if word not in STOP_WORDS]
        for word in words:
            yield Meaning((word,), token, WHOLE_TERM if len(words) == 1 else PART_OF_TERM)


def of_languages() -> Iterator[Meaning]:
    for name, code in language_words().items():
        yield Meaning(group_of(name), code_token("language", code), whole=True)


def of_countries() -> Iterator[Meaning]:
    for name, code in country_names().items():
        yield Meaning(group_of(name), code_token("country", code), whole=True)


class Meanings:
    """Words and groups of words -> codes of the index, with how well they fit (of 100)."""

    def __init__(self, meanings: Iterable[Meaning]) -> None:
        self._words: dict[str, Codes] = {}
        self._whole: dict[str, Codes] = {}
        self._groups: dict[tuple[str, ...], Codes] = {}
        self._longest = 1
        for meaning in meanings:
            if len(meaning.words) == 1:
                into = self._whole if meaning.whole else self._words
                codes = into.setdefault(meaning.words[0], {})
                codes[meaning.token] = max(meaning.fit, codes.get(meaning.token, 0))
            elif meaning.words:
                self._groups.setdefault(meaning.words, {})[meaning.token] = WHOLE_TERM
                self._longest = max(self._longest, len(meaning.words))
        self._sorted: Sequence[str] = sorted(self._words)

    def of_word(self, word: str) -> Codes:
        """What a word, or words that begin with it, may mean."""
        found: Codes = {**self._whole.get(word, {}), **self._words.get(word, {})}
        if len(word) >= _SHORTEST_PREFIX:
            start = bisect_left(self._sorted, word)
            for longer in islice(self._sorted, start, None):
                if not longer.startswith(word) or len(found) >= _MOST:
                    break
                for token in self._words[longer]:
                    found.setdefault(token, BEGINS_TERM)
        return found

    def of_whole_word(self, word: str) -> Codes:
        return {**self._whole.get(word, {}), **self._words.get(word, {})}

    def groups(self, words: Sequence[str]) -> list[tuple[tuple[str, ...], Codes]]:
        """The query cut into single words (with no codes yet) and the longest groups that mean something."""
        found: list[tuple[tuple[str, ...], Codes]] = []
        at = 0
        while at < len(words):
            for length in range(min(self._longest, len(words) - at), 1, -1):
                group = tuple(words[at : at + length])
                if group in self._groups:
                    found.append((group, self._groups[group]))
                    at += length
                    break
            else:
                found.append(((words[at],), {}))
                at += 1
        return found

    def like(self, word: str) -> list[tuple[str, int]]:
        """Words of labels within the errors allowed, with their distance."""
        near = process.extract(
            word, self._sorted, scorer=OSA.distance, score_cutoff=errors_allowed(word), limit=5
        )
        return [(found, int(distance)) for found, distance, _ in near]


def group_of(term: str) -> tuple[str, ...]:
    """A term cut as `words.asked` cuts a query, so that the two can be compared."""
    return tuple(asked(term))
