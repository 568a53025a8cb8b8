"""Who runs a network, telling them, and speaking in all languages of its room."""

from __future__ import annotations

from typing import Any

from markupsafe import Markup

from commands.kernel import roles
from commands.kernel.context import Context
from commands.kernel.telling import shown_count, tell_team
from commands.networks.places import room_of
from storage import networks, people
from storage.networks import Network


def animators_of(ctx: Context, network: Network) -> list[str]:
    """People in the network's room with at least a moderator's power, the bot left out."""
    room = room_of(ctx.session, network)
    if room is None:
        return []
    listed = (room.power_levels or {}).get("users")
    candidates = [*(listed if isinstance(listed, dict) else {}), *room.creators]
    return [
        user
        for user in dict.fromkeys(candidates)
        if user != ctx.settings.bot_user and roles.moderates(ctx.session, user, room)
    ]


def language_of(ctx: Context, user: str, network: Network, asked_in: str | None = None) -> str:
    """In which to write to somebody about a network: their own choice, else the language in which they
    asked, else the network's first, else the installation's (product.md, section 8)."""
    return (
        people.language_of(ctx.session, user)
        or asked_in
        or next(iter(network.languages), ctx.settings.language)
    )


def tell_animators(
    ctx: Context, network: Network, template: str, *, about: str | None = None, **variables: Any
) -> bool:
    """By direct chat to each animator; to the staff room when there is none. Whether somebody was told."""
    animators = animators_of(ctx, network)
    for user in animators:
        language = ctx.language_for(user)
        ctx.direct(user, template, about=about, language=language, network=network, **variables)
    return bool(animators) or tell_team(
        ctx, "staff", template, about=about, network=network, **variables
    )


def announce(
    ctx: Context, network: Network, template: str, *, about: str | None = None, **variables: Any
) -> str | None:
    """Say it in the network's room, in each of the room's languages in one message; pings nobody."""
    if network.room_id is None:
        return None
    return ctx.say(
        network.room_id,
        "networks/in_all_languages",
        about=about,
        language=(network.languages or (ctx.settings.language,))[0],
        parts=in_all_languages(ctx, network, template, **variables),
    )


def in_all_languages(
    ctx: Context, network: Network, template: str, **variables: Any
) -> list[Markup]:
    """The same in each language of the network's room, for the template of that name."""
    prefix = ctx.prefix_in(room_of(ctx.session, network))
    return [
        ctx.render(template, language, prefix=prefix, network=network, **variables).markup
        for language in network.languages or (ctx.settings.language,)
    ]


def count_members(ctx: Context, network: Network) -> int | None:
    if network.room_id is None:
        return None
    found = networks.count_members(ctx.session, network.room_id, bot_user=ctx.settings.bot_user)
    return shown_count(ctx, found)
