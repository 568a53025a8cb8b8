"""What staff see of the whole: which networks the register suggests, and who the members are, in figures
that never speak of a few people."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from commands.kernel.catalogue import N_
from commands.kernel.command import Router
from commands.kernel.context import Context
from commands.kernel.parameters import Integer, positional, rest
from commands.members.fields import choice_name
from commands.members.tongues import language_name
from commands.networks import checks, refs
from commands.networks.disclosure import Shown, suppress
from storage import member_counts, networks
from storage.member_counts import Trait
from storage.networks import Network

router = Router("animators")

_ROWS = 12
_MOST_SUGGESTIONS = 10


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
    check=checks.staff,
    who=checks.STAFF,
    reads_only=True,
)
def suggest(ctx: Context, arguments: SuggestArguments) -> None:
    smallest = max(arguments.smallest or ctx.settings.suggestion_size, ctx.settings.smallest_count)
    served = {network.label for network in networks.every(ctx.session) if network.visible}
    found = [
        Suggestion(kind, code, people)
        for kind, trait, known in (
            ("profession", "professions", ctx.labels.professions),
            ("sector", "sectors", ctx.labels.sectors),
        )
        for code, people in member_counts.by_trait(
            ctx.session,
            "professions" if trait == "professions" else "sectors",
            smallest=smallest,
            main_only=trait == "professions",
        )
        if code in known and code not in served
    ]
    by_kind = {
        kind: [each for each in found if each.kind == kind][:_MOST_SUGGESTIONS]
        for kind in ("profession", "sector")
    }
    ctx.reply("networks/suggestions", by_kind=by_kind, smallest=smallest)


@dataclass(frozen=True, slots=True)
class Table:
    heading: str
    rows: tuple[tuple[str, int], ...]
    rest: int | None
    hidden: bool


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
    if arguments.network or (refs.of_room(ctx) is not None and not checks.is_staff(ctx)):
        network = refs.said_or_here(ctx, arguments.network)
        checks.runs(ctx, network)
    room_ids = None if network is None else [network.room_id or ""]
    tables = [_table(ctx, trait, heading, room_ids) for trait, heading in _TRAITS.items()]
    shown = [table for table in tables if table.rows]
    ctx.reply("networks/observation", network=network, tables=shown, smallest=_smallest(ctx))


def _smallest(ctx: Context) -> int:
    return ctx.settings.smallest_count


def _table(ctx: Context, trait: Trait, heading: str, room_ids: list[str] | None) -> Table:
    counts = dict(
        member_counts.by_trait(
            ctx.session,
            trait,
            smallest=1,
            room_ids=room_ids,
            main_only=trait == "professions",
        )
    )
    shown: Shown = suppress(counts, smallest=_smallest(ctx), most=_ROWS)
    rows = tuple((_name(ctx, trait, value), number) for value, number in shown.cells)
    # Somebody may have several sectors or languages, so what is left over is no number of people.
    single = trait in ("professions", "region", "stage")
    return Table(heading, rows, shown.rest if single else None, shown.hidden)


def _name(ctx: Context, trait: Trait, value: str) -> str:
    if trait == "languages":
        return language_name(value, ctx.language)
    if trait == "stage":
        return ctx._(choice_name(value))
    return ctx.labels.name(value, ctx.language)
