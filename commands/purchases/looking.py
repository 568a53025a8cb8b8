"""`!purchases` and `!purchase`: which group purchases there are, those of one's networks and region first, and
everything about one. In a room nothing of what somebody commits to is told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from commands.kernel.catalogue import N_
from commands.kernel.command import Router
from commands.kernel.context import Context
from commands.kernel.errors import NotFound
from commands.kernel.paging import page_of
from commands.kernel.parameters import Integer, OneOf, Text, option, options_typed, rest
from commands.kernel.slips import commands_meant
from commands.labels.fold import fold
from commands.members.who import refuse_outsiders
from commands.networks import refs
from commands.purchases import losses, values
from commands.purchases.article_names import meant
from commands.purchases.board_data import told
from commands.purchases.deciding import LOSS
from commands.purchases.own import own_part
from commands.search.places import region_of, serves
from storage import commitments, member_accounts, members, networks, purchases
from storage.networks import Network
from storage.purchases import Purchase, State

router = Router("purchases")

_LINES_ON_A_PAGE: Final = 10
_STATE_WORDS: Final[Mapping[str, Mapping[str, Sequence[str]]]] = {
    "open": {"en": ("open",), "nl": ("open", "lopend"), "fr": ("ouvert", "en cours")},
    "filling": {"en": ("filling",), "nl": ("aanvullen", "vullen"), "fr": ("complément", "compléter")},
    "tipped": {"en": ("tipped", "enough"), "nl": ("genoeg", "gehaald"), "fr": ("assez", "atteint")},
    "failed": {"en": ("failed", "too few"), "nl": ("mislukt", "te weinig"), "fr": ("échoué", "trop peu")},
    "confirmed": {"en": ("confirmed",), "nl": ("bevestigd",), "fr": ("confirmé",)},
    "ordered": {"en": ("ordered",), "nl": ("besteld",), "fr": ("commandé",)},
    "received": {"en": ("received", "delivered"), "nl": ("ontvangen", "geleverd"), "fr": ("reçu", "livré")},
    "settled": {"en": ("settled",), "nl": ("afgerekend",), "fr": ("soldé", "réglé")},
    "cancelled": {"en": ("cancelled",), "nl": ("afgelast", "geannuleerd"), "fr": ("annulé",)},
    "all": {"en": ("all",), "nl": ("alle", "alles"), "fr": ("tous", "tout")},
}  # fmt: skip
_STATE: Final = OneOf.of(**_STATE_WORDS)
_SHOWN: Final[tuple[State, ...]] = (*purchases.UNDER_WAY, "settled", "cancelled")
# What stands alone after `purchases` for those that one opened, runs or takes part in.
_MINE: Final = frozenset(
    map(
        fold,
        ("mine", "my own", "van mij", "mijn", "de mijne", "mijne", "les miens", "miens", "mes"),
    )
)


@dataclass(frozen=True, slots=True)
class ListArguments:
    words: str = rest(N_("what is bought"), longest=200, default="")
    place: str = option(
        Text(80),
        N_("a place"),
        default="",
        en=("place", "region"),
        nl=("plaats", "regio"),
        fr=("lieu", "région"),
    )
    network: Network | None = option(
        refs.NetworkRef(), refs.LABEL, en=("network",), nl=("netwerk",), fr=("réseau",)
    )
    state: str | None = option(
        _STATE,
        N_("a state: open, ordered ..., or all"),
        en=("state", "status"),
        nl=("status", "toestand"),
        fr=("état", "statut"),
    )
    page: int = option(
        Integer(1, 200), N_("a page"), default=1, en=("page",), nl=("pagina",), fr=("page",)
    )


@router.command(
    "purchases",
    nl=("groepsaankopen", "aankopen"),
    fr=("achats groupés", "achats"),
    en=("group purchases",),
    summary=N_("lists the group purchases, those of your networks and region first"),
    examples={
        "en": ("purchases", "purchases chairs place:brussels", "purchases mine", "purchases state:all"),
        "nl": ("aankopen", "aankopen stoelen plaats:brussel", "aankopen mijn", "aankopen status:alle"),
        "fr": ("achats", "achats chaises lieu:bruxelles", "achats les miens", "achats état:tous"),
    },
    arguments=ListArguments,
    reads_only=True,
)  # fmt: skip
def list_purchases(ctx: Context, arguments: ListArguments) -> None:
    refuse_outsiders(ctx)
    if fold(arguments.words) in _MINE:
        _list_own(ctx, arguments)
        return
    wanted = _states(arguments.state)
    place = ctx.labels.place(arguments.place) if arguments.place else None
    region = place.code if place is not None else arguments.place
    found = [
        purchase
        for purchase in purchases.in_states(ctx.session, wanted)
        if purchase.was_open
        and (arguments.state is not None or purchase.released_at is None)
        and (not region or _is_for(ctx, purchase, region))
        and (arguments.network is None or arguments.network.id in purchase.network_ids)
        and (not arguments.words or _speaks_of(purchase, arguments.words))
    ]
    _reply_with(ctx, _in_order(ctx, found), arguments)


def _states(state: str | None) -> Sequence[State]:
    if state is None:
        return purchases.UNDER_WAY
    return _SHOWN if state == "all" else [each for each in _SHOWN if each == state]


def _is_for(ctx: Context, purchase: Purchase, region: str) -> bool:
    return any(serves(each, region, ctx.labels) for each in purchase.regions)


def _speaks_of(purchase: Purchase, words: str) -> bool:
    """Whether its title, an article or a supplier is called like that."""
    names = [purchase.title]
    for line in purchase.lines:
        names += (line.article, line.supplier_name)
    return bool(meant(words, list(dict.fromkeys(names)))[1])


def _in_order(ctx: Context, found: Sequence[Purchase]) -> list[Purchase]:
    """Open ones first, those of the person's networks and region before others, by deadline. In a room, where
    all read the answer, those of its network: who is in which is theirs to tell."""
    if ctx.is_direct:
        accounts = member_accounts.same_person(ctx.session, ctx.user)
        near, region = set(networks.joined_by(ctx.session, accounts)), _home(ctx)
    else:
        here = refs.of_room(ctx)
        near = {here.id} if here is not None else set()
        region = (here.region or "") if here is not None else ""

    def order(one: Purchase) -> tuple[bool, bool, bool, int, int]:
        return (
            not one.takes_commitments,
            near.isdisjoint(one.network_ids),
            not region or not _is_for(ctx, one, region),
            one.deadline,
            one.id,
        )

    return sorted(found, key=order)


def _home(ctx: Context) -> str:
    """The person's region as their profile says it, '' where it does not."""
    member = members.by_user(ctx.session, ctx.user)
    if member is None:
        return ""
    return region_of(member.profile.city, member.profile.region, ctx.labels)


