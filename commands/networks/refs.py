"""Which network somebody means: by short name, by its name in any language, by a word for it, with typing
errors forgiven; in a network's room, the one of the room when nothing is said."""

from __future__ import annotations

from collections.abc import Sequence

from commands.kernel.catalogue import N_
from commands.kernel.context import Context
from commands.kernel.errors import MissingArgument, NotFound
from commands.labels.fold import fold
from commands.networks.checks import animates, is_staff
from commands.networks.names import Finder
from commands.networks.values import HERE
from storage import networks
from storage.networks import Network

EXPECTED = N_("the name of a network")
LABEL = N_("network")


def of_room(ctx: Context) -> Network | None:
    """The network whose room this is."""
    if ctx.room is None or ctx.room.kind != "network":
        return None
    return networks.by_room(ctx.session, ctx.room.room_id)


def find(ctx: Context, text: str) -> Network:
    """The network meant by `text`; raises NotFound with suggestions.

    Closed networks, and those without a room, are found by staff and their animators only.
    """
    if fold(text) in HERE and (here := of_room(ctx)) is not None:
        return here
    exact = networks.by_slug(ctx.session, fold(text).lstrip("#"))
    if exact is not None and _may_see(ctx, exact):
        return exact
    # What is closed still belongs to staff, who look for it seldom: the others are tried first.
    everything = networks.every(ctx.session)
    aliases = networks.aliases(ctx.session)
    visible = [network for network in everything if network.visible]
    found, near = Finder(visible, aliases).find(text)
    if found is None and len(visible) < len(everything):
        hidden = [one for one in everything if not one.visible and _may_see(ctx, one)]
        found, more = Finder(hidden, aliases).find(text)
        near = [*near, *more]
    if found is not None:
        return found
    raise NotFound(text[:60], EXPECTED, [network.slug for network in near[:4]])


def _may_see(ctx: Context, network: Network) -> bool:
    return network.visible or is_staff(ctx) or animates(ctx, network)


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


def names(ctx: Context, found: Sequence[Network]) -> list[str]:
    return [network.name(ctx.language) for network in found]
