"""All of this domain's handlers and conversations, for whoever builds the kernel."""

from __future__ import annotations

from typing import Any

from commands.kernel.command import Router
from commands.kernel.dialogue import Dialogue
from commands.purchases import (
    board,
)

ROUTERS: tuple[Router, ...] = (
    board.router,
)  # fmt: skip
DIALOGUES: tuple[Dialogue[Any], ...] = ()
