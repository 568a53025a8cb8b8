"""Which network somebody means: by short name, by its name in any language, by a word for it, with typing
errors forgiven; in a network's room, the one of the room when nothing is said."""

from __future__ import annotations

import re
from collections.abc import Iterable

from rapidfuzz import fuzz, process

from commands.kernel.catalogue import N_
from commands.kernel.context import Context
from commands.kernel.errors import BadArgument, MissingArgument, NotFound
from commands.kernel.parameters import USER_ID, User, shortest_name
from commands.kernel.teams import is_staff
from commands.labels.fold import fold
from commands.members.called import one_of
from commands.networks.names import Finder, slug_of
from commands.networks.values import HERE
from storage import networks, rooms
from storage.networks import Network

EXPECTED = N_("the name of a network; “%(command)s” shows them")
LABEL = N_("network")
WAITING = N_("somebody whose request waits")
KNOWN = N_("somebody who shares a room with me, or whose account belongs to a member")

_PERSON = re.compile(rf"(?<![^\s,;(])(?:{USER_ID.pattern}|@[^\s:@,;]*[^\s:@,;.!?)])")
_PARTS = re.compile(r"[._=\-]+")
_ALIKE = 70.0
_MOST_SUGGESTED = 3
# Words after the first in a person's name.
_LONGEST_NAME = 4


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
    exact = _linked(ctx, text) or networks.by_slug(ctx.session, fold(text).lstrip("#"))
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
        [_shown(network, ctx.language) for network in near[:4]],
        command=ctx.registry.word("networks", ctx.language),
    )


def _shown(network: Network, language: str) -> str:
    """What to type for a network, with its name where that says more."""
    name = network.name(language)
    return network.slug if slug_of(name) == network.slug else f"{network.slug} ({name})"


def _linked(ctx: Context, text: str) -> Network | None:
    """The network whose room has that id, or that address at the bot's own server: what links to rooms
    and pills of rooms stand for (the parser has turned them into these)."""
    if text.startswith("!"):
        return networks.by_room(ctx.session, text)
    local, _, server = text.partition(":")
    if local.startswith("#") and server == ctx.settings.bot_user.partition(":")[2]:
        return networks.by_slug(ctx.session, fold(local[1:]))
    return None


def _may_see(ctx: Context, network: Network, closed: bool) -> bool:
    if network.visible or (closed and network.stage == "closed") or is_staff(ctx):
        return True
    return network.room_id is not None and rooms.is_member(ctx.session, network.room_id, ctx.user)


def people_typed(text: str) -> list[str]:
    """How people are named in a text: as mentions, `@name:server` or `@name`."""
    return list(dict.fromkeys(_PERSON.findall(text)))


def people(ctx: Context, text: str) -> list[str]:
    """The accounts that are named in a text. Raises BadArgument for whom nobody knows, or a name that
    several have."""
    return [_known(ctx, User().convert(typed, ctx)) for typed in people_typed(text)]


def _known(ctx: Context, account: str) -> str:
    """Nobody gives power to a slip of the keys: raises BadArgument for an account never met before."""
    if account not in rooms.accounts_named(ctx.session, account.partition(":")[0]):
        raise BadArgument(account, KNOWN)
    return account


def person(
    ctx: Context, typed: str, likely: Iterable[tuple[str, str | None]], *, known: bool = False
) -> str:
    """The account meant by `typed`, if `known` one that was met before; raises BadArgument, with those of
    the likely ones (account and name) who are called nearly so.

    Whether the asker may know of them is the caller's care.
    """
    try:
        account = User().convert(typed, ctx)
        return _known(ctx, account) if known else account
    except BadArgument as error:
        near = _people_like(ctx, typed, likely)
        raise BadArgument(error.found, error.expected, near, **error.values) from error


def _people_like(ctx: Context, typed: str, likely: Iterable[tuple[str, str | None]]) -> list[str]:
    """People by a part of their account or name, as one would type them, likeliest first."""
    said = fold(typed.removeprefix("@").partition(":")[0])
    by_word: dict[str, list[str]] = {}
    for account, name in likely:
        local = fold(account[1:].partition(":")[0])
        for word in {local, *_PARTS.split(local), *fold(name or "").split()}:
            if account != ctx.settings.bot_user:
                by_word.setdefault(word, []).append(account)
    near = process.extract(said, by_word.keys(), scorer=fuzz.ratio, score_cutoff=_ALIKE, limit=5)
    found = dict.fromkeys(account for word, _, _ in near for account in by_word[word])
    return [shortest_name(ctx, account) for account in list(found)[:_MOST_SUGGESTED]]


def named_first(
    ctx: Context, text: str, after: str, likely: Iterable[tuple[str, str]]
) -> tuple[str, str]:
    """Who of the likely ones (account and name) a line begins with, whose first word is `text`, and what
    follows the name. Raises NotFound with those who are called nearly so, and SeveralFound."""
    pairs = tuple(likely)
    words = after.split(None, _LONGEST_NAME)
    for size in range(min(_LONGEST_NAME, len(words)), -1, -1):
        more = fold(" ".join(words[:size])).split()
        called = [(user, name) for user, name in pairs if set(more) <= set(fold(name).split())]
        found = one_of(ctx, " ".join((text, *more)), called)
        if found is not None:
            return found, " ".join(words[size:])
    raise NotFound(text[:40], WAITING, _people_like(ctx, text, pairs))


def said_or_here(ctx: Context, text: str, *, closed: bool = False) -> Network:
    """The network that was named, else the one of this room; raises MissingArgument or NotFound."""
    if text.strip():
        return find(ctx, text.strip(), closed=closed)
    here = of_room(ctx)
    if here is None:
        raise MissingArgument(LABEL)
    return here


class NetworkRef:
    """A network as a typed argument; for names of several words use the rest of the line instead."""

    def convert(self, text: str, ctx: Context) -> Network:
        return find(ctx, text)
