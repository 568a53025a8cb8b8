"""All of this domain's handlers and conversations, for whoever builds the kernel."""

from __future__ import annotations

from typing import Any

from commands.kernel.command import Router
from commands.kernel.dialogue import Dialogue
from commands.purchases import (
    approving,
    asking,
    board,
    clockwork,
    confirming,
    failing,
    lines_file,
    looking,
    losses,
    merging,
    nudging,
    opening,
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
    approving.router,
    asking.router,
    board.router,
    clockwork.router,
    confirming.router,
    failing.router,
    lines_file.router,
    looking.router,
    losses.router,
    merging.router,
    nudging.router,
    opening.router,
    ordering.router,
    people.router,
    receiving.router,
    *tenders.ROUTERS,
)  # fmt: skip
DIALOGUES: tuple[Dialogue[Any], ...] = (
    opening.dialogue,
    opening.opening,
    receiving.dialogue,
    *tenders.DIALOGUES,
)
