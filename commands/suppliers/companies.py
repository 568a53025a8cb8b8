"""Company numbers by country: brought to one form for each company, so that two suppliers with one number are
one supplier. How a country writes them is `company_schemes`', loaded when a number comes: the start of the
bot does without; a country that it does not know is taken as it is.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from commands.kernel.fields import FieldError
from commands.kernel.text import typed
from commands.kernel.tongues import country_code

_LONGEST: Final = 30


@dataclass(frozen=True, slots=True)
class Company:
    """`country` is ISO 3166 alpha-2, `number` without the signs that people put between its figures."""

    country: str
    number: str


# How VAT numbers begin, where that is not the country's code.
_PREFIXES: Final[Mapping[str, str]] = MappingProxyType({"EL": "GR", "CHE": "CH", "ATU": "AT"})
_PREFIXED: Final = re.compile(r"([A-Za-z]{2,3})(?P<mark>[\s:.\-]*)(?=[0-9A-Za-z])")
_PLAIN: Final = re.compile(r"[0-9A-Z]{3,20}")


def company(text: str, *, country: str | None = None, usual: str | None = None) -> Company:
    """The company that a number names. `country` is the one that stands with it, `usual` the one that is
    meant where the number itself names none (`BE0403.170.701`, `US 12-3456789`).

    Raises FieldError: company_country (none is named), company_length, company_form, company_checksum.
    """
    text = typed(text)
    if len(text) > _LONGEST:
        raise FieldError("too_long", text[:_LONGEST], limit=_LONGEST)
    if not any(sign.isdigit() for sign in text):
        raise FieldError("company_form", text)
    if country is not None:
        return _in(country, text)
    named = _prefix(text)
    if named is None and usual is None:
        raise FieldError("company_country", text)
    if named is None:
        assert usual is not None
        return _in(usual, text)
    try:
        return _in(named, text)
    except FieldError:
        # Letters may be a part of the number instead, such as those of a register.
        if usual is None or usual == named:
            raise
        try:
            return _in(usual, text)
        except FieldError:
            pass
        raise


def _prefix(text: str) -> str | None:
    match = _PREFIXED.match(text)
    if match is None:
        return None
    from commands.suppliers.company_schemes import SCHEMES

    word = match[1].upper()
    is_apart = bool(match["mark"])
    # *HRB 11223* is of a German register, not of Croatia.
    for size in (3,) if is_apart and len(word) == 3 else (3, 2):
        code = _PREFIXES.get(word[:size], word[:size])
        if code in SCHEMES:
            return code
    # Of other countries numbers may begin with letters as well: they say their country in a word apart.
    return country_code(word) if is_apart and len(word) == 2 else None


def _in(country: str, text: str) -> Company:
    from stdnum.exceptions import (
        InvalidChecksum,
        InvalidComponent,
        InvalidLength,
        ValidationError,
    )

    from commands.suppliers.company_schemes import SCHEMES

    schemes = SCHEMES.get(country)
    if schemes is None:
        plain = re.sub(r"[^0-9A-Za-z]", "", text).upper().removeprefix(country)
        if not _PLAIN.fullmatch(plain):
            raise FieldError("company_form", text)
        return Company(country, plain)
    # The letters of a Swiss number are a part of it.
    number = re.sub(rf"^(?:{country}|EL)(?!E[\s.\-]*[0-9])[\s:.\-]*", "", text, flags=re.IGNORECASE)
    telling = "company_form"
    for scheme in schemes:
        try:
            return Company(country, scheme(number))
        except (InvalidChecksum, InvalidComponent):
            telling = "company_checksum"
        except InvalidLength:
            telling = "company_length" if telling == "company_form" else telling
        except ValidationError:
            pass
    raise FieldError(telling, text)
