"""What encryption costs a member: answers in encrypted rooms, beside a floor in plain ones and Kring there."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from functools import partial

from tests.bench.burst import burst, in_clear
from tests.bench.conversation import QUERIES, joining, left_out, pair
from tests.bench.figures import Aim, Figure, median
from tests.bench.floor import PREFIX
from tests.bench.sealed import SealedTable
from tests.bench.talk import PAUSE, Table, in_turns
from tests.bench.world import World

_MEASURE = "Command to answer in an encrypted room (the floor's is plain)"
_COSTS = "What encryption costs: Kring in encrypted rooms and (in the floor's place) in plain ones"
_LIMITS = (1.25, 1.5)


async def sealed_latencies(
    sealed: SealedTable, world: World, *, count: int, before: int, joins: int
) -> tuple[list[Figure], list[str]]:
    """Everything in turns with the floor and with Kring in a plain room; `before` pairs of those who join
    and what they join are used up already. The figures, and broken promises."""
    table, room, clear = sealed.table, sealed.rooms[0], world.talk_rooms[0]
    figures: list[Figure] = []
    costs: list[Figure] = []
    for name, lines in (("!help", ["!help"]), ("!find", [f"!find {query}" for query in QUERIES])):
        ours, plain, floor = await in_turns(
            count,
            partial(_said, sealed.ask, room, lines),
            partial(_said, table.ask, clear, lines),
            partial(_said, table.ask, clear, [name.replace("!", PREFIX)]),
        )
        figures += pair(_MEASURE, name, ours, floor, limits=_LIMITS)
        costs += pair(_COSTS, name, ours, plain, aims=False)
    pairs = joining(world)[before : before + joins]

    def join(number: int) -> Awaitable[float]:
        which, talker = pairs[number]
        return sealed.ask(room, f"!join {world.open_networks[which]}", talker)

    ours, floor = await in_turns(
        len(pairs),
        join,
        lambda number: table.ask(clear, f"{PREFIX}plain", pairs[number][1]),
        pause=2 * PAUSE,
    )
    figures += pair(_MEASURE, "!join", ours, floor, limits=_LIMITS)
    await table.until_quiet(1.0)
    return [*figures, *costs], [*await left_out(table, world, pairs), *sealed.faults(room)]


def _said(
    ask: Callable[[str, str], Awaitable[float]], room: str, lines: Sequence[str], number: int
) -> Awaitable[float]:
    return ask(room, lines[number % len(lines)])


async def sealed_bursts(
    sealed: SealedTable, world: World, *, commands: int, repeats: int
) -> tuple[list[Figure], list[str]]:
    """In turns with the floor and with Kring in plain rooms; the figures, and broken promises."""
    table = sealed.table
    times: dict[str, list[float]] = {"sealed": [], "plain": [], "floor": []}
    faults: list[str] = []
    for number in range(repeats):
        for who in times if number % 2 else reversed(times):
            seconds, found = await _one(sealed, table, world, who, commands)
            times[who].append(seconds)
            faults += found
            await table.until_quiet()
    name = f"{commands} commands from {len(table.talkers)} members in {len(sealed.rooms)} rooms at once"
    measure = f"time to the last answer, median of {repeats}"
    ours, plain, floor = (median(times[who]) for who in times)
    return [
        Figure(f"{name}, encrypted (the floor's are plain)", measure, "s", ours, floor,
               Aim("≤", 1.3, "ratio")),
        Figure(_COSTS, f"{name}, {measure}", "s", ours, plain),
    ], [*faults, *sealed.faults(*sealed.rooms)]  # fmt: skip


async def _one(
    sealed: SealedTable, table: Table, world: World, who: str, commands: int
) -> tuple[float, list[str]]:
    if who == "sealed":
        outcome = await burst(
            table, sealed.rooms, lambda talker, room: sealed.sealed(talker, room), commands
        )
    else:
        text = f"{PREFIX}help" if who == "floor" else "!help"
        outcome = await burst(table, world.talk_rooms, lambda *_: in_clear(text), commands)
    return outcome.seconds, outcome.faults if who != "floor" else []
