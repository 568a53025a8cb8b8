"""Killed at any moment, started again: every command is answered exactly once, in order."""

from __future__ import annotations

import asyncio
import json
import random
import signal
import sys
from pathlib import Path

import pytest

from tests.e2e.kring import Kring
from tests.support.peer import relation_of
from tests.support.synapse import PASSWORD, NewUser

pytestmark = pytest.mark.e2e

ROOMS = 5
COMMANDS = 60
KILLS = 6


class KillableBot:
    """The engine as a process of its own."""

    def __init__(self, options: dict[str, object]) -> None:
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

    async def kill(self, number: signal.Signals = signal.SIGKILL) -> int:
        assert self._process is not None
        if self._process.returncode is None:
            self._process.send_signal(number)
        return await self._process.wait()


@pytest.mark.parametrize("seed", [1, 2])
async def test_a_burst_survives_being_killed(
    kring: Kring, new_user: NewUser, tmp_path: Path, seed: int
) -> None:
    dice = random.Random(seed)
    anna = await new_user("anna")
    rooms = [await kring.invited_by(anna, name=f"Room {n}") for n in range(ROOMS)]
    bot = KillableBot(
        {
            "homeserver": kring.options.homeserver,
            "user_id": kring.user_id,
            "data": str(tmp_path),
            "access_token": kring.options.access_token,
            "page": 8,
        }
    )
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


async def test_it_ends_in_time_and_the_next_one_goes_on(
    kring: Kring, new_user: NewUser, tmp_path: Path
) -> None:
    anna = await new_user("anna", accept_invites=True)
    room = await kring.invited_by(anna)
    bot = KillableBot(
        {
            "homeserver": kring.options.homeserver,
            "user_id": kring.user_id,
            "data": str(tmp_path),
            "password": PASSWORD,
        }
    )
    try:
        await bot.start(until_ready=True)
        await kring.arrives(anna, room)
        for number in range(10):
            await anna.send(room, f"!echo {number}")
        async with asyncio.timeout(5):
            assert await bot.kill(signal.SIGTERM) == 0
        await bot.start()
        await anna.wait_until(lambda: len(kring.said(anna, room)) >= 10, 20)
        await anna.catch_up()
        assert kring.said(anna, room) == [f"echo {n}" for n in range(10)]
        login = tmp_path / "login.json"
        assert login.stat().st_mode & 0o777 == 0o600
        assert relation_of(anna.timeline[room][-1])
    finally:
        await bot.kill()