def _list_own(ctx: Context, arguments: ListArguments) -> None:
    """Those that the person opened, runs or takes part in, drafts too: in their direct chat."""
    accounts = member_accounts.same_person(ctx.session, ctx.user)
    run = purchases.run_by(ctx.session, accounts)
    known = {one.id for one in run}
    taken = sorted(commitments.purchases_of(ctx.session, accounts) - known, reverse=True)
    others = (purchases.get(ctx.session, number) for number in taken)
    found = [*run, *(one for one in others if one is not None)]
    found.sort(key=lambda one: one.state in ("settled", "cancelled"))
    _reply_with(ctx.privately(), found, arguments, is_own=True)
    if not ctx.is_direct:
        ctx.say_sent_privately()


def _reply_with(
    ctx: Context, found: Sequence[Purchase], arguments: ListArguments, *, is_own: bool = False
) -> None:
    page = page_of(found, arguments.page, ctx.settings.search_page)
    accounts = member_accounts.same_person(ctx.session, ctx.user) if ctx.is_direct else ()
    ctx.reply(
        "purchases/list",
        found=[told(ctx.session, one) for one in page.items],
        networks={one.id: values.networks_of(ctx, one) for one in page.items},
        mine=commitments.purchases_of(ctx.session, accounts) if accounts else set(),
        total=len(found),
        page=page.number,
        pages=page.pages,
        again=_as_typed(ctx, arguments),
        is_own=is_own,
        filtered=bool(arguments.words or arguments.place or arguments.network or arguments.state),
        states=values.STATE_NAMES,
    )


