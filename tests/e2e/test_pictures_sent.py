"""Pictures that the bot sends: with their size, and with a thumbnail where they are large."""

from __future__ import annotations

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
