"""What buyers do is theirs: what refuses it in another room is said in the direct chat."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import TypeVar

from commands.kernel.context import Context
from commands.kernel.errors import CheckFailure, NotFound
from commands.suppliers.values import sees_all

A = TypeVar("A")


def discreetly(handler: Callable[[Context, A], None]) -> Callable[[Context, A], None]:
    """A handler of buyers' commands whose refusals the buyer alone reads: they tell where a supplier stands
    that others do not know of."""

    @wraps(handler)
    def handled(ctx: Context, arguments: A) -> None:
        try:
            handler(ctx, arguments)
        except (CheckFailure, NotFound) as error:
            if sees_all(ctx):
                raise
            ctx.drafts.clear()
            ctx.result = error.code
            ctx.reply_privately("kernel/error", error=error, command=None)

    return handled
