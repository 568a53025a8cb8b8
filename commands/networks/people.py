"""Who runs a network, who has to hear of something, and speaking in all languages of its room."""

from __future__ import annotations

from typing import Any

from markupsafe import Markup

from commands.kernel import roles
from commands.kernel.context import Context
from commands.networks.places import room_of
from storage import networks, outbox, people, rooms
from storage.networks import Network
from storage.outbox import Draft
from storage.rooms import Room


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


def reply_discreetly(ctx: Context, template: str, **variables: Any) -> None:
    """Answer where only the person, or only staff, read along: a network's room need not know."""
    if ctx.is_direct or (ctx.room is not None and ctx.room.kind == "staff"):
        ctx.reply(template, **variables)
    else:
        ctx.reply_privately(template, **variables)


def staff_rooms(ctx: Context) -> list[Room]:
    """The staff rooms that are strict enough to be told."""
    return [room for room in rooms.of_kind(ctx.session, "staff") if roles.laxity(room) is None]


def tell_staff(ctx: Context, template: str, *, about: str | None = None, **variables: Any) -> bool:
    """Say it in the staff room; False when there is none that can be trusted."""
    found = staff_rooms(ctx)
    for room in found:
        ctx.say(room.room_id, template, about=about, **variables)
    return bool(found)


def tell_animators(
    ctx: Context, network: Network, template: str, *, about: str | None = None, **variables: Any
) -> bool:
    """By direct chat to each animator; to the staff room when there is none. Whether somebody was told."""
    animators = animators_of(ctx, network)
    for user in animators:
        language = ctx.language_for(user)
        ctx.direct(user, template, about=about, language=language, network=network, **variables)
    return bool(animators) or tell_staff(ctx, template, about=about, network=network, **variables)


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


def edit_everywhere(ctx: Context, about: str, template: str, **variables: Any) -> None:
    """Replace every message of the bot about something, each in the language of who reads it."""
    for own in outbox.about(ctx.session, about):
        if own.status in ("failed", "dropped"):
            continue
        room = rooms.get(ctx.session, own.room_id) if own.room_id else None
        if own.user_id is not None:
            language = ctx.language_for(own.user_id)
            room = room or rooms.direct_with(ctx.session, own.user_id)
        else:
            language = (room.language if room else None) or ctx.settings.language
        content = ctx.render(template, language, prefix=ctx.prefix_in(room), **variables).content()
        before = len(ctx.drafts)
        ctx.edit_content(own.key, room.room_id if room else "", content)
        if room is None:
            # Not sent yet, for want of a direct chat: the edit waits behind it in the person's lane.
            edit = ctx.drafts.pop(before)
            ctx.drafts.append(Draft(edit.type, edit.content, user_id=own.user_id, edits=own.key))


def shown_count(ctx: Context, number: int) -> int | None:
    """The number, or None when it is too small to be shown to anyone."""
    return number if number >= ctx.settings.smallest_count else None


def count_members(ctx: Context, network: Network) -> int | None:
    if network.room_id is None:
        return None
    found = networks.count_members(ctx.session, network.room_id, bot_user=ctx.settings.bot_user)
    return shown_count(ctx, found)
