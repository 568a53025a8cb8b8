"""Why a member was found: which words of the query, in which field, as it is said in the reader's language."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from commands.kernel.tongues import country_name, language_name
from commands.labels import Labels, Place
from commands.search.terms import Matcher, Term
from commands.search.words import code_token, tokens
from storage.members import Profile

_AROUND = 40


@dataclass(frozen=True, slots=True)
class Reason:
    """`typed` was found in `field` (a name of `fields.PROFILE`), where it says `shown`: a label in the
    reader's language, an item of a list, or a piece of a text. `by_code` if the word itself need not be
    there, since it means the same."""

    typed: str
    field: str
    shown: str
    by_code: bool = False


def reasons_for(
    profile: Profile,
    columns: Sequence[str],
    matchers: Sequence[Matcher],
    labels: Labels,
    language: str,
) -> tuple[Reason, ...]:
    """One reason for each word, where it counted most; `columns` are the document that was searched."""
    reasons: list[Reason] = []
    for matcher in matchers:
        _, column = matcher.weigh(columns)
        if column:
            reason = _EXPLAIN[column](profile, matcher.term, labels, language)
            if reason is not None:
                reasons.append(reason)
    return tuple(reasons)


def _typed(term: Term) -> str:
    return " ".join(term.words)


def _says(term: Term, text: str) -> bool:
    found = tokens(text)
    return all(any(word.startswith(typed) for word in found) for typed in term.words) or any(
        correction in found for correction in term.corrections
    )


def _profession(profile: Profile, term: Term, labels: Labels, language: str) -> Reason | None:
    for code in profile.professions:
        if labels.profession(code) is None:
            if _says(term, code):
                return Reason(_typed(term), "professions", code)
        elif code_token("profession", code) in term.codes:
            return Reason(_typed(term), "professions", labels.name(code, language), by_code=True)
    return None


def _sector(profile: Profile, term: Term, labels: Labels, language: str) -> Reason | None:
    for code in profile.sectors:
        if code_token("sector", code) in term.codes:
            return Reason(_typed(term), "sectors", labels.name(code, language), by_code=True)
    for code in profile.professions:
        label = labels.profession(code)
        if label is not None and label.sector and code_token("sector", label.sector) in term.codes:
            return Reason(_typed(term), "professions", labels.name(code, language), by_code=True)
    return None


def _skills(profile: Profile, term: Term, labels: Labels, language: str) -> Reason | None:
    for skill in profile.skills:
        if _says(term, skill):
            return Reason(_typed(term), "skills", skill)
    return Reason(_typed(term), "skills", ", ".join(profile.skills)[:80])


def _name(profile: Profile, term: Term, labels: Labels, language: str) -> Reason | None:
    return Reason(_typed(term), "display_name", profile.display_name)


def _place(profile: Profile, term: Term, labels: Labels, language: str) -> Reason | None:
    city = labels.place(profile.city) if profile.city else None
    if profile.city and (_says(term, profile.city) or _means_place(term, city)):
        by_code = not _says(term, profile.city)
        shown = labels.name(city.code, language) if by_code and city is not None else profile.city
        return Reason(_typed(term), "city", shown, by_code)
    if profile.postcode and _says(term, profile.postcode):
        return Reason(_typed(term), "postcode", profile.postcode)
    if profile.country and code_token("country", profile.country) in term.codes:
        return Reason(
            _typed(term), "country", country_name(profile.country, language), by_code=True
        )
    region = profile.region or (city.region if city is not None else "")
    return Reason(_typed(term), "region", labels.name(region, language), by_code=True)


def _means_place(term: Term, city: Place | None) -> bool:
    return city is not None and code_token(city.scope, city.code) in term.codes


def _language(profile: Profile, term: Term, labels: Labels, language: str) -> Reason | None:
    for code in profile.languages:
        if code_token("language", code) in term.codes:
            return Reason(_typed(term), "languages", language_name(code, language), by_code=True)
    return None


def _about(profile: Profile, term: Term, labels: Labels, language: str) -> Reason | None:
    words = profile.about.split()
    for position, word in enumerate(words):
        found = tokens(word)
        if any(token.startswith(typed) for token in found for typed in term.words) or any(
            token in term.corrections for token in found
        ):
            return Reason(_typed(term), "about", _piece(words, position))
    return None


def _piece(words: Sequence[str], position: int) -> str:
    """The word with what stands around it, at most about eighty characters."""
    first = last = position
    while first > 0 and len(" ".join(words[first - 1 : position])) <= _AROUND:
        first -= 1
    while last + 1 < len(words) and len(" ".join(words[position : last + 2])) <= _AROUND:
        last += 1
    piece = " ".join(words[first : last + 1])[: 3 * _AROUND]
    return ("… " if first else "") + piece + (" …" if last + 1 < len(words) else "")


_EXPLAIN = {
    "profession": _profession,
    "skills": _skills,
    "name": _name,
    "place": _place,
    "sector": _sector,
    "language": _language,
    "about": _about,
}
