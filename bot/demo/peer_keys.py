"""Encryption for a person that `bot.demo.peer` plays: the bot's own machine, on a database that goes with them.

That others read the bot, and the bot reads others, is proven with foreign code (`tests/interop`); here it only
has to work.
"""

from __future__ import annotations

import tempfile
from collections import defaultdict
from collections.abc import Mapping
from contextlib import AsyncExitStack
from pathlib import Path
from secrets import token_bytes
from typing import Any

from bot import events
from bot.client import Homeserver, Login
from bot.clock import SystemClock, milliseconds
from bot.crypto import megolm
from bot.crypto.engine import Encryption
from bot.crypto.olm import Plain
from bot.crypto.policy import Policy
from bot.crypto.taken import RoomKey, Unreadable
from bot.events import HOSTILE, Event
from storage import rooms
from storage.crypto import room_keys
from storage.database import Database
from storage.session import Session


class PeerKeys:
    """`start`, then hand it each sync before its rooms; `close` forgets all keys."""

    def __init__(self, base_url: str, login: Login) -> None:
        self._clock = SystemClock()
        self._homeserver = Homeserver(base_url, self._clock)
        self._homeserver.adopt(login)
        self._undo = AsyncExitStack()
        self._waiting: dict[tuple[str, str], list[dict[str, Any]]] = defaultdict(list)
        self._members_known: set[str] = set()
        self._encrypted: dict[str, bool] = {}

    async def start(self) -> None:
        """Begin as a device that nobody knew, and make it known."""
        folder = self._undo.enter_context(tempfile.TemporaryDirectory(prefix="kring-peer-"))
        await self._homeserver.open()
        self._undo.push_async_callback(self._homeserver.close)
        self._database = await Database.open(Path(folder) / "keys.db", readers=1)
        self._undo.push_async_callback(self._database.close)
        self._encryption = await Encryption.open(
            self._homeserver, self._database, self._clock, token_bytes(32), Policy()
        )
        await self._encryption.publish()

    async def close(self) -> None:
        await self._undo.aclose()

    # --- in -----------------------------------------------------------------------------------

    async def take(self, batch: Mapping[str, Any]) -> None:
        """Take in what a sync says to the device; what waited for its keys is opened in its place."""
        now = milliseconds(self._clock.now())
        to_device = batch.get("to_device", {}).get("events", [])

        def store(session: Session) -> list[RoomKey]:
            self._encryption.take_lists(session, batch)
            taken = []
            for raw in to_device:
                try:
                    with session.attempt():
                        taken.append(self._encryption.take_to_device(session, raw, now))
                except HOSTILE:
                    continue
            return [key for key in taken if isinstance(key, RoomKey)]

        if to_device or batch.get("device_lists"):
            for key in await self._database.write(store):
                for event in self._waiting.pop((key.room_id, key.session_id), ()):
                    await self.open(key.room_id, event)
        self._encryption.heard(batch)
        await self._encryption.keep_up()

    async def open(self, room: str, event: dict[str, Any]) -> None:
        """Make an encrypted event the one inside; one whose key is not there yet becomes so when it comes."""
        if event.get("type") == "m.room.member":
            self._members_known.discard(room)
        if event.get("type") == "m.room.encryption":
            self._encrypted[room] = True
        parsed = events.parse(event, milliseconds(self._clock.now()))
        if parsed is None or parsed.type != "m.room.encrypted":
            return
        sealed: Event = parsed
        now = milliseconds(self._clock.now())
        try:
            plain = await self._database.write(
                lambda s: self._encryption.decrypt(s, room, sealed, now)
            )
        except Unreadable as error:
            self._waiting[room, error.session_id].append(event)
            return
        except HOSTILE:
            return
        event["type"], event["content"] = plain.type, plain.content

    # --- out ----------------------------------------------------------------------------------

    async def seal(
        self, room: str, kind: str, content: Mapping[str, Any]
    ) -> tuple[str, Mapping[str, Any]]:
        """What to send so that this is said in the room: itself, or its encrypted form."""
        if kind == "m.reaction" or not await self._is_encrypted(room):
            return kind, content
        await self._know(room)
        sealed = await self._encryption.encrypt(room, kind, content, patient=True)
        await self._database.write(lambda s: self._keep_own(s, room))
        if "m.relates_to" in content:
            sealed["m.relates_to"] = content["m.relates_to"]
        return "m.room.encrypted", sealed

    def _keep_own(self, session: Session, room: str) -> None:
        """A person sees again what they wrote, which the bot never has to."""
        outbound = room_keys.outbound(session, room)
        assert outbound is not None, "something was just written"
        own = self._encryption.own
        if room_keys.inbound(session, room, outbound.session_id, own.curve25519) is None:
            said = Plain(
                own.user_id,
                "m.room_key",
                megolm.key_of(own, outbound, whole=True),
                own.curve25519,
                own.ed25519,
            )
            megolm.take_key(session, own, said, outbound.created_at)

    async def _is_encrypted(self, room: str) -> bool:
        if room not in self._encrypted:
            state = await self._homeserver.state(room, "m.room.encryption")
            self._encrypted[room] = state is not None
        return self._encrypted[room]

    async def _know(self, room: str) -> None:
        """Who is in the room, where that may have changed."""
        if room in self._members_known:
            return
        self._members_known.add(room)
        present = await self._homeserver.joined_members(room)
        invited = await self._homeserver.invited_members(room)
        now = milliseconds(self._clock.now())

        def store(session: Session) -> None:
            rooms.know(session, room, now=now)
            rooms.replace_joined(session, room, present, now=now)
            rooms.replace_invited(session, room, invited, now=now)

        await self._database.write(store)
