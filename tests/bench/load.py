"""The load on the ideal homeserver: members who always have a next command ready, and what they see.

Run as a process, which talks with its parent in lines of JSON: it says its address, is told which
process to measure and what to say, and says what it saw. Each room keeps a few commands open; the
answers must come in the order of the commands, each once.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import random
import sys
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from tests.bench.ideal import SERVER, House, serve
from tests.bench.processes import cpu_seconds

BOT = f"@kring:{SERVER}"
ROOMS = 50
MEMBERS_IN_A_ROOM = 10
_SECONDS = 120.0
_SETTLE_SECONDS = 0.25


@dataclass(frozen=True, slots=True)
class Task:
    """`count` commands, taken from `commands` in turn, `window` open in each of `rooms` rooms."""

    pid: int
    commands: Sequence[str]
    count: int
    rooms: int = ROOMS
    window: int = 3


@dataclass(slots=True)
class Seen:
    """What came of a task; times in seconds, `waits` from a command to its answer."""

    answered: int = 0
    seconds: float = 0.0
    cpu: float = 0.0
    waits: list[float] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    sample: str = ""


class Crowd:
    """Says the commands and takes in the answers."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._members: dict[str, list[str]] = {}
        self._open: dict[str, deque[tuple[str, float]]] = {}
        self._past: set[str] = set()
        self._left = 0
        self._task: Task | None = None
        self._lines = itertools.cycle([""])
        self._seen = Seen()
        self._done = asyncio.Event()
        self._turns = random.Random(1)
        for number in range(ROOMS):
            people = {
                f"@m{number:02d}{index:02d}:{SERVER}": f"Member {index}"
                for index in range(MEMBERS_IN_A_ROOM)
            }
            room_id = house.add_room(f"Network {number}", people)
            self._members[room_id] = list(people)
            self._open[room_id] = deque()
        house.heard = self.hear

    async def carry_out(self, task: Task) -> Seen:
        """Say it all; returns when everything is answered, or after two minutes."""
        self._task = task
        self._seen = Seen()
        self._left = task.count
        self._lines = itertools.cycle(task.commands)
        self._done.clear()
        begun, used = time.perf_counter(), cpu_seconds(task.pid)
        for room_id in list(self._open)[: task.rooms]:
            for _ in range(task.window):
                self._say(room_id)
        try:
            await asyncio.wait_for(self._done.wait(), _SECONDS)
        except TimeoutError:
            open_ones = sum(map(len, self._open.values()))
            self._seen.faults.append(f"{open_ones} commands were not answered in {_SECONDS} s")
        self._seen.seconds = time.perf_counter() - begun
        # What the bot still does about the last answers belongs to them; a second answer comes now.
        await asyncio.sleep(_SETTLE_SECONDS)
        self._seen.cpu = cpu_seconds(task.pid) - used
        self._seen.unknown = sorted(self._house.unknown)
        for waiting in self._open.values():
            waiting.clear()
        return self._seen

    def hear(self, room_id: str, content: dict[str, Any]) -> None:
        """The bot said something."""
        target = content.get("m.relates_to", {}).get("m.in_reply_to", {}).get("event_id")
        waiting = self._open[room_id]
        if target is None:
            return
        if target in self._past:
            self._seen.faults.append(f"a command in {room_id} was answered twice")
            return
        if not waiting or waiting[0][0] != target:
            if not any(event == target for event, _ in waiting):
                return
            self._seen.faults.append(f"an answer in {room_id} came out of turn")
            waiting.rotate(-[event for event, _ in waiting].index(target))
        _, said_at = waiting.popleft()
        self._past.add(target)
        self._seen.waits.append(time.perf_counter() - said_at)
        self._seen.answered += 1
        self._seen.sample = str(content.get("body", ""))
        assert self._task is not None
        if self._left:
            self._say(room_id)
        elif self._seen.answered == self._task.count:
            self._done.set()

    def _say(self, room_id: str) -> None:
        if not self._left:
            return
        self._left -= 1
        member = self._turns.choice(self._members[room_id])
        event = self._house.say(room_id, member, next(self._lines))
        self._open[room_id].append((event, time.perf_counter()))


async def main() -> None:
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    house = House(BOT)
    crowd = Crowd(house)
    server, url = await serve(house)
    print(json.dumps({"url": url, "rooms": list(house.rooms)}), flush=True)
    while line := await reader.readline():
        order = json.loads(line)
        if order == "synced":
            # Once it waits for news, the bot is ready for commands.
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(house.polled.wait(), 1.0)
            print(json.dumps({"synced": house.polled.is_set()}), flush=True)
            continue
        seen = await crowd.carry_out(Task(**order))
        print(json.dumps(asdict(seen)), flush=True)
    server.close()


if __name__ == "__main__":
    asyncio.run(main())
