"""Who hears what becomes of a purchase: a line in each network's room, each member and whoever is responsible
by direct chat. What is said, and when, is for those who decide."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from commands.kernel.context import Context
from commands.kernel.incoming import Message, Reaction
from commands.kernel.telling import tell_team
from commands.kernel.words import decision_of
from commands.networks.people import animators_of, announce
from commands.purchases import values
from storage import commitments, member_accounts
from storage.networks import Network
from storage.purchases import Purchase


def decision_in(answer: Message | Reaction) -> bool | None:
    """A yes or a no to what was asked, None for anything else."""
    return decision_of(answer)[0]


def is_remark(ctx: Context, answer: Message | Reaction) -> bool:
    """Whether an answer that decides nothing is not meant to: an emoji, or a command of its own."""
    return isinstance(answer, Reaction) or ctx.registry.find(answer.text) is not None


def tell_rooms(ctx: Context, purchase: Purchase, template: str, **variables: Any) -> None:
    """One line of news in each network's room, in all of its languages."""
    for network in values.networks_of(ctx, purchase):
        tell_room(ctx, network, purchase, template, **variables)


def tell_room(
    ctx: Context, network: Network, purchase: Purchase, template: str, **variables: Any
) -> None:
    announce(ctx, network, template, purchase=purchase, **variables)


def members_of(ctx: Context, purchase: Purchase) -> list[str]:
    """An account of everybody who commits to any of its lines, in the order in which they did."""
    accounts = commitments.accounts(ctx.session, purchase.id)
    persons = member_accounts.one_each(ctx.session, accounts)
    return list(dict.fromkeys(persons[account] for account in accounts))


def tell_members(
    ctx: Context,
    purchase: Purchase,
    template: str,
    *,
    members: Iterable[str] | None = None,
    about: str | None = None,
    **variables: Any,
) -> None:
    """By direct chat to everybody who commits to it, or to these."""
    for user in members_of(ctx, purchase) if members is None else members:
        ctx.direct(user, template, about=about, purchase=purchase, **variables)


def tell_responsible(
    ctx: Context, purchase: Purchase, template: str, *, about: str | None = None, **variables: Any
) -> None:
    """By direct chat to whoever is responsible; to those who may take it over when nobody is any more."""
    responsible = values.responsible_for(ctx, purchase)
    if responsible is not None:
        ctx.direct(responsible, template, about=about, purchase=purchase, **variables)
        return
    purchase = replace(purchase, responsible=None)
    animators = [
        user for network in values.networks_of(ctx, purchase) for user in animators_of(ctx, network)
    ]
    for user in dict.fromkeys(animators):
        ctx.direct(user, template, about=about, purchase=purchase, **variables)
    if not animators:
        tell_team(ctx, "buyers", template, about=about, purchase=purchase, **variables)
