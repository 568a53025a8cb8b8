"""What staff see of the whole: which networks the register suggests, and who the members are, in figures
that never speak of a few people."""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass
from typing import Final

from commands.kernel import teams
from commands.kernel.catalogue import N_
from commands.kernel.command import Router
from commands.kernel.context import Context
from commands.kernel.errors import MissingArgument
from commands.kernel.parameters import Integer, positional, rest
from commands.kernel.telling import reply_discreetly
from commands.kernel.tongues import language_name
from commands.members.fields import choice_name
from commands.networks import checks, refs
from commands.networks.disclosure import Shown, betrayed, suppress
from storage import member_counts, networks
from storage.member_counts import Trait
from storage.networks import Network

router = Router("animators")

_ROWS = 12
_MOST_SUGGESTIONS = 10
_ALL = 1_000_000


@dataclass(frozen=True, slots=True)
class SuggestArguments:
    smallest: int = positional(Integer(1, 100_000), N_("how many members at least"), default=0)


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A profession or sector with `people` members and no network."""

    kind: str
    code: str
    people: int


@router.command(
    "network suggest",
    nl=("netwerk suggesties", "netwerk suggereren"),
    fr=("réseau suggérer", "réseau suggestions"),
    summary=N_("shows professions and sectors with many members and no network yet"),
    examples={
        "en": ("network suggest", "network suggest 50"),
        "nl": ("netwerk suggesties", "netwerk suggesties 50"),
        "fr": ("réseau suggérer", "réseau suggérer 50"),
    },
    arguments=SuggestArguments,
    check=teams.staff,
    who=teams.STAFF,
    reads_only=True,
)
def suggest(ctx: Context, arguments: SuggestArguments) -> None:
    smallest = max(arguments.smallest or ctx.settings.suggestion_size, ctx.settings.smallest_count)
    served = {network.label for network in networks.every(ctx.session) if network.visible}
    traits: tuple[tuple[str, Trait, Container[str]], ...] = (
        ("profession", "professions", ctx.labels.professions),
        ("sector", "sectors", ctx.labels.sectors),
    )
    # What the observation holds back must not be told here.
    found = [
        Suggestion(kind, code, people)
        for kind, trait, known in traits
        for code, people in _shown(ctx, trait, None, most=_ALL).cells
        if people >= smallest and code in known and code not in served
    ]
    by_kind = {
        kind: [each for each in found if each.kind == kind][:_MOST_SUGGESTIONS]
        for kind in ("profession", "sector")
    }
    reply_discreetly(ctx, "staff", "networks/suggestions", by_kind=by_kind, smallest=smallest)


@dataclass(frozen=True, slots=True)
class Table:
    heading: str
    rows: tuple[tuple[str, int], ...]
    rest: int | None
    hidden: bool


_SINGLE: Final = frozenset({"professions", "region", "stage"})
_SILENT: Final = ""  # the cell of those who say nothing about it
_TRAITS: Final[dict[Trait, str]] = {
    "professions": N_("By main profession"),
    "sectors": N_("By sector"),
    "region": N_("By region"),
    "languages": N_("By language"),
    "stage": N_("By stage of the activity"),
}


@dataclass(frozen=True, slots=True)
class ObserveArguments:
    network: str = rest(refs.LABEL, longest=200, default="")


@router.command(
    "network observe",
    nl=("netwerk cijfers", "netwerk observeren", "netwerk observatie"),
    fr=("réseau observer", "réseau observation"),
    summary=N_(
        "shows who the members are, or those of one network, in figures of at least five people"
    ),
    examples={
        "en": ("network observe", "network observe audiovisual-brussels"),
        "nl": ("netwerk cijfers", "netwerk cijfers audiovisueel-brussel"),
        "fr": ("réseau observer", "réseau observer audiovisuel-bruxelles"),
    },
    arguments=ObserveArguments,
    check=checks.staff_or_any_animator,
    who=checks.ANY_ANIMATOR,
    reads_only=True,
)
def observe(ctx: Context, arguments: ObserveArguments) -> None:
    network: Network | None = None
    if arguments.network or refs.of_room(ctx) is not None:
        network = refs.said_or_here(ctx, arguments.network)
        checks.runs(ctx, network)
    elif not teams.is_staff(ctx):
        mine = checks.run_by(ctx)
        if len(mine) != 1:
            raise MissingArgument(refs.LABEL)
        network = mine[0]
    tables = [_table(ctx, trait, heading, network) for trait, heading in _TRAITS.items()]
    shown = [table for table in tables if table.rows]
    reply_discreetly(
        ctx,
        "staff",
        "networks/observation",
        network=network,
        tables=shown,
        turnover=_turnover(ctx, network),
        smallest=ctx.settings.smallest_count,
    )


def _turnover(ctx: Context, network: Network | None) -> int | None:
    """Yearly turnover together, in cents, for staff (product.md, section 3); None for fewer than ten.

    Rounded to two digits, or who joins between two answers would say what they earn.
    """
    if not teams.is_staff(ctx):
        return None
    total = member_counts.turnover_sum(
        ctx.session,
        smallest=ctx.settings.smallest_sum,
        room_ids=None if network is None else [network.room_id or ""],
    )
    return round(total, 2 - len(str(total))) if total else None


def _table(ctx: Context, trait: Trait, heading: str, network: Network | None) -> Table:
    shown = _shown(ctx, trait, network, most=_ROWS)
    rows = tuple((_name(ctx, trait, value), number) for value, number in shown.cells if value)
    # Somebody may have several sectors or languages, so what is left over is no number of people; and
    # that of a network, beside that of the whole, would say how many there are outside it.
    told = trait in _SINGLE and network is None
    return Table(heading, rows, shown.rest if told else None, shown.hidden)


def _shown(ctx: Context, trait: Trait, network: Network | None, *, most: int) -> Shown:
    """Which figures of a trait may be shown beside the others that this bot shows of the same people:
    how many they are, and the same figures of the whole."""
    smallest = ctx.settings.smallest_count
    counts = _counts(ctx, trait, network)
    people = _people(ctx, network)
    hide: set[str] = set()
    if trait in _SINGLE:
        if (silent := people - sum(counts.values())) > 0:
            counts[_SILENT] = silent
    else:
        hide |= betrayed(counts, people, smallest=smallest)
    if network is not None:
        hide |= betrayed(counts, _counts(ctx, trait, None), smallest=smallest)
    return suppress(counts, smallest=smallest, most=most, hide=hide)


def _counts(ctx: Context, trait: Trait, network: Network | None) -> dict[str, int]:
    room_ids = None if network is None else [network.room_id or ""]
    return dict(
        member_counts.by_trait(
            ctx.session,
            trait,
            smallest=1,
            room_ids=room_ids,
            main_only=trait == "professions",
        )
    )


def _people(ctx: Context, network: Network | None) -> int:
    if network is None:
        return member_counts.totals(ctx.session).active
    if network.room_id is None:
        return 0
    return networks.count_members(ctx.session, network.room_id, bot_user=ctx.settings.bot_user)


def _name(ctx: Context, trait: Trait, value: str) -> str:
    if trait == "languages":
        return language_name(value, ctx.language)
    if trait == "stage":
        return ctx._(choice_name(value))
    return ctx.labels.name(value, ctx.language)
