"""Who may do what with networks: reusable checks over Matrix's own roles (see commands/kernel/roles.py)."""

from __future__ import annotations

from typing import Any

from commands.kernel import roles
from commands.kernel.catalogue import N_
from commands.kernel.context import Context
from commands.kernel.errors import NotAllowed, Refused
from commands.members.who import is_member
from storage import networks, rooms
from storage.networks import Network

STAFF = N_("the members of the staff room")
ANIMATORS = N_("the animators of this network, and staff")
ANY_ANIMATOR = N_("animators of a network, and staff")
MEMBERS = N_("members of the cooperative")


def is_staff(ctx: Context) -> bool:
    return roles.in_team(ctx.session, ctx.user, "staff")


def animates(ctx: Context, network: Network) -> bool:
    return roles.animates(ctx.session, ctx.user, network.room_id)


def animates_any(ctx: Context) -> bool:
    return any(
        roles.animates(ctx.session, ctx.user, room_id)
        for room_id in rooms.rooms_of(ctx.session, ctx.user, "network")
    )


def refuse_for_laxity(ctx: Context) -> None:
    """Say why being in the staff room did not help, and what to change there. Raises Refused."""
    for room in roles.lax_rooms(ctx.session, ctx.user, "staff"):
        if roles.laxity(room) == "join_rules":
            raise Refused(
                N_(
                    "You are in the staff room, but I cannot trust it: it is not by invitation only."
                    " Somebody who runs that room must set it to “invite only” in its settings."
                )
            )
        raise Refused(
            N_(
                "You are in the staff room, but I cannot trust it: everybody there may invite others."
                " Somebody who runs that room must raise the power needed to invite to 50 (moderator)."
            )
        )


def staff(ctx: Context, arguments: Any) -> None:
    """Raises NotAllowed, or Refused where the staff room is too lax."""
    if not is_staff(ctx):
        refuse_for_laxity(ctx)
        raise NotAllowed(STAFF)


def staff_or_any_animator(ctx: Context, arguments: Any) -> None:
    """Raises NotAllowed, or Refused where the staff room is too lax."""
    if not (is_staff(ctx) or animates_any(ctx)):
        refuse_for_laxity(ctx)
        raise NotAllowed(ANY_ANIMATOR)


def runs(ctx: Context, network: Network) -> None:
    """Whether the person animates the network or is staff. Raises NotAllowed or Refused."""
    if not (animates(ctx, network) or is_staff(ctx)):
        refuse_for_laxity(ctx)
        raise NotAllowed(ANIMATORS)


def member(ctx: Context, arguments: Any) -> None:
    """Members of the cooperative; being let into its Space is proof enough. Raises NotAllowed."""
    if not is_cooperative_member(ctx, ctx.user):
        raise Refused(
            N_(
                "This is for members of the cooperative. If you are one, ask staff for a code and send"
                " it to me with: link CODE"
            )
        )


def is_cooperative_member(ctx: Context, user_id: str) -> bool:
    return is_member(ctx, user_id) or bool(rooms.rooms_of(ctx.session, user_id, "space"))


def run_by(ctx: Context) -> list[Network]:
    """The networks whose requests and sheet are this person's business."""
    everything = networks.every(ctx.session)
    if is_staff(ctx):
        return everything
    return [network for network in everything if animates(ctx, network)]
