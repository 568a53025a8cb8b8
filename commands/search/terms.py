"""One word of a query and all that it may stand for; how well a document holds it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

from rapidfuzz.distance import OSA

from commands.search.meanings import PART_OF_TERM, Meanings, errors_allowed
from commands.search.words import Kind, asked, kind_of
from storage.search_index import SearchIndex, Wanted
from storage.session import Session

_MAIN = 1000
_WHOLE_WORD, _PREFIX, _CORRECTED = 100, 80, 55
_MOST_CORRECTIONS = 4


@dataclass(frozen=True)
class Scheme:
    """How one domain searches its index: what a hit in each column is worth, and in which column the codes
    of each kind stand. In the column `main` the first code is worth more than any other hit. `scattered`
    is the column that is told where words that mean something together stand apart in a document."""

    index: SearchIndex
    weights: Mapping[str, int]
    columns_of_codes: Mapping[Kind, str]
    main: str = ""
    scattered: str = ""

    @cached_property
    def by_weight(self) -> Sequence[tuple[int, str, int]]:
        """Position, name and weight of each column, the weightiest first."""
        return sorted(
            (
                (self.index.columns.index(column), column, weight)
                for column, weight in self.weights.items()
            ),
            key=lambda entry: -entry[2],
        )

    def column_of(self, token: str) -> str:
        """The column in which a code's word stands."""
        return self.columns_of_codes[kind_of(token)]


@dataclass(frozen=True, slots=True)
class Term:
    """`words` are what was typed, folded (several where they mean something only together); `codes` what
    they may mean, with how well; `corrections` whole words that were probably meant. `column` limits a
    filter to where it belongs; `scored` is False for filters. `apart` are the words of a group by themselves,
    where all that they mean singly is as good."""

    words: tuple[str, ...]
    codes: Mapping[str, int] = field(default_factory=dict)
    corrections: tuple[str, ...] = ()
    column: str = ""
    scored: bool = True
    apart: tuple[Term, ...] = ()

    def wanted(self) -> Wanted:
        single = len(self.words) == 1
        return Wanted(
            prefixes=self.words if single else (),
            words=self.corrections,
            codes=tuple(self.codes),
            phrase=() if single else self.words,
            column=self.column,
            apart=tuple(word.wanted() for word in self.apart),
        )


class Matcher:
    """Weighs a term in documents, many times over: what can be prepared is prepared once."""

    def __init__(self, term: Term, scheme: Scheme) -> None:
        self.term = term
        self._main, self._scattered = scheme.main, scheme.scattered
        word = term.words[0] if len(term.words) == 1 else None
        self._word = word
        self._begins, self._whole = f" {word}", f" {word} "
        self._group = tuple(f" {one}" for one in term.words) if len(term.words) > 1 else ()
        self._corrections = tuple(f" {one} " for one in term.corrections)
        self._apart = tuple(Matcher(word, scheme) for word in term.apart)
        by_column: dict[str, dict[str, int]] = {}
        for token, fit in term.codes.items():
            by_column.setdefault(scheme.column_of(token), {})[token] = fit
        self._columns = [
            (position, column, weight, by_column.get(column))
            for position, column, weight in scheme.by_weight
            if term.column in ("", column)
        ]

    def weigh(self, columns: Sequence[str]) -> tuple[int, str]:
        """The best score in a document, and the column that earned it;
        (0, "") if the document does not hold the term at all."""
        best, where = 0, ""
        for position, column, weight, codes in self._columns:
            if weight * _WHOLE_WORD <= best:
                break
            text = columns[position]
            if not text:
                continue
            fit = self._fit(f" {text} ")
            main = False
            if codes is not None:
                for index, token in enumerate(text.split()):
                    if codes.get(token, 0) > fit:
                        fit, main = codes[token], index == 0 and column == self._main
            score = weight * fit + (_MAIN if main else 0)
            if score > best:
                best, where = score, column
        if not best and self._group and not self.term.column and self._spread(columns):
            return _PREFIX, self._scattered
        if not best and self._apart:
            # As good as the word that fits least.
            return min(word.weigh(columns) for word in self._apart)
        return best, where

    def _fit(self, text: str) -> int:
        if self._word is not None:
            if self._begins in text:
                return _WHOLE_WORD if self._whole in text else _PREFIX
        elif self._group and all(begins in text for begins in self._group):
            return _WHOLE_WORD
        if self._corrections and any(word in text for word in self._corrections):
            return _CORRECTED
        return 0

    def _spread(self, columns: Sequence[str]) -> bool:
        whole = " " + " ".join(columns)
        return all(begins in whole for begins in self._group)


def terms_of(session: Session, scheme: Scheme, meanings: Meanings, text: str) -> list[Term]:
    """The terms of a query. A word that nothing begins with is taken for a mistyped one."""
    terms = []
    seen: set[tuple[str, ...]] = set()
    for words, codes in meanings.groups(asked(text)):
        if words in seen:
            continue
        seen.add(words)
        if len(words) > 1:
            terms.append(Term(words, codes))
            continue
        term = Term(words, meanings.of_word(words[0]))
        if not term.codes and not scheme.index.begins_some_word(session, words[0]):
            term = corrected(session, scheme, meanings, term)
        terms.append(term)
    return terms


def corrected(session: Session, scheme: Scheme, meanings: Meanings, term: Term) -> Term:
    """The term with the words that were probably meant: those with the fewest errors, then the commonest. A
    word that means something as it stands is no mistake."""
    is_understood = max(term.codes.values(), default=0) >= PART_OF_TERM
    if len(term.words) > 1 or term.corrections or is_understood:
        return term
    word = term.words[0]
    errors = errors_allowed(word)
    if not errors:
        return term
    near = [
        (distance, -uses, found)
        for found, uses in scheme.index.words_like(session, word, errors)
        if found != word and (distance := OSA.distance(word, found, score_cutoff=errors)) <= errors
    ]
    labelled = [(distance, found) for found, distance in meanings.like(word) if found != word]
    least = min((entry[0] for entry in (*near, *labelled)), default=errors + 1)
    words = [entry[2] for entry in sorted(near) if entry[0] == least][:_MOST_CORRECTIONS]
    codes = dict(term.codes)
    for distance, found in labelled:
        if distance == least:
            words.append(found)
            for token in meanings.of_whole_word(found):
                codes.setdefault(token, _CORRECTED)
    return replace(term, codes=codes, corrections=tuple(dict.fromkeys(words)))


def corrected_words(terms: Sequence[Term]) -> tuple[tuple[str, str], ...]:
    """Which words were taken for mistyped ones, and what was looked for instead."""
    return tuple((term.words[0], term.corrections[0]) for term in terms if term.corrections)
