"""How long a member waits for an answer, on the real homeserver and beside the floor."""

from __future__ import annotations

import itertools
import random
from collections.abc import Awaitable, Sequence

from bot.demo.account import Account
from tests.bench.figures import Aim, Figure, percentile
from tests.bench.floor import PREFIX
from tests.bench.talk import PAUSE, Table, in_turns
from tests.bench.world import KRING, World

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


async def latencies(
    table: Table, world: World, *, count: int, joins: int
) -> tuple[list[Figure], list[str]]:
    """`count` of `!help` and of `!find`, at most `joins` of `!join`, each in turns with the floor.

    The figures, and who was not let in although the bot said so.
    """
    room = world.talk_rooms[0]
    figures: list[Figure] = []
    ours, floor = await in_turns(
        count,
        lambda _: table.ask(room, "!help"),
        lambda _: table.ask(room, f"{PREFIX}help"),
    )
    figures += pair(_MEASURE, "!help", ours, floor)
    ours, floor = await in_turns(
        count,
        lambda number: table.ask(room, f"!find {QUERIES[number % len(QUERIES)]}"),
        lambda _: table.ask(room, f"{PREFIX}find"),
    )
    figures += pair(_MEASURE, "!find", ours, floor)
    # Everyone joins open networks, each once: those of the first half through Kring, those of the
    # second half through a floor that asks the homeserver for the same invitation.
    half = len(world.open_rooms) // 2
    pairs = joining(world)[:joins]

    def join(number: int) -> Awaitable[float]:
        which, talker = pairs[number]
        return table.ask(room, f"!join {world.open_networks[which]}", talker)

    def floor_join(number: int) -> Awaitable[float]:
        which, talker = pairs[number]
        return table.ask(room, f"{PREFIX}join {world.open_rooms[half + which]}", talker)

    ours, plain, floor = await in_turns(
        len(pairs),
        join,
        lambda number: table.ask(room, f"{PREFIX}plain", pairs[number][1]),
        floor_join,
        pause=2 * PAUSE,
    )
    figures += pair(_MEASURE, "!join", ours, plain)
    figures += pair(_MEASURE, "!join, the floor inviting too", ours, floor, aims=False)
    await table.until_quiet(1.0)
    return figures, await left_out(table, world, pairs)


def joining(world: World) -> list[tuple[int, int]]:
    """(open network, talker), each once and in an order of chance; half of the networks are the floor's."""
    pairs = list(itertools.product(range(len(world.open_rooms) // 2), range(world.recipe.talkers)))
    random.Random(1).shuffle(pairs)
    return pairs


async def left_out(table: Table, world: World, pairs: Sequence[tuple[int, int]]) -> list[str]:
    """Who was told to be in, and is not so for the homeserver."""
    faults: list[str] = []
    for which in sorted({which for which, _ in pairs}):
        room = world.open_rooms[which]
        kring = world.people[KRING]
        async with Account(table.observer.base_url, kring.user_id, kring.token) as account:
            there = await account.members(room, "invite") | await account.members(room)
        expected = {table.talkers[talker].user_id for index, talker in pairs if index == which}
        if expected - there:
            faults.append(
                f"{len(expected - there)} members were not invited to {world.open_networks[which]}"
            )
    return faults


def pair(
    measure: str,
    name: str,
    ours: Sequence[float],
    floor: Sequence[float],
    *,
    limits: tuple[float, float] = (1.10, 1.25),
    aims: bool = True,
) -> list[Figure]:
    """The median and the 99th percentile; `limits` are their aims as ratios."""
    return [
        Figure(
            measure,
            f"{name}, p{round(share * 100)} of {len(ours)}",
            "ms",
            percentile(ours, share) * 1000,
            percentile(floor, share) * 1000,
            Aim("≤", limit, "ratio") if aims else None,
        )
        for share, limit in zip((0.5, 0.99), limits, strict=True)
    ]
