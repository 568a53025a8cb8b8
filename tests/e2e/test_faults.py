"""A homeserver that fails in every way it can: nothing is lost, nothing comes twice."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from bot.demo.homeserver import EmbeddedHomeserver
from bot.errors import UnknownToken
from bot.login import LoginRefused
from tests.e2e.engine import options, running
from tests.e2e.test_exactly_once import heard
from tests.support.faultproxy import (
    FaultProxy,
    cut,
    delay,
    malformed,
    ratelimit,
    sending,
    status,
    syncing,
    unknown_token,
)
from tests.support.peer import Peer
from tests.support.synapse import PASSWORD, NewUser, unique

pytestmark = pytest.mark.e2e


async def arrival(peer: Peer, room: str, user_id: str) -> None:
    await peer.expect(
        room,
        lambda e: e.get("state_key") == user_id and e["content"].get("membership") == "join",
        20,
    )


async def until(condition: Callable[[], bool], seconds: float = 5) -> None:
    """Wait for something that notifies nobody."""
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110  # there is no event to wait for
            await asyncio.sleep(0.01)


@pytest.mark.parametrize("seed", [3, 4])
async def test_random_faults(
    homeserver: EmbeddedHomeserver, new_user: NewUser, tmp_path: Path, seed: int
) -> None:
    account = await homeserver.register(unique("kring"), PASSWORD)
    anna = await new_user("anna")
    rooms = [
        await anna.create_room(name=f"Room {n}", invite=[account.user_id], preset="private_chat")
        for n in range(4)
    ]
    async with FaultProxy(homeserver.base_url) as proxy:
        given = options(proxy.base_url, account.user_id, account.access_token, tmp_path, page=5)
        async with running(given):
            for room in rooms:
                await arrival(anna, room, account.user_id)
            proxy.fail_randomly(
                seed,
                {
                    status(502): 0.06,
                    ratelimit(300): 0.05,
                    cut(after=False): 0.05,
                    cut(after=True, midway=True): 0.08,
                    malformed(after=True): 0.05,
                    delay(0.3): 0.05,
                },
            )
            for number in range(40):
                await anna.send(rooms[number % 4], f"!echo {number}")

            def answered() -> bool:
                return all(len(heard(anna, room, account.user_id)) >= 10 for room in rooms)

            with contextlib.suppress(TimeoutError):
                await anna.wait_until(answered, 20)
            assert len({kind for kind, _ in proxy.faults}) >= 2
            proxy.heal()
            # Some message has had bad luck each time; its last pause is no longer than all before it
            # together, twice.
            await anna.wait_until(answered, 60)
    await anna.catch_up()
    for index, room in enumerate(rooms):
        assert heard(anna, room, account.user_id) == [f"echo {n}" for n in range(index, 40, 4)]


async def test_retry_after_is_honoured_and_delays_one_room_only(
    homeserver: EmbeddedHomeserver, new_user: NewUser, tmp_path: Path
) -> None:
    account = await homeserver.register(unique("kring"), PASSWORD)
    anna = await new_user("anna")
    slow, quick = [
        await anna.create_room(name=f"Room {n}", invite=[account.user_id], preset="private_chat")
        for n in range(2)
    ]
    async with FaultProxy(homeserver.base_url) as proxy:
        given = options(proxy.base_url, account.user_id, account.access_token, tmp_path)
        async with running(given):
            for room in (slow, quick):
                await arrival(anna, room, account.user_id)
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
    homeserver: EmbeddedHomeserver, new_user: NewUser, tmp_path: Path
) -> None:
    account = await homeserver.register(unique("kring"), PASSWORD)
    anna = await new_user("anna")
    room = await anna.create_room(name="Room", invite=[account.user_id], preset="private_chat")
    given = options(homeserver.base_url, account.user_id, account.access_token, tmp_path)
    async with running(given) as app:
        await arrival(anna, room, account.user_id)
        levels = await anna.state(room, "m.room.power_levels")
        await anna.set_state(room, "m.room.power_levels", {**levels, "events_default": 50})
        await anna.send(room, "!echo refused")
        await until(lambda: app.sender.failed > 0)
        await anna.set_state(room, "m.room.power_levels", levels)
        await anna.send(room, "!echo allowed")
        await anna.expect(room, "echo allowed")


async def test_a_room_that_the_homeserver_cannot_describe_stops_no_other(
    homeserver: EmbeddedHomeserver,
    new_user: NewUser,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("bot.sync._PATIENCE", 1)
    monkeypatch.setattr("bot.pictures._TRIES", 1)
    account = await homeserver.register(unique("kring"), PASSWORD)
    anna = await new_user("anna")
    sound = await anna.create_room(name="Sound", invite=[account.user_id], preset="private_chat")
    async with FaultProxy(homeserver.base_url) as proxy:
        given = options(proxy.base_url, account.user_id, account.access_token, tmp_path)
        async with running(given):
            await arrival(anna, sound, account.user_id)
            await anna.send(sound, "!echo before")
            await anna.expect(sound, "echo before")
            proxy.fail(lambda _, path: path.endswith("/joined_members"), status(500), times=10_000)
            broken = await anna.create_room(
                name="Broken", invite=[account.user_id], preset="private_chat"
            )
            await arrival(anna, broken, account.user_id)
            await anna.send(broken, "!echo later")
            await anna.send(sound, "!echo meanwhile")
            await anna.expect(sound, "echo meanwhile")
            await anna.expect(broken, "echo later")


async def test_an_invalid_token_ends_the_bot(
    homeserver: EmbeddedHomeserver, new_user: NewUser, tmp_path: Path
) -> None:
    account = await homeserver.register(unique("kring"), PASSWORD)
    given = options(homeserver.base_url, account.user_id, account.access_token, tmp_path)
    with pytest.raises(LoginRefused):
        async with running(replace(given, access_token="nonsense")):
            pass
    async with FaultProxy(homeserver.base_url) as proxy:
        async with running(replace(given, homeserver=proxy.base_url)) as app:
            proxy.fail(syncing, unknown_token(), times=1000)
            anna = await new_user("anna")
            await anna.create_dm(account.user_id)  # ends the long poll
            with pytest.raises(UnknownToken):
                async with asyncio.timeout(5):
                    await asyncio.shield(app._fatal)
        assert proxy.count(syncing) < 10


async def test_a_database_that_another_program_holds_is_waited_for(
    homeserver: EmbeddedHomeserver,
    new_user: NewUser,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("storage.database.BUSY_TIMEOUT_MS", 100)
    account = await homeserver.register(unique("kring"), PASSWORD)
    anna = await new_user("anna")
    room = await anna.create_room(name="Room", invite=[account.user_id], preset="private_chat")
    given = options(homeserver.base_url, account.user_id, account.access_token, tmp_path)
    async with running(given) as app:
        await arrival(anna, room, account.user_id)
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
    assert heard(anna, room, account.user_id) == [f"echo {n}" for n in range(3)]


async def test_an_outage_is_waited_out_without_a_storm(
    homeserver: EmbeddedHomeserver, new_user: NewUser, tmp_path: Path
) -> None:
    account = await homeserver.register(unique("kring"), PASSWORD)
    anna = await new_user("anna")
    room = await anna.create_room(name="Room", invite=[account.user_id], preset="private_chat")
    async with FaultProxy(homeserver.base_url) as proxy:
        given = options(proxy.base_url, account.user_id, account.access_token, tmp_path)
        async with running(given):
            await arrival(anna, room, account.user_id)
            await anna.send(room, "!echo before")
            await anna.expect(room, "echo before")
            asked = len(proxy.requests)
            proxy.fail_randomly(1, {status(503): 1.0})
            await anna.send(room, "!echo during")
            await anna.silence(room, 3)
            assert len(proxy.requests) - asked < 15
            proxy.heal()
            await anna.expect(room, "echo during", 15)
