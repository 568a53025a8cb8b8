"""Lanes keep their order, survive what they raise, and end in time."""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict, deque

import pytest

from bot.errors import UnknownToken
from bot.lanes import Lanes
from storage.errors import DatabaseFull


class Belt:
    """Things that wait in lanes, and what was done with them; `trouble` is raised first."""

    def __init__(self) -> None:
        self.waiting: dict[str, deque[int]] = defaultdict(deque)
        self.done: dict[str, list[int]] = defaultdict(list)
        self.trouble: list[BaseException] = []
        self.fatal: list[BaseException] = []
        self.idle = asyncio.Condition()
        self.lanes = Lanes("belt", self.drain, self.fatal.append, at_once=2)

    def put(self, lane: str, *numbers: int) -> None:
        self.waiting[lane].extend(numbers)
        self.lanes.wake([lane])

    async def drain(self, lane: str) -> None:
        while self.waiting[lane]:
            async with self.lanes.turn:
                await asyncio.sleep(0)
                if self.trouble:
                    raise self.trouble.pop(0)
                self.done[lane].append(self.waiting[lane].popleft())
        async with self.idle:
            self.idle.notify_all()

    async def until_idle(self) -> None:
        async with asyncio.timeout(5), self.idle:
            await self.idle.wait_for(lambda: not any(self.waiting.values()))


async def test_each_lane_keeps_its_order_also_when_woken_while_at_work() -> None:
    belt = Belt()
    for number in range(50):
        belt.put("a", number)
        belt.put("b", number)
        await asyncio.sleep(0)
    await belt.until_idle()
    assert belt.done == {"a": list(range(50)), "b": list(range(50))}


async def test_a_full_disk_and_a_fault_lose_nothing(caplog: pytest.LogCaptureFixture) -> None:
    belt = Belt()
    belt.trouble = [DatabaseFull("disk is full"), RuntimeError("a bug")]
    belt.put("a", 1, 2)
    await belt.until_idle()
    assert belt.done["a"] == [1, 2]
    assert belt.lanes.failures == 1 and not belt.fatal
    assert "disk is full" in caplog.text


async def test_a_lost_login_ends_everything() -> None:
    belt = Belt()
    lost = UnknownToken("M_UNKNOWN_TOKEN", 401)
    belt.trouble = [lost]
    belt.put("a", 1)
    async with asyncio.timeout(5):
        while not belt.fatal:  # noqa: ASYNC110  # there is no event to wait for
            await asyncio.sleep(0)
    assert belt.fatal == [lost]
    assert belt.done["a"] == []


async def test_stopping_wakes_those_who_wait_and_takes_nothing_new() -> None:
    belt = Belt()
    slept = asyncio.create_task(belt.lanes.sleep(60))
    nudged = asyncio.create_task(belt.lanes.sleep(60, until_nudged=True))
    await asyncio.sleep(0)
    belt.lanes.nudge()
    await asyncio.wait_for(nudged, 1)
    assert not slept.done()
    began = time.monotonic()
    await belt.lanes.stop(1)
    await asyncio.wait_for(slept, 1)
    belt.put("a", 1)
    await asyncio.sleep(0)
    assert belt.done["a"] == [] and time.monotonic() - began < 1
