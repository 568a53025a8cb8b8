"""The message in the buyers' room that shows how a review stands and is edited as it moves on, and what the
proposer hears meanwhile. What a yes or a no under it does is `reviewing`'s."""

from __future__ import annotations

from datetime import date
from typing import Any, Final, Literal

from rapidfuzz import fuzz

from commands.kernel.context import Context
from commands.kernel.telling import edit_everywhere, tell_team
from commands.labels.fold import fold
from commands.suppliers.likeness import alike, key_of
from commands.suppliers.rounds import KIND_NAMES, VERDICT_NAMES, Review, look
from commands.suppliers.rules import HIGHEST
from commands.suppliers.values import CLASS_NAMES, MODE_NAMES, STATE_NAMES
from storage import member_accounts, outbox, people, suppliers
from storage.suppliers import State, Supplier

News = Literal[
    "taken_up", "evidence", "more_evidence", "review", "approved", "conditional", "rejected"
]

# A proposal that waits for a charter has no round yet: its message is about the supplier until there is one.
WAITING: Final = "supplier_waiting"
REVIEW: Final = "review"

_ALIKE: Final = 88.0


def about(review: Review) -> str:
    """What the message of a review is about."""
    if review.round is None:
        return f"{WAITING}:{review.supplier.id}"
    return f"{REVIEW}:{review.round.id}"


def resembling(ctx: Context, name: str, *, but: int | None = None) -> list[tuple[int, str, State]]:
    """Suppliers in any state that are called nearly so: number, name, state, the likeliest first."""
    said, key = fold(name), key_of(name)
    near = []
    for number, other, state in suppliers.names(ctx.session):
        if number == but:
            continue
        likeness = fuzz.token_sort_ratio(said, fold(other))
        if likeness >= _ALIKE or alike(key, key_of(other)):
            near.append((-likeness, number, other, state))
    return [(number, other, state) for _, number, other, state in sorted(near)[:4]]


def variables(ctx: Context, review: Review) -> dict[str, Any]:
    """What the templates that show a review need, in no language yet."""
    day = ctx.today
    return {
        "review": review,
        "supplier": review.supplier,
        "today": day.isoformat(),
        "resembles": resembling(ctx, review.supplier.name, but=review.supplier.id),
        "states": STATE_NAMES,
        "kinds": KIND_NAMES,
        "verdicts": VERDICT_NAMES,
        "modes": MODE_NAMES,
        "classes": CLASS_NAMES,
        "highest": HIGHEST,
        "day": date.fromisoformat,
    }


def show(
    ctx: Context, supplier_id: int, *, round_id: int | None = None, asked_again: int = 0
) -> bool:
    """Post the message of a supplier's review in the buyers' room, or edit it wherever it stands; False when
    nobody could be told or there is nothing to show.

    `round_id` is for one that just closed; `asked_again` how many votes ended with changed scores.
    """
    supplier = suppliers.get(ctx.session, supplier_id)
    if supplier is None:
        return False
    review = look(ctx.session, supplier, round_id)
    if review.round is not None:
        outbox.speak_of(ctx.session, f"{WAITING}:{supplier_id}", about(review))
    values = {**variables(ctx, review), "asked_again": asked_again}
    # What this transaction said already is not stored yet: it is said anew.
    ctx.drafts[:] = [one for one in ctx.drafts if one.about != about(review)]
    if edit_everywhere(ctx, about(review), "suppliers/progress", team="buyers", **values):
        return True
    if review.round is None and supplier.state != "proposed":
        return False
    return tell_team(ctx, "buyers", "suppliers/progress", about=about(review), **values)


def tell_proposer(ctx: Context, supplier: Supplier, news: News, **values: Any) -> None:
    """Write to whoever proposed a supplier what became of it, unless they did it themselves."""
    if supplier.proposer is None or supplier.proposer in member_accounts.same_person(
        ctx.session, ctx.user
    ):
        return
    ctx.direct(
        supplier.proposer,
        "suppliers/proposal_news",
        language=people.language_of(ctx.session, supplier.proposer) or supplier.language,
        supplier=supplier,
        news=news,
        **{"reason": None, **values},
    )
