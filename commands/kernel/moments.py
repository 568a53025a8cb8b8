"""Dates and times as people type them in Dutch, French and English: a small grammar that never guesses.

General date libraries misread such phrases silently (*vrijdag 27 november 18u* became the year 2118), so
what this grammar does not know is refused, and whoever uses the result echoes it in full words.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo

from babel.dates import get_day_names, get_month_names

from commands.kernel.catalogue import N_, languages, locale_of
from commands.kernel.context import Context
from commands.kernel.errors import BadArgument
from commands.labels.fold import fold

_MORNING = time(10)
_DAYTIME = range(8, 20)
_SATURDAY = 5

# Longer ones first: *après-demain* holds *demain*.
_RELATIVE_DAYS = {
    "day after tomorrow": 2,
    "overmorgen": 2,
    "apres-demain": 2,
    "apres demain": 2,
    "tomorrow": 1,
    "morgen": 1,
    "demain": 1,
    "today": 0,
    "vandaag": 0,
    "aujourd'hui": 0,
    "aujourdhui": 0,
}
_FILLERS = frozenset(
    (
        "at",
        "on",
        "the",
        "om",
        "op",
        "de",
        "le",
        "la",
        "a",
        "next",
        "volgende",
        "prochain",
        "prochaine",
    )
)
_TIME = re.compile(
    r"(?<![\d/.\-])(?P<hour>[01]?\d|2[0-4])\s*"
    r"(?:[:.hu]\s*(?P<minute>[0-5]\d)(?!\d)|(?:[hu]|uur|heures?|o'clock)(?![\w/.\-]))"
    r"\s*(?P<half>[ap]\.?m\.?)?(?![\w/.\-]?\d)",
)
_TIME_12 = re.compile(r"(?<![\d/.\-:])(?P<hour>1[0-2]|0?[1-9])\s*(?P<half>[ap]\.?m\.?)(?!\w)")
_ISO = re.compile(r"(?<!\d)(\d{4})-(\d{1,2})-(\d{1,2})(?!\d)")
_NUMERIC = re.compile(r"(?<!\d)(\d{1,2})[/.\-](\d{1,2})(?:[/.\-](\d{4}))?(?!\d)")
_DAY_AND_MONTH = re.compile(
    r"(?<!\d)(\d{1,2})(?:er|e|st|nd|rd|th)?\s+(?:of\s+)?([a-z]+)\.?(?:\s+(\d{4}))?"
)
_MONTH_AND_DAY = re.compile(r"([a-z]+)\s+(\d{1,2})(?:st|nd|rd|th)?(?:,?\s+(\d{4}))?(?!\d|:)")


@dataclass(frozen=True, slots=True)
class Phrase:
    """What a phrase says; `clock` is None when it names a day only."""

    day: date
    clock: time | None


@cache
def _months() -> dict[str, int]:
    found: dict[str, int] = {}
    for language in languages():
        for width in ("wide", "abbreviated"):
            for number, name in get_month_names(width, locale=locale_of(language)).items():
                found[fold(name).rstrip(".")] = number
    return found


@cache
def _weekdays() -> dict[str, int]:
    return {
        fold(name).rstrip("."): number
        for language in languages()
        for number, name in get_day_names("wide", locale=locale_of(language)).items()
    }


def parse(text: str, today: date) -> Phrase | None:
    """The day and time that a phrase names, counted from `today`; None for anything not understood.

    A day and month without a year is the next such day; a day of the week is the next one after today.
    """
    rest = fold(text).replace("’", "'")
    clock, rest = _clock(rest)
    if clock is _BAD:
        return None
    before = rest
    day, rest = _day(rest, today)
    if day is None and rest != before:
        return None
    leftover = [word for word in re.split(r"[\s,;]+", rest) if word and word not in _FILLERS]
    weekdays = [word for word in leftover if word in _weekdays()]
    leftover = [word for word in leftover if word not in _weekdays()]
    if leftover or len(weekdays) > 1:
        return None
    if weekdays:
        wanted = _weekdays()[weekdays[0]]
        if day is None:
            day = today + timedelta(days=(wanted - today.weekday() - 1) % 7 + 1)
        elif day.weekday() != wanted:
            return None
    if day is None:
        if clock is None:
            return None
        day = today
    return Phrase(day, clock)


_BAD = time(23, 59, 59, 999999)


def _clock(text: str) -> tuple[time | None, str]:
    match = _TIME.search(text) or _TIME_12.search(text)
    if match is None:
        return None, text
    parts = match.groupdict()
    hour, minute = int(parts["hour"]), int(parts.get("minute") or 0)
    half = (parts.get("half") or "").replace(".", "")
    if half and not 1 <= hour <= 12:
        return _BAD, text
    if half:
        hour = hour % 12 + (12 if half == "pm" else 0)
    if hour == 24:
        return _BAD, text
    return time(hour, minute), text[: match.start()] + " " + text[match.end() :]


def _day(text: str, today: date) -> tuple[date | None, str]:
    for word, offset in _RELATIVE_DAYS.items():
        found = re.search(rf"(?<!\w){re.escape(word)}(?!\w)", text)
        if found:
            return today + timedelta(days=offset), _without(text, found)
    if match := _ISO.search(text):
        return _made(int(match[1]), int(match[2]), int(match[3])), _without(text, match)
    if match := _NUMERIC.search(text):
        return _dated(match[1], int(match[2]), match[3], today), _without(text, match)
    for pattern, day_group, month_group in ((_DAY_AND_MONTH, 1, 2), (_MONTH_AND_DAY, 2, 1)):
        for match in pattern.finditer(text):
            month = _months().get(match[month_group])
            if month is not None:
                return _dated(match[day_group], month, match[3], today), _without(text, match)
    return None, text


def _without(text: str, match: re.Match[str]) -> str:
    return text[: match.start()] + " " + text[match.end() :]


def _dated(day: str, month: int, year: str | None, today: date) -> date | None:
    if year is not None:
        return _made(int(year), month, int(day))
    this_year = _made(today.year, month, int(day))
    if this_year is not None and this_year >= today:
        return this_year
    return _made(today.year + 1, month, int(day))


def _made(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def local_moment(phrase: Phrase, zone: ZoneInfo) -> datetime:
    """The moment in that zone; a day without a time begins at midnight."""
    return datetime.combine(phrase.day, phrase.clock or time(0), tzinfo=zone)


def next_decent(moment: datetime, zone: ZoneInfo) -> datetime:
    """The first morning of a working day, at ten by the clock there, that is not before `moment`."""
    day = moment.astimezone(zone).date()
    while True:
        morning = datetime.combine(day, _MORNING, zone)
        if morning >= moment and day.weekday() < _SATURDAY:
            return morning
        day += timedelta(days=1)


def is_decent(moment: datetime, zone: ZoneInfo) -> bool:
    """Whether people may be asked something then: in the day of a working day, by the clock there."""
    local = moment.astimezone(zone)
    return local.hour in _DAYTIME and local.weekday() < _SATURDAY


@dataclass(frozen=True, slots=True)
class Moment:
    """An argument that is a day, with or without a time, in the installation's time zone."""

    def convert(self, text: str, ctx: Context) -> datetime:
        zone = ctx.settings.timezone
        phrase = parse(text, ctx.today)
        if phrase is None:
            raise BadArgument(text, N_("a day, such as 2026-12-01, 1/12 or tomorrow 14:00"))
        return local_moment(phrase, zone)
