"""The load on the ideal homeserver: members who always have a next command ready, and what they see.

Run as a process, which talks with its parent in lines of JSON: it says its address, is told which
process to measure and what to say, and says what it saw. Each room keeps a few commands open; the
answers must come in the order of the commands, each once. With `--encrypted` all rooms are: what is
said is sealed before the clock starts, and the answers are opened when everything is over.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import math
import random
import sys
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from tests.bench.ideal import DEVICE, SERVER, House, serve
from tests.bench.processes import cpu_seconds
from tests.bench.voices import Device, Listener

BOT = f"@kring:{SERVER}"
ROOMS = 50
MEMBERS_IN_A_ROOM = 10
_SECONDS = 120.0
_SETTLE_SECONDS = 0.25
# Rooms take turns, but not strictly: some need more than their share.
_SPARE = 1.3


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


class Secrecy:
    """What encryption adds to the members' part: their devices, what they sealed, and what they heard."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._devices: dict[str, Device] = {}
        self._first: dict[str, Device] = {}  # by room
        self._sealed: dict[str, deque[tuple[str, dict[str, Any]]]] = {}
        self._heard: list[tuple[str, str, dict[str, Any]]] = []
        self._makers: dict[str, Callable[[], tuple[str, dict[str, Any]]]] = {}
        self.sample = ""

    async def prepare(self, members: dict[str, list[str]]) -> None:
        """Everybody has a device, and the bot has the keys of what they will say; the first time only."""
        if self._devices:
            return
        keys = self._house.keys
        bot = Listener.of(keys.devices[keys.bot][DEVICE])
        for room_id, people in members.items():
            for user_id in people:
                device = self._devices[user_id] = Device(user_id, "PHONE")
                keys.add(user_id, device.device_id, device.upload())
                (one_time_key,) = keys.claim(bot.user_id, bot.device_id).values()
                for content in device.meet(bot, one_time_key["key"], [room_id]):
                    self._house.tell(user_id, content)
            self._first[room_id] = self._devices[people[0]]
        # All of it was said in one turn of the loop: it leaves with the sync that waits, or with the next.
        self._house.polled.clear()
        await asyncio.wait_for(self._house.polled.wait(), _SECONDS)

    def seal(self, room_id: str, commands: Sequence[str], count: int, turns: random.Random) -> None:
        """So many commands for a room are ready from now on, said by one or another of its members."""
        people = [user for user in self._house.rooms[room_id].members if user in self._devices]
        lines = itertools.cycle(commands)

        def one() -> tuple[str, dict[str, Any]]:
            user_id = turns.choice(people)
            return user_id, self._devices[user_id].seal(room_id, next(lines))

        self._makers[room_id] = one
        self._sealed[room_id] = deque(one() for _ in range(count))

    def say(self, room_id: str) -> str:
        """The next of them; returns the event's id."""
        ready = self._sealed[room_id]
        user_id, content = ready.popleft() if ready else self._makers[room_id]()
        return self._house.put(room_id, user_id, "m.room.encrypted", content)

    def heard(self, room_id: str, kind: str, content: dict[str, Any]) -> None:
        self._heard.append((room_id, kind, content))

    def checked(self) -> list[str]:
        """Whether all that was heard since the last time was sealed, and its room's first member reads it."""
        readers = {device.user_id: device for device in self._first.values()}
        for user_id, _, content in self._house.keys.from_bot:
            if user_id in readers:
                readers[user_id].take(content)
        self._house.keys.from_bot.clear()
        clear = unread = 0
        for room_id, kind, content in self._heard:
            if kind != "m.room.encrypted":
                clear += kind != "m.reaction"
                continue
            try:
                said = self._first[room_id].read(content)
            except (LookupError, ValueError):
                unread += 1
            else:
                self.sample = str(said["content"].get("body", ""))
        self._heard.clear()
        faults = [f"{clear} messages were sent in clear"] if clear else []
        return faults + ([f"{unread} messages cannot be read by a member"] if unread else [])


class Crowd:
    """Says the commands and takes in the answers."""

    def __init__(self, house: House, *, encrypted: bool = False) -> None:
        self._house = house
        self._talk = Secrecy(house) if encrypted else None
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
            room_id = house.add_room(f"Network {number}", people, encrypted=encrypted)
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
        active = list(self._open)[: task.rooms]
        if self._talk is not None:
            each = math.ceil(task.count / len(active) * (_SPARE if len(active) > 1 else 1))
            await self._talk.prepare({room: self._members[room] for room in self._open})
            for room_id in active:
                self._talk.seal(room_id, task.commands, each + task.window, self._turns)
        begun, used = time.perf_counter(), cpu_seconds(task.pid)
        for room_id in active:
            for _ in range(task.window):
                self._say(room_id)
        if not task.count:
            self._done.set()
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
        if self._talk is not None:
            self._seen.faults += self._talk.checked()
            self._seen.sample = self._talk.sample
        return self._seen

    def hear(self, room_id: str, kind: str, content: dict[str, Any]) -> None:
        """The bot said something."""
        if self._talk is not None:
            self._talk.heard(room_id, kind, content)
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
        if self._talk is not None:
            event = self._talk.say(room_id)
        else:
            member = self._turns.choice(self._members[room_id])
            event = self._house.say(room_id, member, next(self._lines))
        self._open[room_id].append((event, time.perf_counter()))


async def main() -> None:
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    house = House(BOT)
    crowd = Crowd(house, encrypted="--encrypted" in sys.argv[1:])
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
