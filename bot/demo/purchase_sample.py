"""What is invented of group purchases and tenders for the demonstration, read from `purchases.toml`."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from datetime import date, timedelta
from functools import cache
from importlib import resources
from typing import Annotated, Final

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from storage import tenders
from storage.purchase_lines import LineDraft, Tier
from storage.purchases import State

_QUANTITY: Final = re.compile(r"(\d+)(?:\+(\d+))?")
_QUOTED: Final = timedelta(days=8)


def _words(value: object) -> tuple[str, ...]:
    return tuple(str(value).split())


def _tiers(value: object) -> tuple[Tier, ...]:
    """`620 40:560`: the price of a unit in cents, and what it is from so many units on."""
    first, *others = str(value).split()
    later = (each.split(":") for each in others)
    return (Tier(1, int(first)), *(Tier(int(units), int(cents)) for units, cents in later))


def _quantities(value: object) -> tuple[tuple[int, int], ...]:
    """`3+2 -`: for each line so many and so many more if need be; nothing for what is not wanted."""
    found = (_QUANTITY.fullmatch(each) for each in str(value).split())
    return tuple((int(one[1]), int(one[2] or 0)) if one else (0, 0) for one in found)


_Words = Annotated[tuple[str, ...], BeforeValidator(_words)]
_Quantities = Annotated[tuple[tuple[int, int], ...], BeforeValidator(_quantities)]


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Line(_Model):
    """Money in cents net of VAT, `vat` in basis points."""

    article: str
    unit: str
    case: int
    minimum: int = 0
    tiers: Annotated[tuple[Tier, ...], BeforeValidator(_tiers)]
    vat: int = 2100
    reference: int | None = None
    by: str | None = None

    def draft(self, supplier: str, supplier_id: int | None, begun: date) -> LineDraft:
        """The reference price was asked some days before it began."""
        quoted = self.reference is not None
        return LineDraft(
            self.article,
            self.unit,
            self.case,
            self.tiers,
            self.vat,
            supplier,
            supplier_id,
            minimum_cases=self.minimum,
            reference_cents=self.reference,
            reference_by=self.by,
            reference_on=(begun - _QUOTED).isoformat() if quoted else None,
        )


class Purchase(_Model):
    """`begun` and `deadline` are days from the one on which it is written; `takes` and `interested` are logins,
    in the order in which they spoke up."""

    title: str
    language: str
    state: State
    networks: _Words
    regions: _Words
    opener: str
    supplier: str
    begun: float
    deadline: float
    freight: int = 0
    minutes: int = 0
    rate: int = 0
    costs_vat: int = 0
    pickup: str = ""
    payment: str = ""
    reason: str | None = None
    grams: int | None = None
    trips: int | None = None
    interested: _Words = ()
    lines: tuple[Line, ...]
    takes: Mapping[str, _Quantities] = Field(default_factory=dict)


class TenderLine(_Model):
    article: str
    unit: str
    cents: int
    vat: int = 2100
    reference: int | None = None
    quantity: int
    code: str = ""

    def draft(self) -> tenders.LineDraft:
        return tenders.LineDraft(
            self.article,
            self.unit,
            self.cents,
            self.vat,
            self.quantity,
            reference_cents=self.reference,
            article_code=self.code,
        )


class Tender(_Model):
    """`valid` is its last day, `begun` its first, counted as a purchase's; `calls` are logins."""

    title: str
    language: str
    networks: _Words
    responsible: str
    supplier: str
    begun: int
    valid: int
    note: str = ""
    lines: tuple[TenderLine, ...]
    calls: Mapping[str, _Quantities] = Field(default_factory=dict)


class Sample(_Model):
    """What stands in `purchases.toml`."""

    purchase: tuple[Purchase, ...]
    tender: tuple[Tender, ...]


@cache
def sample() -> Sample:
    text = (resources.files("bot.demo") / "purchases.toml").read_text(encoding="utf-8")
    return Sample.model_validate(tomllib.loads(text))
