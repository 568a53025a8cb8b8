"""Names of languages and countries, in the languages that Kring speaks, to and from their ISO codes."""

from __future__ import annotations

import re
from functools import cache

from rapidfuzz import fuzz, process

from commands.kernel.catalogue import languages, locale_of
from commands.labels import fold

# How speakers call their language, where that is none of the catalogues' names for it.
_OWN_NAMES = {
    "deutsch": "de", "espanol": "es", "castellano": "es", "italiano": "it", "portugues": "pt",
    "polski": "pl", "turkce": "tr", "romana": "ro", "vlaams": "nl", "flamand": "nl", "flemish": "nl",
    "farsi": "fa", "svenska": "sv", "dansk": "da", "magyar": "hu", "hrvatski": "hr", "srpski": "sr",
    "nederlandse gebarentaal": "dse", "vlaamse gebarentaal": "vgt", "lsfb": "sfb",
    "langue des signes de belgique francophone": "sfb", "flemish sign language": "vgt",
}  # fmt: skip


@cache
def _language_words() -> dict[str, str]:
    words: dict[str, str] = {}
    for spoken in languages():
        for code, name in locale_of(spoken).languages.items():
            if re.fullmatch(r"[a-z]{2,3}", code):
                words.setdefault(fold(name), code)
                words.setdefault(code, code)
    return {**words, **_OWN_NAMES}


@cache
def _country_words() -> dict[str, str]:
    words: dict[str, str] = {}
    for spoken in languages():
        for code, name in locale_of(spoken).territories.items():
            if re.fullmatch(r"[A-Z]{2}", code):
                words.setdefault(fold(name), code)
                words.setdefault(code.lower(), code)
    return words


def language_code(text: str) -> str | None:
    """The ISO 639 code for a language's name or code: *néerlandais*, *Dutch*, *nl*."""
    return _language_words().get(fold(text).removesuffix("."))


def languages_like(text: str) -> tuple[str, ...]:
    """At most three codes of languages with a name that is nearly this, the likeliest first."""
    words = language_words()
    near = process.extract(fold(text), words.keys(), scorer=fuzz.ratio, score_cutoff=82, limit=8)
    return tuple(dict.fromkeys(words[word] for word, _, _ in near))[:3]


def language_words() -> dict[str, str]:
    """Folded name -> code, for finding languages inside a query; codes themselves are left out, since *it*
    and *is* are more often words."""
    return {word: code for word, code in _language_words().items() if len(word) > 3}


def country_code(text: str) -> str | None:
    """The ISO 3166 alpha-2 code for a country's name or code: *Belgique*, *Belgium*, *be*."""
    return _country_words().get(fold(text))


def language_name(code: str, language: str) -> str:
    """What to call a language in a language; an unknown code is its own name."""
    return str(locale_of(language).languages.get(code, code))


def country_name(code: str, language: str) -> str:
    return str(locale_of(language).territories.get(code, code))


def country_names() -> dict[str, str]:
    """Folded name -> code, without the codes themselves."""
    return {word: code for word, code in _country_words().items() if len(word) > 3}
