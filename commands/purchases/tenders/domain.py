"""All handlers and conversations about tenders, for the domain that they are part of."""

from __future__ import annotations

from typing import Any

from commands.kernel.command import Router
from commands.kernel.dialogue import Dialogue
from commands.purchases.tenders import (
    board,
    calling,
    clock,
    looking,
    opening,
    ordering,
    running,
)

ROUTERS: tuple[Router, ...] = (
    looking.router,
    calling.router,
    board.router,
    opening.router,
    running.router,
    ordering.router,
    clock.router,
)
DIALOGUES: tuple[Dialogue[Any], ...] = (opening.dialogue,)
