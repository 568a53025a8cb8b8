"""All of this domain's handlers and conversations, for whoever builds the kernel."""

from __future__ import annotations

from typing import Any

from commands.kernel.command import Router
from commands.kernel.dialogue import Dialogue
from commands.purchases import (
    asking,
    board,
    clockwork,
    confirming,
    failing,
    looking,
    losses,
    merging,
    nudging,
    ordering,
    people,
    receiving,
    remarks,
    taking,
)
from commands.purchases.tenders import domain as tenders

ROUTERS: tuple[Router, ...] = (
    taking.router,
    remarks.router,
    asking.router,
    board.router,
    clockwork.router,
    confirming.router,
    failing.router,
    looking.router,
    losses.router,
    merging.router,
    nudging.router,
    ordering.router,
    people.router,
    receiving.router,
    *tenders.ROUTERS,
)  # fmt: skip
DIALOGUES: tuple[Dialogue[Any], ...] = (receiving.dialogue, *tenders.DIALOGUES)
