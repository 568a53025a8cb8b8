"""A homeserver that fails at random, while somebody types."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from typing import Any

from bot.demo.homeserver import EmbeddedHomeserver
from tests.e2e.kring import Kring
from tests.support.faultproxy import FaultProxy, cut, delay, malformed, ratelimit, status
from tests.support.peer import Peer


async def until(condition: Callable[[], bool], seconds: float = 5) -> None:
    """Wait for something that notifies nobody."""
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110  # there is no event to wait for
            await asyncio.sleep(0.01)


async def answers_through_faults(
    kring: Kring, homeserver: EmbeddedHomeserver, anna: Peer, seed: int, **made: Any
) -> list[str]:
    """Type commands in four rooms through a bad connection of the bot's; the rooms' ids.

    Asserts that each was answered once and in order. `made` is how the rooms are made.
    """
    rooms = [await kring.invited_by(anna, name=f"Room {n}", **made) for n in range(4)]
    async with (
        FaultProxy(homeserver.base_url) as proxy,
        kring.running(homeserver=proxy.base_url, page=5),
    ):
        await kring.arrives(anna, *rooms)
        proxy.fail_randomly(
            seed,
            {
                status(502): 0.06,
                ratelimit(300): 0.05,
                cut(after=False): 0.05,
                cut(after=True, midway=True): 0.08,
                malformed(after=True): 0.05,
                delay(0.3): 0.05,
            },
        )
        for number in range(40):
            await anna.send(rooms[number % 4], f"!echo {number}")

        def answered() -> bool:
            return all(len(kring.said(anna, room)) >= 10 for room in rooms)

        with contextlib.suppress(TimeoutError):
            await anna.wait_until(answered, 20)
        assert len({kind for kind, _ in proxy.faults}) >= 2
        proxy.heal()
        # Some message has had bad luck each time; its last pause is no longer than all before it
        # together, twice.
        await anna.wait_until(answered, 60)
    await anna.catch_up()
    for index, room in enumerate(rooms):
        assert kring.said(anna, room) == [f"echo {n}" for n in range(index, 40, 4)]
    return rooms
