"""Days and times in three languages: understood exactly, or refused."""

from __future__ import annotations

from datetime import date, time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commands.kernel.catalogue import format_date
from commands.kernel.moments import parse

MONDAY = date(2026, 11, 23)

UNDERSTOOD = {
    "2026-12-01": (date(2026, 12, 1), None),
    "1/12": (date(2026, 12, 1), None),
    "1/12/2027 9:30": (date(2027, 12, 1), time(9, 30)),
    "tomorrow 9:00": (date(2026, 11, 24), time(9)),
    "tomorrow at 9am": (date(2026, 11, 24), time(9)),
    "friday 27 november 6 pm": (date(2026, 11, 27), time(18)),
    "december 3": (date(2026, 12, 3), None),
    "Dec 3, 2027 14:00": (date(2027, 12, 3), time(14)),
    "vrijdag 27 november 18u": (date(2026, 11, 27), time(18)),
    "overmorgen 9u30": (date(2026, 11, 25), time(9, 30)),
    "morgen om 14 uur": (date(2026, 11, 24), time(14)),
    "volgende dinsdag om 14:00": (date(2026, 11, 24), time(14)),
    "3 maart": (date(2027, 3, 3), None),
    "mardi prochain à 14h": (date(2026, 11, 24), time(14)),
    "après-demain 9h": (date(2026, 11, 25), time(9)),
    "aujourd’hui 17h45": (MONDAY, time(17, 45)),
    "le 1er décembre à 8h": (date(2026, 12, 1), time(8)),
    "lundi": (date(2026, 11, 30), None),
    "14h": (MONDAY, time(14)),
}


@pytest.mark.parametrize("text", UNDERSTOOD)
def test_understands_what_people_type(text: str) -> None:
    phrase = parse(text, MONDAY)
    assert phrase is not None
    assert (phrase.day, phrase.clock) == UNDERSTOOD[text]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "soon",
        "31/2",
        "2026-02-30",
        "tuesday 27 november",  # that day is a Friday
        "13 pm",
        "24:30",
        "monday tuesday",
        "1/12 or 2/12",
        "eergisteren",
    ],
)
def test_refuses_rather_than_guesses(text: str) -> None:
    assert parse(text, MONDAY) is None


@given(
    st.dates(min_value=date(2026, 11, 24), max_value=date(2099, 12, 31)),
    st.sampled_from(["en", "nl", "fr"]),
)
def test_reads_back_what_the_bot_itself_writes(day: date, language: str) -> None:
    from zoneinfo import ZoneInfo

    phrase = parse(format_date(day, language, ZoneInfo("Europe/Brussels")), MONDAY)
    assert phrase is not None
    assert phrase.day == day


@given(st.text(max_size=60))
def test_never_fails(text: str) -> None:
    parse(text, MONDAY)
