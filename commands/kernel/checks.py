"""Checks that several domains use: for each command, who may."""

from __future__ import annotations

from typing import Any

from commands.kernel import roles
from commands.kernel.catalogue import N_
from commands.kernel.context import Context
from commands.kernel.errors import NotAllowed, Refused

STAFF = N_("staff (the members of the staff room)")
BUYERS = N_("buyers (the members of the buyers' room)")

_TOO_LAX = {
    "join_rules": N_(
        "“%(room)s” is not by invitation only, so I do not honour it as a room of staff or buyers."
        " An administrator of the room can set its access to “invite only”."
    ),
    "invite": N_(
        "In “%(room)s” anyone may invite others, so I do not honour it as a room of staff or buyers."
        " An administrator of the room can set the power to invite to 50 (moderator)."
    ),
}


def require_team(ctx: Context, team: roles.Team, who: str) -> None:
    """Raises NotAllowed, or Refused with what to mend where the person's own team room is too lax."""
    if roles.in_team(ctx.session, ctx.user, team):
        return
    for room in roles.lax_rooms(ctx.session, ctx.user, team):
        raise Refused(_TOO_LAX[roles.laxity(room) or "invite"], room=room.name or team)
    raise NotAllowed(who)


def staff(ctx: Context, arguments: Any) -> None:
    require_team(ctx, "staff", STAFF)


def buyers(ctx: Context, arguments: Any) -> None:
    require_team(ctx, "buyers", BUYERS)
