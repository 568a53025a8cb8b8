"""The bot's Olm and Megolm sessions and its one-time keys, over restarts and absences."""

from __future__ import annotations

import asyncio

import pytest

from bot.demo.homeserver import EmbeddedHomeserver
from tests.e2e.kring import Kring
from tests.interop.conftest import NewJsUser
from tests.interop.scenes import direct_chat, echoes, identity_of, said
from tests.support.peer import Account
from tests.support.synapse import PASSWORD, unique

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(60)]


_FULL = 50


async def one_time_keys(kring: Kring) -> int:
    """How many of the bot's one-time keys the homeserver has."""
    async with kring.account() as account:
        answer = await account.request("POST", "/keys/upload", {})
        return int(answer["one_time_key_counts"].get("signed_curve25519", 0))


async def test_sessions_survive_a_restart(kring: Kring, new_js_user: NewJsUser) -> None:
    anna = await new_js_user("anna")
    async with kring.running() as app:
        room = await direct_chat(anna, kring, app)
        first = await echoes(anna, kring, room, "one")
    before = await one_time_keys(kring)
    await anna.send(room, "!echo while away")
    async with kring.running():
        away = await said(anna, kring, room, "echo while away")
        again = await echoes(anna, kring, room, "two")
    async with kring.running():
        await echoes(anna, kring, room, "three")
    assert away.session == again.session == first.session
    assert await one_time_keys(kring) == before
    assert anna.bodies(room, kring.user_id) == [
        "echo one",
        "echo while away",
        "echo two",
        "echo three",
    ]


async def test_without_one_time_keys_the_fallback_key_serves_and_the_pool_is_filled_again(
    kring: Kring, new_js_user: NewJsUser, homeserver: EmbeddedHomeserver
) -> None:
    anna, bob = await new_js_user("anna"), await new_js_user("bob")
    async with kring.running() as app:
        rooms = [await direct_chat(person, kring, app) for person in (anna, bob)]
        keys = await identity_of(anna, kring)
    (device,) = keys["signed"]
    published = await one_time_keys(kring)
    assert published >= _FULL
    thief = await homeserver.register(unique("thief"), PASSWORD)
    body = {"one_time_keys": {kring.user_id: {device: "signed_curve25519"}}}
    async with Account(homeserver.base_url, thief.user_id, thief.access_token) as account:
        for _ in range(published + 1):
            claimed = await account.request("POST", "/keys/claim", body)
    ((_, last),) = claimed["one_time_keys"][kring.user_id][device].items()
    assert last["fallback"] is True
    assert await one_time_keys(kring) == 0

    # Both by the same fallback key.
    for person, room in zip((anna, bob), rooms, strict=True):
        await person.send(room, "!echo by the fallback key")
    async with kring.running() as app:
        for person, room in zip((anna, bob), rooms, strict=True):
            await said(person, kring, room, "echo by the fallback key")
        async with asyncio.timeout(10):
            while await one_time_keys(kring) < _FULL:  # noqa: ASYNC110  # the homeserver tells nobody
                await asyncio.sleep(0.05)
        async with kring.account() as own:
            synced = await own.request("GET", "/sync", params={"timeout": "0"})
        assert synced["device_unused_fallback_key_types"] == ["signed_curve25519"]
        carla = await new_js_user("carla")
        await echoes(carla, kring, await direct_chat(carla, kring, app), "by a one-time key")
