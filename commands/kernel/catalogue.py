"""Languages: message catalogues (gettext, read from the .po files) and what a locale writes its own way."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from functools import cache, lru_cache
from gettext import c2py
from importlib import resources
from io import BytesIO
from zoneinfo import ZoneInfo

from babel import dates, lists, numbers
from babel.core import Locale
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po
from babel.support import NullTranslations

SOURCE_LANGUAGE = "en"


def N_(message: str) -> str:
    """Mark a message for the catalogue without translating it yet."""
    return message


@cache
def languages() -> tuple[str, ...]:
    """English, which the code speaks, and every language that has a catalogue."""
    folder = resources.files("commands") / "locale"
    others = sorted(entry.name for entry in folder.iterdir() if entry.is_dir())
    return (SOURCE_LANGUAGE, *(name for name in others if not name.startswith("_")))


class Messages(NullTranslations):
    """What a catalogue says; what it does not say stays English."""

    def __init__(self, catalogue: Catalog) -> None:
        super().__init__()
        said = [one for one in catalogue if one.id and one.string and not one.fuzzy]
        self._one = {one.id: str(one.string) for one in said if not one.pluralizable}
        self._several = {one.id[0]: tuple(one.string or ()) for one in said if one.pluralizable}
        self._form = c2py(catalogue.plural_expr)

    def gettext(self, message: str) -> str:
        return self._one.get(message, message)

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        forms = self._several.get(msgid1)
        if forms is None:
            return super().ngettext(msgid1, msgid2, n)
        return forms[self._form(n)]

    ugettext = gettext
    ungettext = ngettext


@cache
def translations(language: str) -> NullTranslations:
    """The catalogue of a language, read from its .po file, which is the only copy."""
    if language == SOURCE_LANGUAGE:
        return NullTranslations()
    source = resources.files("commands") / "locale" / language / "LC_MESSAGES" / "kring.po"
    # Where each text is used is for translators: reading that would take half of the time.
    lines = [line for line in source.read_bytes().splitlines() if not line.startswith(b"#:")]
    return Messages(read_po(BytesIO(b"\n".join(lines)), locale=language))


def translate(language: str, message: str, /, **values: object) -> str:
    """The message in that language, placeholders filled; not escaped."""
    text: str = translations(language).ugettext(message) if message else ""
    return text % values if values else text


@cache
def locale_of(language: str) -> Locale:
    return Locale.parse(language)


@cache
def own_name(language: str) -> str:
    """How a language calls itself, such as *Nederlands*."""
    return str(locale_of(language).get_language_name(language) or language)


def format_date(value: date | datetime, language: str, zone: ZoneInfo) -> str:
    if isinstance(value, datetime):
        value = value.astimezone(zone).date()
    return str(dates.format_date(value, format="long", locale=locale_of(language)))


def format_moment(value: datetime, language: str, zone: ZoneInfo) -> str:
    """Day and time in the given zone."""
    local = value.astimezone(zone)
    day = dates.format_date(local, format="full", locale=locale_of(language))
    hour = dates.format_time(local, format="short", locale=locale_of(language))
    return f"{day}, {hour}"


# Hundreds of people are told the same prices and quantities at once.
@lru_cache(4096)
def format_number(value: float, language: str) -> str:
    return str(numbers.format_decimal(value, locale=locale_of(language)))


def format_percent(value: float, language: str) -> str:
    """A share of a hundred with its sign, set apart where the language does so."""
    return str(numbers.format_percent(value / 100, locale=locale_of(language)))


@lru_cache(4096)
def format_money(cents: int, currency: str, language: str) -> str:
    """An amount of integer cents."""
    amount = Decimal(cents) / 100
    return str(numbers.format_currency(amount, currency, locale=locale_of(language)))


def format_about_money(cents: int, currency: str, language: str) -> str:
    """A rounded amount of integer cents in a few signs, such as *1.2 M EUR* as the locale writes it."""
    return str(
        numbers.format_compact_currency(
            Decimal(cents) / 100, currency, locale=locale_of(language), fraction_digits=1
        )
    )


def format_list(items: Sequence[str], language: str) -> str:
    return str(lists.format_list(list(items), locale=locale_of(language)))


def format_choice(items: Sequence[str], language: str) -> str:
    """One of them: *a, b or c*."""
    return str(lists.format_list(list(items), style="or", locale=locale_of(language)))
