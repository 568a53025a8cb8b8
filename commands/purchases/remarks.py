"""What somebody types in their direct chat without replying: it answers the question about a purchase or a
tender that the bot put there last. What it means is for whoever asked."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from commands.kernel.command import Router
from commands.kernel.context import Context, milliseconds
from commands.kernel.words import read_decision
from commands.purchases.quantities import has_quantity
from storage import outbox

router = Router("purchases")

_OURS: Final = ("purchase", "tender")
_CLOCKS_DIFFER: Final = timedelta(seconds=10)


@router.remark
def answered_without_reply(ctx: Context, text: str) -> bool:
    """A yes or a no, or a quantity under what takes one. Anything else is left to the others."""
    if ctx.message is None:
        return False
    # What was said before the bot asked is no answer to it, however late it arrives.
    seen_at = milliseconds(ctx.message.sent_at + _CLOCKS_DIFFER)
    last = outbox.last_in_lane(ctx.session, ctx.user, seen_at=seen_at)
    kind, _, reference = (last.about or "").partition(":") if last is not None else ("", "", "")
    handler = ctx.registry.answers.get(kind)
    if kind.partition("_")[0] not in _OURS or handler is None:
        return False
    meant = has_quantity(text) or read_decision(text)[0] is not None
    return meant and handler(ctx, reference, ctx.message)
