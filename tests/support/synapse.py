"""Pytest fixtures: a real Synapse for the whole run, another with production limits, and people.

The servers belong to no event loop, so that tests with loops of their own share them.
"""

from __future__ import annotations

import asyncio
import itertools
import os
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from typing import Protocol

import pytest
import pytest_asyncio

from bot.demo.homeserver import EmbeddedHomeserver
from bot.demo.peer import Peer

PASSWORD = "correct horse"
_numbers = itertools.count(1)


class NewUser(Protocol):
    """Makes a person: an account with a name of its own, logged in and syncing."""

    async def __call__(
        self,
        name: str = "anna",
        *,
        displayname: str | None = None,
        admin: bool = False,
        accept_invites: bool = False,
        server: EmbeddedHomeserver | None = None,
        base_url: str | None = None,
        encrypts: bool = False,
    ) -> Peer:
        """Without `server` on the run's homeserver; `base_url` leads through a proxy."""
        ...


@pytest.fixture(scope="session")
def homeserver(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedHomeserver]:
    """A Synapse without rate limits, one for the whole run."""
    server = EmbeddedHomeserver(tmp_path_factory.mktemp("homeserver"))
    asyncio.run(server.start())
    yield server
    asyncio.run(server.stop())


@pytest.fixture(scope="session")
def production_homeserver(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[EmbeddedHomeserver]:
    """A Synapse with the rate limits that it has in production."""
    server = EmbeddedHomeserver(
        tmp_path_factory.mktemp("production-homeserver"), limits="production"
    )
    asyncio.run(server.start())
    yield server
    asyncio.run(server.stop())


def unique(name: str) -> str:
    """A localpart or alias that nothing else in this run, nor beside it, has."""
    return f"{name}-{os.getpid()}-{next(_numbers)}"


@pytest_asyncio.fixture
async def new_user(homeserver: EmbeddedHomeserver) -> AsyncIterator[NewUser]:
    """People who are logged out of the test when it ends."""
    async with AsyncExitStack() as stack:

        async def make(
            name: str = "anna",
            *,
            displayname: str | None = None,
            admin: bool = False,
            accept_invites: bool = False,
            server: EmbeddedHomeserver | None = None,
            base_url: str | None = None,
            encrypts: bool = False,
        ) -> Peer:
            home = server or homeserver
            account = await home.register(unique(name), PASSWORD, admin, displayname)
            peer = Peer(
                base_url or home.base_url,
                account.user_id,
                account.access_token,
                account.device_id,
            )
            peer.accept_invites = accept_invites
            peer.encrypts = encrypts
            return await stack.enter_async_context(peer)

        yield make
