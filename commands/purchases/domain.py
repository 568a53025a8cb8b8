"""All of this domain's handlers and conversations, for whoever builds the kernel."""

from __future__ import annotations

from typing import Any

from commands.kernel.command import Router
from commands.kernel.dialogue import Dialogue

ROUTERS: tuple[Router, ...] = ()
DIALOGUES: tuple[Dialogue[Any], ...] = ()
