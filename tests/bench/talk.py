"""Members who talk with the bots on the real homeserver, and a clock beside them."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any

from bot.demo.account import Account
from bot.demo.peer import Event, Peer, answers
from tests.bench.processes import Child
from tests.bench.world import World

_PATIENCE = 30.0
PAUSE = 0.06  # until what an answer causes elsewhere (its echo to both bots) has gone by


class Observer(Peer):
    """`told` are the events that others sent to its device, oldest first."""

    def __init__(self, base_url: str, user_id: str, access_token: str) -> None:
        super().__init__(base_url, user_id, access_token)
        self.told: list[Event] = []

    async def request(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        params: Mapping[str, str] | None = None,
    ) -> dict[str, Any]:
        answer = await super().request(method, path, body, params)
        if path == "/sync":
            self.told += answer.get("to_device", {}).get("events", [])
        return answer


class Unanswered(RuntimeError):
    """A bot did not answer; there is nothing to measure."""


@dataclass(frozen=True, slots=True)
class Table:
    """The members at work: `observer` sees all the rooms, `talkers` only speak."""

    observer: Observer
    talkers: Sequence[Account]

    def answers_to(self, event_id: str) -> list[Event]:
        return [
            event
            for events in self.observer.timeline.values()
            for event in events[-400:]
            if answers(event, event_id)
        ]

    async def ask(self, room: str, text: str, talker: int = 0) -> float:
        """Say it and wait for the answer; the seconds from before the one until the other was seen.

        Raises Unanswered.
        """
        return await self.ask_with(room, "m.room.message", plain(text), talker)

    async def ask_with(
        self,
        room: str,
        kind: str,
        content: Mapping[str, Any],
        talker: int = 0,
        patience: float = _PATIENCE,
    ) -> float:
        """The same with any event; `patience` in seconds."""
        begun = time.perf_counter()
        event_id = await self.talkers[talker].send_event(room, kind, content)
        return self.observer.seen_at[await self.answer(room, event_id, patience)] - begun

    async def answer(self, room: str, event_id: str, seconds: float = _PATIENCE) -> str:
        """The id of the first answer in the room. Raises Unanswered."""
        found: list[str] = []

        def look() -> bool:
            for event in reversed(self.observer.timeline[room][-400:]):
                if answers(event, event_id):
                    found.append(event["event_id"])
                    return True
            return False

        try:
            await self.observer.wait_until(look, seconds)
        except TimeoutError:
            said = [
                str(event["content"].get("body"))[:80]
                for event in self.observer.timeline[room][-3:]
            ]
            raise Unanswered(f"no answer in {seconds:.0f} s; last was said: {said}") from None
        return found[-1]

    async def first_answer(self, room: str, text: str, child: Child, every: float) -> float:
        """Say it again and again until the first answer; when it was seen, in `perf_counter` seconds.

        Raises Unanswered, ProcessEnded.
        """
        mine: set[str] = set()
        arrived: list[float] = []

        def look() -> bool:
            arrived.extend(
                self.observer.seen_at[event["event_id"]]
                for event in self.observer.timeline[room][-400:]
                if any(answers(event, one) for one in mine)
            )
            return bool(arrived)

        end = time.perf_counter() + _PATIENCE
        while time.perf_counter() < end:
            child.check()
            mine.add(await self.talkers[0].send(room, text))
            with contextlib.suppress(TimeoutError):
                await self.observer.wait_until(look, every)
                return min(arrived)
        raise Unanswered(f"{text!r} was said {len(mine)} times and never answered")

    async def until_quiet(self, seconds: float = 0.5) -> None:
        """Wait until nothing new came for that long."""
        while True:
            seen = len(self.observer.seen_at)
            await asyncio.sleep(seconds)
            if len(self.observer.seen_at) == seen:
                return


def plain(text: str) -> dict[str, Any]:
    """The content of a message that is not encrypted."""
    return {"msgtype": "m.text", "body": text}


@asynccontextmanager
async def table(world: World, url: str) -> AsyncIterator[Table]:
    """The talkers of a world, logged in."""
    async with AsyncExitStack() as stack:
        first, *_ = world.talkers
        observer = Observer(url, first.user_id, first.token)
        observer.history = 0
        await stack.enter_async_context(observer)
        talkers = [
            await stack.enter_async_context(Account(url, person.user_id, person.token))
            for person in world.talkers
        ]
        yield Table(observer, talkers)


async def in_turns(
    count: int, *measures: Callable[[int], Awaitable[float]], pause: float = PAUSE
) -> list[list[float]]:
    """Each measure `count` times, in turns, and who begins changes too; what each returned."""
    values: list[list[float]] = [[] for _ in measures]
    for number in range(count):
        for offset in range(len(measures)):
            which = (number + offset) % len(measures)
            values[which].append(await measures[which](number))
            await asyncio.sleep(pause)
    return values
