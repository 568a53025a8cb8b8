"""A day until which something holds, as people type it: in words of three languages or in figures."""

from __future__ import annotations

from datetime import date

from commands.kernel import moments
from commands.kernel.catalogue import N_
from commands.kernel.choices import Misunderstood
from commands.kernel.context import Context


def years_after(day: date, years: int) -> date:
    """The same day some years later; 29 February becomes the 28th where there is none."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return day.replace(year=day.year + years, day=28)


def day_ahead(ctx: Context, text: str, *, years: int) -> date:
    """A day after today, at most so many years ahead. Raises Misunderstood."""
    now = ctx.today
    phrase = moments.parse(text, now)
    if phrase is None or phrase.clock is not None:
        raise Misunderstood(N_("a day, such as 2027-12-01, 1/12/2027 or 1 December 2027"))
    if phrase.day <= now:
        raise Misunderstood(N_("a day that is still to come"))
    if phrase.day > years_after(now, years):
        raise Misunderstood(N_("a day within %(years)s years"), years=years)
    return phrase.day
