"""Direct chats: the room in which to write to a person, found or made, and the account's list of them."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

from bot import events
from bot.client import CLIENT, Homeserver
from bot.clock import Clock, milliseconds
from bot.errors import BadResponse, HomeserverError, UnknownToken
from bot.marks import find_room
from bot.mirror import MARK
from storage import outbox, rooms
from storage.database import Database
from storage.session import Session

log = logging.getLogger(__name__)


class DirectChats:
    """Opens direct chats; each person's lane asks for itself, so that one person never gets two."""

    def __init__(self, homeserver: Homeserver, database: Database, clock: Clock) -> None:
        self._homeserver = homeserver
        self._database = database
        self._clock = clock
        self._listing = asyncio.Lock()

    async def open(self, user_id: str, key: str, since: int, *, unsure: bool) -> str:
        """Make the chat that the outbox row `key` needs; with `unsure`, look first whether it is there.

        Raises MatrixError.
        """
        room_id = None
        if unsure:
            room_id = await find_room(self._homeserver, self._database, self._clock, key, since)
        if room_id is None:
            answer = await self._homeserver.request(
                "POST",
                f"{CLIENT}/createRoom",
                body={
                    "preset": "trusted_private_chat",
                    "is_direct": True,
                    "invite": [user_id],
                    "power_level_content_override": {"invite": 50},
                    "initial_state": [{"type": MARK, "state_key": "", "content": {"id": key}}],
                },
            )
            created = answer.get("room_id")
            if not events.is_id(created):
                raise BadResponse("a room was made, and its id is missing")
            room_id = created
        place = room_id
        now = milliseconds(self._clock.now())

        def store(session: Session) -> None:
            rooms.know(session, place, now=now)
            rooms.set_joined(session, place, True, None)
            rooms.set_kind(session, place, "direct", direct_user=user_id)
            if rooms.membership_of(session, place, user_id) is None:
                rooms.set_membership(
                    session, place, user_id, "invite", display_name=None, since=now
                )
            outbox.place_direct(session, user_id, place)

        await self.list(user_id, place)
        await self._database.write(store)
        return place

    async def list(self, user_id: str, room_id: str) -> None:
        """Put a room into the account's `m.direct`, so that every client knows what it is."""
        try:
            await self._list(user_id, room_id)
        except HomeserverError as error:
            if error.heals or isinstance(error, UnknownToken):
                raise
            # The chat works all the same: the bot goes by its own table.
            log.warning("m.direct could not be changed: %s", error)

    async def _list(self, user_id: str, room_id: str) -> None:
        async with self._listing:
            listing: dict[str, Any] = await self._homeserver.account_data("m.direct")
            listed = listing.get(user_id)
            known = listed if isinstance(listed, list) else []
            if room_id not in known:
                listing[user_id] = [*known, room_id]
                await self._homeserver.put_account_data("m.direct", listing)