def _as_typed(ctx: Context, arguments: ListArguments) -> str:
    """The list without its page, as a line to type again."""
    spoken = _STATE_WORDS.get(arguments.state or "", {})
    given = {
        "place": arguments.place,
        "network": arguments.network.slug if arguments.network is not None else "",
        "state": (spoken.get(ctx.language) or spoken.get("en") or ("",))[0],
    }
    filters = options_typed(ListArguments, given, ctx.language)
    return " ".join(
        (ctx.registry.word("purchases", ctx.language), *arguments.words.split(), *filters)
    )


@dataclass(frozen=True, slots=True)
class CardArguments:
    purchase: str = rest(N_("the number of a group purchase"), longest=200, default="")
    page: int = option(
        Integer(1, 200), N_("a page"), default=1, en=("page",), nl=("pagina",), fr=("page",)
    )


@router.command(
    "purchase",
    nl=("groepsaankoop", "aankoop"),
    fr=("achat groupé", "achat"),
    en=("group purchase",),
    summary=N_("shows everything about a group purchase; in the direct chat also your own part"),
    examples={
        "en": ("purchase 7", "purchase 7 page:2", "purchase chairs"),
        "nl": ("aankoop 7", "aankoop 7 pagina:2", "aankoop stoelen"),
        "fr": ("achat 7", "achat 7 page:2", "achat chaises"),
    },
    arguments=CardArguments,
    reads_only=True,
)
def show_purchase(ctx: Context, arguments: CardArguments) -> None:
    refuse_outsiders(ctx)
    words = arguments.purchase
    if not words:
        list_purchases(ctx, ListArguments(page=arguments.page))
        return
    if words.lstrip("#").isdigit():
        number = values.PurchaseNumber().convert(words, ctx)
        _show(ctx, values.seen(ctx, number), arguments.page)
        return
    found = [
        one
        for one in purchases.in_states(ctx.session, _SHOWN)
        if one.was_open and _speaks_of(one, words)
    ]
    under_way = [one for one in found if one.state in purchases.UNDER_WAY] or found
    if len(under_way) == 1:
        _show(ctx, under_way[0], arguments.page)
    elif under_way:
        _reply_with(ctx, _in_order(ctx, under_way), ListArguments(words=words, page=arguments.page))
    else:
        raise NotFound(
            words[:40],
            values.A_NUMBER,
            commands_meant(ctx, "purchase", words),
            command=f"{ctx.prefix}{ctx.registry.word('purchases', ctx.language)}",
        )


def _about(ctx: Context, purchase: Purchase) -> str | None:
    """What a reply to all about a purchase is an answer to."""
    if purchase.takes_commitments:
        return values.about(purchase.id)
    if ctx.is_direct and losses.may_withdraw(ctx.session, purchase, ctx.user):
        return f"{LOSS}:{purchase.id}"
    return None


def _show(ctx: Context, purchase: Purchase, page_number: int) -> None:
    whole = told(ctx.session, purchase)
    page = page_of(whole.rows, page_number, _LINES_ON_A_PAGE)
    ctx.reply(
        "purchases/card",
        told=whole,
        purchase=purchase,
        rows=page.items,
        page=page.number,
        pages=page.pages,
        networks=values.networks_of(ctx, purchase),
        states=values.STATE_NAMES,
        own=own_part(ctx, whole) if ctx.is_direct else None,
        takes_part=values.may_take_part(ctx, purchase) if ctx.is_direct else True,
        runs=ctx.is_direct and values.runs(ctx, purchase),
        # Replies to it take part, as those to the message in the room do, or withdraw.
        about=_about(ctx, purchase),
    )
