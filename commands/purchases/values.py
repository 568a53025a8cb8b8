"""Purchases by their number, who sees and who runs them, and how their states are called."""

from __future__ import annotations

import re
from typing import Any, Final

from commands.kernel import roles
from commands.kernel.catalogue import N_
from commands.kernel.context import Context
from commands.kernel.errors import BadArgument, NotAllowed, NotFound, Refused
from commands.kernel.teams import is_buyer
from commands.kernel.telling import is_for, reply_discreetly
from commands.networks.checks import is_cooperative_member
from storage import member_accounts, networks, purchases, rooms
from storage.networks import Network
from storage.purchases import Purchase

STATE_NAMES: Final = {
    "draft": N_("draft"),
    "open": N_("open"),
    "filling": N_("filling the last cases"),
    "tipped": N_("goes through if the costs allow it"),
    "failed": N_("too few"),
    "confirmed": N_("confirmed"),
    "ordered": N_("ordered"),
    "received": N_("delivered"),
    "settled": N_("settled"),
    "cancelled": N_("cancelled"),
}
RUNNERS: Final = N_(
    "whoever is responsible for the purchase, animators of its networks, and buyers"
)
RESPONSIBLE: Final = N_("whoever is responsible for the purchase")
A_NUMBER: Final = N_("the number of a group purchase; “%(command)s” shows them")
_NUMBER: Final = re.compile(r"#?([0-9]{1,15})")


class PurchaseNumber:
    """`7` or `#7`. Raises BadArgument with where numbers are found."""

    def convert(self, text: str, ctx: Context) -> int:
        found = _NUMBER.fullmatch(text)
        if found is None:
            raise BadArgument(text[:40], A_NUMBER, command=_list_word(ctx))
        return int(found[1])


def about(purchase_id: int) -> str:
    """What the message about a purchase in a room is about: replies to it take part."""
    return f"purchase:{purchase_id}"


def subject(purchase_id: int) -> str:
    """How the audit log names a purchase."""
    return f"purchase:{purchase_id}"


def seen(ctx: Context, number: int) -> Purchase:
    """A purchase that the person may see here; raises NotFound, worded alike for what is not there.

    Drafts, and what never was more, are seen by those who run them, where only they read along.
    """
    purchase = purchases.get(ctx.session, number)
    if purchase is None or (not purchase.was_open and not _sees_drafts(ctx, purchase)):
        raise NotFound(f"#{number}", A_NUMBER, command=_list_word(ctx))
    return purchase


def _sees_drafts(ctx: Context, purchase: Purchase) -> bool:
    alone = ctx.is_direct or (ctx.room is not None and is_for(ctx.room, "buyers"))
    return alone and (runs(ctx, purchase) or is_same(ctx, purchase.opener))


def _list_word(ctx: Context) -> str:
    return f"{ctx.prefix}{ctx.registry.word('purchases', ctx.language)}"


def is_same(ctx: Context, account: str | None) -> bool:
    """Whether the account is one of the person who speaks."""
    return account is not None and account in member_accounts.same_person(ctx.session, ctx.user)


def networks_of(ctx: Context, purchase: Purchase) -> list[Network]:
    return networks.several(ctx.session, purchase.network_ids)


def responsible_for(ctx: Context, purchase: Purchase) -> str | None:
    """Who is responsible for it; None once they are gone, from here or from the cooperative."""
    user = purchase.responsible
    if user is None:
        return None
    stays = any(
        is_cooperative_member(ctx, account) or roles.in_team(ctx.session, account, "buyers")
        for account in member_accounts.same_person(ctx.session, user)
    )
    return user if stays else None


def is_responsible(ctx: Context, purchase: Purchase) -> bool:
    """Whoever left the cooperative is so no more: what others order and pay is not theirs to see."""
    return is_same(ctx, responsible_for(ctx, purchase))


def runs(ctx: Context, purchase: Purchase) -> bool:
    """Whether the person is responsible for it, animates one of its networks, or is a buyer."""
    if is_responsible(ctx, purchase) or is_buyer(ctx):
        return True
    return any(
        roles.animates(ctx.session, ctx.user, network.room_id)
        for network in networks_of(ctx, purchase)
    )


def must_run(ctx: Context, number: int) -> Purchase:
    """A purchase that the person runs. Raises NotFound or NotAllowed."""
    purchase = seen(ctx, number)
    if not runs(ctx, purchase):
        raise NotAllowed(RUNNERS)
    return purchase


def must_be_responsible(ctx: Context, number: int) -> Purchase:
    """A purchase for which the person is responsible, or that nobody is any more and they run. Raises NotFound
    or NotAllowed."""
    purchase = seen(ctx, number)
    if not (
        is_responsible(ctx, purchase)
        or (responsible_for(ctx, purchase) is None and runs(ctx, purchase))
    ):
        raise NotAllowed(RESPONSIBLE)
    return purchase


def reply_about(ctx: Context, purchase: Purchase, template: str, **variables: Any) -> None:
    """Answer where it was asked; about what never was open only where those who run it read along."""
    if purchase.was_open:
        ctx.reply(template, purchase=purchase, **variables)
    else:
        reply_discreetly(ctx, "buyers", template, purchase=purchase, **variables)


def not_now(ctx: Context, purchase: Purchase) -> Refused:
    """For what cannot be done in the state that it is in."""
    return Refused(
        N_("That cannot be done with group purchase %(number)s now: it is “%(state)s”."),
        number=purchase.id,
        state=ctx._(STATE_NAMES[purchase.state]),
    )


def may_take_part(ctx: Context, purchase: Purchase) -> bool:
    """Whether the person is a member of the cooperative who is in one of the purchase's networks."""
    return is_cooperative_member(ctx, ctx.user) and any(
        network.room_id is not None and rooms.is_member(ctx.session, network.room_id, ctx.user)
        for network in networks_of(ctx, purchase)
    )
