"""What can be written about a supplier, and how a text, from a catalogue's cell or typed in a conversation,
becomes a value. The model that takes a whole one is `entry`'s; wording what is wrong is left to others."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from types import MappingProxyType
from typing import Any, Final, cast, get_args

from rapidfuzz import fuzz, process

from commands.kernel import fields as kernel
from commands.kernel import moments
from commands.kernel.catalogue import N_, languages, translate
from commands.kernel.fields import Field, FieldError, Note, parts_of, short, too_many
from commands.kernel.parameters import OneOf
from commands.kernel.text import clean, one_line
from commands.labels import Labels, fold
from commands.suppliers.companies import Company, company
from commands.suppliers.values import CLASS, CLASS_NAMES, MODE, MODE_NAMES
from storage.suppliers import CLASSES, MODES, Deal, Draft, TextField

FIELDS: Final[Mapping[str, Field]] = MappingProxyType(
    {
        field.name: field
        for field in (
            Field("name", N_("name"), 120),
            Field("offer", N_("what they offer"), 1500),
            Field("modes", N_("how one gets it"), 40, len(MODES)),
            Field("class", N_("class"), 40),
            Field("categories", N_("categories"), 80, 12),
            Field("regions", N_("regions"), 80, 30),
            Field("languages", N_("languages"), 60, 15),
            Field("website", N_("website"), 300),
            Field("company", N_("company number"), 40),
            Field("contact", N_("contact for buyers"), 300),
            Field("deal", N_("the deal in a few words"), 200),
            Field("steps", N_("how to get the deal"), 1000),
            Field("code", N_("discount code"), 80),
            Field("deal_contact", N_("contact for members"), 300),
            Field("starts", N_("first day of the deal"), 60),
            Field("ends", N_("last day of the deal"), 60),
            Field("deposit", N_("deposit"), 30),
            Field("pickup", N_("where to pick it up"), 400),
        )
    }
)
# Texts, each in several languages.
TEXTS: Final[tuple[TextField, ...]] = get_args(TextField)
REQUIRED: Final = frozenset(("name", "class", "modes"))
OF_DEAL: Final = ("code", "deal_contact", "starts", "ends", "deposit")

_SHORTEST_NAME: Final = 2
_EARLIEST, _LATEST = 1990, 2100
_EVERYWHERE: Final = frozenset(
    (
        *"everywhere anywhere overal online partout".split(),
        *("en ligne", "hele land", "het hele land", "tout le pays", "whole country"),
    )
)
_EMAIL: Final = re.compile(
    r"[^\s@,;<>()\[\]\"\\]{1,64}@(?:[^\W_](?:[\w\-]{0,61}[^\W_])?\.)+[^\W\d_]{2,24}"
)
_PHONE: Final = re.compile(r"\+?[0-9][0-9 ()./\-]*")
_FEWEST_DIGITS, _MOST_DIGITS = 6, 15


@dataclass(frozen=True, slots=True)
class Around:
    """What the meaning of a text depends on: `today` for dates in words, the installation's `currency`, and
    `country`, which a company number without one is taken to be of."""

    labels: Labels
    today: date
    currency: str
    country: str | None = None


# A text or code, several of them, a company, cents of the currency (deposit), or None for what is empty.
Value = str | tuple[str, ...] | Company | int | None


@dataclass(frozen=True, slots=True)
class Parsed:
    """Dates are ISO days."""

    value: Value
    notes: tuple[Note, ...] = ()


def parse(name: str, text: str, around: Around) -> Parsed:
    """The value that a text stands for; an empty text empties the field.

    Raises FieldError: required, too_short, too_long, too_many, unknown_mode, unknown_class (both with
    suggestions), unknown_language, bad_link, bad_email, bad_phone, bad_date, bad_amount, and those of
    `companies.company`. Notes: unknown_category and unknown_region, kept as typed.
    """
    field = FIELDS[name]
    if field.most:
        return _list(field, text, around)
    plain = clean(text).strip() if name in TEXTS else one_line(text)
    if not plain:
        if name in REQUIRED:
            raise FieldError("required", "")
        return Parsed(None)
    return Parsed(_ONE.get(name, _text)(short(plain, field.longest), around))


def _list(field: Field, text: str, around: Around) -> Parsed:
    values: dict[str, None] = {}
    seen: set[str] = set()
    notes: list[Note] = []
    parts = parts_of(
        text,
        is_one=lambda one: field.name == "categories" and _is_category(one, around),
        by_and=field.name in ("languages", "modes"),
    )
    for part in parts:
        value, found = _EACH[field.name](short(part, field.longest), around)
        if value and fold(value) not in seen:
            seen.add(fold(value))
            values[value] = None
            notes.extend(found)
    if field.name in REQUIRED and not values:
        raise FieldError("required", "")
    if len(values) > field.most:
        raise too_many(len(values), field.most)
    return Parsed(tuple(values), tuple(notes))


# --- one value -------------------------------------------------------------------------------


def _text(text: str, around: Around) -> str:
    return text


def _name(text: str, around: Around) -> str:
    if len(text) < _SHORTEST_NAME or not any(sign.isalnum() for sign in text):
        raise FieldError("too_short", text, limit=_SHORTEST_NAME)
    return text


def _company(text: str, around: Around) -> Company:
    return company(text, usual=around.country)


def _class(text: str, around: Around) -> str:
    return _one_of(text, CLASS, CLASS_NAMES, "unknown_class")


def _one_of(text: str, words: OneOf[str], names: Mapping[str, str], problem: str) -> str:
    """Any word for it in any language, what it is called there, or its code."""
    said = {
        **words.words,
        **{fold(translate(spoken, name)): code for code, name in names.items() for spoken in languages()},
        **{fold(code): code for code in names},
    }  # fmt: skip
    code = said.get(fold(text))
    if code is None:
        near = process.extract(fold(text), said.keys(), scorer=fuzz.ratio, score_cutoff=70, limit=5)
        likely = tuple(dict.fromkeys(said[word] for word, _, _ in near))
        raise FieldError(problem, text, likely or tuple(names))
    return code


def _link(text: str, around: Around) -> str:
    return kernel.link(text)


def _contact(text: str, around: Around) -> str | None:
    """Names, e-mail addresses, phone numbers and links with commas between them, as people write them down;
    what looks like an address or a number must be one."""
    parts = (one for part in parts_of(text) for one in parts_of(part))
    return ", ".join(_way_to_reach(one) for one in parts) or None


def _way_to_reach(part: str) -> str:
    for word in part.split():
        bare = word.strip("<>()[]:").removeprefix("mailto:")
        if "@" in bare and not bare.startswith(("@", "http")) and not _EMAIL.fullmatch(bare):
            raise FieldError("bad_email", bare[:60])
    number = re.sub(r"^(?:tel|phone|gsm|tél|t|m)\s*[.:]\s*", "", part, flags=re.IGNORECASE)
    if _PHONE.fullmatch(number):
        digits = sum(sign.isdigit() for sign in number)
        if not _FEWEST_DIGITS <= digits <= _MOST_DIGITS:
            raise FieldError("bad_phone", part[:60])
    return part


def _day(text: str, around: Around) -> str:
    phrase = moments.parse(text, around.today)
    if phrase is None or phrase.clock is not None or not _EARLIEST <= phrase.day.year <= _LATEST:
        raise FieldError("bad_date", text)
    return phrase.day.isoformat()


def _deposit(text: str, around: Around) -> int | None:
    amount = kernel.cents(text, around.currency)
    if amount is not None and amount < 0:
        raise FieldError("bad_amount", text)
    return amount


_ONE: Final[Mapping[str, Callable[[str, Around], str | Company | int | None]]] = {
    "name": _name,
    "class": _class,
    "website": _link,
    "company": _company,
    "contact": _contact,
    "deal_contact": _contact,
    "starts": _day,
    "ends": _day,
    "deposit": _deposit,
}

# --- one of several --------------------------------------------------------------------------

_Item = tuple[str, tuple[Note, ...]]


def _mode(text: str, around: Around) -> _Item:
    return _one_of(text, MODE, MODE_NAMES, "unknown_mode"), ()


def _is_category(text: str, around: Around) -> bool:
    return around.labels.match(text, "category") is not None


def _category(text: str, around: Around) -> _Item:
    """What no table knows is kept as typed: members look for it in those words too."""
    label = around.labels.match(text, "category")
    if label is not None:
        return label.code, ()
    near = tuple(one.code for one in around.labels.suggest(text, "category", 3))
    return text, (Note("unknown_category", text, near),)


def _region(text: str, around: Around) -> _Item:
    """Every territory has regions of its own; no region at all is everywhere."""
    if fold(text) in _EVERYWHERE:
        return "", ()
    place = around.labels.place(text)
    if place is not None:
        return place.code, ()
    near = tuple(one.code for one in around.labels.suggest(text, "place", 3))
    return text, (Note("unknown_region", text, near),)


def _language(text: str, around: Around) -> _Item:
    return kernel.language(text), ()


_EACH: Final[Mapping[str, Callable[[str, Around], _Item]]] = {
    "modes": _mode,
    "categories": _category,
    "regions": _region,
    "languages": _language,
}


# --- what fits together ---------------------------------------------------------------------


def check_period(starts: str | None, ends: str | None) -> None:
    """ISO days. Raises FieldError('ends_early')."""
    if starts and ends and ends < starts:
        raise FieldError("ends_early", ends)


def deal_or_none(deal: Deal, words: object) -> Deal | None:
    """None when nothing is said of a deal, in words or otherwise."""
    return deal if deal != Deal() or words else None


# --- one field of a supplier -----------------------------------------------------------------


def value_of(draft: Draft, name: str, language: str = "") -> Value:
    """What `parse` gave, once; a text of `TEXTS` in that language."""
    if name in TEXTS:
        return draft.texts.get(name, {}).get(language) or None
    if name == "company":
        country, number = draft.company_country, draft.company_number
        return Company(country, number) if country and number else None
    if name == "class":
        return draft.class_
    if name in OF_DEAL:
        return cast(Value, getattr(draft.deal or Deal(), _IN_DEAL.get(name, name)))
    return cast(Value, getattr(draft, name))


def with_value(draft: Draft, name: str, value: Value, language: str = "") -> Draft:
    """The draft with another value in one field. Raises FieldError('ends_early')."""
    changed: Any = value
    if name == "company":
        found = value if isinstance(value, Company) else None
        return replace(
            draft,
            company_country=found.country if found else None,
            company_number=found.number if found else None,
        )
    if name in TEXTS:
        by_language = {**draft.texts.get(name, {}), language: str(value or "")}
        kept = {code: text for code, text in by_language.items() if text}
        draft = replace(draft, texts={**draft.texts, name: kept})
    elif name in OF_DEAL:
        deal = replace(draft.deal or Deal(), **{_IN_DEAL.get(name, name): changed})
        check_period(deal.starts, deal.ends)
        draft = replace(draft, deal=deal)
    else:
        return replace(draft, **{"class_" if name == "class" else name: changed})
    words = draft.texts.get("deal") or draft.texts.get("steps")
    return replace(draft, deal=deal_or_none(draft.deal or Deal(), words))


_IN_DEAL: Final[Mapping[str, str]] = {"deal_contact": "contact", "deposit": "deposit_cents"}


def choices_of(name: str) -> Sequence[tuple[str, str]]:
    """The codes of a field with few values, and the message ids that name them."""
    if name == "class":
        return [(code, CLASS_NAMES[code]) for code in CLASSES]
    if name == "modes":
        return [(code, MODE_NAMES[code]) for code in MODES]
    return ()
