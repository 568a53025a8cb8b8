"""Encrypted direct chats and rooms, with people whose clients encrypt."""

from __future__ import annotations

import pytest

from tests.e2e.kring import Kring
from tests.support.peer import body_of
from tests.support.synapse import NewUser

pytestmark = pytest.mark.e2e


async def test_a_person_starts_an_encrypted_chat(kring: Kring, new_user: NewUser) -> None:
    anna = await new_user("anna", encrypts=True)
    async with kring.running():
        room = await anna.create_dm(kring.user_id, encrypted=True)
        await kring.arrives(anna, room)
        for word in ("one", "two", "three"):
            await anna.send(room, f"!echo {word}")
            answer = await anna.expect(room, f"echo {word}")
            assert body_of(answer) == f"echo {word}"
    raw = await anna.request("GET", f"/rooms/{room}/messages", params={"dir": "b"})
    assert "m.room.message" not in {event["type"] for event in raw["chunk"]}
