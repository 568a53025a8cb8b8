"""What a direct chat is made with, as the homeserver is asked for it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from bot.client import Homeserver
from bot.direct import DirectChats
from storage import rooms
from storage.database import Database
from tests.bot.scripted import BOT, StandingClock

ANNA, CHAT = "@anna:example.org", "!chat:example.org"


class Server:
    """Makes the room that it is asked for."""

    user_id = BOT

    def __init__(self) -> None:
        self.made: list[Mapping[str, Any]] = []
        self.listing: dict[str, Any] = {}

    async def request(self, method: str, path: str, *, body: Mapping[str, Any]) -> dict[str, Any]:
        assert (method, path.rpartition("/")[2]) == ("POST", "createRoom")
        self.made.append(body)
        return {"room_id": CHAT}

    async def account_data(self, kind: str) -> dict[str, Any]:
        return dict(self.listing)

    async def put_account_data(self, kind: str, content: dict[str, Any]) -> None:
        self.listing = content


@pytest.mark.parametrize("encrypted", [True, False])
async def test_a_chat_is_encrypted_from_its_beginning_where_that_is_wanted(
    tmp_path: Path, encrypted: bool
) -> None:
    database = await Database.open(tmp_path / "kring.db", readers=1)
    server = Server()

    async def refresh(room_id: str) -> None:
        raise AssertionError(f"{room_id} was just made")

    clock = StandingClock()
    homeserver: Homeserver = server  # type: ignore[assignment]  # what of it is asked here
    directs = DirectChats(homeserver, database, clock, encrypted=encrypted, refresh=refresh)
    assert await directs.open(ANNA, "key", 1, unsure=False) == CHAT
    (body,) = server.made
    found = {event["type"]: event for event in body["initial_state"]}
    assert ("m.room.encryption" in found) is encrypted
    secrecy = await database.read(lambda s: rooms.secrecy(s, CHAT))
    assert secrecy.encrypted is (True if encrypted else None)
    assert server.listing == {ANNA: [CHAT]}
    await database.close()
