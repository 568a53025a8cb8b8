"""A few devices with a server of keys in memory."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
import pytest_asyncio

from bot.crypto.policy import Policy
from tests.bot.crypto.keyserver import KeyServer, MovingClock, NewParty, Party


@pytest.fixture
def server() -> KeyServer:
    return KeyServer()


@pytest.fixture
def clock() -> MovingClock:
    return MovingClock()


@pytest_asyncio.fixture
async def new_party(
    server: KeyServer, clock: MovingClock, tmp_path: Path
) -> AsyncIterator[NewParty]:
    """Makes devices; with `again`, one that lost its database."""
    async with AsyncExitStack() as stack:

        async def make(
            user: str, device: str = "D", policy: Policy | None = None, again: str = ""
        ) -> Party:
            path = tmp_path / f"{user} {device}{again}.db"
            return await Party.open(server, clock, path, user, device, stack, policy)

        yield make
