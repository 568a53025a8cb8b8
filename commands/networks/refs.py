"""Which network somebody means: by short name, by its name in any language, by a word for it, with typing
errors forgiven; in a network's room, the one of the room when nothing is said."""

from __future__ import annotations

import re

from commands.kernel.catalogue import N_
from commands.kernel.context import Context
from commands.kernel.errors import MissingArgument, NotFound
from commands.kernel.parameters import USER_ID, User
from commands.kernel.teams import is_staff
from commands.labels.fold import fold
from commands.networks.names import Finder
from commands.networks.values import HERE
from storage import networks, rooms
from storage.networks import Network

EXPECTED = N_("the name of a network; “%(command)s” shows them")
LABEL = N_("network")

_PERSON = re.compile(rf"(?<![^\s,;(])(?:{USER_ID.pattern}|@[^\s:@,;]*[^\s:@,;.!?)])")


def of_room(ctx: Context) -> Network | None:
    """The network whose room this is."""
    if ctx.room is None or ctx.room.kind != "network":
        return None
    return networks.by_room(ctx.session, ctx.room.room_id)


def find(ctx: Context, text: str, *, closed: bool = False) -> Network:
    """The network meant by `text`; raises NotFound with suggestions.

    Networks without a room are found by staff only; closed ones by staff, by those in their rooms, and
    by everybody with `closed`.
    """
    if fold(text) in HERE and (here := of_room(ctx)) is not None:
        return here
    exact = networks.by_slug(ctx.session, fold(text).lstrip("#"))
    if exact is not None and _may_see(ctx, exact, closed):
        return exact
    # What is closed still belongs to staff, who look for it seldom: the others are tried first.
    everything = networks.every(ctx.session)
    aliases = networks.aliases(ctx.session)
    visible = [network for network in everything if network.visible]
    found, near = Finder(visible, aliases).find(text)
    if found is None and len(visible) < len(everything):
        hidden = [one for one in everything if not one.visible and _may_see(ctx, one, closed)]
        found, more = Finder(hidden, aliases).find(text)
        near = [*near, *more]
    if found is not None:
        return found
    raise NotFound(
        text[:60],
        EXPECTED,
        [network.slug for network in near[:4]],
        command=ctx.registry.word("networks", ctx.language),
    )


def _may_see(ctx: Context, network: Network, closed: bool) -> bool:
    if network.visible or (closed and network.stage == "closed") or is_staff(ctx):
        return True
    return network.room_id is not None and rooms.is_member(ctx.session, network.room_id, ctx.user)


def people(ctx: Context, text: str) -> dict[str, str]:
    """Who is named in a text, as mentions, `@name:server` or `@name`: account by how it was typed.

    Raises BadArgument for a name that nobody has, or several.
    """
    return {typed: User().convert(typed, ctx) for typed in _PERSON.findall(text)}


def said_or_here(ctx: Context, text: str) -> Network:
    """The network that was named, else the one of this room; raises MissingArgument or NotFound."""
    if text.strip():
        return find(ctx, text.strip())
    here = of_room(ctx)
    if here is None:
        raise MissingArgument(LABEL)
    return here


class NetworkRef:
    """A network as a typed argument; for names of several words use the rest of the line instead."""

    def convert(self, text: str, ctx: Context) -> Network:
        return find(ctx, text)
