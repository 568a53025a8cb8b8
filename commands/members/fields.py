"""What a profile consists of, and how a text, from a register's cell or typed in a conversation, becomes
a value. Storing and showing it are left to others."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType
from typing import Final, Literal

from commands.kernel.catalogue import N_, languages, translate
from commands.kernel.fields import (
    Field,
    FieldError,
    Note,
    country,
    language,
    link,
    parts_of,
    short,
    too_many,
)
from commands.kernel.text import clean, one_line
from commands.labels import Labels, fold
from storage.members import FIELDS, Value

Problem = Literal[
    "required",
    "too_long",
    "too_many",
    "unknown_profession",
    "ambiguous_profession",
    "unknown_sector",
    "unknown_language",
    "unknown_country",
    "unknown_choice",
    "bad_postcode",
    "bad_link",
]


@dataclass(frozen=True, slots=True)
class Parsed:
    value: Value
    notes: tuple[Note, ...] = ()


@dataclass(frozen=True, slots=True)
class Choice:
    """One of a few values; `name` is a message id, `words` say it in any language."""

    code: str
    name: str
    words: tuple[str, ...]


PROFILE: Final[Mapping[str, Field]] = MappingProxyType(
    {
        field.name: field
        for field in (
            Field("display_name", N_("name"), 120),
            Field("professions", N_("professions"), 120, 8),
            Field("sectors", N_("sectors"), 120, 8),
            Field("skills", N_("skills"), 80, 30),
            Field("city", N_("city"), 80),
            Field("postcode", N_("postcode"), 12),
            Field("region", N_("region"), 80),
            Field("country", N_("country"), 60),
            Field("languages", N_("languages"), 60, 15),
            Field("about", N_("about me"), 1500),
            Field("links", N_("links"), 300, 10),
            Field("stage", N_("stage of the activity"), 60),
            Field("open_to", N_("open to"), 60, 10),
        )
    }
)
assert tuple(PROFILE) == FIELDS

STAGES: Final = (
    Choice("starting", N_("starting"), ("start", "starter", "startend", "demarrage", "debut")),
    Choice("established", N_("established"), ("gevestigd", "etabli", "etablie", "installe")),
    Choice("growing", N_("growing"), ("groeiend", "groei", "en croissance", "croissance")),
    Choice("transition", N_("changing course"), ("omschakeling", "in transitie", "reconversion")),
    Choice("retiring", N_("winding down"), ("afbouw", "afbouwend", "stoppend", "fin d'activite")),
)
OPEN_TO: Final = (
    Choice(
        "collaborate",
        N_("working together"),
        ("samenwerken", "samenwerking", "collaborer", "collaboration"),
    ),
    Choice("mentor", N_("mentoring somebody"), ("mentor zijn", "etre mentor", "mentoring")),
    Choice(
        "be_mentored",
        N_("having a mentor"),
        ("een mentor", "mentor zoeken", "avoir un mentor", "be mentored"),
    ),
    Choice(
        "lend",
        N_("lending or sharing equipment"),
        ("uitlenen", "delen", "preter", "partager", "share"),
    ),
    Choice("questions", N_("questions from other members"), ("vragen", "question", "vraag")),
    Choice(
        "introductions",
        N_("being introduced to others"),
        ("kennismaken", "kennismaking", "presentations"),
    ),
)


def parse(name: str, text: str, labels: Labels) -> Parsed:
    """The value that a text stands for; an empty text empties the field.

    Raises FieldError; the name cannot be emptied ('required').
    """
    field = PROFILE[name]
    parser = _PARSERS.get(name, _text)
    if field.most:
        return _list(field, text, parser, labels)
    text = clean(text).strip() if name == "about" else one_line(text)
    if not text:
        if name == "display_name":
            raise FieldError("required", "")
        return Parsed("")
    value, notes = parser(short(text, field.longest), labels)
    return Parsed(value, notes)


_One = tuple[str, tuple[Note, ...]]
_Parser = Callable[[str, Labels], _One]


def _list(field: Field, text: str, parser: _Parser, labels: Labels) -> Parsed:
    parts = parts_of(
        text,
        is_one=lambda one: _is_one_label(field.name, one, labels),
        # No language has an "and" in its name, as some professions and sectors have.
        by_and=field.name == "languages",
    )
    values: dict[str, None] = {}
    seen: set[str] = set()
    notes: list[Note] = []
    for part in parts:
        value, found = parser(short(part, field.longest), labels)
        if fold(value) not in seen:
            seen.add(fold(value))
            values[value] = None
            notes.extend(found)
    if len(values) > field.most:
        raise too_many(len(values), field.most)
    return Parsed(tuple(values), tuple(notes))


def _is_one_label(name: str, text: str, labels: Labels) -> bool:
    """Some names of sectors hold commas."""
    if name == "sectors":
        return labels.match(text, "sector") is not None
    return name == "professions" and labels.match(text, "profession") is not None


def _text(text: str, labels: Labels) -> _One:
    return text, ()


@lru_cache(maxsize=20_000)
def _profession(text: str, labels: Labels) -> _One:
    """What no table knows is kept as the member's own words: registers are messy and people inventive."""
    label = labels.match(text, "profession")
    if label is not None:
        return label.code, ()
    near = labels.suggest(text, "profession", 3)
    means_several = any(fold(text) in map(fold, one.terms()) for one in near)
    problem: Problem = "ambiguous_profession" if means_several else "unknown_profession"
    return text, (Note(problem, text, tuple(one.code for one in near)),)


def _sector(text: str, labels: Labels) -> _One:
    label = labels.match(text.upper() if len(text) == 1 else text, "sector")
    if label is None:
        near = tuple(one.code for one in labels.suggest(text, "sector", 3))
        raise FieldError("unknown_sector", text, near)
    return label.code, ()


def _region(text: str, labels: Labels) -> _One:
    place = labels.place(text)
    return (place.code if place is not None and place.scope == "region" else text), ()


def _postcode(text: str, labels: Labels) -> _One:
    if not re.fullmatch(r"[0-9A-Za-z][0-9A-Za-z \-]{1,11}", text):
        raise FieldError("bad_postcode", text)
    return text.upper(), ()


def _country(text: str, labels: Labels) -> _One:
    return country(text), ()


def _language(text: str, labels: Labels) -> _One:
    return language(text), ()


def _link(text: str, labels: Labels) -> _One:
    return link(text), ()


def _choice(choices: tuple[Choice, ...]) -> _Parser:
    words = {
        fold(word): choice.code
        for choice in choices
        for word in (
            choice.code,
            choice.code.replace("_", " "),
            *(translate(spoken, choice.name) for spoken in languages()),
            *choice.words,
        )
    }
    codes = tuple(choice.code for choice in choices)

    def parse_choice(text: str, labels: Labels) -> _One:
        code = words.get(fold(text))
        if code is None:
            raise FieldError("unknown_choice", text, codes)
        return code, ()

    return parse_choice


_PARSERS: Final[Mapping[str, _Parser]] = {
    "professions": _profession,
    "sectors": _sector,
    "postcode": _postcode,
    "region": _region,
    "country": _country,
    "languages": _language,
    "links": _link,
    "stage": _choice(STAGES),
    "open_to": _choice(OPEN_TO),
}


def choice_name(code: str) -> str:
    """The message id that names a stage or an `open_to`; a code that is no longer used is its own name."""
    return _CHOICE_NAMES.get(code, code)


_CHOICE_NAMES: Final = {choice.code: choice.name for choice in (*STAGES, *OPEN_TO)}
