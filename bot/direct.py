"""Direct chats: the room in which to write to a person, found or made, and the account's list of them."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any

from bot import events
from bot.client import CLIENT, Homeserver
from bot.clock import Clock, milliseconds
from bot.crypto.account import MEGOLM
from bot.errors import BadResponse, HomeserverError, UnknownToken
from bot.marks import find_room
from bot.mirror import MARK
from storage import outbox, rooms
from storage.database import Database
from storage.session import Session

log = logging.getLogger(__name__)

_ENCRYPTION = {
    "type": "m.room.encryption",
    "state_key": "",
    "content": {"algorithm": MEGOLM},
}


class DirectChats:
    """Opens direct chats; each person's lane asks for itself, so that one person never gets two."""

    def __init__(
        self,
        homeserver: Homeserver,
        database: Database,
        clock: Clock,
        *,
        encrypted: bool,
        refresh: Callable[[str], Awaitable[None]],
    ) -> None:
        self._homeserver = homeserver
        self._database = database
        self._clock = clock
        self._encrypted = encrypted
        self._refresh = refresh
        self._listing = asyncio.Lock()

    async def open(self, user_id: str, key: str, since: int, *, unsure: bool) -> str:
        """The chat that the outbox row `key` needs: one that the account has with the person, else a new one.

        With `unsure`, an earlier try may have made it. Raises MatrixError.
        """
        listed = await self._listed(user_id)
        if listed is not None:
            return listed
        room_id = None
        if unsure:
            room_id = await find_room(self._homeserver, self._database, self._clock, key, since)
        is_new = room_id is None
        place = room_id if room_id is not None else await self._created(user_id, key)
        now = milliseconds(self._clock.now())

        def store(session: Session) -> None:
            rooms.know(session, place, now=now)
            rooms.set_joined(session, place, True, None)
            if is_new and self._encrypted:
                rooms.apply_state(session, place, _ENCRYPTION)
            rooms.set_kind(session, place, "direct", direct_user=user_id)
            if rooms.membership_of(session, place, user_id) is None:
                rooms.set_membership(
                    session, place, user_id, "invite", display_name=None, since=now
                )
            outbox.place_direct(session, user_id, place)

        await self.list(user_id, place)
        await self._database.write(store)
        return place

    async def _created(self, user_id: str, key: str) -> str:
        state: list[dict[str, Any]] = [{"type": MARK, "state_key": "", "content": {"id": key}}]
        if self._encrypted:
            state.append(_ENCRYPTION)
        answer = await self._homeserver.request(
            "POST",
            f"{CLIENT}/createRoom",
            body={
                "preset": "trusted_private_chat",
                "is_direct": True,
                "invite": [user_id],
                "power_level_content_override": {"invite": 50},
                "initial_state": state,
            },
        )
        created = answer.get("room_id")
        if not events.is_id(created):
            raise BadResponse("a room was made, and its id is missing")
        return created

    async def _listed(self, user_id: str) -> str | None:
        """A direct chat that the account's list names, and that this database did not know.

        Raises MatrixError.
        """
        listed = (await self._homeserver.account_data("m.direct")).get(user_id)
        for room_id in listed if isinstance(listed, list) else ():
            if not events.is_id(room_id):
                continue
            known = await self._database.read(
                lambda session, room_id=room_id: rooms.get(session, room_id)  # type: ignore[misc]  # a default binds the loop's value
            )
            # One whose state is known was seen by whoever asks, and does not serve.
            if known is not None and known.joined and known.version is None:
                await self._refresh(room_id)
        found = await self._database.read(lambda session: rooms.direct_with(session, user_id))
        return found.room_id if found is not None else None

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
