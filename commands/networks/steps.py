"""What becomes of room actions that only follow a decision: one that failed is told to whoever decided,
by its name; without such a person to the staff room."""

from __future__ import annotations

from typing import Any, Final

from commands.kernel.catalogue import N_
from commands.kernel.command import Router
from commands.kernel.context import Context
from commands.kernel.incoming import ActionEnd
from commands.kernel.telling import tell_team
from commands.networks.places import NEEDS, STEP
from storage import networks

router = Router("animators")

STEPS: Final = {
    **NEEDS,
    "space": N_("change the list of rooms in the Space"),
    "alias": N_("change the room's address"),
    "avatar": N_("change the room's picture"),
}


@router.continuation(STEP)
def after_step(ctx: Context, end: ActionEnd) -> None:
    network = networks.get(ctx.session, int(end.data["network"]))
    if end.error is None or network is None:
        return
    said: dict[str, Any] = {
        "network": network,
        "what": STEPS[str(end.data["step"])],
        "error": end.error,
    }
    user = end.data.get("user")
    if isinstance(user, str):
        ctx.direct(user, "networks/step_failed", **said)
    else:
        tell_team(ctx, "staff", "networks/step_failed", **said)
