"""Every domain's handlers and conversations, for whoever builds the kernel."""

from __future__ import annotations

from typing import Any

from commands.basics.router import router as basics
from commands.kernel.command import Router
from commands.kernel.dialogue import Dialogue


def routers() -> tuple[Router, ...]:
    return (basics,)


def dialogues() -> tuple[Dialogue[Any], ...]:
    return ()
