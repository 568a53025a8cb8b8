"""Two people with matrix-js-sdk, without the bot: what fails here is the harness's fault, not the bot's."""

from __future__ import annotations

import asyncio
import os

import pytest

from bot.demo.homeserver import EmbeddedHomeserver
from tests.interop.conftest import NewJsUser
from tests.interop.peer import JsPeople
from tests.support.synapse import PASSWORD

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(60)]


async def test_two_people_talk_and_verify_each_other(new_js_user: NewJsUser) -> None:
    anna = await new_js_user("anna", only_signed=True)
    bob = await new_js_user("bob", only_signed=True)
    room = await anna.create_room(bob.user_id, direct=True)
    await bob.join(room)
    await anna.sees(room, bob.user_id)
    asked = await anna.send(room, "hello")
    heard = await bob.hears(room, "hello", anna.user_id)
    assert heard.unshielded
    assert heard.id == asked
    await bob.send(room, "hello to you")
    assert (await anna.hears(room, "hello to you")).unshielded

    verification = await anna.verify(bob.user_id, room=room)
    other = await bob.is_asked(anna.user_id)
    await other.accept()
    shown, same = await asyncio.gather(verification.start(), other.start())
    assert shown == same
    assert len(shown) == 7
    await verification.confirm()
    await other.confirm()
    await verification.completes()
    await other.completes()
    await anna.trusts(bob.user_id)
    await bob.trusts(anna.user_id)
    assert (await bob.status(anna.user_id))["devices"][anna.device_id]["verified"]


async def test_keys_are_held_and_dropped_and_files_travel(new_js_user: NewJsUser) -> None:
    anna, bob = await new_js_user("anna"), await new_js_user("bob")
    room = await anna.create_room(bob.user_id)
    await bob.join(room)
    await anna.sees(room, bob.user_id)
    await anna.do("roomKeys", mode="hold")
    await anna.send(room, "late")
    assert (await bob.cannot_read(room)).session is not None
    assert await anna.do("releaseRoomKeys") >= 1
    late = await bob.hears(room, "late")

    await anna.do("discardSession", room=room)
    await anna.do("roomKeys", mode="drop")
    await anna.send(room, "never")
    never = await bob.cannot_read(room)
    assert never.session != late.session
    await anna.do("roomKeys", mode="send")
    await anna.do("discardSession", room=room)

    data = os.urandom(5000)
    sent = await anna.send_file(room, data, "note.bin", "application/octet-stream")
    heard = await bob.hears(room, "note.bin")
    read, stored = await bob.download(heard.content["file"])
    assert read == data
    assert stored != data
    await bob.do("react", room=room, event=sent, key="👍")
    reaction = await anna.hears_event(room, lambda heard: heard.type == "m.reaction")
    assert not reaction.encrypted


async def test_a_device_without_a_signature_is_shut_out_in_the_mode_for_signed_ones(
    new_js_user: NewJsUser,
) -> None:
    anna = await new_js_user("anna", only_signed=True)
    bare = await new_js_user("bare", identity=False)
    room = await anna.create_room(bare.user_id)
    await bare.join(room)
    await anna.sees(room, bare.user_id)
    await anna.send(room, "for signed devices")
    await bare.cannot_read(room, anna.user_id)
    await bare.send(room, "from an unsigned one")
    await anna.cannot_read(room, bare.user_id)


async def test_a_second_device_takes_up_the_identity_with_the_recovery_key(
    new_js_user: NewJsUser, js_people: JsPeople, homeserver: EmbeddedHomeserver
) -> None:
    anna = await new_js_user("anna", identity=False)
    key = await anna.do("createIdentity", storage=True)
    second = await js_people.login(homeserver.base_url, anna.user_id, PASSWORD, identity=False)
    taken = await second.do("recover", recoveryKey=key)
    assert taken["ready"] and taken["storageReady"]
    devices = (await anna.status(anna.user_id))["devices"]
    assert devices[second.device_id]["signed"]
