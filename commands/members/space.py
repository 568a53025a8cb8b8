"""Bringing members into the cooperative's Space, whose members may enter its open networks by themselves
(product.md, section 3)."""

from __future__ import annotations

from commands.kernel.catalogue import N_
from commands.kernel.context import Context
from commands.members.who import is_member
from storage import rooms

_WHY = N_("Here are the networks of the cooperative. You can join the open ones from here.")


def bring_into_space(ctx: Context, user_id: str, *, lane: str, language: str) -> None:
    """Invite a member who never was in the Space nor invited to it; whoever left it is let be.

    Without a Space, or where the bot may not invite to it, nothing happens: the bot itself lets people
    into networks. Safe to repeat.
    """
    space = next(iter(rooms.of_kind(ctx.session, "space")), None)
    if space is None or space.power_of(ctx.settings.bot_user) < space.needed("invite"):
        return
    if rooms.membership_of(ctx.session, space.room_id, user_id) is None and is_member(ctx, user_id):
        ctx.act(
            "invite",
            lane=lane,
            room_id=space.room_id,
            user_id=user_id,
            reason=ctx.translate(_WHY, language),
        )
