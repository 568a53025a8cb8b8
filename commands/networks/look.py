"""`!networks` and `!network`: which networks there are, and the card of one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from commands.kernel.catalogue import N_
from commands.kernel.command import Router
from commands.kernel.context import Context
from commands.kernel.errors import NotFound
from commands.kernel.paging import page_of
from commands.kernel.parameters import Integer, Language, option, rest
from commands.kernel.slips import commands_meant
from commands.kernel.teams import is_staff
from commands.labels.fold import fold
from commands.networks import refs
from commands.networks.checks import animates
from commands.networks.names import key_of
from commands.networks.people import animators_of, count_members
from commands.networks.places import room_of
from commands.networks.values import CRITERION_KINDS, KIND, KINDS, OPENNESS, STAGES
from commands.search.places import serves
from storage import join_requests, member_accounts, networks, rooms
from storage.networks import Network

router = Router("networks")

# Letters of a part of a word that say enough by themselves.
_LONG_ENOUGH = 5


class RegionRef:
    """A region or city by its name in any language, as its code; else the words as typed."""

    def convert(self, text: str, ctx: Context) -> str:
        place = ctx.labels.place(text)
        return place.code if place is not None else text


@dataclass(frozen=True, slots=True)
class ListArguments:
    words: str = rest(N_("words"), longest=200, default="")
    kind: str | None = option(
        KIND, N_("kind of network"), en=("kind",), nl=("soort",), fr=("type", "sorte")
    )
    region: str | None = option(
        RegionRef(),
        N_("region"),
        en=("region", "place"),
        nl=("regio", "plaats"),
        fr=("région", "lieu"),
    )
    language: str | None = option(
        Language(), N_("language"), en=("language",), nl=("taal",), fr=("langue",)
    )
    page: int = option(
        Integer(1, 200), N_("page"), default=1, en=("page",), nl=("pagina",), fr=("page",)
    )


@router.command(
    "networks",
    nl=("netwerken",),
    fr=("réseaux",),
    summary=N_("lists the networks, yours first"),
    examples={
        "en": ("networks", "networks kind:profession region:brussels film"),
        "nl": ("netwerken", "netwerken soort:beroep regio:brussel film"),
        "fr": ("réseaux", "réseaux type:métier région:bruxelles film"),
    },
    arguments=ListArguments,
    reads_only=True,
)
def list_networks(ctx: Context, arguments: ListArguments) -> None:
    accounts = member_accounts.same_person(ctx.session, ctx.user)
    mine = set(networks.joined_by(ctx.session, accounts))
    # In a room everybody reads the answer: which networks somebody is in is theirs to tell.
    marked = mine if ctx.is_direct else set()
    found = [
        network
        for network in networks.every(ctx.session)
        if network.visible and _matches(ctx, network, arguments)
    ]
    found.sort(key=lambda one: (one.id not in marked, fold(one.name(ctx.language))))
    page = page_of(found, arguments.page, ctx.settings.search_page * 2)
    joinable = (one for one in page.items if one.id not in marked and one.openness != "invitation")
    ctx.reply(
        "networks/list",
        networks=page.items,
        total=len(found),
        page=page.number,
        pages=page.pages,
        mine=marked,
        joinable=next(joinable, None),
        kinds=KINDS,
        filtered=bool(arguments.words or arguments.kind or arguments.region or arguments.language),
    )


def _matches(ctx: Context, network: Network, arguments: ListArguments) -> bool:
    if arguments.kind is not None and network.kind != arguments.kind:
        return False
    if arguments.language is not None and arguments.language not in network.languages:
        return False
    if arguments.region is not None and not serves(network.region, arguments.region, ctx.labels):
        return False
    if not arguments.words:
        return True
    return _speaks_of(ctx, network, arguments.words)


def _speaks_of(ctx: Context, network: Network, words: str) -> bool:
    """Whether every word is in a word of the sheet, in whatever language."""
    texts = [network.slug]
    for field in ("name", "purpose", "goals"):
        texts += network.texts.get(field, {}).values()
    texts += [ctx.labels.index_words([code]) for code in (network.label, network.region) if code]
    known = set(key_of(" ".join(texts)).split())
    wanted = key_of(words).split()
    return all(any(_within(part, word) for word in known) for part in wanted)


def _within(part: str, word: str) -> bool:
    """Whether a word begins so, or is made up with that, as Dutch ones are: “fietskoeriers”."""
    return word.startswith(part) or (len(part) >= _LONG_ENOUGH and part in word)


@dataclass(frozen=True, slots=True)
class CardArguments:
    network: str = rest(refs.LABEL, longest=200, default="")


@router.command(
    "network",
    nl=("netwerk",),
    fr=("réseau",),
    summary=N_("shows what a network is for, who runs it and how to join it"),
    examples={
        "en": ("network audiovisual-brussels",),
        "nl": ("netwerk audiovisueel-brussel",),
        "fr": ("réseau audiovisuel-bruxelles",),
    },
    arguments=CardArguments,
    reads_only=True,
)
def show_network(ctx: Context, arguments: CardArguments) -> None:
    if not arguments.network and refs.of_room(ctx) is None:
        list_networks(ctx, ListArguments())
        return
    try:
        network = refs.said_or_here(ctx, arguments.network)
    except NotFound as error:
        meant = commands_meant(ctx, "network", arguments.network)
        raise NotFound(
            error.found, error.expected, (*meant, *error.suggestions), **error.values
        ) from error
    ctx.reply("networks/card", **card(ctx, network))


def card(ctx: Context, network: Network) -> dict[str, Any]:
    """What a card shows: nothing that is not for everybody, unless the person runs the network."""
    room = room_of(ctx.session, network)
    runs = animates(ctx, network) or is_staff(ctx)
    private = ctx.is_direct or (ctx.room is not None and ctx.room.kind == "staff")
    waiting = join_requests.waiting(ctx.session, [network.id]) if runs and private else []
    return {
        "network": network,
        "kinds": KINDS,
        "openness": OPENNESS,
        "stages": STAGES,
        "criterion_kinds": CRITERION_KINDS,
        "members": count_members(ctx, network),
        "smallest": ctx.settings.smallest_count,
        "animators": animators_of(ctx, network),
        "ambassadors": networks.helpers(ctx.session, network.id, "ambassador"),
        "advisors": networks.helpers(ctx.session, network.id, "advisor"),
        "inside": room is not None
        and ctx.is_direct
        and rooms.is_member(ctx.session, room.room_id, ctx.user),
        "waiting": bool(waiting),
        "runs": runs and private,
    }
