"""What people write of a purchase, in a conversation or in a cell: prices by tiers, cases, VAT, references,
costs, hours, a deadline. All raise FieldError; `misunderstood` words it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from commands.kernel import fields as kernel
from commands.kernel import moments
from commands.kernel.catalogue import N_
from commands.kernel.choices import Misunderstood
from commands.kernel.fields import FieldError, short
from commands.kernel.text import one_line
from commands.labels.fold import fold
from commands.purchases.rules.tiers import sound
from storage.purchase_lines import Tier

LONGEST_ARTICLE: Final = 120
LONGEST_UNIT: Final = 40
LONGEST_BY: Final = 80
# What a price is for, as people say how many there are of it.
_ONE_OF: Final = {"pieces": "piece", "stuks": "stuk", "pièces": "pièce"}
_MOST_UNITS: Final = 100_000
_MOST_CASES: Final = 10_000
_MOST_TIERS: Final = 8
_LARGEST_PRICE: Final = 1_000_000_00
_LARGEST_COST: Final = 10_000_000_00
_MOST_MINUTES: Final = 1000 * 60
_BASIS_POINTS: Final = 10_000
_MOST_DAYS: Final = 180
SOONEST: Final = timedelta(hours=1)
# When a day is named without an hour, a purchase closes in the evening.
_USUAL_CLOCK: Final = time(20, 0)

PROBLEMS: Final = {
    "required": N_("something: it cannot be empty"),
    "too_long": N_("at most %(limit)s characters"),
    "bad_amount": N_(
        "an amount such as 12.50: at most two decimals, and nothing between the thousands"
    ),
    "bad_tiers": N_("a price, or prices from so many units on, such as: 10; from 20: 9.50; from 50: 8"),
    "rising_tiers": N_("prices that fall as more is ordered, such as: 10; from 20: 9.50; from 50: 8"),
    "bad_case": N_("how many units are in a case, such as 5; or 5, at least 2 cases"),
    "bad_whole": N_("a whole number, at most %(limit)s"),
    "bad_percent": N_("a percentage, such as 21"),
    "bad_reference": N_("a price, who quoted it and when, such as: 13; Bureau Nord; 2 November"),
    "bad_day": N_("a day that is past, such as 2026-11-02 or 2 November"),
    "bad_costs": N_("costs by name, such as: freight 45, fees 10, hours 2"),
    "bad_hours": N_("hours, such as 2, 1.5 or 1h30"),
    "bad_moment": N_("a day and an hour, such as friday 18:00 or 12/12 20:00"),
    "no_such_hour": N_("another hour: the clock skips that one in the night when summer time begins"),
    "too_soon": N_("a moment at least an hour from now"),
    "too_late": N_("a moment within %(limit)s days"),
}  # fmt: skip

_FROM: Final = r"(?:from|vanaf|van|des|de|≥|>=)"
_FROM_IN_THREE: Final = re.compile(r"a partir d(?:e\s|')")
_PART: Final = re.compile(r"[;\n|]|\s/\s|,\s+(?=" + _FROM + r"\s*\d)|\s+(?=" + _FROM + r"\s*\d)")
_TIER: Final = re.compile(
    rf"(?:{_FROM}\s*)(?P<start>\d{{1,7}})\s*\+?\s*[^\d\s,.€$£:=–-]{{0,12}}\s*[:=,–-]?\s+?(?P<cents>\S.*)"
    rf"|(?:{_FROM}\s*)?(?P<start_too>\d{{1,7}})\s*(?:\+\s*[:=]?|[:=])\s*(?P<cents_too>\S.*)"
)
_WHOLE: Final = re.compile(r"(?<![\d.,])\d{1,7}(?![\d.,]*\d)")
_THOUSANDS: Final = re.compile(r"[.,]\d{3,}\D*$")
# A cell that is formatted as a percentage holds the share.
_SHARE: Final = re.compile(r"0[.,](\d{1,4})")
_PERCENT: Final = re.compile(r"(\d{1,3})(?:[.,](\d{1,2}))?\s*(?:%|procent|percent|pourcents?|pct)?")
_HOURS: Final = re.compile(
    r"(?:(?P<hours>\d{1,4})(?:[.,](?P<part>\d{1,2}))?\s*(?:h|u|uur|uren|hours?|heures?)?)"
    r"|(?P<long>\d{1,4})\s*(?:h|u|uur|hours?|heures?|:)\s*(?P<rest>[0-5]?\d)\s*(?:m|min|minuten|minutes)?"
    r"|(?P<minutes>\d{1,5})\s*(?:m|min|minuten|minutes?)"
)
_COSTS: Final = {
    "freight_cents": "freight|shipping|transport|delivery|vracht|vrachtkosten|verzending|vervoer|levering|port"
    "|frais de port|livraison|frais de transport",
    "fees_cents": "fees|fee|costs|kosten|bijkomende kosten|frais|autres frais",
    "handling_minutes": "handling|hour|hours|handling hours|hours of work|work|uren|uur|uren werk|werk|werkuren"
    "|heure|heures|heures de travail|manutention|travail",
}
COST_WORDS: Final = {
    fold(word): name for name, words in _COSTS.items() for word in words.split("|")
}
_COST: Final = re.compile(r"(?P<word>[^\d€$£]+?)\s*[:=]?\s*(?P<value>[€$£]?\s*\d.*)")
_COST_BEHIND: Final = re.compile(
    r"(?P<value>[€$£]?\s*\d(?:[\d.,:h]*\d)?\s*(?:[€$£]|euros?\b|eur\b)?)"
    r"\s*(?:(?:for|of|voor|aan|pour|de|du|le|la)\s+)*(?P<word>[^\d€$£:=]+)"
)
_YESTERDAY: Final = frozenset({"yesterday", "gisteren", "hier"})
# A price and what follows it, with anything between; the day is at the end of that.
_QUOTED: Final = re.compile(
    r"(?P<cents>[€$£]?\s*\d(?:[\d.,]*\d)?\s*(?:[€$£]|(?:euros?|eur)\b)?)[;|,\s]+(?P<rest>[^\W\d].*)",
    re.IGNORECASE,
)
_BEFORE_A_DAY: Final = frozenset({"on", "of", "op", "van", "le", "du"})
_WORDS_OF_A_DAY: Final = 4
_LIKE_A_DAY: Final = re.compile(r"(?<!\w)\d{1,4}[/.-]\d{1,2}(?!\w)")
_BETWEEN_COSTS: Final = re.compile(r"[;\n]|,\s+|\s+(?:and|en|et)\s+|,(?=[^\d])")


def misunderstood(error: FieldError) -> Misunderstood:
    return Misunderstood(PROBLEMS[error.problem], limit=error.limit, found=error.found)


def required(text: str, longest: int) -> str:
    said = one_line(text)
    if not said:
        raise FieldError("required", "")
    return short(said, longest)


def unit(text: str) -> str:
    """What is counted, one of it; empty where nothing is said. Raises FieldError('too_long')."""
    said = one_line(text)
    return short(_ONE_OF.get(said.lower(), said), LONGEST_UNIT)


def amount(text: str, currency: str, *, largest: int = _LARGEST_PRICE) -> int:
    """In cents. What may be thousands or thousandths is refused rather than guessed."""
    said = one_line(text)
    if _THOUSANDS.search(said):
        raise FieldError("bad_amount", said[:30])
    try:
        found = kernel.cents(said, currency)
    except FieldError as error:
        raise FieldError("bad_amount", said[:30]) from error
    if found is None or not 0 <= found <= largest:
        raise FieldError("bad_amount", said[:30])
    return found


def cost(text: str, currency: str) -> int:
    return amount(text, currency, largest=_LARGEST_COST)


def prices(text: str, currency: str) -> tuple[Tier, ...]:
    """`10`, or `10; from 20: 9,50; from 50: 8`, in words of three languages: sound tiers."""
    parts = [
        part.strip()
        for part in _PART.split(_FROM_IN_THREE.sub("from ", fold(text)))
        if part.strip()
    ]
    found = []
    for place, part in enumerate(parts):
        named = _TIER.fullmatch(part)
        if named is not None:
            start = int(named["start"] or named["start_too"])
            found.append(Tier(start, amount(named["cents"] or named["cents_too"], currency)))
        elif place == 0:
            found.append(Tier(1, amount(part, currency)))
        else:
            raise FieldError("bad_tiers", part[:30])
    return tiers(found)


def tiers(found: list[Tier]) -> tuple[Tier, ...]:
    """In order, if they are sound."""
    ordered = tuple(sorted(found, key=lambda tier: tier.from_units))
    if not ordered or len(ordered) > _MOST_TIERS or ordered[0].from_units != 1:
        raise FieldError("bad_tiers", "")
    if ordered[-1].from_units > _MOST_UNITS * 100:
        raise FieldError("bad_tiers", str(ordered[-1].from_units))
    if not sound(ordered):
        raise FieldError("rising_tiers", "")
    return ordered


def whole(text: str, *, lowest: int, highest: int = _MOST_UNITS) -> int:
    said = one_line(text).removesuffix(".0")
    if not re.fullmatch(r"[0-9]{1,9}", said) or not lowest <= int(said) <= highest:
        raise FieldError("bad_whole", said[:30], limit=highest)
    return int(said)


def case(text: str) -> tuple[int, int]:
    """Units in a case, and the least number of cases: `5`, `5, at least 2`."""
    found = [int(number) for number in _WHOLE.findall(text)]
    if not 1 <= len(found) <= 2 or not 1 <= found[0] <= _MOST_UNITS:
        raise FieldError("bad_case", one_line(text)[:30])
    minimum = found[1] if len(found) == 2 else 0
    if minimum > _MOST_CASES:
        raise FieldError("bad_case", str(minimum))
    return found[0], minimum


def percent(text: str) -> int:
    """In basis points."""
    share = _SHARE.fullmatch(fold(text))
    if share is not None:
        return int(share[1].ljust(4, "0"))
    said = _PERCENT.fullmatch(fold(text))
    points = int(said[1]) * 100 + int((said[2] or "").ljust(2, "0")) if said else -1
    if not 0 <= points <= _BASIS_POINTS:
        raise FieldError("bad_percent", one_line(text)[:30])
    return points


def minutes(text: str) -> int:
    """Hours, as minutes."""
    said = _HOURS.fullmatch(fold(text))
    if said is None:
        raise FieldError("bad_hours", one_line(text)[:30])
    if said["minutes"]:
        found = int(said["minutes"])
    elif said["long"]:
        found = int(said["long"]) * 60 + int(said["rest"])
    else:
        found = int(said["hours"]) * 60 + int((said["part"] or "").ljust(2, "0")) * 60 // 100
    if found > _MOST_MINUTES:
        raise FieldError("bad_hours", one_line(text)[:30])
    return found


def past_day(text: str, today: date) -> date:
    """A day that is not to come; without a year the latest such day."""
    if fold(text).strip() in _YESTERDAY:
        return today - timedelta(days=1)
    phrase = moments.parse(text, today)
    if phrase is None or phrase.clock is not None:
        raise FieldError("bad_day", one_line(text)[:30])
    day = phrase.day
    if day > today and re.search(r"\d", text) and not re.search(r"\d{4}", text):
        phrase = moments.parse(text, today.replace(year=today.year - 1, day=min(today.day, 28)))
        day = phrase.day if phrase is not None else day
    if not date(2000, 1, 1) <= day <= today:
        raise FieldError("bad_day", one_line(text)[:30])
    return day


@dataclass(frozen=True, slots=True)
class Reference:
    """What a unit costs elsewhere, in cents, who quoted that and on which ISO day."""

    cents: int
    by: str
    on: str


def reference(text: str, currency: str, today: date) -> Reference:
    """`13; Bureau Nord; 2 November`, with semicolons, bars, commas or nothing between; without a day it is of
    today."""
    said = one_line(text)
    parts = [part.strip() for part in re.split(r"[;|]|,\s+", said) if part.strip()]
    if len(parts) == 3:
        cents, by, on = parts[0], parts[1], past_day(parts[2], today)
    else:
        quoted = _QUOTED.fullmatch(said)
        if quoted is None or len(parts) > 3:
            raise FieldError("bad_reference", said[:30])
        cents = quoted["cents"]
        by, on = _dated_at_the_end(quoted["rest"], today)
    return Reference(amount(cents, currency), short(by, LONGEST_BY), on.isoformat())


def _dated_at_the_end(text: str, today: date) -> tuple[str, date]:
    """Who quoted a price, and the day that ends the text; today where none does. What looks like a day and
    cannot be is refused rather than taken for a part of the name."""
    words = re.split(r"[;|,\s]+", text.strip(" ,;|"))
    for size in range(min(_WORDS_OF_A_DAY, len(words) - 1), 0, -1):
        last = " ".join(words[-size:])
        if moments.parse(last, today) is None and fold(last) not in _YESTERDAY:
            continue
        before = words[:-size]
        if len(before) > 1 and fold(before[-1]) in _BEFORE_A_DAY:
            before = before[:-1]
        return " ".join(before).rstrip(" ,"), past_day(last, today)
    if _LIKE_A_DAY.search(text):
        raise FieldError("bad_day", text[:30])
    return text.strip(" ,;|"), today


def costs(text: str, currency: str) -> dict[str, int]:
    """`freight 45, fees 10, hours 2` or `45 freight, 2 hours`, by the names of `storage.purchases.Purchase`; an
    amount alone is freight."""
    found: dict[str, int] = {}
    parts = [part.strip() for part in _BETWEEN_COSTS.split(fold(text)) if part.strip()]
    for part in parts:
        named = _COST.fullmatch(part) or _COST_BEHIND.fullmatch(part)
        if named is None and len(parts) == 1:
            found["freight_cents"] = cost(part, currency)
            continue
        name = COST_WORDS.get(named["word"].strip()) if named else None
        if named is None or name is None or name in found:
            raise FieldError("bad_costs", part[:30])
        value = named["value"]
        found[name] = minutes(value) if name == "handling_minutes" else cost(value, currency)
    if not found:
        raise FieldError("bad_costs", "")
    return found


def deadline(text: str, now: datetime, zone: ZoneInfo) -> datetime:
    """A moment to come in that zone; a day alone ends in the evening. In the night when an hour comes twice the
    first is meant."""
    phrase = moments.parse(text, now.astimezone(zone).date())
    if phrase is None:
        raise FieldError("bad_moment", one_line(text)[:30])
    local = datetime.combine(phrase.day, phrase.clock or _USUAL_CLOCK, tzinfo=zone)
    moment = local.astimezone(UTC)
    if moment.astimezone(zone).replace(tzinfo=None) != local.replace(tzinfo=None):
        raise FieldError("no_such_hour", one_line(text)[:30])
    return in_time(moment, now)


def in_time(moment: datetime, now: datetime) -> datetime:
    """The moment, if a purchase may close then."""
    if moment < now + SOONEST:
        raise FieldError("too_soon", "")
    if moment > now + timedelta(days=_MOST_DAYS):
        raise FieldError("too_late", "", limit=_MOST_DAYS)
    return moment
