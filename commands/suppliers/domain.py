"""All of this domain's handlers and conversations, for whoever builds the kernel."""

from __future__ import annotations

from typing import Any

from commands.kernel.command import Router
from commands.kernel.dialogue import Dialogue
from commands.suppliers import card, deals

ROUTERS: tuple[Router, ...] = (card.router, deals.router)
DIALOGUES: tuple[Dialogue[Any], ...] = (deals.dialogue,)
