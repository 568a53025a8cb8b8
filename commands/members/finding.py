"""`!find`: members look for each other in their own words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from commands.kernel.catalogue import N_
from commands.kernel.command import Router
from commands.kernel.context import Context
from commands.kernel.errors import BadArgument, CheckFailure, MissingArgument, NotAllowed
from commands.kernel.fields import FieldError
from commands.kernel.parameters import Integer, Text, option, options_typed, rest
from commands.kernel.teams import is_staff, refuse_for_laxity
from commands.members import search
from commands.members.fields import PROFILE
from commands.members.indexing import bring_up_to_date
from commands.members.profile import misunderstood
from commands.members.search import Hit, Query, Results
from commands.members.show import item_shown
from commands.members.who import refuse_outsiders, refuse_privately
from commands.networks import checks
from commands.networks.refs import NetworkRef
from commands.search.places import knows_place
from storage import member_accounts, rooms
from storage.networks import Network

router = Router("members")
router.preparations.append(bring_up_to_date)


@dataclass(frozen=True, slots=True)
class FindArguments:
    words: str = rest(N_("what you look for"), longest=200, default="")
    place: str = option(
        Text(80),
        N_("a place"),
        default="",
        en=("place", "location", "in", "city", "region"),
        nl=("plaats", "locatie", "stad", "regio"),
        fr=("lieu", "ville", "région", "endroit"),
    )
    network: Network | None = option(
        NetworkRef(),
        N_("a network"),
        en=("network",),
        nl=("netwerk",),
        fr=("réseau",),
    )
    sector: str = option(
        Text(80), N_("a sector"), default="", en=("sector",), nl=("sector",), fr=("secteur",)
    )
    language: str = option(
        Text(60),
        N_("a language"),
        default="",
        en=("language", "speaks"),
        nl=("taal", "spreekt"),
        fr=("langue", "parle"),
    )
    page: int = option(
        Integer(1, 200), N_("a page"), default=1, en=("page",), nl=("pagina",), fr=("page",)
    )


@dataclass(frozen=True, slots=True)
class Found:
    """One person as listed; `why` are (message id of the field, what it says)."""

    name: str
    user_id: str | None
    profession: str
    city: str
    why: tuple[tuple[str, str], ...]
    near: str | None


@router.command(
    "find",
    en=("search",),
    nl=("zoek", "vind", "zoeken"),
    fr=("chercher", "cherche", "trouver", "trouve", "recherche"),
    summary=N_("finds members by what they do, where they are, or what they are called"),
    examples={
        "en": ("find translator ghent", "find filmmaker language:dutch", "find baker place:liège"),
        "nl": ("zoek vertaler gent", "zoek cineast taal:frans", "zoek bakker plaats:luik"),
        "fr": (
            "chercher traducteur gand",
            "chercher vidéaste langue:néerlandais",
            "chercher boulanger lieu:liège",
        ),
    },
    arguments=FindArguments,
    reads_only=True,
)
def find(ctx: Context, arguments: FindArguments) -> None:
    refuse_outsiders(ctx)
    network = arguments.network
    query = Query(
        text=arguments.words,
        place=arguments.place,
        sector=arguments.sector,
        language=arguments.language,
        room_ids=None if network is None else (network.room_id,) if network.room_id else (),
    )
    if query.is_empty:
        raise MissingArgument(N_("what you look for"))
    there = ctx
    if network is not None:
        try:
            _may_ask_who_is_in(ctx, network, arguments)
        except CheckFailure as error:
            refuse_privately(ctx, error)
            return
        if ctx.room is None or ctx.room.room_id != network.room_id:
            # Which networks somebody is in is theirs to tell: only in its own room is it known.
            there = ctx.privately()
    results = _search(there, query, arguments.page)
    end = results.offset + len(results.hits)
    place = arguments.place
    there.reply(
        "members/found",
        people=[_found(there, hit) for hit in results.hits],
        total=results.total,
        more=results.more,
        first=results.offset + 1,
        corrected=results.corrected,
        next_page=arguments.page + 1 if results.total > end else None,
        again=_as_typed(ctx, arguments),
        narrow=bool(place or network or arguments.sector or arguments.language),
        unknown_place=place if place and not knows_place(place, ctx.labels) else None,
    )
    if there is not ctx:
        ctx.say_sent_privately()


def _may_ask_who_is_in(ctx: Context, network: Network, arguments: FindArguments) -> None:
    """Members of the cooperative; of a network by invitation, those in it and staff. Raises CheckFailure."""
    checks.member(ctx, arguments)
    if network.openness != "invitation" or is_staff(ctx):
        return
    accounts = member_accounts.same_person(ctx.session, ctx.user)
    room_id = network.room_id
    if room_id and any(rooms.is_member(ctx.session, room_id, account) for account in accounts):
        return
    refuse_for_laxity(ctx, "staff")
    raise NotAllowed(N_("the people in this network, and staff"))


def _search(ctx: Context, query: Query, page: int) -> Results:
    """One page of those found; raises BadArgument for a filter that is not understood."""
    size = ctx.settings.search_page
    try:
        return search.find(
            ctx.session,
            ctx.labels,
            query,
            user=ctx.user,
            language=ctx.language,
            # In a room everybody reads the answer: only what everyone may see counts there.
            in_public=not ctx.is_direct,
            offset=(page - 1) * size,
            limit=size,
        )
    except FieldError as error:
        raise _wrong_filter(ctx, error) from error


def _wrong_filter(ctx: Context, error: FieldError) -> BadArgument:
    """What a filter expected, with what was probably meant, and which filter it was."""
    if error.problem == "unknown_choice":
        return BadArgument(error.found, N_("a place"))
    parameter, field, expected = _FILTERS.get(error.problem, (None, "sectors", None))
    if expected is None:
        problem = misunderstood(ctx, field, error)
        return BadArgument(error.found, problem.expected, (), **problem.values)
    near = [item_shown(ctx, field, code) for code in error.suggestions]
    wrong = BadArgument(error.found, expected, near)
    wrong.parameter = parameter
    return wrong


_FILTERS: Final = {
    "unknown_language": ("language", "languages", N_("a language, such as Dutch or fr")),
    "unknown_sector": ("sector", "sectors", N_("a sector, such as construction or culture")),
}


def _as_typed(ctx: Context, arguments: FindArguments) -> str:
    """The search without its page, as a line to type again here, whatever it was addressed with."""
    given = {
        "place": arguments.place,
        "network": arguments.network.slug if arguments.network else "",
        "sector": arguments.sector,
        "language": arguments.language,
    }
    filters = options_typed(FindArguments, given, ctx.language)
    words = (ctx.registry.word("find", ctx.language), *arguments.words.split(), *filters)
    return " ".join(words)


def _found(ctx: Context, hit: Hit) -> Found:
    profile = hit.profile
    profession = (
        item_shown(ctx, "professions", profile.professions[0]) if profile.professions else ""
    )
    said = {profession.casefold(), profile.city.casefold(), profile.display_name.casefold()}
    why = tuple(
        dict.fromkeys(
            (PROFILE[reason.field].label, reason.shown)
            for reason in hit.reasons
            if reason.field != "city" and reason.shown.casefold() not in said
        )
    )
    near = None
    if hit.shares_network and ctx.is_direct:
        near = N_("in a network with you")
    elif hit.same_region and ctx.is_direct:
        near = N_("in your region")
    return Found(
        name=profile.display_name or (hit.user_ids and ctx.name_of(hit.user_ids[0])) or "?",
        user_id=hit.user_ids[0] if hit.user_ids else None,
        profession=profession,
        city=profile.city,
        why=why,
        near=near,
    )
