"""What is said to somebody whose message could not be decrypted."""

from __future__ import annotations

from commands.kernel.context import Context
from commands.kernel.incoming import Unreadable
from storage.crypto import unreadable

# Elsewhere nobody expects the bot to read along.
_WHERE = frozenset({"direct", "network", "staff", "buyers", "ethics"})
# Within an hour, for one person in one room: whoever makes up sessions makes the bot write no more.
_MOST = 5
# Their app keeps from the bot what they write, until they decide otherwise (spec, "m.room_key.withheld").
_REFUSED = frozenset({"m.unverified", "m.blacklisted"})


def tell(ctx: Context, message: Unreadable) -> None:
    """Once for each session of a room, answer that it could not be read, and what to do."""
    room = ctx.room
    if room is None or not room.joined or room.kind not in _WHERE:
        return
    if not unreadable.may_tell(
        ctx.session,
        message.room_id,
        message.session_id,
        message.sender,
        most=_MOST,
        now=ctx.now_ms,
    ):
        return
    ctx.reply_event, ctx.thread = message.event_id, message.thread
    ctx.reply("kernel/unreadable", direct=ctx.is_direct, refused=message.withheld in _REFUSED)
