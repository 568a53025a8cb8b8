"""What is invented of suppliers for the demonstration and the benchmarks, read from `suppliers.toml`."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from datetime import date, timedelta
from functools import cache
from importlib import resources
from typing import Annotated, Final

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from commands.labels import fold
from commands.suppliers.companies import company
from storage.loans import LoanMode
from storage.suppliers import Class, Deal, Draft, Mode, State

_MEANING: Final = re.compile(r"\w+")

_Words = Annotated[tuple[str, ...], BeforeValidator(lambda value: tuple(str(value).split()))]


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True)


class Supplier(_Model):
    """Days count from the one on which it is written; `scores` follow the criteria of the shipped charter,
    - for unrated."""

    name: str
    class_: Class = Field(alias="class")
    company: str | None = None
    modes: Annotated[tuple[Mode, ...], BeforeValidator(lambda value: tuple(str(value).split()))]
    categories: _Words
    regions: _Words
    languages: _Words
    offer: Mapping[str, str]
    deal: Mapping[str, str] = Field(default_factory=dict)
    steps: str | None = None
    code: str | None = None
    ends: int | None = None
    deposit: int | None = None
    pickup: bool = False
    scores: _Words = ()
    state: State = "approved"
    condition: str | None = None
    mend: int = 0
    reason: str | None = None
    lapses: int | None = None
    due: int | None = None
    ratings: tuple[str, ...] = ()
    contacts: tuple[str, ...] = ()

    @property
    def language(self) -> str:
        """Of whoever proposed it."""
        return next((code for code in self.languages if code in self.offer), "en")

    @property
    def website(self) -> str:
        return f"https://{'-'.join(_MEANING.findall(fold(self.name)))}.example"


class Need(_Model):
    words: str
    language: str
    who: _Words


class Mention(_Model):
    name: str
    who: _Words


class Loan(_Model):
    who: str
    title: str
    language: str
    mode: LoanMode
    category: str
    place: str
    terms: str


class Sample(_Model):
    """What stands in `suppliers.toml`."""

    steps: Mapping[str, Mapping[str, str]]
    pickup: Mapping[str, str]
    claims: tuple[Mapping[str, str], ...]
    supplier: tuple[Supplier, ...]
    need: tuple[Need, ...]
    mention: tuple[Mention, ...]
    loan: tuple[Loan, ...]

    def draft(self, one: Supplier, today: date) -> Draft:
        """What is written about it; days count from `today`."""
        found = company(one.company, usual=None) if one.company else None
        ends = (today + timedelta(days=one.ends)).isoformat() if one.ends is not None else None
        has_deal = one.code is not None
        texts = {
            "offer": one.offer,
            "deal": one.deal,
            "steps": self.steps[one.steps] if one.steps else {},
            "pickup": self.pickup if one.pickup else {},
        }
        return Draft(
            one.name,
            one.class_,
            company_country=found.country if found else None,
            company_number=found.number if found else None,
            website=one.website,
            modes=one.modes,
            categories=one.categories,
            regions=one.regions,
            languages=one.languages,
            texts=texts,
            deal=Deal(one.code, None, None, ends, one.deposit) if has_deal else None,
        )


@cache
def sample() -> Sample:
    text = (resources.files("bot.demo") / "suppliers.toml").read_text(encoding="utf-8")
    return Sample.model_validate(tomllib.loads(text))
