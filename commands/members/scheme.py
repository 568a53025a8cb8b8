"""How members are searched: what their words may mean, and what a hit is worth in which field."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Final

from commands.labels import Labels
from commands.search.meanings import (
    Meaning,
    Meanings,
    of_countries,
    of_label,
    of_label_by_words,
    of_languages,
)
from commands.search.places import of_places
from commands.search.terms import Scheme
from storage import member_search

# product.md section 2, and what people look for first.
SCHEME: Final = Scheme(
    index=member_search.INDEX,
    weights={
        "profession": 100, "skills": 60, "name": 45, "place": 30, "sector": 22, "language": 16,
        "about": 10,
    },
    columns_of_codes={
        "profession": "profession", "sector": "sector", "city": "place", "region": "place",
        "country": "place", "language": "language",
    },
    main="profession",
    scattered="about",
)  # fmt: skip


@lru_cache(maxsize=4)
def meanings_of(labels: Labels) -> Meanings:
    return Meanings(_meanings(labels))


def _meanings(labels: Labels) -> Iterator[Meaning]:
    for profession in labels.professions.values():
        yield from of_label_by_words(profession, "profession")
    for sector in labels.sectors.values():
        yield from of_label(sector, "sector")
    yield from of_places(labels)
    yield from of_languages()
    yield from of_countries()
