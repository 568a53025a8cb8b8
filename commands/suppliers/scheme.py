"""How suppliers are searched: what words may mean, what a hit is worth in which field, and how near a supplier
that serves a place is to whoever asks for another one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Final

from commands.kernel.tongues import country_code
from commands.labels import Labels, Place
from commands.search.meanings import (
    PART_OF_TERM,
    Meaning,
    Meanings,
    group_of,
    of_countries,
    of_label,
    of_languages,
)
from commands.search.places import of_places, region_of
from commands.search.terms import Scheme, Term
from commands.search.words import Kind, code_token, joined
from commands.suppliers.values import CLASS_WORDS, MODE_WORDS
from storage import supplier_search

SCHEME: Final = Scheme(
    index=supplier_search.INDEX,
    weights={
        "name": 100, "category": 95, "mode": 60, "class": 55, "offer": 50, "place": 40,
        "language": 20,
    },
    columns_of_codes={
        "category": "category", "mode": "mode", "class": "class", "city": "place",
        "region": "place", "country": "place", "language": "language",
    },
    scattered="offer",
)  # fmt: skip

EVERYWHERE: Final = code_token("region", "everywhere *")
# How well a supplier fits who asks for a place: it serves the place itself, a part of it, what the place is
# in, or everywhere.
_PART, _AROUND, _COUNTRY, _EVERYWHERE = 95, 85, 75, 60
_COUNTRIES: Final = code_token("country", "")


@lru_cache(maxsize=4)
def meanings_of(labels: Labels) -> Meanings:
    return Meanings(_meanings(labels))


def _meanings(labels: Labels) -> Iterator[Meaning]:
    for category in labels.categories.values():
        yield from of_label(category, "category")
    kinds: tuple[tuple[Kind, Mapping[str, Mapping[str, Sequence[str]]]], ...] = (
        ("mode", MODE_WORDS),
        ("class", CLASS_WORDS),
    )
    for kind, values in kinds:
        for code, by_language in values.items():
            for words in by_language.values():
                for word in words:
                    yield Meaning(group_of(word), code_token(kind, code))
    yield from of_places(labels)
    yield from of_languages()
    yield from of_countries()


def within(token: str) -> str:
    """What serves a part of the place that has this code's word: it holds this one."""
    return f"{token}__in"


def place_words(regions: tuple[str, ...], labels: Labels) -> str:
    """What a document says of where a supplier is of use: the places, and what they are parts of. Without any
    it is everywhere."""
    if not regions:
        return EVERYWHERE
    words: list[str] = []
    for region in regions:
        place = labels.places.get(region)
        country = country_code(region) if place is None else None
        if place is not None:
            words.extend(_served(place))
        elif country is not None:
            words.append(code_token("country", country))
        else:
            words.append(joined(region))
    return " ".join(dict.fromkeys(words))


def _served(place: Place) -> Iterator[str]:
    yield code_token(place.scope, place.code)
    if place.scope == "city" and place.region:
        yield within(code_token("region", place.region))
    yield within(code_token("country", place.country))


def widened(term: Term, labels: Labels) -> Term:
    """The term, with what is of use in the places that it means: suppliers of a part of it, of all around it,
    of the country, and everywhere. Only for places that were said in full, or with a slip."""
    codes = dict(term.codes)
    for token, fit in term.codes.items():
        if fit < PART_OF_TERM and not term.corrections:
            continue
        for other, worth in _of_use_in(token, labels).items():
            codes[other] = max(codes.get(other, 0), worth * fit // 100)
    return replace(term, codes=codes) if len(codes) > len(term.codes) else term


def _of_use_in(token: str, labels: Labels) -> dict[str, int]:
    """What else serves a place, with how well; nothing for the code of anything but a place."""
    place = _places_by_token(labels).get(token)
    if place is None and not token.startswith(_COUNTRIES):
        return {}
    near = {within(token): _PART, EVERYWHERE: _EVERYWHERE}
    if place is not None:
        near[code_token("country", place.country)] = _COUNTRY
        if place.scope == "city" and place.region:
            near[code_token("region", place.region)] = _AROUND
    return near


def nearness(terms: Iterable[Term]) -> dict[str, int]:
    """By word of the column of places, how near it is to the places that these widened terms ask for; empty
    where they ask for none."""
    near: dict[str, int] = {}
    for term in terms:
        if EVERYWHERE in term.codes:
            for token, fit in term.codes.items():
                if SCHEME.column_of(token) == "place":
                    near[token] = max(near.get(token, 0), fit)
    return near


def home(city: str, region: str, labels: Labels) -> dict[str, int]:
    """The same for where a member is. Coarse, so that what comes after it means something: who serves the
    member's own city or region is as near; then who is elsewhere in the region; then the country, and all."""
    near: dict[str, int] = {}
    place = labels.place(city) if city else None
    around = labels.places.get(region_of(city, region, labels))
    if place is not None:
        near[code_token(place.scope, place.code)] = 100
    if around is not None:
        near[code_token("region", around.code)] = 100
        near[within(code_token("region", around.code))] = _AROUND
    country = place or around
    if country is not None:
        near[code_token("country", country.country)] = near[EVERYWHERE] = _EVERYWHERE
    return near


@lru_cache(maxsize=4)
def _places_by_token(labels: Labels) -> Mapping[str, Place]:
    return {code_token(place.scope, place.code): place for place in labels.places.values()}
