"""What of a purchase may be changed while it goes on: how each field is called, in which states it may change,
and what is written."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from commands.kernel.catalogue import N_
from commands.kernel.choices import Misunderstood
from commands.kernel.context import Context
from commands.labels.fold import fold
from commands.purchases import changes, typed
from commands.purchases.board_data import moment
from commands.purchases.opening_steps import (
    LONGEST_NOTE,
    LONGEST_PAYMENT,
    LONGEST_PICKUP,
    deadline_in,
    text_in,
    title_in,
)
from commands.purchases.supplying import reason_in
from storage import purchase_lines, purchases
from storage.purchase_lines import Line
from storage.purchases import OPEN, UNDER_WAY, Purchase, State

Write = Callable[[Context, Purchase, str], None]

_DRAFT: Final[frozenset[State]] = frozenset({"draft"})
_EARLY: Final[frozenset[State]] = frozenset({"draft", "open"})
_TAKING: Final[frozenset[State]] = frozenset({"draft", *OPEN})
# Until it is confirmed: then the check of costs is over.
_WEIGHED: Final[frozenset[State]] = frozenset({"draft", *OPEN, "failed", "tipped"})
_ANY: Final[frozenset[State]] = frozenset({"draft", *UNDER_WAY})
_LINE: Final = re.compile(r"#?(\d{1,3})\s*(?::|\s)\s*(\S.*)", re.DOTALL)
# What is told of by showing the lines.
OF_LINES: Final = frozenset({"article", "unit", "price", "reference", "case", "vat"})
_A_LINE: Final = N_("the number of a line (1 to %(count)s) and what it becomes, such as: 2: 9.50")


@dataclass(frozen=True, slots=True)
class Field:
    """`words` for each language, the shown one first; `write` raises FieldError or Misunderstood."""

    name: str
    words: Mapping[str, Sequence[str]]
    states: frozenset[State]
    write: Write

    def word(self, language: str) -> str:
        return self.words.get(language, self.words["en"])[0]


def named(text: str) -> tuple[Field, str] | None:
    """The field that the first words name, in any language, and what follows them."""
    said = text.split(None, 2)
    for size in (2, 1):
        field = _BY_WORD.get(fold(" ".join(said[:size])).rstrip(":="))
        if field is not None and len(said) >= size:
            rest = text.split(None, size)
            return field, rest[size].strip() if len(rest) > size else ""
    return None


def shown(ctx: Context, purchase: Purchase, field: Field) -> dict[str, object]:
    """What the field holds now, for the template that says so."""
    value = getattr(purchase, field.name, None)
    if field.name == "deadline":
        return {"moment": moment(purchase.deadline)}
    if field.name.endswith("_cents"):
        return {"cents": value}
    if field.name == "handling_minutes":
        return {"hours": purchase.handling_minutes / 60}
    if field.name == "costs_vat":
        return {"percent": purchase.costs_vat / 100}
    return {"text": value} if isinstance(value, str) else {}


# --- writing ---------------------------------------------------------------------------------


def _put(ctx: Context, purchase: Purchase, **fields: object) -> None:
    purchases.change(ctx.session, purchase.id, now=ctx.now_ms, **fields)


def _title(ctx: Context, purchase: Purchase, text: str) -> None:
    _put(ctx, purchase, title=title_in(text))


def _reason(ctx: Context, purchase: Purchase, text: str) -> None:
    _put(ctx, purchase, unapproved_reason=reason_in(text))


def _deadline(ctx: Context, purchase: Purchase, text: str) -> None:
    moment = deadline_in(ctx, text)
    if purchase.state == "draft":
        _put(ctx, purchase, deadline=moment)
        return
    if moment <= purchase.deadline:
        raise Misunderstood(N_("a later moment: people count on having until then at least"))
    _put(ctx, purchase, deadline=moment, due_at=moment)
    changes.step_at(ctx, purchase.id, moment)


def _cost(name: str) -> Write:
    def write(ctx: Context, purchase: Purchase, text: str) -> None:
        cents = typed.cost(text, ctx.settings.currency)
        _refuse_more(purchase, cents, getattr(purchase, name))
        _put(ctx, purchase, **{name: cents})

    return write


def _hours(ctx: Context, purchase: Purchase, text: str) -> None:
    minutes = typed.minutes(text)
    _refuse_more(purchase, minutes, purchase.handling_minutes)
    _put(ctx, purchase, handling_minutes=minutes)


def _refuse_more(purchase: Purchase, now: int, before: int) -> None:
    """Once it tipped, members were told what it costs them, and stay or go by that. Raises Misunderstood."""
    if purchase.state == "tipped" and now > before:
        raise Misunderstood(
            N_(
                "no more than it was: members stay or withdraw by that."
                " What it cost in the end is told with the settlement"
            )
        )


def _costs_vat(ctx: Context, purchase: Purchase, text: str) -> None:
    _put(ctx, purchase, costs_vat=typed.percent(text))


def _text(name: str, longest: int) -> Write:
    def write(ctx: Context, purchase: Purchase, text: str) -> None:
        said = "" if text.strip() in ("-", "–", "—") else text_in(name, text, longest)
        _put(ctx, purchase, **{name: said})

    return write


def _of_line(purchase: Purchase, text: str) -> tuple[Line, str]:
    """Which line, and what it becomes: where there is one line only, it need not be named. Raises
    Misunderstood."""
    found = _LINE.fullmatch(text.strip())
    if found is not None and 1 <= int(found[1]) <= len(purchase.lines):
        return purchase.lines[int(found[1]) - 1], found[2]
    if len(purchase.lines) == 1:
        return purchase.lines[0], text
    raise Misunderstood(_A_LINE, count=len(purchase.lines))


def _price(ctx: Context, purchase: Purchase, text: str) -> None:
    line, said = _of_line(purchase, text)
    purchase_lines.set_tiers(ctx.session, line.id, typed.prices(said, ctx.settings.currency))


def _reference(ctx: Context, purchase: Purchase, text: str) -> None:
    line, said = _of_line(purchase, text)
    found = typed.reference(said, ctx.settings.currency, ctx.today)
    purchase_lines.change(
        ctx.session,
        line.id,
        reference_cents=found.cents,
        reference_by=found.by,
        reference_on=found.on,
    )


def _case(ctx: Context, purchase: Purchase, text: str) -> None:
    line, said = _of_line(purchase, text)
    size, minimum = typed.case(said)
    purchase_lines.change(ctx.session, line.id, case_size=size, minimum_cases=minimum)


def _name(field: str, longest: int) -> Write:
    def write(ctx: Context, purchase: Purchase, text: str) -> None:
        line, said = _of_line(purchase, text)
        purchase_lines.change(ctx.session, line.id, **{field: typed.required(said, longest)})

    return write


def _vat(ctx: Context, purchase: Purchase, text: str) -> None:
    line, said = _of_line(purchase, text)
    purchase_lines.change(ctx.session, line.id, vat=typed.percent(said))


def _words(en: str, nl: str, fr: str) -> dict[str, tuple[str, ...]]:
    return {"en": tuple(en.split("|")), "nl": tuple(nl.split("|")), "fr": tuple(fr.split("|"))}


FIELDS: Final = (
    Field("title", _words("title|name", "titel|naam", "titre|nom"), _EARLY, _title),
    Field(
        "deadline",
        _words("deadline|until|closes", "deadline|tot|sluiting", "échéance|jusqu'au|jusqu'à|clôture|délai"),
        _EARLY,
        _deadline,
    ),
    Field(
        "freight_cents",
        _words("freight|shipping", "vracht|vrachtkosten|vervoer|verzending", "transport|port|livraison"),
        _WEIGHED,
        _cost("freight_cents"),
    ),
    Field("fees_cents", _words("fees|costs", "kosten", "frais"), _WEIGHED, _cost("fees_cents")),
    Field(
        "handling_minutes",
        _words("hours|handling", "uren|werk|werkuren", "heures|travail|manutention"),
        _WEIGHED,
        _hours,
    ),
    Field("costs_vat", _words("costs-vat|costs vat|freight vat", "btw-kosten|kosten btw|vracht btw",
                              "tva-frais|frais tva|tva frais"), _WEIGHED, _costs_vat),
    Field("pickup", _words("pickup|collect", "afhalen|afhaling|ophalen", "retrait|enlèvement"), _ANY,
          _text("pickup", LONGEST_PICKUP)),
    Field("payment", _words("payment|pay", "betaling|betalen", "paiement|payer"), _ANY,
          _text("payment", LONGEST_PAYMENT)),
    Field("note", _words("note|remark", "nota|opmerking|noot", "note|remarque"), _ANY,
          _text("note", LONGEST_NOTE)),
    Field("price", _words("price|prices", "prijs|prijzen", "prix"), _EARLY, _price),
    Field("reference", _words("reference|reference price", "referentie|referentieprijs",
                              "référence|prix de référence"), _TAKING, _reference),
    Field("article", _words("article|line", "artikel|lijn|regel", "article|ligne"), _DRAFT,
          _name("article", typed.LONGEST_ARTICLE)),
    Field("unit", _words("unit", "eenheid", "unité"), _DRAFT, _name("unit", typed.LONGEST_UNIT)),
    Field("case", _words("case|box", "doos|verpakking", "caisse|carton"), _DRAFT, _case),
    Field("vat", _words("vat", "btw", "tva"), _DRAFT, _vat),
    Field("unapproved_reason", _words("reason|supplier reason", "reden", "raison|motif"), _EARLY, _reason),
)  # fmt: skip
_BY_WORD: Final = {
    fold(word): field for field in FIELDS for words in field.words.values() for word in words
}
