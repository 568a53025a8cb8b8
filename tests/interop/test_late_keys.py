"""Keys that come late or never: answered in order when they come, told once when they do not."""

from __future__ import annotations

import pytest

from tests.e2e.kring import Kring
from tests.interop.conftest import NewJsUser
from tests.interop.scenes import direct_chat, echoes, unread, with_patience

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(60)]


async def test_what_is_read_late_is_answered_in_its_place(
    kring: Kring, new_js_user: NewJsUser
) -> None:
    async with with_patience(kring, 30).running() as app:
        anna = await new_js_user("anna")
        room = await direct_chat(anna, kring, app)
        await echoes(anna, kring, room, "before")
        await anna.do("discardSession", room=room)
        await anna.do("roomKeys", mode="hold")
        await anna.send(room, "!echo first")
        await anna.send(room, "!echo second")
        await anna.do("discardSession", room=room)
        await anna.do("roomKeys", mode="send")
        await anna.send(room, "!echo third")  # readable at once, and answered after the others
        await unread(app, 2)
        assert await anna.do("releaseRoomKeys") == 1
        await anna.hears(room, "echo third", kring.user_id)
        assert anna.bodies(room, kring.user_id) == [
            "echo before",
            "echo first",
            "echo second",
            "echo third",
        ]


async def test_what_is_never_read_is_told_once_for_each_session(
    kring: Kring, new_js_user: NewJsUser
) -> None:
    async with with_patience(kring, 2).running() as app:
        anna = await new_js_user("anna")
        room = await direct_chat(anna, kring, app)
        await echoes(anna, kring, room, "before")
        await anna.do("roomKeys", mode="drop")
        for session in range(2):
            await anna.do("discardSession", room=room)
            for number in range(3):
                await anna.send(room, f"!echo {session} {number}")
        await anna.do("discardSession", room=room)
        await anna.do("roomKeys", mode="send")
        await echoes(anna, kring, room, "after")
        told = anna.bodies(room, kring.user_id)
        assert (told[0], told[-1]) == ("echo before", "echo after")
        assert len(told) == 4, told
        assert all("echo" not in notice for notice in told[1:-1])


async def test_others_are_not_held_up_by_somebody_who_cannot_be_read(
    kring: Kring, new_js_user: NewJsUser
) -> None:
    async with with_patience(kring, 30).running() as app:
        anna, bob = await new_js_user("anna"), await new_js_user("bob")
        room = await direct_chat(anna, kring, app)
        await anna.do("invite", room=room, user=bob.user_id)
        await bob.join(room)
        await anna.sees(room, bob.user_id)
        await echoes(bob, kring, room, "before")
        await anna.do("roomKeys", mode="drop")
        await anna.send(room, "!echo lost")
        await unread(app, 1)
        await echoes(bob, kring, room, "bob goes on")
        await anna.hears(room, "echo bob goes on")
        assert anna.bodies(room, kring.user_id) == ["echo before", "echo bob goes on"]
