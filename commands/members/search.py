"""How members find each other: what a query means, who may be found by whom, who comes first.

Everything is bounded, so that a query that half the members answer to costs no more than a good one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import islice

from commands.kernel.fields import FieldError
from commands.labels import Labels
from commands.members.fields import parse
from commands.members.indexing import region_token
from commands.members.reasons import Reason, reasons_for
from commands.members.scheme import SCHEME, meanings_of
from commands.search.places import place_filter
from commands.search.terms import Matcher, Term, corrected, corrected_words, terms_of
from commands.search.words import asked, code_token
from storage import member_accounts, member_search, members
from storage.members import Member, Profile
from storage.search_index import Wanted
from storage.session import Session

MOST_COUNTED = 500
_MOST_SCANNED = 5000
_MOST_RANKED = 200
_ENOUGH_NEAR = 60
_CHUNK = 100


@dataclass(frozen=True, slots=True)
class Query:
    """What is asked: words in any order, and filters as they were typed. `name` is what somebody is called:
    each word begins one of the name. `room_ids` are networks' rooms (any of them), None for no such filter;
    whether the person may filter by them is the caller's care."""

    text: str = ""
    place: str = ""
    sector: str = ""
    language: str = ""
    name: str = ""
    room_ids: tuple[str, ...] | None = None

    @property
    def is_empty(self) -> bool:
        """Nothing to look for: this finds nobody."""
        filters = (self.place, self.sector, self.language)
        words = (*asked(self.text), *asked(self.name))
        return not words and not any(map(str.strip, filters)) and self.room_ids is None


@dataclass(frozen=True, slots=True)
class Hit:
    """A member who was found; `profile` is only what the searcher may see; `reasons` one for each word."""

    member_id: int
    profile: Profile
    user_ids: tuple[str, ...]
    shares_network: bool
    same_region: bool
    reasons: tuple[Reason, ...]


@dataclass(frozen=True, slots=True)
class Results:
    """One page. `total` members were found; if `more`, more than that, and paging ends there. `corrected`
    says which words found nobody as typed and what was looked for instead."""

    hits: tuple[Hit, ...]
    total: int
    more: bool
    offset: int
    corrected: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class _Ranked:
    member_id: int
    score: int
    shares_network: bool
    confides: bool
    same_region: bool
    columns: tuple[str, ...]

    @property
    def order(self) -> tuple[int, int, int]:
        nearness = 2 * self.shares_network + self.same_region
        return -nearness, -self.score, self.member_id


@dataclass(frozen=True, slots=True)
class _Searcher:
    """`near` are people of shared networks; `confides` those of them whose confidences may be shown."""

    near: frozenset[int]
    confides: frozenset[int]
    hidden: frozenset[int]
    region: str | None


@dataclass(frozen=True, slots=True)
class _Found:
    """Those who come first, in order; the ids of others, in the order in which they come after them;
    and whether there are more than these."""

    ranked: list[_Ranked]
    others: list[int]
    more: bool = False

    @property
    def total(self) -> int:
        return len(self.ranked) + len(self.others)


def find(
    session: Session,
    labels: Labels,
    query: Query,
    *,
    user: str,
    language: str,
    in_public: bool = False,
    offset: int = 0,
    limit: int = 8,
) -> Results:
    """Members whom `user` may find, best first; names of codes in `language`.

    People of a shared network come first, then those of the same region, then by where the words were
    found (profession, skills, name, place, ..., about). Order is the same each time. Nobody finds
    themselves, who has not agreed, who left, or with whom there is a block either way. `in_public` says
    that others read the results too: then only what everyone may see is searched and shown.
    Raises FieldError for a sector or language that nobody knows.
    """
    if query.is_empty:
        return Results((), 0, False, offset)
    searcher = _searcher(session, labels, user, in_public=in_public)
    meanings = meanings_of(labels)
    filters = _filters(query, labels)
    terms = terms_of(session, SCHEME, meanings, query.text)
    found = _look(session, _matchers([*terms, *filters]), query, searcher)
    if not found.total and terms:
        again = [corrected(session, SCHEME, meanings, term) for term in terms]
        if again != terms:
            terms = again
            found = _look(session, _matchers([*terms, *filters]), query, searcher)
    total = found.total
    end = min(offset + limit, total)
    page = found.ranked[offset:end]
    ahead = len(found.ranked)
    rest = found.others[max(0, offset - ahead) : max(0, end - ahead)]
    page += _weigh(session, rest, _matchers([*terms, *filters]), searcher, limit)
    known = members.of_ids(session, (one.member_id for one in page))
    matchers = _matchers(terms)
    return Results(
        hits=tuple(
            _hit(session, labels, known[one.member_id], one, matchers, language) for one in page
        ),
        total=total,
        more=found.more,
        offset=offset,
        corrected=corrected_words(terms) if total else (),
    )


def _matchers(terms: Iterable[Term]) -> list[Matcher]:
    return [Matcher(term, SCHEME) for term in terms]


def _searcher(session: Session, labels: Labels, user: str, *, in_public: bool) -> _Searcher:
    own = members.by_user(session, user)
    hidden = member_accounts.hidden_from(session, user)
    if own is not None:
        hidden.add(own.id)
    near = frozenset(member_search.sharing_network(session, user) - hidden)
    return _Searcher(
        near=near,
        confides=frozenset() if in_public else near,
        hidden=frozenset(hidden),
        region=region_token(own.profile, labels) if own is not None else None,
    )


