"""How a text, from a file's cell or typed in a conversation, becomes a value: what the fields of every domain
have in common. Which fields there are, and how an error is worded, is each domain's."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from typing import Final
from urllib.parse import urlsplit

from babel.numbers import get_currency_name, get_currency_symbol
from pydantic import ValidationError
from pydantic_core import PydanticCustomError

from commands.kernel.catalogue import languages, locale_of
from commands.kernel.text import clean, one_line
from commands.kernel.tongues import country_code, language_code, languages_like
from commands.kernel.words import AND

_SEPARATOR: Final = re.compile(r"[;|\n]")
_AND: Final = re.compile(rf"[&+]|\s(?:{'|'.join(AND)})\s", re.IGNORECASE)
_SCHEME: Final = re.compile(r"[a-z][a-z0-9+.\-]*:(?!\d)", re.IGNORECASE)
_AMOUNT: Final = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)")
_LARGEST_AMOUNT: Final = Decimal(10) ** 12


class FieldError(Exception):
    """A text is no value for the field. `problem` is a code of the domain's, `found` the part that is wrong,
    `suggestions` are codes, which the caller must name, `limit` is what was exceeded."""

    def __init__(
        self, problem: str, found: str, suggestions: tuple[str, ...] = (), limit: int = 0
    ) -> None:
        super().__init__(problem, found)
        self.problem = problem
        self.found = found
        self.suggestions = suggestions
        self.limit = limit


@dataclass(frozen=True, slots=True)
class Note:
    """Something that was accepted and deserves a look; `suggestions` are codes of labels."""

    problem: str
    found: str
    suggestions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Field:
    """`label` is a message id; `longest` counts characters (of each item), `most` the items of a list,
    0 for a text."""

    name: str
    label: str
    longest: int
    most: int = 0


@dataclass(frozen=True, slots=True)
class Fault:
    """A FieldError that a model met; `part` is what of the field it is about (such as a language), if that
    can be said."""

    field: str
    part: str
    error: FieldError


def at_the_door(error: FieldError) -> PydanticCustomError:
    """What a model's validator raises for it; `faults` makes it a FieldError again."""
    context = {"found": error.found, "suggestions": error.suggestions, "limit": error.limit}
    return PydanticCustomError(error.problem, "{found}", context)


def faults(error: ValidationError) -> list[Fault]:
    """All that a model found wrong, in the order of its fields."""
    found = []
    for one in error.errors(include_url=False):
        context = one.get("ctx", {})
        field, part = (*map(str, one["loc"]), "", "")[:2]
        found.append(
            Fault(
                field,
                part,
                FieldError(
                    one["type"],
                    str(context.get("found", one.get("input", "")))[:100],
                    tuple(context.get("suggestions", ())),
                    int(context.get("limit", 0)),
                ),
            )
        )
    return found


def short(text: str, longest: int) -> str:
    """Raises FieldError('too_long')."""
    if len(text) > longest:
        raise FieldError("too_long", text[:30], limit=longest)
    return text


def parts_of(
    text: str, *, is_one: Callable[[str], bool] = lambda text: False, by_and: bool = False
) -> list[str]:
    """What a list consists of: between semicolons, bars and lines, else between commas, and words such as
    *and* where nothing in the list has them (`by_and`). `is_one` says of a text with commas that it is a
    single item."""
    parts = [one_line(part) for part in _SEPARATOR.split(clean(text))]
    if len(parts) == 1 and "," in text and not is_one(parts[0]):
        parts = [one_line(part) for part in text.split(",")]
    if by_and:
        parts = [one_line(one) for part in parts for one in _AND.split(part)]
    return [part for part in parts if part]


def too_many(count: int, most: int) -> FieldError:
    return FieldError("too_many", str(count), limit=most)


def language(text: str) -> str:
    """Its ISO code. Raises FieldError('unknown_language')."""
    code = language_code(text)
    if code is None:
        raise FieldError("unknown_language", text, languages_like(text))
    return code


def country(text: str) -> str:
    """Its ISO 3166 alpha-2 code. Raises FieldError('unknown_country')."""
    code = country_code(text)
    if code is None:
        raise FieldError("unknown_country", text)
    return code


def link(text: str) -> str:
    """A web address (http or https, without a login in it). Raises FieldError('bad_link')."""
    url = text if _SCHEME.match(text) else f"https://{text}"
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
        fine = parts.scheme.lower() in ("http", "https") and parts.username is None
        _ = parts.port
    except ValueError:
        fine, host = False, ""
    if not fine or "." not in host.strip(".") or any(c in url for c in " <>\"'\\"):
        raise FieldError("bad_link", text)
    return url


def cents(text: str, currency: str) -> int | None:
    """An amount as people and programs write it: `12.345,67`, `12,345.67`, `12 345`, `€ 12345`; None for an
    empty text. A single point or comma before exactly three figures separates thousands. The currency may
    stand beside it, by its code, sign or name. Raises FieldError('bad_amount')."""
    plain = re.sub(r"[\s'’]", "", text).casefold()
    if not plain:
        return None
    for word in _words_for(currency):
        plain = plain.removeprefix(word).removesuffix(word)
    last = max(plain.rfind("."), plain.rfind(","))
    if last >= 0:
        mark, figures = plain[last], len(plain) - last - 1
        other = "," if mark == "." else "."
        grouped = plain.count(mark) > 1 or (figures == 3 and other not in plain)
        whole = re.sub(r"[.,]", "", plain[:last])
        plain = whole + ("" if grouped else ".") + plain[last + 1 :]
    if not _AMOUNT.fullmatch(plain) or abs(amount := Decimal(plain)) > _LARGEST_AMOUNT:
        raise FieldError("bad_amount", text[:30])
    return int((amount * 100).to_integral_value())


@cache
def _words_for(currency: str) -> tuple[str, ...]:
    """Longer ones first: a code may be the beginning of a name."""
    names = {currency}
    for spoken in languages():
        locale = locale_of(spoken)
        names.add(get_currency_symbol(currency, locale))
        names |= {get_currency_name(currency, count, locale) for count in (1, 2)}
    words = {name.casefold().replace(" ", "") for name in names}
    return tuple(sorted(words, key=len, reverse=True))
