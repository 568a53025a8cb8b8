"""Whether what is to be bought can be rented, borrowed, shared, repaired or had second-hand instead: from
suppliers that members see, and from other members (product.md, sections 4 and 5)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from commands.kernel.context import Context
from commands.networks.checks import is_cooperative_member
from commands.search.categories import categories_in
from commands.suppliers.search import Hit, Query, find
from storage import loans, suppliers
from storage.loans import Loan
from storage.suppliers import Mode, Supplier

_LIGHT: Final[tuple[Mode, ...]] = ("share", "borrow", "rent", "repair", "second_hand")
# Articles that are looked for, and what is shown of all that is found.
_MOST_ARTICLES: Final = 20
_MOST_SHOWN: Final = 6
_FOR_EACH: Final = 4


@dataclass(frozen=True, slots=True)
class Instead:
    """One way not to buy: a supplier with the ways there are, or what a member lends."""

    article: str
    supplier: Supplier | None
    modes: tuple[Mode, ...]
    loan: Loan | None


def instead_of(
    ctx: Context, articles: Iterable[str], *, but: Sequence[int | None] = ()
) -> list[Instead]:
    """The likeliest for these articles; `but` are suppliers of whom it is bought anyway."""
    found: dict[Hit, str] = {}
    for article in list(dict.fromkeys(articles))[:_MOST_ARTICLES]:
        for hit in _hits(ctx, article):
            found.setdefault(hit, article)
    offers = suppliers.of_ids(ctx.session, (hit.number for hit in found if not hit.is_loan))
    lent = loans.seen_by(ctx.session, ctx.user, (hit.number for hit in found if hit.is_loan))
    ways = []
    for hit, article in found.items():
        supplier = None if hit.is_loan else offers.get(hit.number)
        loan = lent.get(hit.number) if hit.is_loan else None
        modes = tuple(mode for mode in _LIGHT if supplier is not None and mode in supplier.modes)
        if loan is not None or (modes and hit.number not in but):
            ways.append(Instead(article, supplier, modes, loan))
    return ways[:_MOST_SHOWN]


def _hits(ctx: Context, article: str) -> list[Hit]:
    """What is called so; where nothing is, what is of the same kind."""
    hits = _look(ctx, Query(text=article))
    for code in () if hits else categories_in(ctx.labels, article)[:1]:
        hits = _look(ctx, Query(category=ctx.labels.name(code, "en")))
    return hits


def _look(ctx: Context, query: Query) -> list[Hit]:
    results = find(
        ctx.session,
        ctx.labels,
        query,
        user=ctx.user,
        smallest=ctx.settings.smallest_count,
        limit=_FOR_EACH,
        lends=is_cooperative_member(ctx, ctx.user),
    )
    return list(results.hits)
