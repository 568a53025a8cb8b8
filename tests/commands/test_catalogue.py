"""Languages: what each writes its own way, and that a message is never lost for want of a translation."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from commands.kernel import catalogue

LANGUAGES = ("en", "nl", "fr")
BRUSSELS = ZoneInfo("Europe/Brussels")


def test_there_is_a_catalogue_for_each_language() -> None:
    assert set(catalogue.languages()) == set(LANGUAGES)
    assert catalogue.languages()[0] == "en"


def test_languages_call_themselves_by_their_own_name() -> None:
    assert [catalogue.own_name(code) for code in ("nl", "fr", "en")] == [
        "Nederlands",
        "français",
        "English",
    ]


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_has_no_translation_is_said_in_english(language: str) -> None:
    assert catalogue.translate(language, "Nobody ever translated this.") == (
        "Nobody ever translated this."
    )
    assert catalogue.translate(language, "") == ""


def test_placeholders_are_filled_and_percent_signs_of_values_are_harmless() -> None:
    said = catalogue.translate("en", "at most %(longest)s characters", longest="100 % %(x)s")
    assert said == "at most 100 % %(x)s characters"


def test_dates_and_times_are_of_the_zone_and_the_language() -> None:
    late = datetime(2026, 6, 30, 22, 30, tzinfo=UTC)
    assert catalogue.format_date(late, "nl", BRUSSELS) == "1 juli 2026"
    assert catalogue.format_date(date(2026, 7, 1), "fr", BRUSSELS) == "1 juillet 2026"
    assert catalogue.format_moment(late, "nl", BRUSSELS) == "woensdag 1 juli 2026, 00:30"
    assert catalogue.format_moment(late, "fr", BRUSSELS) == "mercredi 1 juillet 2026, 00:30"


def test_numbers_and_money_are_of_the_language() -> None:
    assert [catalogue.format_number(1234.5, code) for code in ("en", "nl")] == [
        "1,234.5",
        "1.234,5",
    ]
    shares = [catalogue.format_percent(88, code) for code in ("en", "nl", "fr")]
    assert [share.replace("\u202f", " ").replace("\u00a0", " ") for share in shares] == [
        "88%",
        "88%",
        "88 %",
    ]
    assert catalogue.format_money(123456, "EUR", "en") == "€1,234.56"
    dutch = catalogue.format_money(-5, "EUR", "nl").replace("\u00a0", " ")
    assert dutch == "€ -0,05"
    french = catalogue.format_money(123456, "EUR", "fr")
    assert french.replace("\u202f", " ").replace("\u00a0", " ") == "1 234,56 €"


def test_lists_are_of_the_language() -> None:
    names = ["An", "Bo", "Cas"]
    assert catalogue.format_list(names, "nl") == "An, Bo en Cas"
    assert catalogue.format_list(names, "fr") == "An, Bo et Cas"
    assert catalogue.format_list([], "en") == ""
    assert catalogue.format_list(["An"], "en") == "An"
