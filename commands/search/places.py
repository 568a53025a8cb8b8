"""Places in a search: what a place's name may stand for, and which words and codes a document holds of one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache

from commands.kernel.tongues import country_code
from commands.labels import Labels, Place
from commands.labels.fold import fold
from commands.search.meanings import (
    PART_OF_TERM,
    WHOLE_TERM,
    Codes,
    Meaning,
    group_of,
    of_label,
)
from commands.search.terms import Term
from commands.search.words import asked, code_token, joined


def of_places(labels: Labels) -> Iterator[Meaning]:
    """Every city and region by each of its names, and a region by that of the city that it is called after."""
    for place in labels.places.values():
        yield from of_label(place, place.scope)
        if (region := namesake_region(place, labels)) is not None:
            for term in filter(_is_one_word, place.terms()):
                yield Meaning(group_of(term), code_token("region", region), PART_OF_TERM)


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


def place_filter(place: str, labels: Labels, column: str = "place") -> Term | None:
    """A city, region or country by any of its names; otherwise words or a postcode of the place itself.
    None where nothing is said."""
    words = tuple(asked(place))
    return Term(words, _meant(place, labels), column=column, scored=False) if words else None


def knows_place(place: str, labels: Labels) -> bool:
    """Whether a place to filter by is one of the tables, or a postcode, which no table has."""
    return _is_postcode(place) or bool(_meant(place, labels))


def _meant(place: str, labels: Labels) -> Mapping[str, int]:
    codes = _named(place, labels)
    if not codes and not _is_postcode(place):
        # A mistyped city: better the likely one than nobody.
        for label in labels.suggest(place, "place", 1):
            codes |= _named(next(iter(label.names.values())), labels)
    return codes


def _is_postcode(place: str) -> bool:
    return any(letter.isdigit() for letter in place)


def _named(text: str, labels: Labels) -> Codes:
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


def region_of(city: str, region: str, labels: Labels) -> str:
    """The region that is given, or else that of the city; '' when neither says."""
    if region or not city:
        return region
    place = labels.place(city)
    return place.region if place is not None else ""


@lru_cache(maxsize=4096)
def place_words(city: str, region: str, country: str, labels: Labels) -> str:
    """What a document holds of a place: its words and codes; any of the three may be ''."""
    words = [joined(city)]
    if city and (place := labels.place(city)) is not None:
        words.append(code_token(place.scope, place.code))
    if region and labels.get(region) is None:
        words.append(joined(region))
    if within := region_of(city, region, labels):
        words.append(code_token("region", within))
    if country:
        words.append(code_token("country", country))
    return " ".join(filter(None, words))


def serves(region: str | None, wanted: str, labels: Labels) -> bool:
    """Whether what is there for a region or city, or everywhere for None, is there for a wanted one: a region
    for its cities and back. Both are codes, or as typed."""
    if region is None or fold(region) == fold(wanted):
        return True
    ours, theirs = labels.places.get(region), labels.places.get(wanted)
    if ours is None or theirs is None:
        return False
    return bool({ours.code, _around(ours)} & {theirs.code, _around(theirs)}) and (
        "region" in (ours.scope, theirs.scope)
        or _around(theirs) in {fold(term) for term in theirs.terms()}
    )


def _around(place: Place) -> str:
    """The code of the region that a place is or lies in."""
    return place.code if place.scope == "region" else place.region
