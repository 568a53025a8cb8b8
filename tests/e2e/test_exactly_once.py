"""Killed at any moment, started again: every command is answered exactly once, in order."""

from __future__ import annotations

import asyncio
import signal
from pathlib import Path

import pytest

from tests.e2e.killing import burst, killable
from tests.e2e.kring import Kring
from tests.support.peer import relation_of
from tests.support.synapse import PASSWORD, NewUser

pytestmark = pytest.mark.e2e


@pytest.mark.parametrize("seed", [1, 2])
async def test_a_burst_survives_being_killed(kring: Kring, new_user: NewUser, seed: int) -> None:
    await burst(kring, await new_user("anna"), seed)


async def test_it_ends_in_time_and_the_next_one_goes_on(
    kring: Kring, new_user: NewUser, tmp_path: Path
) -> None:
    anna = await new_user("anna", accept_invites=True)
    room = await kring.invited_by(anna)
    bot = killable(kring, access_token=None, password=PASSWORD)
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
