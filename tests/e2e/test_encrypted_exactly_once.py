"""Killed at any moment in encrypted rooms: every command is answered once, in order, and never in clear."""

from __future__ import annotations

import signal
from typing import Any

import pytest

from bot.demo.homeserver import EmbeddedHomeserver
from tests.e2e.encrypted import ENCRYPTED, asking, nothing_clear
from tests.e2e.killing import burst, killable, killing
from tests.e2e.kring import Kring
from tests.support.faultproxy import FaultProxy, sending
from tests.support.peer import Peer
from tests.support.synapse import NewUser

pytestmark = pytest.mark.e2e


async def test_a_burst_survives_being_killed(kring: Kring, new_user: NewUser) -> None:
    anna = await new_user("anna", encrypts=True)
    rooms = await burst(kring, anna, 5, **ENCRYPTED)
    await nothing_clear(anna, kring.user_id, *rooms)


async def shown(peer: Peer, user_id: str) -> dict[str, Any]:
    """What the homeserver tells everyone of somebody's identity and devices."""
    return await peer.request("POST", "/keys/query", {"device_keys": {user_id: []}})


async def test_an_identity_that_is_being_made_survives_being_killed(
    kring: Kring, homeserver: EmbeddedHomeserver, new_user: NewUser
) -> None:
    anna = await new_user("anna", encrypts=True)
    stages = (
        ("/keys/upload", False), ("/keys/upload", True),
        ("/account_data/m.secret_storage.key", True), ("m.cross_signing.self_signing", False),
        ("/keys/device_signing/upload", True), ("/keys/signatures/upload", True),
    )  # fmt: skip
    masters = set()
    async with FaultProxy(homeserver.base_url) as proxy:
        bot = killable(kring, homeserver=proxy.base_url)
        try:
            for path, after in stages:
                fault = proxy.fail(asking(path), killing(bot, after=after))
                await bot.start()
                assert await bot.ended() == -signal.SIGKILL
                assert fault.done == 1, path
                keys = (await shown(anna, kring.user_id)).get("master_keys", {})
                masters |= set(keys.get(kring.user_id, {"keys": {}})["keys"])
            await bot.start(until_ready=True)
            room = await anna.create_dm(kring.user_id, encrypted=True)
            await kring.arrives(anna, room)
            await anna.send(room, "!echo one")
            await anna.expect(room, "echo one")
            answer = await shown(anna, kring.user_id)
            master = answer["master_keys"][kring.user_id]["keys"]
            assert masters == set(master), "the identity was made more than once"
            (device,) = answer["device_keys"][kring.user_id].values()
            (signing,) = answer["self_signing_keys"][kring.user_id]["keys"]
            assert signing in device["signatures"][kring.user_id]
            assert await bot.kill(signal.SIGTERM) == 0
        finally:
            await bot.kill()
    await nothing_clear(anna, kring.user_id, room)


async def test_keys_that_are_being_shared_survive_being_killed(
    kring: Kring, homeserver: EmbeddedHomeserver, new_user: NewUser
) -> None:
    anna = await new_user("anna", encrypts=True)
    ben = await new_user("ben", encrypts=True, accept_invites=True)
    async with FaultProxy(homeserver.base_url) as proxy:
        bot = killable(kring, homeserver=proxy.base_url)
        try:
            await bot.start(until_ready=True)
            room = await kring.invited_by(anna, ben, **ENCRYPTED)
            await kring.arrives(anna, room)
            await ben.wait_until(lambda: room in ben.joined)
            for path in ("/keys/query", "/keys/claim", "/sendToDevice/"):
                for after in (False, True):
                    proxy.fail(asking(path), killing(bot, after=after))
            for after in (False, True):
                proxy.fail(sending, killing(bot, after=after))
            await anna.send(room, "!echo one")
            deaths = 0
            while deaths < 8:
                assert await bot.ended() == -signal.SIGKILL
                deaths += 1
                await bot.start()
            for peer in (anna, ben):
                await peer.expect(room, "echo one")
            await anna.send(room, "!echo two")
            for peer in (anna, ben):
                await peer.expect(room, "echo two")
                await peer.catch_up()
                assert kring.said(peer, room) == ["echo one", "echo two"]
            assert len(proxy.faults) == 8
        finally:
            await bot.kill()
    await nothing_clear(anna, kring.user_id, room)
