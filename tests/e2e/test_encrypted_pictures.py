"""Pictures in encrypted chats: the bot's own are for those in them, one for a room is for everyone."""

from __future__ import annotations

import asyncio
from io import BytesIO
from typing import Any

import pytest
from PIL import Image

from bot.app import App
from bot.crypto import attachments
from tests.e2e.encrypted import send_encrypted
from tests.e2e.kring import Kring, taken_in
from tests.e2e.test_networks import food, heard, kernel
from tests.support.peer import Peer
from tests.support.synapse import NewUser

pytestmark = pytest.mark.e2e


async def opened(peer: Peer, file: dict[str, Any]) -> Image.Image:
    """What the person sees of an encrypted picture; in clear it is none."""
    stored = await peer.download(file["url"])
    with pytest.raises(OSError, match="identify"):
        Image.open(BytesIO(stored))
    return Image.open(BytesIO(attachments.decrypt(stored, file)))


async def test_a_picture_and_its_thumbnail_are_for_those_in_the_chat(
    kring: Kring, new_user: NewUser
) -> None:
    anna = await new_user("anna", encrypts=True)
    async with kring.running():
        room = await anna.create_dm(kring.user_id, encrypted=True)
        await kring.arrives(anna, room)
        await anna.send(room, "!picture 1600x900")
        event = await anna.expect(room, lambda e: e["content"].get("msgtype") == "m.image", 20)
        content = event["content"]
        assert "url" not in content and "thumbnail_url" not in content["info"]
        assert (await opened(anna, content["file"])).size == (1600, 900)
        assert (await opened(anna, content["info"]["thumbnail_file"])).size == (800, 450)


async def test_a_picture_inside_a_message_is_left_out_where_it_could_not_be_encrypted(
    kring: Kring, new_user: NewUser
) -> None:
    anna = await new_user("anna", encrypts=True)
    async with kring.running():
        room = await anna.create_dm(kring.user_id, encrypted=True)
        await kring.arrives(anna, room)
        await anna.send(room, "!inside 80x60 40x30")
        event = await anna.expect(room, lambda e: e["content"].get("body") == "cases", 20)
        assert event["content"]["formatted_body"] == "<p>cases</p>"
        edit = await anna.expect(room, lambda e: "m.new_content" in e["content"], 20)
        assert edit["content"]["m.new_content"]["formatted_body"] == "<p>cases</p>"


async def avatar(app: App, room: str) -> str:
    async with asyncio.timeout(20):
        while True:
            content = await app.homeserver.state(room, "m.room.avatar")
            if content is not None:
                return str(content["url"])
            await asyncio.sleep(0.05)


async def test_a_picture_that_came_encrypted_becomes_a_rooms_for_everyone_to_see(
    kring: Kring, new_user: NewUser
) -> None:
    anna = await new_user("anna", accept_invites=True, encrypts=True)
    room = await kring.invited_by(anna, name="Food", room_version="11")
    await anna.set_power(room, kring.user_id, 100)
    picture = BytesIO()
    Image.new("RGB", (80, 60), "#3a7").save(picture, "PNG")
    async with kring.running(kernel) as app:
        await taken_in(app, room)
        await app.database.write(lambda session: food(session, room))
        direct = await anna.create_dm(kring.user_id, encrypted=True)
        await kring.arrives(anna, direct)
        await anna.send(direct, "network edit food avatar")
        await heard(anna, "Send me the picture")
        await send_encrypted(anna, direct, picture.getvalue(), "image/png", "circle.png")
        await heard(anna, "gets your picture")
        shown = await anna.download(await avatar(app, room))
    with Image.open(BytesIO(shown)) as square:
        assert (square.format, square.size) == ("PNG", (60, 60))
