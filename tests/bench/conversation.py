"""How long a member waits for an answer, on the real homeserver and beside the floor."""

from __future__ import annotations

import itertools
import random
from collections.abc import Sequence

from tests.bench.figures import Aim, Figure, percentile
from tests.bench.floor import PREFIX
from tests.bench.talk import Table, alternate
from tests.bench.world import World

_MEASURE = "Command to answer, as the member sees it"
QUERIES = (
    "vertaler gent",
    "traducteur bruxelles",
    "translator",
    "webdesigner antwerpen",
    "photographe",
    "grafisch",
    "vertalr",
    "comédien liège",
)


async def latencies(table: Table, world: World, *, count: int, joins: int) -> list[Figure]:
    """`count` of `!help` and of `!find`, at most `joins` of `!join`, each in turns with the floor."""
    room = world.talk_rooms[0]
    figures: list[Figure] = []
    help_ours, help_floor = await alternate(
        count,
        lambda _: table.ask(room, "!help"),
        lambda _: table.ask(room, f"{PREFIX}help"),
    )
    figures += _pair("!help", help_ours, help_floor)
    find_ours, find_floor = await alternate(
        count,
        lambda number: table.ask(room, f"!find {QUERIES[number % len(QUERIES)]}"),
        lambda _: table.ask(room, f"{PREFIX}find"),
    )
    figures += _pair("!find", find_ours, find_floor)
    # Everyone joins every open network once: those of the first half through Kring, those of the
    # second half through a floor that asks the homeserver for the same.
    half = len(world.open_rooms) // 2
    pairs = list(itertools.product(range(half), range(len(table.talkers))))
    random.Random(1).shuffle(pairs)
    pairs = pairs[:joins]
    plain: list[float] = []

    async def ours(number: int) -> float:
        which, talker = pairs[number]
        plain.append(await table.ask(room, f"{PREFIX}plain", talker))
        return await table.ask(room, f"!join {world.open_networks[which]}", talker)

    async def floors(number: int) -> float:
        which, talker = pairs[number]
        return await table.ask(room, f"{PREFIX}join {world.open_rooms[half + which]}", talker)

    join_ours, join_floor = await alternate(len(pairs), ours, floors)
    figures += _pair("!join", join_ours, plain)
    figures += _pair("!join, floor inviting too", join_ours, join_floor, aims=False)
    return figures


def _pair(
    name: str, ours: Sequence[float], floor: Sequence[float], *, aims: bool = True
) -> list[Figure]:
    return [
        Figure(
            _MEASURE,
            f"{name}, p{round(share * 100)} of {len(ours)}",
            "ms",
            percentile(ours, share) * 1000,
            percentile(floor, share) * 1000,
            Aim("≤", limit, "ratio") if aims else None,
        )
        for share, limit in ((0.5, 1.10), (0.99, 1.25))
    ]
