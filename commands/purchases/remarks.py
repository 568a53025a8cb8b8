"""What somebody types in their direct chat without replying: it answers the question about a purchase or a
tender that the bot put there last. What it means is for whoever asked."""

from __future__ import annotations

from typing import Final

from commands.kernel.command import Router
from commands.kernel.context import Context
from commands.kernel.errors import UserInputError
from commands.kernel.telling import last_asked
from commands.kernel.words import read_decision
from commands.purchases.quantities import has_quantity

router = Router("purchases")

_OURS: Final = ("purchase", "tender")


@router.remark
def answered_without_reply(ctx: Context, text: str) -> bool:
    """A yes or a no, or a quantity under what takes one. Anything else is left to the others."""
    if ctx.message is None:
        return False
    kind, reference = last_asked(ctx)
    handler = ctx.registry.answers.get(kind)
    if kind.partition("_")[0] not in _OURS or handler is None:
        return False
    meant = has_quantity(text) or read_decision(text)[0] is not None
    try:
        return meant and handler(ctx, reference, ctx.message)
    except UserInputError as error:
        error.about = f"{kind}:{reference}"
        raise
