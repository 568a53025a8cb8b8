"""The engine killed at any moment and started again, while somebody types."""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from aiohttp import web

from tests.e2e.kring import Kring
from tests.support.faultproxy import Action, Forward
from tests.support.peer import Peer

ROOMS = 5
COMMANDS = 60
KILLS = 6


class KillableBot:
    """The engine as a process of its own."""

    def __init__(self, options: dict[str, object]) -> None:
        """`options` are those of `bot.app.Options`, as JSON can say them, and `tests.e2e.engine`'s `kernel`."""
        self._options = json.dumps(options)
        self._process: asyncio.subprocess.Process | None = None

    async def start(self, *, until_ready: bool = False) -> None:
        self._process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "tests.e2e.engine",
            self._options,
            cwd=Path(__file__).parents[2],
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
        )
        if until_ready:
            assert self._process.stdout is not None
            async with asyncio.timeout(20):
                assert await self._process.stdout.readline() == b"ready\n"

    async def ended(self) -> int:
        """Wait until it ends by itself, or somebody kills it."""
        assert self._process is not None
        async with asyncio.timeout(20):
            return await self._process.wait()

    async def kill(self, number: signal.Signals = signal.SIGKILL) -> int:
        assert self._process is not None
        if self._process.returncode is None:
            self._process.send_signal(number)
        return await self._process.wait()


@contextlib.asynccontextmanager
async def revived(bot: KillableBot) -> AsyncIterator[list[int]]:
    """It runs, and starts again whenever somebody kills it; the exit codes of those that ended so far."""
    ends: list[int] = []

    async def revive() -> None:
        while True:
            with contextlib.suppress(TimeoutError):
                ends.append(await bot.ended())
                await bot.start()

    await bot.start(until_ready=True)
    reviving = asyncio.create_task(revive())
    try:
        yield ends
    finally:
        reviving.cancel()
        await asyncio.gather(reviving, return_exceptions=True)
        await bot.kill()


def killing(bot: KillableBot, *, after: bool) -> Action:
    """The fault that kills the bot in the middle of a request, before or after the homeserver hears it."""

    async def act(_request: web.Request, forward: Forward) -> web.StreamResponse:
        if after:
            await forward()
        await bot.kill()
        return web.Response(status=502)

    return act


def killable(kring: Kring, **more: object) -> KillableBot:
    """The bot of the fixture as a process of its own."""
    given: dict[str, object] = {
        "homeserver": kring.options.homeserver,
        "user_id": kring.user_id,
        "data": str(kring.options.data),
        "access_token": kring.options.access_token,
    }
    return KillableBot(given | more)


async def burst(kring: Kring, anna: Peer, seed: int, **made: Any) -> list[str]:
    """Type commands in several rooms while the bot is killed again and again; the rooms' ids.

    Asserts that each command was answered once and in order. `made` is how the rooms are made.
    """
    dice = random.Random(seed)
    rooms = [await kring.invited_by(anna, name=f"Room {n}", **made) for n in range(ROOMS)]
    bot = killable(kring, page=8)
    await bot.start(until_ready=True)
    asked: dict[str, list[str]] = {room: [] for room in rooms}
    try:
        await kring.arrives(anna, *rooms)

        async def type_burst() -> None:
            for number in range(COMMANDS):
                room = rooms[number % ROOMS]
                word = "look" if number % 3 == 0 else "echo"
                await anna.send(room, f"!{word} {number}")
                asked[room].append(f"{'seen' if word == 'look' else 'echo'} {number}")

        burst = asyncio.create_task(type_burst())
        for _ in range(KILLS):
            # The moment is meant to be any: while starting, syncing, answering, sending.
            await asyncio.sleep(dice.uniform(0.3, 1.3))
            assert await bot.kill() == -signal.SIGKILL
            await bot.start()
        await burst
        await bot.kill()
        await bot.start(until_ready=True)
        await anna.wait_until(
            lambda: all(len(kring.said(anna, r)) >= len(asked[r]) for r in rooms), 30
        )
        assert await bot.kill(signal.SIGTERM) == 0
    finally:
        await bot.kill()
    await anna.catch_up()
    for room in rooms:
        assert kring.said(anna, room) == asked[room]
    return rooms
