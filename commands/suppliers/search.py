"""How suppliers that meet the charter, and what members lend, are found: what a query means, who comes first.

What spares a purchase comes first (product.md, section 4), then by match, region, score and rating. Everything
is bounded, so that a query that half the catalogue answers to costs no more than a good one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from commands.kernel.fields import FieldError
from commands.kernel.fields import language as language_named
from commands.labels import Labels
from commands.search.meanings import Meanings
from commands.search.places import place_filter
from commands.search.terms import Matcher, Term, corrected, corrected_words, terms_of
from commands.search.words import asked, code_token, kind_of
from commands.suppliers.rules import HIGHEST, order_score
from commands.suppliers.scheme import EVERYWHERE, SCHEME, home, meanings_of, nearness, widened
from storage import charters, deal_uses, loans, members, supplier_search
from storage.charters import Charter
from storage.search_index import Columns, Wanted
from storage.session import Session
from storage.supplier_search import COLUMNS, INDEX, LOAN_ROWS, SUPPLIER_ROWS

MOST_RANKED: Final = 120
_MOST_LOANS: Final = 40
_LIGHT_MODES: Final = ("share", "borrow", "rent", "repair", "second_hand")
_LIGHT: Final = Wanted(
    codes=tuple(code_token("mode", mode) for mode in _LIGHT_MODES), column="mode"
)
_OFFERED: Final = frozenset({"category", "mode", "class"})
_UNRATED: Final = 100 * HIGHEST
# A hit in a column and of a fit that make a supplier what was asked for, and one that is not far from it.
_STRONG, _FAIR = 8000, 3500
_STRONG_COLUMNS: Final = "name category"
_PLACE: Final = COLUMNS.index("place")
_MODE: Final = COLUMNS.index("mode")


@dataclass(frozen=True, slots=True)
class Query:
    """What is asked: words in any order, and filters: codes of a mode and a class, the others as typed."""

    text: str = ""
    mode: str = ""
    class_: str = ""
    place: str = ""
    category: str = ""
    language: str = ""

    @property
    def is_empty(self) -> bool:
        filters = (self.mode, self.class_, self.place, self.category, self.language)
        return not asked(self.text) and not any(map(str.strip, filters))


@dataclass(frozen=True, slots=True)
class Hit:
    """A supplier by its number, or what a member lends by its own."""

    number: int
    is_loan: bool


@dataclass(frozen=True, slots=True)
class Results:
    """One page. `total` were found; if `more`, more than that, and paging ends there. `corrected` says which
    words found nothing as typed and what was looked for instead."""

    hits: tuple[Hit, ...]
    total: int
    more: bool
    offset: int
    corrected: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class _Candidate:
    """`match` and `nearness` are coarse, so that what comes after them means something."""

    row: int
    is_light: bool
    match: int
    nearness: int


def find(
    session: Session,
    labels: Labels,
    query: Query,
    *,
    user: str,
    smallest: int,
    offset: int = 0,
    limit: int = 8,
    lends: bool = True,
) -> Results:
    """Suppliers that members see, and what others lend to `user`, best first; the same order each time.

    `lends` says whether `user` is a member, to whom members lend; `smallest` is how many people must have rated
    one before that counts. Raises FieldError for a language that nobody knows.
    """
    if query.is_empty:
        return Results((), 0, False, offset)
    meanings = meanings_of(labels)
    filters = _filters(query, labels)
    terms = terms_of(session, SCHEME, meanings, query.text)
    found = _look(session, labels, terms, filters, user, lends=lends)
    if not found.candidates and terms:
        again = [corrected(session, SCHEME, meanings, term) for term in terms]
        if again != terms:
            terms = again
            found = _look(session, labels, terms, filters, user, lends=lends)
    ordered = _in_order(session, found.candidates, smallest)
    return Results(
        hits=tuple(_hit(row) for row in ordered[offset : offset + limit]),
        total=len(ordered),
        more=found.more,
        offset=offset,
        corrected=corrected_words(terms) if ordered else (),
    )


def _hit(row: int) -> Hit:
    lent = supplier_search.loan_id(row)
    return Hit(row, False) if lent is None else Hit(lent, True)


def _filters(query: Query, labels: Labels) -> list[Term]:
    filters = []
    if query.mode:
        filters.append(_code_filter("mode", code_token("mode", query.mode)))
    if query.class_:
        filters.append(_code_filter("class", code_token("class", query.class_)))
    if category := query.category.strip():
        filters.append(_category_filter(category, labels))
    if (place := place_filter(query.place, labels)) is not None:
        filters.append(widened(place, labels))
    if language := query.language.strip():
        filters.append(_code_filter("language", code_token("language", language_named(language))))
    return filters


def _code_filter(column: str, token: str) -> Term:
    return Term((), {token: 100}, column=column, scored=False)


def _category_filter(text: str, labels: Labels) -> Term:
    """The category of that name, or those of nearly that name, and the words themselves, which a supplier
    may have as its own. Raises FieldError for a text without words."""
    words = tuple(asked(text))
    if not words:
        raise FieldError("unknown_choice", text)
    exact = labels.match(text, "category")
    near = [exact] if exact is not None else labels.suggest(text, "category", 3)
    codes = {code_token("category", label.code): 100 for label in near}
    return Term(words, codes, column="category", scored=False)


@dataclass(frozen=True, slots=True)
class _Found:
    """`more` where there are more than are ranked."""

    candidates: list[_Candidate]
    more: bool


def _look(
    session: Session,
    labels: Labels,
    terms: Sequence[Term],
    filters: Sequence[Term],
    user: str,
    *,
    lends: bool,
) -> _Found:
    meant = (_apart(widened(term, labels), meanings_of(labels)) for term in terms)
    every = [*meant, *filters]
    near = nearness(every) or _home(session, labels, user)
    best = _best(every, near)
    wanted = [term.wanted() for term in every]
    rows = _first(session, [[*wanted, _LIGHT], wanted], best, SUPPLIER_ROWS, MOST_RANKED)
    lent = _first(session, [wanted], best, LOAN_ROWS, _MOST_LOANS) if lends else []
    matchers = [Matcher(term, SCHEME) for term in every]
    candidates = [
        candidate
        for row, columns in INDEX.documents(session, [*rows, *_seen(session, lent, user)])
        if (candidate := _weigh(row, columns, matchers, near)) is not None
    ]
    return _Found(candidates, len(rows) >= MOST_RANKED)


def _apart(term: Term, meanings: Meanings) -> Term:
    """*Bike repair* is a category, and as well what repairs and has to do with bikes."""
    if len(term.words) < 2 or not all(kind_of(token) in _OFFERED for token in term.codes):
        return term
    return replace(term, apart=tuple(Term((word,), meanings.of_word(word)) for word in term.words))


def _best(terms: Sequence[Term], near: Mapping[str, int]) -> list[Sequence[Wanted]]:
    """What the best of too many hold besides, the best first: what is asked as a name or a category, and
    nearby. Without this the first that came would be ranked, and the best not among them."""
    strong = [
        replace(term, column=_STRONG_COLUMNS, apart=()).wanted()
        for term in terms
        if not term.column and EVERYWHERE not in term.codes
    ]
    nearest = max(near.values(), default=0)
    close = tuple(token for token, worth in near.items() if worth == nearest)
    around = [Wanted(codes=close, column="place")] if close else []
    return [[*strong, *around], strong, around] if strong and around else [strong or around]


def _first(
    session: Session,
    choices: Sequence[Sequence[Wanted]],
    best: Sequence[Sequence[Wanted]],
    rowids: range,
    most: int,
) -> list[int]:
    """At most so many rows: those of the first choice before the others, and of one with too many the best."""
    rows: dict[int, None] = {}
    for wanted in choices:
        limit = most + len(rows)
        found = INDEX.matching(session, wanted, rowids=rowids, limit=limit)
        if len(rows.keys() | found) >= most:
            for more in best:
                rows |= dict.fromkeys(
                    INDEX.matching(session, [*wanted, *more], rowids=rowids, limit=limit)
                )
                if len(rows) >= most:
                    break
        rows |= dict.fromkeys(found)
        if len(rows) >= most:
            break
    return list(rows)[:most]


def _seen(session: Session, rows: Sequence[int], user: str) -> list[int]:
    """What is lent by people whom this one may see."""
    numbers = {row: supplier_search.loan_id(row) for row in rows}
    visible = loans.seen_by(session, user, (one for one in numbers.values() if one is not None))
    return [row for row, number in numbers.items() if number in visible]


def _weigh(
    row: int, columns: Columns, matchers: Sequence[Matcher], near: Mapping[str, int]
) -> _Candidate | None:
    """None for what lacks something that is asked."""
    match = 0
    for matcher in matchers:
        worth, column = matcher.weigh(columns)
        if not worth:
            return None
        # A place that an offer happens to name is worth nothing beside one that is served.
        is_place = EVERYWHERE in matcher.term.codes
        if matcher.term.scored and (column == "name" or not is_place):
            match += 2 if worth >= _STRONG else 1 if worth >= _FAIR else 0
    nearness = max((near.get(token, 0) for token in columns[_PLACE].split()), default=0)
    is_light = any(mode in _LIGHT.codes for mode in columns[_MODE].split())
    return _Candidate(row, is_light, match, nearness)


def _home(session: Session, labels: Labels, user: str) -> Mapping[str, int]:
    """How near places are to who searches."""
    member = members.by_user(session, user)
    return home(member.profile.city, member.profile.region, labels) if member is not None else {}


def _in_order(session: Session, candidates: Sequence[_Candidate], smallest: int) -> list[int]:
    """Rows in the order in which they are told."""
    ids = [each.row for each in candidates if supplier_search.loan_id(each.row) is None]
    scores = _order_scores(session, ids)
    ratings = deal_uses.ratings(session, ids)

    def order(each: _Candidate) -> tuple[bool, int, int, int, float, int]:
        rating = ratings.get(each.row)
        mean = rating.mean if rating is not None and rating.people >= smallest else 0.0
        return (
            not each.is_light,
            -each.match,
            -each.nearness,
            -scores.get(each.row, _UNRATED),
            -mean,
            each.row,
        )

    return [each.row for each in sorted(candidates, key=order)]


def _order_scores(session: Session, supplier_ids: Sequence[int]) -> Mapping[int, int]:
    standings = supplier_search.standings(session, supplier_ids)
    known: dict[int, Charter | None] = {
        version: charters.get(session, version)
        for version in {standing.charter_version for standing in standings.values()}
    }
    return {
        supplier_id: order_score(charter, standing.scores)
        for supplier_id, standing in standings.items()
        if (charter := known[standing.charter_version]) is not None
    }
