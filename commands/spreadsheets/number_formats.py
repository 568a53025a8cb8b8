"""How a spreadsheet program is told to show amounts and rates; what stands in the cells is left to others."""

from __future__ import annotations

import re
from functools import cache

from babel.numbers import get_currency_symbol

from commands.kernel.catalogue import locale_of


@cache
def money_format(currency: str, language: str) -> str:
    """A spreadsheet's number format for amounts: the currency's sign where the language puts it. Which sign
    parts the decimals is the reader's program's own choice."""
    pattern = str(locale_of(language).currency_formats["standard"].pattern).partition(";")[0]
    sign = get_currency_symbol(currency, locale_of(language)).replace('"', "")
    spaced = pattern.replace("\xa0", " ").replace("\u202f", " ")
    shown = re.sub(r"[#0,.]+", "#,##0.00", spaced).replace("¤", f'"{sign}"')
    return f"{shown};-{shown}"


def rate_format(basis_points: int) -> str:
    """The format of one rate."""
    # Without decimals where there are none: a format with optional ones leaves the point behind.
    for figures, whole in (("0%", 100), ("0.0%", 10)):
        if basis_points % whole == 0:
            return figures
    return "0.00%"
