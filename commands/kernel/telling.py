"""Speaking to a team in its room, changing what was said, answering where only those who should read it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

from commands.kernel import roles
from commands.kernel.context import Context, milliseconds
from storage import outbox, rooms
from storage.outbox import Draft
from storage.rooms import Room

UNSEEN: Final = "unseen"
_CLOCKS_DIFFER: Final = timedelta(seconds=10)


def team_rooms(ctx: Context, team: roles.Team) -> list[Room]:
    """The team's rooms that are strict enough to be told."""
    return [room for room in rooms.of_kind(ctx.session, team) if roles.laxity(room) is None]


def tell_team(
    ctx: Context, team: roles.Team, template: str, *, about: str | None = None, **variables: Any
) -> bool:
    """Say it in the team's room; False when there is none that can be trusted."""
    found = team_rooms(ctx, team)
    for room in found:
        ctx.say(room.room_id, template, about=about, **variables)
    return bool(found)


def is_for(room: Room, team: roles.Team) -> bool:
    """Whether only that team, or one person, reads what is said there."""
    return room.kind == "direct" or (room.kind == team and roles.laxity(room) is None)


def reply_discreetly(ctx: Context, team: roles.Team, template: str, **variables: Any) -> None:
    """Answer where only the person, or only that team, read along: other rooms need not know."""
    if ctx.is_direct or (ctx.room is not None and is_for(ctx.room, team)):
        ctx.reply(template, **variables)
    else:
        ctx.reply_privately(template, **variables)


def last_asked(ctx: Context) -> tuple[str, str]:
    """What the bot's last message in the direct chat of who speaks was about, as kind and reference, for what
    they type there without replying; empty where it was about nothing, or is not there yet.

    `UNSEEN` is the kind of what was written after they spoke, as their server tells the time: that is no
    answer to it, however late it arrives.
    """
    last = outbox.last_in_lane(ctx.session, ctx.user)
    if last is None:
        return "", ""
    if ctx.message is not None and last.created_at > milliseconds(
        ctx.message.sent_at + _CLOCKS_DIFFER
    ):
        return UNSEEN, ""
    kind, _, reference = (last.about or "").partition(":")
    return kind, reference


def edit_everywhere(
    ctx: Context,
    about: str,
    template: str,
    *,
    team: roles.Team | None = None,
    **variables: Any,
) -> bool:
    """Replace every message of the bot about something, each in the language of who reads it; False when
    there is none.

    What is for a `team` alone stays as it was in a room that others may have come to read since.
    """
    edited = False
    for own in outbox.about(ctx.session, about):
        if own.status in ("failed", "dropped"):
            continue
        room = rooms.get(ctx.session, own.room_id) if own.room_id else None
        if team is not None and room is not None and not is_for(room, team):
            continue
        edited = True
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
    return edited


def shown_count(ctx: Context, number: int) -> int | None:
    """The number, or None when it is too small to be shown to anyone."""
    return number if number >= ctx.settings.smallest_count else None
