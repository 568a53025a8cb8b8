"""How a supplier reads to members, in a list and on its card: names for codes, the charter score by criterion,
the deal as it stands today, and ratings once there are enough."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from commands.kernel.context import Context
from commands.kernel.tongues import language_name
from commands.suppliers.rules import total
from commands.suppliers.values import MODE_NAMES
from storage import charters, deal_uses, loans, supplier_rounds, suppliers
from storage.charters import Charter
from storage.deal_uses import Rating
from storage.loans import Loan
from storage.suppliers import Deal, Supplier

DealStands = Literal["none", "coming", "on", "ended"]


@dataclass(frozen=True, slots=True)
class Scored:
    """One criterion of the charter in the reader's language; `score` is 0 to 4, None for unrated."""

    key: str
    name: str
    score: int | None


@dataclass(frozen=True, slots=True)
class Review:
    """The review by which a supplier stands: `points` of 100, None when nothing is rated; `rated` is the
    weight, of 100, of what is."""

    version: int
    points: int | None
    rated: int
    criteria: tuple[Scored, ...]


@dataclass(frozen=True, slots=True)
class DealShown:
    """What everyone may know of a deal: neither its steps nor its code."""

    stands: DealStands
    words: str = ""
    starts: date | None = None
    ends: date | None = None
    deposit_cents: int | None = None


@dataclass(frozen=True, slots=True)
class Shown:
    """A supplier in the reader's language; no `regions` is everywhere."""

    supplier: Supplier
    offer: str
    modes: tuple[str, ...]
    categories: tuple[str, ...]
    regions: tuple[str, ...]
    languages: tuple[str, ...]
    review: Review | None
    deal: DealShown
    rating: Rating | None
    condition_due: date | None


@dataclass(frozen=True, slots=True)
class LoanShown:
    """What a member lends; `mode` is a message id."""

    loan: Loan
    mode: str
    region: str


@dataclass(frozen=True, slots=True)
class Found:
    """One hit: either a supplier or what a member lends."""

    supplier: Shown | None = None
    loan: LoanShown | None = None


@dataclass
class Reader:
    """Shows suppliers to one person; what several of them share is looked up once."""

    ctx: Context
    _charters: dict[int, Charter | None] = field(default_factory=dict)

    def show(self, found: Iterable[Supplier]) -> list[Shown]:
        """In the order given."""
        listed = list(found)
        ratings = deal_uses.ratings(self.ctx.session, [each.id for each in listed])
        return [self._shown(each, ratings) for each in listed]

    def show_hits(self, hits: Iterable[tuple[int, bool]]) -> list[Found]:
        """By number and whether it is a loan, in the order given; what is gone meanwhile is left out."""
        listed = list(hits)
        session, labels, language = self.ctx.session, self.ctx.labels, self.ctx.language
        found = suppliers.of_ids(session, (number for number, is_loan in listed if not is_loan))
        shown = {
            each.supplier.id: each for each in self.show(found.values()) if each.supplier.is_visible
        }
        lent = loans.seen_by(
            session, self.ctx.user, (number for number, is_loan in listed if is_loan)
        )
        every: list[Found] = []
        for number, is_loan in listed:
            if is_loan and number in lent:
                loan = lent[number]
                region = labels.name(loan.region, language) if loan.region else ""
                every.append(Found(loan=LoanShown(loan, MODE_NAMES[loan.mode], region)))
            elif not is_loan and number in shown:
                every.append(Found(supplier=shown[number]))
        return every

    def _shown(self, supplier: Supplier, ratings: Mapping[int, Rating]) -> Shown:
        ctx = self.ctx
        rating = ratings.get(supplier.id)
        due = supplier.condition_due if supplier.state == "conditional" else None
        return Shown(
            supplier,
            offer=supplier.text("offer", ctx.language),
            modes=tuple(ctx._(MODE_NAMES[mode]) for mode in supplier.modes),
            categories=tuple(ctx.labels.name(code, ctx.language) for code in supplier.categories),
            regions=tuple(ctx.labels.name(code, ctx.language) for code in supplier.regions),
            languages=tuple(language_name(code, ctx.language) for code in supplier.languages),
            review=self._review(supplier),
            deal=deal_shown(ctx, supplier),
            rating=rating if rating and rating.people >= ctx.settings.smallest_count else None,
            condition_due=date.fromisoformat(due) if due else None,
        )

    def _review(self, supplier: Supplier) -> Review | None:
        session, language = self.ctx.session, self.ctx.language
        stands_by = supplier_rounds.get(session, supplier.round_id) if supplier.round_id else None
        if stands_by is None:
            return None
        version = stands_by.charter_version
        if version not in self._charters:
            self._charters[version] = charters.get(session, version)
        charter = self._charters[version]
        if charter is None:
            return None
        scores = {
            key: each.score for key, each in supplier_rounds.scores(session, stands_by.id).items()
        }
        whole = total(charter, scores)
        return Review(
            version,
            whole.points,
            whole.rated,
            tuple(
                Scored(each.key, each.name(language), scores.get(each.key))
                for each in charter.criteria
            ),
        )


def deal_of(supplier: Supplier) -> Deal | None:
    """The deal, also one of which only the words are known."""
    if supplier.deal is None and any(supplier.texts.get(name) for name in ("deal", "steps")):
        return Deal()
    return supplier.deal


def deal_shown(ctx: Context, supplier: Supplier) -> DealShown:
    deal = deal_of(supplier)
    if deal is None:
        return DealShown("none")
    day = ctx.today.isoformat()
    stands: DealStands = "on"
    if not deal.holds_on(day):
        stands = "ended" if deal.ends is not None and deal.ends < day else "coming"
    return DealShown(
        stands,
        supplier.text("deal", ctx.language),
        date.fromisoformat(deal.starts) if deal.starts else None,
        date.fromisoformat(deal.ends) if deal.ends else None,
        deal.deposit_cents,
    )
