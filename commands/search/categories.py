"""Which categories a text names, in whichever language it is written."""

from __future__ import annotations

import re
from typing import Final

from commands.labels import Labels
from commands.search.words import STOP_WORDS, asked

_MOST_CATEGORIES: Final = 5
_MOST_WORDS: Final = 4
_PART: Final = re.compile(r"[,;\n.]")


def categories_in(labels: Labels, text: str) -> tuple[str, ...]:
    """The codes of the categories that a text names, whichever of the languages it is in, the longest words
    of each part first."""
    found: dict[str, None] = {}
    for part in _PART.split(text):
        words = part.split()
        taken: set[int] = set()
        for size in range(min(_MOST_WORDS, len(words)), 0, -1):
            for start in range(len(words) - size + 1):
                places = range(start, start + size)
                phrase = " ".join(words[start : start + size])
                # Small words of one language mean things in another: *van* is no vehicle in Dutch.
                is_small = STOP_WORDS.issuperset(asked(phrase))
                label = None if is_small else labels.match(phrase, "category")
                if label is not None and taken.isdisjoint(places):
                    taken.update(places)
                    found[label.code] = None
    return tuple(found)[:_MOST_CATEGORIES]
