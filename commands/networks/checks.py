"""Who may do what with networks: reusable checks over Matrix's own roles (see commands/kernel/roles.py)."""

from __future__ import annotations

from typing import Any

from commands.kernel import roles
from commands.kernel.catalogue import N_
from commands.kernel.context import Context
from commands.kernel.errors import NotAllowed, Refused
from commands.kernel.teams import is_staff, refuse_for_laxity
from commands.members.who import MEMBERS_ONLY, is_member
from storage import networks, rooms
from storage.networks import Network

ANIMATORS = N_("the animators of this network, and staff")
ANY_ANIMATOR = N_("animators of a network, and staff")
MEMBERS = N_("members of the cooperative")


def animates(ctx: Context, network: Network) -> bool:
    return roles.animates(ctx.session, ctx.user, network.room_id)


def animates_any(ctx: Context) -> bool:
    return any(
        roles.animates(ctx.session, ctx.user, room_id)
        for room_id in rooms.rooms_of(ctx.session, ctx.user, "network")
    )


def staff_or_any_animator(ctx: Context, arguments: Any) -> None:
    """Raises NotAllowed, or Refused where the staff room is too lax."""
    if not (is_staff(ctx) or animates_any(ctx)):
        refuse_for_laxity(ctx, "staff")
        raise NotAllowed(ANY_ANIMATOR)


def runs(ctx: Context, network: Network) -> None:
    """Whether the person animates the network or is staff. Raises NotAllowed or Refused."""
    if not (animates(ctx, network) or is_staff(ctx)):
        refuse_for_laxity(ctx, "staff")
        raise NotAllowed(ANIMATORS)


def member(ctx: Context, arguments: Any) -> None:
    """Members of the cooperative; being let into its Space is proof enough. Raises Refused."""
    if not is_cooperative_member(ctx, ctx.user):
        raise Refused(MEMBERS_ONLY)


def is_cooperative_member(ctx: Context, user_id: str) -> bool:
    return is_member(ctx, user_id) or bool(rooms.rooms_of(ctx.session, user_id, "space"))


def run_by(ctx: Context) -> list[Network]:
    """The networks whose requests and sheet are this person's business."""
    everything = networks.every(ctx.session)
    if is_staff(ctx):
        return everything
    return [network for network in everything if animates(ctx, network)]
