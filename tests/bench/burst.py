"""Many members at once: commands from ten people in ten rooms, how long until the last is answered, and
whether each was answered once and in its turn."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from bot.demo.account import Account
from bot.demo.peer import Event, relation_of
from tests.bench.figures import Aim, Figure, median
from tests.bench.floor import PREFIX
from tests.bench.talk import Table, plain

_PATIENCE = 120.0

# An event's type and content.
Said = tuple[str, dict[str, Any]]


@dataclass(slots=True)
class Outcome:
    """`seconds` from the first command to the last answer seen."""

    seconds: float
    faults: list[str] = field(default_factory=list)


async def bursts(
    table: Table, rooms: list[str], *, commands: int, repeats: int
) -> tuple[list[Figure], list[str]]:
    """In turns with the floor; the figures, and Kring's broken promises."""
    times: dict[str, list[float]] = {"!": [], PREFIX: []}
    faults: list[str] = []
    for number in range(repeats):
        for prefix in ("!", PREFIX) if number % 2 else (PREFIX, "!"):
            outcome = await burst(table, rooms, lambda *_, p=prefix: in_clear(f"{p}help"), commands)
            times[prefix].append(outcome.seconds)
            if prefix == "!":
                faults += outcome.faults
            await table.until_quiet()
    people = len(table.talkers)
    figure = Figure(
        f"{commands} commands from {people} members in {len(rooms)} rooms at once",
        f"time to the last answer, median of {repeats}",
        "s",
        median(times["!"]),
        median(times[PREFIX]),
        Aim("≤", 1.15, "ratio"),
    )
    return [figure], faults


def in_clear(text: str) -> Said:
    return "m.room.message", plain(text)


async def burst(
    table: Table, rooms: list[str], what: Callable[[int, str], Said], commands: int
) -> Outcome:
    """`what` is called with the talker's number and the room for each command, before the clock starts."""
    observer = table.observer
    starts = {room: len(observer.timeline[room]) for room in rooms}
    each = commands // len(table.talkers)
    asked: set[str] = set()
    plan = [
        [
            (room, what(number, room))
            for turn in range(each)
            for room in [rooms[(number + turn) % len(rooms)]]
        ]
        for number in range(len(table.talkers))
    ]

    async def person(number: int, talker: Account) -> None:
        for room, (kind, content) in plan[number]:
            asked.add(await talker.send_event(room, kind, content))

    begun = time.perf_counter()
    await asyncio.gather(*(person(number, one) for number, one in enumerate(table.talkers)))
    total = each * len(table.talkers)

    def news(room: str) -> list[Event]:
        return observer.timeline[room][starts[room] :]

    def answered() -> list[str]:
        return [target for room in rooms for event in news(room) if (target := _target(event))]

    faults: list[str] = []
    try:
        await observer.wait_until(lambda: len(set(answered())) >= total, _PATIENCE)
    except TimeoutError:
        faults.append(f"{total - len(set(answered()))} of {total} commands were never answered")
    ends = [
        observer.seen_at[event["event_id"]]
        for room in rooms
        for event in news(room)
        if _target(event)
    ]
    seconds = max(ends, default=time.perf_counter()) - begun
    await table.until_quiet()
    twice = [target for target, times in Counter(answered()).items() if times > 1]
    if twice:
        faults.append(f"{len(twice)} commands were answered more than once")
    for room in rooms:
        turns = [event["event_id"] for event in news(room) if event["event_id"] in asked]
        order = list(dict.fromkeys(target for event in news(room) if (target := _target(event))))
        if order != [target for target in turns if target in set(order)]:
            faults.append(f"the answers in {room} came out of turn")
    return Outcome(seconds, faults)


def _target(event: Event) -> str | None:
    """The command that an event answers."""
    reply = relation_of(event).get("m.in_reply_to")
    found = reply.get("event_id") if isinstance(reply, dict) else None
    return found if isinstance(found, str) else None
