"""What is said of a text that is no value for a field of a supplier, and how a value of one reads."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from types import MappingProxyType
from typing import Final

from commands.kernel.catalogue import N_, format_date, format_money
from commands.kernel.choices import Choice, Misunderstood
from commands.kernel.context import Context
from commands.kernel.fields import FieldError, Note
from commands.kernel.tongues import country_name, language_name
from commands.suppliers.companies import Company
from commands.suppliers.fields import FIELDS, Around, Parsed, Value, choices_of, parse
from commands.suppliers.values import CLASS_NAMES, CLASS_WORDS, MODE_NAMES, MODE_WORDS

EXPECTED: Final[Mapping[str, str]] = MappingProxyType(
    {
        "required": N_("something: this cannot be empty"),
        "too_short": N_("at least %(limit)s letters"),
        "too_long": N_("at most %(limit)s characters; “%(found)s…” is longer"),
        "too_many": N_("at most %(limit)s; you gave %(found)s"),
        "unknown_class": N_("one of these classes: %(near)s"),
        "unknown_mode": N_("one or more of: %(near)s"),
        "unknown_language": N_("languages, such as Dutch or fr; I do not know “%(found)s”"),
        "near_language": N_("languages; I do not know “%(found)s”. Near: %(near)s"),
        "unknown_country": N_("a country, such as Belgium or BE; I do not know “%(found)s”"),
        "bad_link": N_("a web address, such as www.example.org; “%(found)s” is none"),
        "bad_email": N_("an e-mail address, such as an@example.org; “%(found)s” is none"),
        "bad_phone": N_("a phone number, such as +32 9 123 45 67; “%(found)s” is none"),
        "bad_date": N_("a day, such as 2027-12-01, 1/12/2027 or 1 December 2027"),
        "bad_amount": N_("an amount of money, such as 25 or 12.50; “%(found)s” is none"),
        "ends_early": N_("a last day that is not before the first day of the deal"),
        "company_country": N_("the number with its country before it, such as BE 0403.170.701"),
        "company_length": N_(
            "a company number, such as BE 0403.170.701; “%(found)s” has too many or too few figures"
        ),
        "company_form": N_(
            "a company number, such as BE 0403.170.701; “%(found)s” does not look like one"
        ),
        "company_checksum": N_(
            "a company number; “%(found)s” cannot exist, so perhaps a figure is wrong"
        ),
    }
)


def around(ctx: Context, country: str | None = None) -> Around:
    """What the meaning of a typed text depends on here."""
    return Around(ctx.labels, ctx.today, ctx.settings.currency, country)


def understood(ctx: Context, name: str, text: str, *, country: str | None = None) -> Parsed:
    """`fields.parse` in a conversation. Raises Misunderstood."""
    try:
        return parse(name, text, around(ctx, country))
    except FieldError as error:
        raise misunderstood(ctx, name, error) from error


def misunderstood(ctx: Context, name: str, error: FieldError) -> Misunderstood:
    near = ", ".join(_one_shown(ctx, name, code) for code in error.suggestions)
    expected = EXPECTED.get(error.problem.replace("unknown", "near")) if near else None
    return Misunderstood(
        expected or EXPECTED[error.problem], found=error.found, limit=error.limit, near=near
    )


def shown(ctx: Context, name: str, value: Value) -> str:
    """A value in the words of whoever reads it; empty for none."""
    if value is None:
        return ""
    if isinstance(value, Company):
        return f"{value.number} ({country_name(value.country, ctx.language)})"
    if isinstance(value, tuple):
        return ", ".join(_one_shown(ctx, name, item) for item in value)
    if isinstance(value, int):
        return format_money(value, ctx.settings.currency, ctx.language)
    if name in ("starts", "ends"):
        return format_date(date.fromisoformat(value), ctx.language, ctx.settings.timezone)
    return _one_shown(ctx, name, value)


def _one_shown(ctx: Context, name: str, value: str) -> str:
    if name == "class":
        return ctx._(CLASS_NAMES.get(value, value))
    if name == "modes":
        return ctx._(MODE_NAMES.get(value, value))
    if name == "languages":
        return language_name(value, ctx.language)
    return ctx.labels.name(value, ctx.language) if FIELDS[name].most else value


def noticed(ctx: Context, name: str, notes: tuple[Note, ...]) -> list[tuple[str, str]]:
    """What was kept as typed, each with what may have been meant."""
    return [
        (note.found, ", ".join(_one_shown(ctx, name, code) for code in note.suggestions))
        for note in notes
    ]


def choices(ctx: Context, name: str) -> tuple[Choice, ...]:
    """The answers to offer for a field with few values; none for the others."""
    words = CLASS_WORDS if name == "class" else MODE_WORDS
    return tuple(
        Choice(code, ctx._(label), tuple(word for said in words[code].values() for word in said))
        for code, label in choices_of(name)
    )
