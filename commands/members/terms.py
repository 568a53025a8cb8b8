"""One word of a query and all that it may stand for; how well a member's document holds it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from rapidfuzz.distance import OSA

from commands.members.meanings import Meanings, errors_allowed
from commands.members.words import asked, column_of
from storage import member_search
from storage.member_search import COLUMNS, Wanted
from storage.session import Session

# What a hit in each column is worth: product.md section 2, and what people look for first.
_WEIGHTS: Mapping[str, int] = {
    "profession": 100, "skills": 60, "name": 45, "place": 30, "sector": 22, "language": 16, "about": 10,
}  # fmt: skip
_BY_WEIGHT = sorted(
    ((COLUMNS.index(column), column, weight) for column, weight in _WEIGHTS.items()),
    key=lambda entry: -entry[2],
)
_MAIN_PROFESSION = 1000
_WHOLE_WORD, _PREFIX, _CORRECTED = 100, 80, 55
_MOST_CORRECTIONS = 4


@dataclass(frozen=True, slots=True)
class Term:
    """`words` are what was typed, folded (several where they mean something only together); `codes` what
    they may mean, with how well; `corrections` whole words that were probably meant. `column` limits a
    filter to where it belongs; `scored` is False for filters."""

    words: tuple[str, ...]
    codes: Mapping[str, int] = field(default_factory=dict)
    corrections: tuple[str, ...] = ()
    column: str = ""
    scored: bool = True

    def wanted(self) -> Wanted:
        single = len(self.words) == 1
        return Wanted(
            prefixes=self.words if single else (),
            words=self.corrections,
            codes=tuple(self.codes),
            phrase=() if single else self.words,
            column=self.column,
        )


class Matcher:
    """Weighs a term in documents, many times over: what can be prepared is prepared once."""

    def __init__(self, term: Term) -> None:
        self.term = term
        word = term.words[0] if len(term.words) == 1 else None
        self._word = word
        self._begins, self._whole = f" {word}", f" {word} "
        self._group = tuple(f" {one}" for one in term.words) if len(term.words) > 1 else ()
        self._corrections = tuple(f" {one} " for one in term.corrections)
        by_column: dict[str, dict[str, int]] = {}
        for token, fit in term.codes.items():
            by_column.setdefault(column_of(token), {})[token] = fit
        self._columns = [
            (position, column, weight, by_column.get(column))
            for position, column, weight in _BY_WEIGHT
            if term.column in ("", column)
        ]

    def weigh(self, columns: Sequence[str]) -> tuple[int, str]:
        """The best score in a document, given in the order of `COLUMNS`, and the column that earned it;
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
                        fit, main = codes[token], index == 0 and column == "profession"
            score = weight * fit + (_MAIN_PROFESSION if main else 0)
            if score > best:
                best, where = score, column
        if not best and self._group and not self.term.column and self._spread(columns):
            return _PREFIX, "about"
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


def terms_of(session: Session, meanings: Meanings, text: str) -> list[Term]:
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
        if not term.codes and not member_search.begins_some_word(session, words[0]):
            term = corrected(session, meanings, term)
        terms.append(term)
    return terms


def corrected(session: Session, meanings: Meanings, term: Term) -> Term:
    """The term with the words that were probably meant: those with the fewest errors, then the commonest."""
    if len(term.words) > 1 or term.corrections:
        return term
    word = term.words[0]
    errors = errors_allowed(word)
    if not errors:
        return term
    near = [
        (distance, -uses, found)
        for found, uses in member_search.words_like(session, word, errors)
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
