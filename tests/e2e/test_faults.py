"""A homeserver that fails in every way it can: nothing is lost, nothing comes twice."""

from __future__ import annotations

import asyncio
import sqlite3
import time
from pathlib import Path

import pytest

from bot.demo.homeserver import EmbeddedHomeserver
from bot.errors import UnknownToken
from bot.login import LoginRefused
from tests.e2e.faulty import answers_through_faults, until
from tests.e2e.kring import Kring
from tests.support.faultproxy import (
    FaultProxy,
    ratelimit,
    sending,
    status,
    syncing,
    unknown_token,
)
from tests.support.synapse import NewUser

pytestmark = pytest.mark.e2e


@pytest.mark.parametrize("seed", [3, 4])
async def test_random_faults(
    kring: Kring, homeserver: EmbeddedHomeserver, new_user: NewUser, seed: int
) -> None:
    await answers_through_faults(kring, homeserver, await new_user("anna"), seed)


async def test_retry_after_is_honoured_and_delays_one_room_only(
    kring: Kring, homeserver: EmbeddedHomeserver, new_user: NewUser
) -> None:
    anna = await new_user("anna")
    slow, quick = [await kring.invited_by(anna, name=f"Room {n}") for n in range(2)]
    async with FaultProxy(homeserver.base_url) as proxy, kring.running(homeserver=proxy.base_url):
        await kring.arrives(anna, slow, quick)
        proxy.fail(sending, ratelimit(2000))
        began = time.monotonic()
        await anna.send(slow, "!echo late")
        await until(lambda: bool(proxy.faults))
        await anna.send(quick, "!echo at once")
        await anna.expect(quick, "echo at once", 1.5)
        await anna.expect(slow, "echo late", 5)
        assert 2.0 <= time.monotonic() - began < 3.5
        assert proxy.count(sending) == 3


async def test_a_refused_room_stops_no_other_and_not_itself(
    kring: Kring, new_user: NewUser
) -> None:
    anna = await new_user("anna")
    room = await kring.invited_by(anna)
    async with kring.running() as app:
        await kring.arrives(anna, room)
        levels = await anna.state(room, "m.room.power_levels")
        await anna.set_state(room, "m.room.power_levels", {**levels, "events_default": 50})
        await anna.send(room, "!echo refused")
        await until(lambda: app.sender.failed > 0)
        await anna.set_state(room, "m.room.power_levels", levels)
        await anna.send(room, "!echo allowed")
        await anna.expect(room, "echo allowed")


async def test_a_room_that_the_homeserver_cannot_describe_stops_no_other(
    kring: Kring, homeserver: EmbeddedHomeserver, new_user: NewUser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.sync._PATIENCE", 1)
    monkeypatch.setattr("bot.pictures._TRIES", 1)
    anna = await new_user("anna")
    sound = await kring.invited_by(anna, name="Sound")
    async with FaultProxy(homeserver.base_url) as proxy, kring.running(homeserver=proxy.base_url):
        await kring.arrives(anna, sound)
        await anna.send(sound, "!echo before")
        await anna.expect(sound, "echo before")
        proxy.fail(lambda _, path: path.endswith("/joined_members"), status(500), times=10_000)
        broken = await kring.invited_by(anna, name="Broken")
        await kring.arrives(anna, broken)
        await anna.send(broken, "!echo later")
        await anna.send(sound, "!echo meanwhile")
        await anna.expect(sound, "echo meanwhile")
        await anna.expect(broken, "echo later")


async def test_an_invalid_token_ends_the_bot(
    kring: Kring, homeserver: EmbeddedHomeserver, new_user: NewUser
) -> None:
    with pytest.raises(LoginRefused):
        async with kring.running(access_token="nonsense"):
            pass
    async with FaultProxy(homeserver.base_url) as proxy:
        async with kring.running(homeserver=proxy.base_url) as app:
            proxy.fail(syncing, unknown_token(), times=1000)
            anna = await new_user("anna")
            await anna.create_dm(kring.user_id)  # ends the long poll
            with pytest.raises(UnknownToken):
                async with asyncio.timeout(5):
                    await asyncio.shield(app._fatal)
        assert proxy.count(syncing) < 10


async def test_a_database_that_another_program_holds_is_waited_for(
    kring: Kring, new_user: NewUser, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("storage.database.BUSY_TIMEOUT_MS", 100)
    anna = await new_user("anna")
    room = await kring.invited_by(anna)
    async with kring.running() as app:
        await kring.arrives(anna, room)
        other = sqlite3.connect(tmp_path / "kring.db", isolation_level=None)
        for number in range(3):
            await anna.send(room, f"!echo {number}")
            if number < 2:
                other.execute("BEGIN IMMEDIATE")  # an import, longer than the bot waits at a time
                await until(lambda: app.sync.failures > 0 or app.worker.lanes.turn.locked(), 3)
                other.execute("ROLLBACK")
        other.close()
        await anna.expect(room, "echo 2", 20)
    await anna.catch_up()
    assert kring.said(anna, room) == [f"echo {n}" for n in range(3)]


async def test_an_outage_is_waited_out_without_a_storm(
    kring: Kring, homeserver: EmbeddedHomeserver, new_user: NewUser
) -> None:
    anna = await new_user("anna")
    room = await kring.invited_by(anna)
    async with FaultProxy(homeserver.base_url) as proxy, kring.running(homeserver=proxy.base_url):
        await kring.arrives(anna, room)
        await anna.send(room, "!echo before")
        await anna.expect(room, "echo before")
        asked = len(proxy.requests)
        proxy.fail_randomly(1, {status(503): 1.0})
        await anna.send(room, "!echo during")
        await anna.silence(room, 3)
        assert len(proxy.requests) - asked < 15
        proxy.heal()
        await anna.expect(room, "echo during", 15)
