"""Every domain's handlers and conversations, for whoever builds the kernel."""

from __future__ import annotations

from typing import Any

from commands.basics.router import router as basics
from commands.basics.verification import router as verification
from commands.kernel.command import Router
from commands.kernel.dialogue import Dialogue
from commands.members.finding import router as finding
from commands.members.own_data import erase_dialogue
from commands.members.own_data import router as own_data
from commands.members.profile import dialogue as profile
from commands.members.router import router as members
from commands.members.staff import register_dialogue
from commands.members.staff import router as members_for_staff
from commands.networks import domain as networks
from commands.purchases import domain as purchases
from commands.suppliers import domain as suppliers


def routers() -> tuple[Router, ...]:
    return (
        finding,
        members,
        own_data,
        *networks.ROUTERS,
        *suppliers.ROUTERS,
        *purchases.ROUTERS,
        members_for_staff,
        verification,
        basics,
    )


def dialogues() -> tuple[Dialogue[Any], ...]:
    return (
        profile,
        erase_dialogue,
        register_dialogue,
        *networks.DIALOGUES,
        *suppliers.DIALOGUES,
        *purchases.DIALOGUES,
    )
