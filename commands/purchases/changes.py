"""What follows when something about a purchase changes: its messages in the rooms are brought up to date a few
seconds later, once for all that changed meanwhile; and the next step that comes by itself is put down."""

from __future__ import annotations

from typing import Final

from commands.kernel.context import Context
from storage import jobs

REFRESH: Final = "purchases.refresh"
STEP: Final = "purchases.step"
REMIND: Final = "purchases.remind"


def changed(ctx: Context, purchase_id: int) -> None:
    """Have the messages about it renewed at the end of the current slot of some seconds."""
    once_in_a_slot(ctx, REFRESH, "purchase", purchase_id)


def once_in_a_slot(ctx: Context, kind: str, what: str, number: int) -> None:
    """Have that job run at the end of the current slot of some seconds, however often it is asked for until
    then; its data holds the number under the name of `what`."""
    slot = int(ctx.settings.purchase_refresh.total_seconds() * 1000)
    due = (ctx.now_ms // slot + 1) * slot
    jobs.add(ctx.session, kind, f"{number}-{due}", due_at=due, data={what: number})


def step_at(ctx: Context, purchase_id: int, due_at: int) -> None:
    """Have the clock look at the purchase then; `purchases.due_at` says whether that is still meant. Some time
    before, as before a deadline, it looks whether to remind of one."""
    ahead = due_at - int(ctx.settings.remind_ahead.total_seconds() * 1000)
    if ahead > ctx.now_ms:
        jobs.add(
            ctx.session,
            REMIND,
            f"{purchase_id}-{due_at}",
            due_at=ahead,
            data={"purchase": purchase_id, "deadline": due_at},
        )
    jobs.add(
        ctx.session, STEP, f"{purchase_id}-{due_at}", due_at=due_at, data={"purchase": purchase_id}
    )
