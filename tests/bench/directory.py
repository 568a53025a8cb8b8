"""A directory of thousands of suppliers for the measures: the demonstration's, varied, each approved by two."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import date

from bot.demo.supplier_sample import sample
from commands.labels import Labels
from storage import charters, deal_uses, loans, supplier_rounds, suppliers
from storage.charters import Criterion
from storage.session import Session
from storage.suppliers import VISIBLE, Draft

MEMBER = "@reader:bench.example"
_BUYERS = ("@first:bench.example", "@second:bench.example")
_LENDERS = 50
_CRITERIA = tuple(
    Criterion(key, position, weight, False, 0, {"name": {"en": key}})
    for position, (key, weight) in enumerate(
        (("footprint", 20), ("origin", 15), ("work", 20), ("social", 15), ("circular", 15),
         ("access", 15)), 1)
)  # fmt: skip
_KINDS = ("Coop", "Atelier", "Huis", "Maison", "Works", "Kollektief", "Comptoir", "Studio")


def fill(session: Session, labels: Labels, *, count: int, lent: int) -> None:
    """So many approved suppliers and so many things that members lend; the index is not built."""
    chance = random.Random(7)
    version = charters.add(
        session, {"name": {"en": "Charter"}}, _CRITERIA, made_by=_BUYERS[0], now=1
    )
    charters.put_in_force(session, version, by=_BUYERS[1], now=1)
    for draft in _varied(labels, chance, count):
        _rate(session, _approve(session, draft, version, chance), chance)
    told = sample().loan
    places = _places(labels)
    for number in range(lent):
        one = told[number % len(told)]
        loans.add(
            session,
            f"@lender{number % _LENDERS}:bench.example",
            f"{one.title} {number}",
            one.mode,
            category=one.category,
            region=chance.choice(places),
            terms=one.terms,
            language=one.language,
            now=1,
        )


def _places(labels: Labels) -> list[str]:
    return [place.code for place in labels.places.values() if place.country == "BE"]


def _varied(labels: Labels, chance: random.Random, count: int) -> Iterator[Draft]:
    told = sample()
    drafts = [told.draft(one, date(2026, 1, 1)) for one in told.supplier if one.state in VISIBLE]
    places, categories = _places(labels), list(labels.categories)
    for number in range(count):
        whole, words = chance.choice(drafts), chance.choice(drafts)
        kind = chance.choice(_KINDS)
        yield replace(
            whole,
            name=f"{kind} {words.name.split()[-1]} {number}",
            company_country=None,
            company_number=None,
            categories=(*whole.categories[:1], chance.choice(categories)),
            regions=tuple(chance.sample(places, chance.randint(1, 3))),
            texts={**whole.texts, "offer": words.texts["offer"]},
        )


def _approve(session: Session, draft: Draft, version: int, chance: random.Random) -> int:
    number = suppliers.add(session, draft, state="proposed", proposer=None, language="nl", now=1)
    round_id = supplier_rounds.open_round(
        session, number, "first", charter_version=version, by=None, now=1
    )
    for criterion in _CRITERIA:
        score = chance.choice((None, 1, 2, 3, 3, 4))
        supplier_rounds.put_score(
            session, round_id, criterion.key, score, note=None, by=_BUYERS[0], now=1
        )
    for buyer in _BUYERS:
        supplier_rounds.vote(session, round_id, buyer, "approved", now=1)
    suppliers.move(session, number, "approved", now=1, round_id=round_id, review_due="2029-01-01")
    supplier_rounds.close(session, round_id, "approved", now=1)
    return number


def _rate(session: Session, number: int, chance: random.Random) -> None:
    """By as many members as it may be, mostly few."""
    for person in range(chance.choice((0, 0, 1, 3, 8))):
        user = f"@reader{person}:bench.example"
        use, _ = deal_uses.note(session, number, user, [user], day="2026-01-01", now=1)
        deal_uses.rate(session, use, chance.randint(2, 5), "", now=2)
