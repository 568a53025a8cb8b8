"""All of this domain's handlers and conversations, for whoever builds the kernel."""

from __future__ import annotations

from typing import Any

from commands.kernel.command import Router
from commands.kernel.dialogue import Dialogue
from commands.suppliers import (
    card,
    deals,
    demand,
    targets,
)

ROUTERS: tuple[Router, ...] = (
    card.router,
    deals.router,
    demand.router,
    demand.buyers_router,
    targets.router,
)
DIALOGUES: tuple[Dialogue[Any], ...] = (deals.dialogue,)
