"""A bot's own account and data folder, on which the engine can be run again and again, and what people see
of it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from bot.app import App, Options
from bot.folder import DATABASE_NAME
from commands.kernel.kernel import Kernel
from storage import outbox, rooms
from storage.database import Database
from storage.outbox import Draft
from storage.session import Session
from tests.e2e.engine import kernel, running
from tests.support.peer import Account, Peer, body_of


@dataclass(frozen=True, slots=True)
class Kring:
    """Made by the fixture `kring`; it does not run yet."""

    options: Options

    @property
    def user_id(self) -> str:
        return self.options.user_id

    def running(
        self, make_kernel: Callable[[str], Kernel] = kernel, **changes: Any
    ) -> AbstractAsyncContextManager[App]:
        """The engine at work in this process, ready; with other commands or options if need be."""
        return running(replace(self.options, **changes), make_kernel)

    def account(self) -> Account:
        """The bot's account in other hands; to be entered."""
        assert self.options.access_token is not None
        return Account(self.options.homeserver, self.user_id, self.options.access_token)

    async def invited_by(self, host: Peer, *others: Peer, name: str = "Room", **body: Any) -> str:
        """A private room to which somebody invites the bot, and others."""
        invite = [self.user_id, *(other.user_id for other in others)]
        return await host.create_room(
            **{"name": name, "invite": invite, "preset": "private_chat", **body}
        )

    async def queue(self, now: int, *drafts: Draft) -> None:
        """Put something into the outbox while the bot does not run."""
        database = await Database.open(self.options.data / DATABASE_NAME)
        await database.write(lambda s: [outbox.add(s, draft, now=now) for draft in drafts])
        await database.close()

    async def arrives(self, peer: Peer, *room_ids: str) -> None:
        """Wait until the bot has joined."""
        for room in room_ids:
            await arrival(peer, room, self.user_id)

    def said(self, peer: Peer, room: str) -> list[str]:
        """All that the bot said in a room, as far as the person has synced."""
        return said(peer, room, self.user_id)


async def taken_in(app: App, *room_ids: str) -> None:
    """Wait until the bot itself knows these rooms: others see it join before it hears of that."""
    async with asyncio.timeout(20):
        for room_id in room_ids:
            while not await app.database.read(  # noqa: ASYNC110  # a database wakes nobody
                partial(_known, room_id=room_id)
            ):
                await asyncio.sleep(0.02)


def _known(session: Session, room_id: str) -> bool:
    room = rooms.get(session, room_id)
    return room is not None and room.version is not None


async def arrival(peer: Peer, room: str, user_id: str) -> None:
    """Wait until somebody has joined."""
    await peer.wait_until(
        lambda: any(
            event.get("state_key") == user_id and event["content"].get("membership") == "join"
            for event in peer.timeline[room]
        ),
        20,
    )


def said(peer: Peer, room: str, user_id: str) -> list[str]:
    """All that somebody said in a room, as far as the person has synced."""
    return [
        body_of(event)
        for event in peer.timeline[room]
        if event["sender"] == user_id and event["type"] == "m.room.message"
    ]
