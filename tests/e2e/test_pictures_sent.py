"""Pictures that the bot sends: with their size, and with a thumbnail where they are large."""

from __future__ import annotations

import re
from io import BytesIO
from typing import Any

import pytest
from PIL import Image

from tests.e2e.kring import Kring
from tests.support.synapse import NewUser

pytestmark = pytest.mark.e2e


async def test_a_picture_comes_with_its_size_and_a_thumbnail(
    kring: Kring, new_user: NewUser
) -> None:
    anna = await new_user("anna")
    room = await kring.invited_by(anna)

    async def ask(words: str) -> dict[str, Any]:
        typed = await anna.send(room, f"!picture {words}")
        event = await anna.expect(
            room, lambda e: e["content"].get("msgtype") == "m.image", after=typed
        )
        content: dict[str, Any] = event["content"]
        assert content["filename"] == "fill.png"
        return content

    async with kring.running():
        await kring.arrives(anna, room)
        large = await ask("1600x900")
        info = large["info"]
        assert (info["mimetype"], info["w"], info["h"]) == ("image/png", 1600, 900)
        assert info["size"] == len(await anna.download(large["url"]))
        small = await anna.download(info["thumbnail_url"])
        with Image.open(BytesIO(small)) as thumbnail:
            assert thumbnail.size == (800, 450)
        assert info["thumbnail_info"] == {
            "mimetype": "image/png",
            "size": len(small),
            "w": 800,
            "h": 450,
        }
        info = (await ask("80x60"))["info"]
        assert (info["w"], info["h"]) == (80, 60)
        assert "thumbnail_url" not in info
        assert (await ask(""))["info"] == {"mimetype": "image/png", "size": 17}


async def test_a_picture_inside_a_message_is_replaced_with_its_words(
    kring: Kring, new_user: NewUser
) -> None:
    anna = await new_user("anna")
    room = await kring.invited_by(anna)

    async def seen(html: str) -> tuple[tuple[int, int], str]:
        """Size and alternative text of the one picture in it, as a client fetches it."""
        found = re.fullmatch(
            r'.*<p>cases</p><br><img src="(mxc://[^"]+)" alt="([^"]*)"'
            r' width="20" height="15">',
            html,
        )
        assert found is not None, html
        with Image.open(BytesIO(await anna.download(found[1]))) as picture:
            return picture.size, found[2]

    async with kring.running():
        await kring.arrives(anna, room)
        typed = await anna.send(room, "!inside 80x60 40x30")
        event = await anna.expect(room, lambda e: e["content"].get("body") == "cases", after=typed)
        assert await seen(event["content"]["formatted_body"]) == ((80, 60), "drawn 80x60")
        edit = await anna.expect(
            room, lambda e: e["content"].get("m.relates_to", {}).get("rel_type") == "m.replace"
        )
        assert edit["content"]["m.relates_to"]["event_id"] == event["event_id"]
        now = edit["content"]["m.new_content"]
        assert await seen(now["formatted_body"]) == ((40, 30), "drawn 40x30")
