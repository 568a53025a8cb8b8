"""The one way in which a supplier moves from state to state: by the rules, audited, and found or no longer."""

from __future__ import annotations

from commands.kernel.context import Context
from commands.suppliers.indexing import reindex
from commands.suppliers.rules import may_move
from commands.suppliers.values import subject
from storage import suppliers
from storage.suppliers import State, Supplier


def move(
    ctx: Context,
    supplier: Supplier,
    state: State,
    *,
    reason: str | None = None,
    round_id: int | None = None,
    condition: str | None = None,
    condition_due: str | None = None,
    review_due: str | None = None,
) -> Supplier:
    """Move it and return it as it stands now; `round_id` and `review_due` stay as they are without one.

    Raises ValueError for a move that the rules do not have, and sqlite3.IntegrityError for approved and
    conditional without two eligible votes in an open round: callers refuse before that.
    """
    if not may_move(supplier.state, state):
        raise ValueError(f"a supplier does not move from {supplier.state} to {state}")
    suppliers.move(
        ctx.session,
        supplier.id,
        state,
        now=ctx.now_ms,
        reason=reason,
        round_id=round_id,
        condition=condition,
        condition_due=condition_due,
        review_due=review_due,
    )
    ctx.audit(f"supplier.{state}", subject(supplier.id), before=supplier.state)
    reindex(ctx.session, ctx.labels, supplier.id)
    moved = suppliers.get(ctx.session, supplier.id)
    assert moved is not None
    return moved
