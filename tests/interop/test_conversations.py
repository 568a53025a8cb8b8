"""People with matrix-js-sdk talk with the bot: in direct chats and rooms, before and after others leave."""

from __future__ import annotations

import asyncio

import pytest

from tests.e2e.kring import Kring, taken_in
from tests.interop.conftest import NewJsUser
from tests.interop.scenes import MODE_NAMES, SIGNED_MODES, direct_chat, echoes, identity_of, said
from tests.support.peer import body_of
from tests.support.synapse import NewUser

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(60)]
modes = pytest.mark.parametrize("only_signed", SIGNED_MODES, ids=MODE_NAMES)


@modes
async def test_a_direct_chat_that_a_person_starts(
    kring: Kring, new_js_user: NewJsUser, only_signed: bool
) -> None:
    async with kring.running() as app:
        anna = await new_js_user("anna", only_signed=only_signed)
        room = await direct_chat(anna, kring, app)
        await echoes(anna, kring, room, "one")
        await echoes(anna, kring, room, "two with ünïcode")
        await anna.send(room, "!whisper three")  # goes into the chat that there is
        await said(anna, kring, room, "psst three")
        status = await anna.status(kring.user_id)
        assert not status["changed"]
        assert all(device["signed"] for device in status["devices"].values())


@modes
async def test_a_direct_chat_that_the_bot_opens(
    kring: Kring, new_js_user: NewJsUser, only_signed: bool
) -> None:
    async with kring.running() as app:
        anna = await new_js_user("anna", only_signed=only_signed)
        await identity_of(anna, kring)
        plain = await anna.create_room(kring.user_id, encrypted=False, name="Translators")
        await anna.sees(plain, kring.user_id)
        await taken_in(app, plain)
        await anna.send(plain, "!whisper secret")
        direct = await anna.is_invited(kring.user_id)
        await anna.join(direct)
        await said(anna, kring, direct, "psst secret")
        await echoes(anna, kring, direct, "there")
        assert anna.bodies(plain, kring.user_id) == []


@modes
async def test_a_chat_that_the_bot_opens_is_safe_for_a_client_that_looks_slowly(
    kring: Kring, new_js_user: NewJsUser, only_signed: bool
) -> None:
    async with kring.running() as app:
        anna = await new_js_user("anna", only_signed=only_signed)
        plain = await anna.create_room(kring.user_id, encrypted=False, name="Translators")
        await anna.sees(plain, kring.user_id)
        await taken_in(app, plain)
        # What comes before a client knows the devices of a room is called unsafe, and stays so.
        await anna.do("delayDeviceQueries", milliseconds=1_000)
        await anna.send(plain, "!whisper secret")
        direct = await anna.is_invited(kring.user_id)
        await anna.join(direct)
        await said(anna, kring, direct, "psst secret")


@modes
async def test_a_room_of_several_people(
    kring: Kring, new_js_user: NewJsUser, only_signed: bool
) -> None:
    async with kring.running() as app:
        anna, bob, carla = await asyncio.gather(
            *(new_js_user(name, only_signed=only_signed) for name in ("anna", "bob", "carla"))
        )
        await identity_of(anna, kring)
        room = await anna.create_room(kring.user_id, bob.user_id, carla.user_id)
        await asyncio.gather(bob.join(room), carla.join(room))
        await taken_in(app, room)
        everyone = (kring.user_id, anna.user_id, bob.user_id, carla.user_id)
        for person in (anna, bob, carla):
            await person.sees(room, *everyone)
            await echoes(person, kring, room, person.user_id)
        for person in (anna, bob, carla):
            for other in (anna, bob, carla):
                await said(person, kring, room, f"echo {other.user_id}")


async def test_a_room_that_becomes_encrypted_is_answered_encrypted_from_then_on(
    kring: Kring, new_js_user: NewJsUser
) -> None:
    async with kring.running() as app:
        anna = await new_js_user("anna")
        await identity_of(anna, kring)
        room = await anna.create_room(kring.user_id, encrypted=False)
        await anna.sees(room, kring.user_id)
        await taken_in(app, room)
        await anna.send(room, "!echo clear")
        assert not (await anna.hears(room, "echo clear", kring.user_id)).encrypted
        await anna.do("encryptRoom", room=room)
        await echoes(anna, kring, room, "hidden")


async def test_whoever_is_put_out_gets_no_further_keys_and_a_newcomer_gets_one(
    kring: Kring, new_js_user: NewJsUser
) -> None:
    async with kring.running() as app:
        anna, bob, carla = await asyncio.gather(
            *(new_js_user(name) for name in ("anna", "bob", "carla"))
        )
        await identity_of(anna, kring)
        room = await anna.create_room(kring.user_id, bob.user_id)
        await bob.join(room)
        await anna.sees(room, bob.user_id, kring.user_id)
        await taken_in(app, room)
        first = await echoes(anna, kring, room, "one")
        assert (await echoes(anna, kring, room, "two")).session == first.session
        assert first.session in await bob.do("sessions", room=room)

        await anna.kick(room, bob.user_id)
        after = await echoes(anna, kring, room, "without bob")
        assert after.session != first.session
        await bob.do("catchUp")
        assert after.session not in await bob.do("sessions", room=room)

        await anna.do("invite", room=room, user=carla.user_id)
        await carla.join(room)
        await anna.sees(room, carla.user_id)
        await echoes(anna, kring, room, "with carla")
        await said(carla, kring, room, "echo with carla")
        assert (await carla.cannot_read(room, kring.user_id)).session == after.session or (
            first.session not in await carla.do("sessions", room=room)
        )


async def test_a_member_without_encryption_hears_nothing_in_clear(
    kring: Kring, new_js_user: NewJsUser, new_user: NewUser
) -> None:
    async with kring.running() as app:
        anna, plain = await new_js_user("anna"), await new_user("plain")
        await identity_of(anna, kring)
        room = await anna.create_room(kring.user_id, plain.user_id)
        await plain.join(room)
        await anna.sees(room, plain.user_id, kring.user_id)
        await taken_in(app, room)
        await echoes(anna, kring, room, "one")
        await plain.catch_up()
        assert [
            body_of(event) for event in plain.timeline[room] if "body" in event["content"]
        ] == []
        # What is said in clear in an encrypted room is answered all the same, encrypted.
        await plain.send(room, "!echo in clear")
        await said(anna, kring, room, "echo in clear")


async def test_the_first_message_awaits_nobody(kring: Kring, new_js_user: NewJsUser) -> None:
    anna = await new_js_user("anna", only_signed=True)
    async with kring.running():
        await identity_of(anna, kring)
    # As clients do: they make the chat for the first message, and send it before anyone has joined.
    room = await anna.create_room(kring.user_id, direct=True)
    await anna.send(room, "!echo first")
    async with kring.running():
        await said(anna, kring, room, "echo first")
        await echoes(anna, kring, room, "second")
    assert anna.bodies(room, kring.user_id) == ["echo first", "echo second"]
