"""How people write prices, cases, VAT, references, costs, hours and deadlines; what is refused, not guessed."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from commands.kernel.fields import FieldError
from commands.purchases import typed

BRUSSELS = ZoneInfo("Europe/Brussels")
NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
TODAY = date(2026, 11, 23)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("10", [(1, 1000)]),
        ("€ 10,50", [(1, 1050)]),
        ("1.234,50", [(1, 123450)]),
        ("10; from 20: 9,50; from 50: 8", [(1, 1000), (20, 950), (50, 800)]),
        ("10, vanaf 20: 9.50, vanaf 50: 8", [(1, 1000), (20, 950), (50, 800)]),
        ("12,50; à partir de 20 pièces : 11 €; dès 50 : 10", [(1, 1250), (20, 1100), (50, 1000)]),
        ("1: 10; 20: 9", [(1, 1000), (20, 900)]),
        ("10 / 20: 9,5", [(1, 1000), (20, 950)]),
        ("10 vanaf 20 9", [(1, 1000), (20, 900)]),
        ("10; 20+ 9", [(1, 1000), (20, 900)]),
        ("10\nfrom 20: 9", [(1, 1000), (20, 900)]),
        ("0", [(1, 0)]),
    ],
)
def test_prices(text: str, wanted: list[tuple[int, int]]) -> None:
    found = typed.prices(text, "EUR")
    assert [(tier.from_units, tier.cents) for tier in found] == wanted


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("ten", "bad_amount"),
        ("-3", "bad_amount"),
        ("0,125", "bad_amount"),
        ("12.345", "bad_amount"),
        ("9999999", "bad_amount"),
        ("from 10: 5", "bad_tiers"),
        ("10; cheaper for many", "bad_tiers"),
        ("10; from 20: 11", "rising_tiers"),
        ("10; from 20: 9; from 20: 8", "rising_tiers"),
        ("", "bad_tiers"),
    ],
)
def test_prices_that_cannot_be(text: str, problem: str) -> None:
    with pytest.raises(FieldError) as caught:
        typed.prices(text, "EUR")
    assert caught.value.problem == problem
    assert problem in typed.PROBLEMS


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("5", (5, 0)),
        ("5, at least 2", (5, 2)),
        ("doos van 12", (12, 0)),
        ("caisse de 6, minimum 3 caisses", (6, 3)),
    ],
)
def test_cases(text: str, wanted: tuple[int, int]) -> None:
    assert typed.case(text) == wanted


@pytest.mark.parametrize(
    ("text", "wanted"),
    [("21", 2100), ("5,5 %", 550), ("0", 0), ("0.21", 2100), ("0,055", 550), ("6 procent", 600)],
)
def test_percentages(text: str, wanted: int) -> None:
    assert typed.percent(text) == wanted


@pytest.mark.parametrize(
    ("text", "wanted"),
    [("2", 120), ("1,5", 90), ("1h30", 90), ("2 uur", 120), ("90 min", 90), ("0,25", 15)],
)
def test_hours(text: str, wanted: int) -> None:
    assert typed.minutes(text) == wanted


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("45", {"freight_cents": 4500}),
        ("freight: € 45, hours: 2", {"freight_cents": 4500, "handling_minutes": 120}),
        ("vracht 45,50 en uren 1,5", {"freight_cents": 4550, "handling_minutes": 90}),
        (
            "frais de port 45, frais 10,5; heures 1h30",
            {"freight_cents": 4500, "fees_cents": 1050, "handling_minutes": 90},
        ),
        ("45 freight, 2 hours", {"freight_cents": 4500, "handling_minutes": 120}),
        ("€ 45,50 vracht en 1,5 uur", {"freight_cents": 4550, "handling_minutes": 90}),
        ("45 € de transport et 1 heure", {"freight_cents": 4500, "handling_minutes": 60}),
        ("45 euro voor vracht; 10 kosten", {"freight_cents": 4500, "fees_cents": 1000}),
    ],
)
def test_costs(text: str, wanted: dict[str, int]) -> None:
    assert typed.costs(text, "EUR") == wanted


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("13; Bureau Nord; 2 november", (1300, "Bureau Nord", "2026-11-02")),
        ("13,50, Bureau Nord, 2/11/2026", (1350, "Bureau Nord", "2026-11-02")),
        ("13 | Nord | 24 novembre", (1300, "Nord", "2025-11-24")),
        ("13; Nord", (1300, "Nord", "2026-11-23")),
        ("13 Bureau Nord 2/11/2026", (1300, "Bureau Nord", "2026-11-02")),
        ("13, Bureau Nord, 2 nov", (1300, "Bureau Nord", "2026-11-02")),
        ("13,50,Bureau Nord,2 nov", (1350, "Bureau Nord", "2026-11-02")),
        ("€ 13,50 bij De Winkel op 2 november", (1350, "bij De Winkel", "2026-11-02")),
        ("13 € Chez Nord le 2 novembre 2026", (1300, "Chez Nord", "2026-11-02")),
        ("13 Nord gisteren", (1300, "Nord", "2026-11-22")),
        ("13 Bureau 54", (1300, "Bureau 54", "2026-11-23")),
    ],
)
def test_references(text: str, wanted: tuple[int, str, str]) -> None:
    found = typed.reference(text, "EUR", TODAY)
    assert (found.cents, found.by, found.on) == wanted


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("13", "bad_reference"),
        ("13; X; tomorrow", "bad_day"),
        ("13 X tomorrow", "bad_day"),
        ("13 Nord 31/11/2026", "bad_day"),
        ("Bureau Nord 13", "bad_reference"),
    ],
)
def test_references_that_cannot_be(text: str, problem: str) -> None:
    with pytest.raises(FieldError) as caught:
        typed.reference(text, "EUR", TODAY)
    assert caught.value.problem == problem


@pytest.mark.parametrize(
    ("text", "now", "wanted"),
    [
        ("friday 18:00", NOW, datetime(2026, 11, 27, 17, tzinfo=UTC)),
        ("vrijdag 4 december 18u", NOW, datetime(2026, 12, 4, 17, tzinfo=UTC)),
        ("demain à 14h", NOW, datetime(2026, 11, 24, 13, tzinfo=UTC)),
        # A day alone ends in the evening; in summer time that is another hour of UTC.
        ("4 december", NOW, datetime(2026, 12, 4, 19, tzinfo=UTC)),
        ("31 maart 2027", NOW, datetime(2027, 3, 31, 18, tzinfo=UTC)),
        # This hour comes twice: the first is meant.
        ("25/10/2026 2:30", datetime(2026, 10, 1, tzinfo=UTC), datetime(2026, 10, 25, 0, 30, tzinfo=UTC)),
    ],
)  # fmt: skip
def test_deadlines(text: str, now: datetime, wanted: datetime) -> None:
    assert typed.deadline(text, now, BRUSSELS) == wanted


def test_an_hour_that_the_clock_skips_is_no_deadline() -> None:
    with pytest.raises(FieldError) as caught:
        typed.deadline("28/3/2027 2:30", NOW, BRUSSELS)
    assert caught.value.problem == "no_such_hour"


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("pieces", "piece"),
        ("Stuks", "stuk"),
        ("pièces", "pièce"),
        ("kg", "kg"),
        (" sac  de 25 kg ", "sac de 25 kg"),
    ],
)
def test_a_price_is_for_one_of_what_is_counted(text: str, wanted: str) -> None:
    assert typed.unit(text) == wanted
