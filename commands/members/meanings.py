"""Which codes a word of a query may stand for, in any language: professions, sectors, places, languages."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from functools import lru_cache
from itertools import islice

from rapidfuzz import process
from rapidfuzz.distance import OSA

from commands.kernel.tongues import country_code, country_names, language_words
from commands.labels import Label, Labels, Place
from commands.members.words import STOP_WORDS, Kind, asked, code_token, tokens

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


class Meanings:
    """Words and groups of words -> codes of the index, with how well they fit (of 100)."""

    def __init__(self, labels: Labels) -> None:
        self._words: dict[str, Codes] = {}
        self._whole: dict[str, Codes] = {}
        self._groups: dict[tuple[str, ...], Codes] = {}
        self._longest = 1
        for profession in labels.professions.values():
            token = code_token("profession", profession.code)
            for term in profession.terms():
                words = [word for word in tokens(term) if word not in STOP_WORDS]
                for word in words:
                    _keep(self._words, word, token, WHOLE_TERM if len(words) == 1 else PART_OF_TERM)
        for sector in labels.sectors.values():
            self._add_terms(sector, "sector", self._words)
        for place in labels.places.values():
            self._add_terms(place, place.scope, self._words)
            if (region := namesake_region(place, labels)) is not None:
                for term in filter(_is_one_word, place.terms()):
                    self._add(term, code_token("region", region), self._words, PART_OF_TERM)
        for name, code in language_words().items():
            self._add(name, code_token("language", code), self._whole)
        for name, code in country_names().items():
            self._add(name, code_token("country", code), self._whole)
        self._sorted: Sequence[str] = sorted(self._words)

    def _add_terms(self, label: Label, kind: Kind, into: dict[str, Codes]) -> None:
        for term in label.terms():
            self._add(term, code_token(kind, label.code), into)

    def _add(self, term: str, token: str, into: dict[str, Codes], fit: int = WHOLE_TERM) -> None:
        """Names of several words mean something only together: *technical* is no sector."""
        words = group_of(term)
        if len(words) == 1:
            _keep(into, words[0], token, fit)
        elif words:
            self._groups.setdefault(words, {})[token] = WHOLE_TERM
            self._longest = max(self._longest, len(words))

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


def _is_one_word(term: str) -> bool:
    return len(group_of(term)) == 1


def namesake_region(place: Place, labels: Labels) -> str | None:
    """The region that bears a city's name: who says *Brussels* mostly means all of its municipalities.

    In two languages at least: that a region is called after its capital in one of them proves little.
    Names of several words (*City of Brussels*) mean the city alone.
    """
    region = labels.get(place.region) if place.scope == "city" else None
    if region is None:
        return None
    shared = [
        language
        for language, name in place.names.items()
        if _is_one_word(name) and group_of(name)[0] in group_of(region.names.get(language, ""))
    ]
    return region.code if len(shared) > 1 else None


def _keep(words: dict[str, Codes], word: str, token: str, fit: int) -> None:
    codes = words.setdefault(word, {})
    codes[token] = max(fit, codes.get(token, 0))


@lru_cache(maxsize=4)
def meanings_of(labels: Labels) -> Meanings:
    return Meanings(labels)


def places_named(text: str, labels: Labels) -> Mapping[str, int]:
    """Every city, region and country of that name."""
    named = group_of(text)
    codes: Codes = {}
    for place in labels.suggest(text, "place", 8):
        if isinstance(place, Place) and any(group_of(term) == named for term in place.terms()):
            codes[code_token(place.scope, place.code)] = WHOLE_TERM
            region = namesake_region(place, labels)
            if region is not None and len(named) == 1:
                codes[code_token("region", region)] = PART_OF_TERM
    country = country_code(text)
    if country is not None:
        codes[code_token("country", country)] = WHOLE_TERM
    return codes
