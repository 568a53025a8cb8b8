"""Files and reactions in encrypted chats, both ways."""

from __future__ import annotations

import hashlib
import os
from io import BytesIO

import pytest
from PIL import Image

from tests.e2e.kring import Kring
from tests.interop.commands import kernel
from tests.interop.conftest import NewJsUser
from tests.interop.scenes import direct_chat, echoes, said

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(60)]


async def test_files_travel_encrypted_both_ways(kring: Kring, new_js_user: NewJsUser) -> None:
    async with kring.running(kernel) as app:
        anna = await new_js_user("anna")
        room = await direct_chat(anna, kring, app)
        await anna.send(room, "!file the content of a note")
        note = await said(anna, kring, room, "note.txt")
        assert "url" not in note.content
        read, stored = await anna.download(note.content["file"])
        assert read == b"the content of a note"
        assert stored != read

        await anna.send(room, "!picture 1000x500")
        picture = await said(anna, kring, room, "fill.png")
        read, stored = await anna.download(picture.content["file"])
        assert Image.open(BytesIO(read)).size == (1000, 500)
        info = picture.content["info"]
        assert "thumbnail_url" not in info
        if "thumbnail_file" in info:
            small, _ = await anna.download(info["thumbnail_file"])
            assert Image.open(BytesIO(small)).width < 1000

        await anna.send(room, "!parcel")
        await anna.hears_event(room, lambda heard: heard.body.startswith("which file?"))
        data = os.urandom(100_000)
        await anna.send_file(room, data, "parcel.bin", "application/octet-stream")
        digest = hashlib.sha256(data).hexdigest()
        await said(anna, kring, room, f"parcel.bin application/octet-stream {digest}")


async def test_a_reaction_is_understood(kring: Kring, new_js_user: NewJsUser) -> None:
    async with kring.running() as app:
        anna = await new_js_user("anna")
        room = await direct_chat(anna, kring, app)
        await echoes(anna, kring, room, "before")
        await anna.send(room, "!ask tea")
        question = await said(anna, kring, room, "question tea")
        await anna.do("react", room=room, event=question.id, key="👍")
        await said(anna, kring, room, "tea got 👍")


async def test_an_edit_of_a_command_is_answered_by_an_edit(
    kring: Kring, new_js_user: NewJsUser
) -> None:
    async with kring.running() as app:
        anna = await new_js_user("anna")
        room = await direct_chat(anna, kring, app)
        asked = await anna.send(room, "!look one")
        answer = await said(anna, kring, room, "seen one")
        await anna.send(
            room,
            "* !look two",
            **{
                "m.new_content": {"msgtype": "m.text", "body": "!look two"},
                "m.relates_to": {"rel_type": "m.replace", "event_id": asked},
            },
        )
        edited = await anna.hears_event(
            room,
            lambda heard: heard.body == "seen two" and heard.sender == kring.user_id,
            "the answer edited",
        )
        assert edited.unshielded
        assert edited.wire is not None
        assert edited.wire["m.relates_to"] == {"rel_type": "m.replace", "event_id": answer.id}
