"""Words and codes as a search index knows them: the same for what is indexed and for what is asked."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Final, Literal

from commands.labels import fold

Kind = Literal[
    "profession", "sector", "city", "region", "country", "language", "category", "mode", "class"
]

_LETTERS: Final[Mapping[Kind, str]] = {
    "profession": "p", "sector": "s", "city": "x", "region": "g", "country": "c", "language": "l",
    "category": "k", "mode": "m", "class": "t",
}  # fmt: skip
_KINDS: Final[Mapping[str, Kind]] = {letter: kind for kind, letter in _LETTERS.items()}
_WORD: Final = re.compile(r"[^\W_]+(?:-[^\W_]+)*")
# What would lose its point with its punctuation.
_SYMBOLS: Final = re.compile(r"\b([cf])(\+\+|#)(?!\w)")
_SPOKEN: Final = {"++": "plusplus", "#": "sharp"}
_ELISION: Final = re.compile(r"\b(?:[ldsnmtjc]|qu)'(?=\w)")
# Plurals and genitives: *foto's* holds the word *foto*, and no word *s*.
_APOSTROPHE_S: Final = re.compile(r"(?<=\w)'s\b")

# Words that say nothing about whom or what one looks for, in the languages that Kring speaks.
STOP_WORDS: Final = frozenset(
    "a an and at by for from in of on or the to with who"
    " aan bij de een en het in met naar of op te uit van voor wie"
    " a au aux avec chez de des du en et la le les ou par pour qui sur un une".split()
)


def tokens(text: str) -> list[str]:
    """Folded words in order. `co-working` gives co, working and coworking, since both are written."""
    found: list[str] = []
    for word in _words(text):
        if "-" in word:
            found.extend(word.split("-"))
            found.append(word.replace("-", ""))
        else:
            found.append(word)
    return found


def asked(text: str) -> list[str]:
    """The words of a query: no elided articles, and no stop words unless there is nothing else."""
    words = [part for word in _words(text) for part in word.split("-")]
    return [word for word in words if word not in STOP_WORDS] or words


def _words(text: str) -> list[str]:
    folded = fold(text)
    if "'" in folded:
        folded = _APOSTROPHE_S.sub("", _ELISION.sub("", folded))
    if "+" in folded or "#" in folded:
        folded = _SYMBOLS.sub(lambda found: found[1] + _SPOKEN[found[2]], folded)
    return _WORD.findall(folded)


@lru_cache(maxsize=8192)
def code_token(kind: Kind, code: str) -> str:
    """A code as one word of the index that nobody can type: `2643.1` as a profession is `_p2643_1`."""
    return f"_{_LETTERS[kind]}" + re.sub(r"\W", "_", fold(code))


def kind_of(token: str) -> Kind:
    """What a code's word stands for."""
    return _KINDS[token[1]]


def joined(*texts: str) -> str:
    """The words of the texts, each once, as a document holds them."""
    return " ".join(dict.fromkeys(word for text in texts for word in tokens(text)))


def joined_codes(kind: Kind, codes: Iterable[str]) -> str:
    return " ".join(code_token(kind, code) for code in codes)
