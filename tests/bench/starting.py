"""How soon a process that was started gives its first answer, and how much memory it ever had.

Warm: it has a login and knows where it stands in the sync; the command was said while it was down. Cold:
it has the register and nothing else, and the member repeats the command until it is answered.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from tests.bench import bots
from tests.bench.figures import Aim, Figure, median
from tests.bench.floor import PREFIX
from tests.bench.processes import Child, peak_memory_mib
from tests.bench.talk import Table
from tests.bench.world import FLOOR, KRING, PASSWORD, SERVER, SMALLER, World

_EVERY = 0.15
_SETTLE = 2.0


@dataclass(slots=True)
class _Starts:
    cold: list[float] = field(default_factory=list)
    warm: list[float] = field(default_factory=list)
    memory: list[float] = field(default_factory=list)


async def starts(table: Table, world: World, url: str, *, repeats: int) -> list[Figure]:
    """Three competitors in turns: Kring, Kring without the large room, the floor."""
    found = {KRING: _Starts(), SMALLER: _Starts(), FLOOR: _Starts()}
    for number in range(repeats):
        for name in found if number % 2 else reversed(found):
            folder = world.folder / f"start-{name}"
            await _round(table, world, url, name, folder, found[name])
    ours, smaller, floor = found[KRING], found[SMALLER], found[FLOOR]
    rooms, large = world.recipe.rooms, world.recipe.large_room
    here = f"Process start to first answer; {rooms} rooms, one of {large:,} members"
    growth = f"The same with the room of {large:,}, and (in the floor's place) without it"
    return [
        Figure(here, "warm", "s", median(ours.warm), median(floor.warm), Aim("≤", 1.0)),
        Figure(here, "cold", "s", median(ours.cold), median(floor.cold), Aim("≤", 2.0)),
        Figure(here, "peak memory", "MiB", max(ours.memory), max(floor.memory), Aim("≤", 100.0)),
        Figure(
            growth, "warm", "s", median(ours.warm), median(smaller.warm), Aim("≤", 1.15, "ratio")
        ),
        Figure(
            growth, "cold", "s", median(ours.cold), median(smaller.cold), Aim("≤", 1.15, "ratio")
        ),
        Figure(
            growth,
            "peak memory",
            "MiB",
            max(ours.memory),
            max(smaller.memory),
            Aim("≤", 1.05, "ratio"),
        ),
    ]


async def _round(
    table: Table, world: World, url: str, name: str, folder: Path, found: _Starts
) -> None:
    """One cold start and, after it, one warm start."""
    room = world.talk_rooms[1]
    person = world.people[name]
    text = f"{PREFIX}help" if name == FLOOR else "!help"
    make: Callable[[], Child]
    if name == FLOOR:
        with suppress(FileNotFoundError):
            (folder / "since").unlink()
        cold = bots.floor(folder, url, login=(name, PASSWORD))
        make = lambda: bots.floor(folder, url, token=person.token)  # noqa: E731
    else:
        bots.prepare(folder, url, f"@{name}:{SERVER}", PASSWORD, world.database)
        make = lambda: bots.kring(folder)  # noqa: E731
        cold = make()
    with cold:
        answered = await table.first_answer(room, text, cold, _EVERY)
        found.cold.append(answered - cold.started)
        # All that the start set going belongs to its memory: the rooms are read beside the answers.
        await table.until_quiet(_SETTLE)
        found.memory.append(peak_memory_mib(cold.pid))
    event_id = await table.talkers[0].send(room, text)
    await table.until_quiet(0.3)
    with make() as warm:
        answer = await table.answer(room, event_id)
        found.warm.append(table.observer.seen_at[answer] - warm.started)
        await table.until_quiet(0.3)
        found.memory.append(peak_memory_mib(warm.pid))
