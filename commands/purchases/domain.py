"""All of this domain's handlers and conversations, for whoever builds the kernel."""

from __future__ import annotations

from typing import Any

from commands.kernel.command import Router
from commands.kernel.dialogue import Dialogue
from commands.purchases import (
    approving,
    asking,
    board,
    cancelling,
    clockwork,
    closing,
    confirming,
    editing,
    failing,
    lines_file,
    looking,
    losses,
    merging,
    nudging,
    opening,
    ordering,
    paying,
    people,
    personal,
    receiving,
    remarks,
    reporting,
    settling,
    taking,
)
from commands.purchases.tenders import domain as tenders

ROUTERS: tuple[Router, ...] = (
    personal.router,
    taking.router,
    remarks.router,
    approving.router,
    asking.router,
    board.router,
    cancelling.router,
    clockwork.router,
    closing.router,
    confirming.router,
    editing.router,
    failing.router,
    lines_file.router,
    looking.router,
    losses.router,
    merging.router,
    nudging.router,
    opening.router,
    ordering.router,
    paying.router,
    people.router,
    receiving.router,
    reporting.router,
    settling.router,
    *tenders.ROUTERS,
)  # fmt: skip
DIALOGUES: tuple[Dialogue[Any], ...] = (
    opening.dialogue,
    opening.opening,
    receiving.dialogue,
    *tenders.DIALOGUES,
)
