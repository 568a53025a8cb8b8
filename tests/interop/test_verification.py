"""People verify the bot by emoji from their client, as its device or in the chat with it."""

from __future__ import annotations

import re

import pytest

from tests.e2e.kring import Kring
from tests.interop.commands import kernel
from tests.interop.conftest import NewJsUser
from tests.interop.scenes import direct_chat, echoes, identity_of
from tests.interop.seen import Verification

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(60)]
ways = pytest.mark.parametrize("in_room", [False, True], ids=["to the device", "in the chat"])


def _plain(sign: str) -> str:
    """An emoji without what asks for its coloured form."""
    return sign.replace("\ufe0f", "")


@ways
async def test_verification_by_emoji_completes(
    kring: Kring, new_js_user: NewJsUser, in_room: bool
) -> None:
    async with kring.running(kernel) as app:
        anna = await new_js_user("anna")
        room = await direct_chat(anna, kring, app)
        await echoes(anna, kring, room, "before")
        assert not (await anna.status(kring.user_id))["verified"]
        keys = await identity_of(anna, kring)
        verification = await anna.verify(
            kring.user_id,
            room=room if in_room else None,
            device=None if in_room else keys["signed"][0],
        )
        shown = await verification.start()
        assert len(shown) == 7
        told = await anna.hears_event(
            room,
            lambda heard: "<ol>" in heard.content.get("formatted_body", ""),
            "the emoji that the bot sees",
        )
        listed = re.findall(r"<li>(\S+) ", told.content["formatted_body"])
        assert [_plain(sign) for sign in listed] == [_plain(sign) for sign in shown]
        await verification.confirm()
        await verification.completes()
        await anna.trusts(kring.user_id)
        status = await anna.status(kring.user_id)
        assert status["identity"] == keys["master"]
        assert all(device["verified"] for device in status["devices"].values())
        await echoes(anna, kring, room, "after")


@ways
async def test_emoji_that_differ_end_it_and_a_second_try_completes(
    kring: Kring, new_js_user: NewJsUser, in_room: bool
) -> None:
    async with kring.running(kernel) as app:
        anna = await new_js_user("anna")
        room = await direct_chat(anna, kring, app)
        (device,) = (await identity_of(anna, kring))["signed"]

        async def verify() -> Verification:
            if in_room:
                return await anna.verify(kring.user_id, room=room)
            return await anna.verify(kring.user_id, device=device)

        first = await verify()
        assert await first.start()
        await first.deny()
        await first.reaches("cancelled")
        assert first.code == "m.mismatched_sas"
        assert not (await anna.status(kring.user_id))["verified"]
        second = await verify()
        assert await second.start()
        await second.confirm()
        await second.completes()
        await anna.trusts(kring.user_id)


@ways
async def test_whoever_may_not_verify_is_told_so(
    kring: Kring, new_js_user: NewJsUser, in_room: bool
) -> None:
    async with kring.running(kernel, verification="nobody") as app:
        anna = await new_js_user("anna")
        room = await direct_chat(anna, kring, app)
        (device,) = (await identity_of(anna, kring))["signed"]
        verification = await anna.verify(
            kring.user_id, room=room if in_room else None, device=None if in_room else device
        )
        await verification.reaches("cancelled")
        assert (verification.code, verification.by) == ("m.user", kring.user_id)
        await echoes(anna, kring, room, "after")
