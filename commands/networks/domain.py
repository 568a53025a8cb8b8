"""All of this domain's handlers and conversations, for whoever builds the kernel."""

from __future__ import annotations

from typing import Any

from commands.kernel.command import Router
from commands.kernel.dialogue import Dialogue
from commands.networks import (
    appointing,
    editing,
    joining,
    look,
    memberships,
    observing,
    opening,
    proposing,
    remarks,
    requests,
    running,
    steps,
)

ROUTERS: tuple[Router, ...] = (
    look.router,
    joining.router,
    proposing.router,
    memberships.router,
    opening.router,
    editing.router,
    requests.router,
    remarks.router,
    appointing.router,
    running.router,
    observing.router,
    steps.router,
)
DIALOGUES: tuple[Dialogue[Any], ...] = (
    joining.leave_dialogue,
    opening.dialogue,
    editing.dialogue,
    running.closing_dialogue,
    proposing.dialogue,
)