def _filters(query: Query, labels: Labels) -> list[Term]:
    filters = [Term((word,), column="name") for word in asked(query.name)]
    if place := query.place.strip():
        here = place_filter(place, labels)
        if here is None:
            raise FieldError("unknown_choice", place)
        filters.append(here)
    if sector := query.sector.strip():
        codes = {code_token("sector", code): 100 for code in parse("sectors", sector, labels).value}
        filters.append(Term((), codes, column="sector", scored=False))
    if language := query.language.strip():
        spoken = parse("languages", language, labels).value
        filters.append(
            Term(
                (),
                {code_token("language", code): 100 for code in spoken},
                column="language",
                scored=False,
            )
        )
    return filters


def _look(
    session: Session, matchers: Sequence[Matcher], query: Query, searcher: _Searcher
) -> _Found:
    """Everyone found, as far as they are counted, the nearest and best of them ranked."""
    near, hidden = searcher.near, searcher.hidden
    only = None
    if query.room_ids is not None:
        only = member_search.in_rooms(session, query.room_ids) - hidden

    def weigh(ids: Iterable[int], most: int) -> list[_Ranked]:
        return _weigh(session, ids, matchers, searcher, most)

    def may_be_shown(ids: Iterable[int]) -> set[int]:
        return {one for one in ids if one not in hidden and (only is None or one in only)}

    wanted = [matcher.term.wanted() for matcher in matchers]
    bound = (MOST_COUNTED if only is None else _MOST_SCANNED) + len(hidden) + 1
    public = member_search.matching(session, wanted, shared=False, limit=bound)
    more = len(public) >= bound
    if only is not None and (more or not wanted):
        # So many have it that looking through the list of people soon finds enough.
        first = sorted(only, key=lambda one: (one not in near, one))
        return _in_order(weigh(first, _MOST_RANKED + 1), [])
    close = may_be_shown(_near_ones(session, wanted, searcher, weigh))
    ids = may_be_shown(public) | close
    if len(ids) <= _MOST_RANKED and not more:
        return _in_order(weigh(sorted(ids), len(ids)), [])
    chosen = dict.fromkeys(sorted(close)[:_MOST_RANKED])
    if searcher.region is not None and len(chosen) < _MOST_RANKED:
        here = Term((), {searcher.region: 100}, column="place").wanted()
        regional = member_search.matching(session, [*wanted, here], shared=False, limit=bound)
        also = (one for one in sorted(may_be_shown(regional)) if one not in chosen)
        chosen |= dict.fromkeys(list(islice(also, _MOST_RANKED - len(chosen))))
    others = [*sorted(close - chosen.keys()), *sorted(ids - close - chosen.keys())]
    room = _MOST_RANKED - len(chosen)
    ranked = weigh([*chosen, *others[:room]], _MOST_RANKED)
    return _in_order(ranked, others[room:], more=more)


def _near_ones(
    session: Session,
    wanted: Sequence[Wanted],
    searcher: _Searcher,
    weigh: Callable[[Iterable[int], int], list[_Ranked]],
) -> Iterable[int]:
    """People of shared networks who have what is asked: all, or where very many people have it, enough."""
    if not searcher.near:
        return ()
    confided = bool(searcher.confides)
    found = member_search.matching(session, wanted, shared=confided, limit=_MOST_SCANNED)
    if len(found) < _MOST_SCANNED:
        return searcher.near.intersection(found)
    return [one.member_id for one in weigh(sorted(searcher.near), _ENOUGH_NEAR)]


def _in_order(ranked: list[_Ranked], others: list[int], *, more: bool = False) -> _Found:
    """Everyone in order; what is over the bounds only makes `more` true."""
    first = sorted(ranked[:_MOST_RANKED], key=lambda one: one.order)
    room = MOST_COUNTED - len(first)
    over = len(ranked) > len(first) or len(others) > room
    return _Found(first, others[:room], more or over)


def _weigh(
    session: Session,
    member_ids: Iterable[int],
    matchers: Sequence[Matcher],
    searcher: _Searcher,
    most: int,
) -> list[_Ranked]:
    """The first `most` of these members who have what is asked, by what this searcher may see of them."""
    found: list[_Ranked] = []
    rest = iter(member_ids)
    while len(found) < most and (chunk := list(islice(rest, _CHUNK))):
        close = [one for one in chunk if one in searcher.confides]
        far = [one for one in chunk if one not in searcher.confides]
        for confides, ids in ((True, close), (False, far)):
            if not ids:
                continue
            for member_id, columns in member_search.documents(session, ids, shared=confides):
                score = 0
                for matcher in matchers:
                    worth, _ = matcher.weigh(columns)
                    if not worth:
                        break
                    if matcher.term.scored:
                        score += worth
                else:
                    region = searcher.region
                    found.append(
                        _Ranked(
                            member_id,
                            score,
                            member_id in searcher.near,
                            confides,
                            region is not None and region in columns[_PLACE].split(),
                            columns,
                        )
                    )
    return found[:most]


_PLACE = member_search.INDEX.columns.index("place")


def _hit(
    session: Session,
    labels: Labels,
    member: Member,
    ranked: _Ranked,
    matchers: Sequence[Matcher],
    language: str,
) -> Hit:
    profile = member.visible_profile(shares_network=ranked.confides)
    return Hit(
        member_id=member.id,
        profile=profile,
        user_ids=tuple(member_accounts.accounts_of(session, member.id)),
        shares_network=ranked.shares_network,
        same_region=ranked.same_region,
        reasons=reasons_for(profile, ranked.columns, matchers, labels, language),
    )
