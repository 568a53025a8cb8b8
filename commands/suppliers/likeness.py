"""Whether two names may be the same supplier's, as people type them: without its legal form, its full stops or
the letter that was missed."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Final, TypeVar

from rapidfuzz import fuzz

from commands.labels.fold import fold

T = TypeVar("T")

# As they stand at the end of a name, without dots.
_FORMS: Final = frozenset(
    "bv bvba cv cvba nv vzw vof comm commv ebvba se"
    " sa srl sprl sc scrl asbl snc scs sas sarl scop eurl sasu scic"
    " ltd llc plc inc co limited company gmbh ag ug ev eg kg ohg".split()
)
_WORD: Final = re.compile(r"[^\W_]+")
_DOTTED: Final = re.compile(r"(?<=\b\w)\.(?=\w\b)")
# In shorter names a letter makes another name.
_SHORTEST_GUESSED: Final = 5
_NEAR: Final = 86.0


@lru_cache(maxsize=8192)
def key_of(name: str) -> str:
    """What is left of a name to compare it by; empty only where it holds no letter or figure."""
    words = _WORD.findall(_DOTTED.sub("", fold(name).replace("'", "")))
    kept = list(words)
    while len(kept) > 1 and kept[-1] in _FORMS:
        kept.pop()
    return "".join(kept)


def alike(one: str, other: str) -> bool:
    """Whether the keys of two names may be those of one supplier."""
    if one == other:
        return bool(one)
    if min(len(one), len(other)) < _SHORTEST_GUESSED:
        return False
    return fuzz.ratio(one, other, score_cutoff=_NEAR) > 0


def nearest(name: str, known: Iterable[tuple[str, T]]) -> T | None:
    """Of things with their names the one that is called so, or most nearly so."""
    key = key_of(name)
    best: tuple[float, T] | None = None
    for other, thing in known:
        theirs = key_of(other)
        if alike(key, theirs):
            ratio = fuzz.ratio(key, theirs)
            if best is None or ratio > best[0]:
                best = (ratio, thing)
    return best[1] if best is not None else None
