"""Who belongs to staff or to the buyers, as checks; and what to say where their room is too lax to count."""

from __future__ import annotations

from typing import Any

from commands.kernel import roles
from commands.kernel.catalogue import N_
from commands.kernel.context import Context
from commands.kernel.errors import NotAllowed, Refused

STAFF = N_("the members of the staff room")
BUYERS = N_("the members of the buyers' room")

_TOO_LAX = {
    "join_rules": N_(
        "You are in “%(room)s”, but I cannot trust it: it is not by invitation only."
        " Somebody who runs that room must set it to “invite only” in its settings."
    ),
    "invite": N_(
        "You are in “%(room)s”, but I cannot trust it: everybody there may invite others."
        " Somebody who runs that room must raise the power needed to invite to 50 (moderator)."
    ),
}


def refuse_for_laxity(ctx: Context, team: roles.Team) -> None:
    """Say why being in the team's room did not help, and what to change there. Raises Refused."""
    for room in roles.lax_rooms(ctx.session, ctx.user, team):
        raise Refused(_TOO_LAX[roles.laxity(room) or "invite"], room=room.name or team)


def is_staff(ctx: Context) -> bool:
    return roles.in_team(ctx.session, ctx.user, "staff")


def staff(ctx: Context, arguments: Any) -> None:
    """Raises NotAllowed, or Refused where the staff room is too lax."""
    if not is_staff(ctx):
        refuse_for_laxity(ctx, "staff")
        raise NotAllowed(STAFF)


def is_buyer(ctx: Context) -> bool:
    return roles.in_team(ctx.session, ctx.user, "buyers")


def buyers(ctx: Context, arguments: Any) -> None:
    """Raises NotAllowed, or Refused where the buyers' room is too lax."""
    if not is_buyer(ctx):
        refuse_for_laxity(ctx, "buyers")
        raise NotAllowed(BUYERS)
