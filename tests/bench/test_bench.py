"""The benchmarks' own instruments: they notice what is lost, doubled or out of turn, and judge rightly."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable
from typing import Any

import aiohttp
import pytest

from tests.bench.figures import Aim, Figure, Report, percentile
from tests.bench.ideal import DEVICE, House, serve
from tests.bench.load import BOT, Crowd, Seen, Task
from tests.bench.voices import Device, Listener

Policy = Callable[["Bot", str, list[str]], Awaitable[None]]
_CLIENT = "/_matrix/client/v3"


class Bot:
    """Speaks to the ideal homeserver over HTTP; what it does with each room's news is the policy's."""

    def __init__(self, session: aiohttp.ClientSession, policy: Policy) -> None:
        self._session = session
        self._policy = policy
        self._sent = 0
        self.device = Device(BOT, DEVICE)
        self.heard: list[str] = []

    async def serve(self) -> None:
        since = ""
        while True:
            params = {"timeout": "30000", **({"since": since} if since else {})}
            async with self._session.get(f"{_CLIENT}/sync", params=params) as response:
                batch = await response.json()
            since = batch["next_batch"]
            for event in batch.get("to_device", {}).get("events", []):
                self.device.take(event["content"])
            for room, part in batch["rooms"].get("join", {}).items():
                told = [
                    event["event_id"]
                    for event in part["timeline"]["events"]
                    if event["sender"] != BOT
                ]
                self.heard += [
                    self.device.read(event["content"])["content"]["body"]
                    for event in part["timeline"]["events"]
                    if event["type"] == "m.room.encrypted" and event["sender"] != BOT
                ]
                await self._policy(self, room, told)

    async def ask(self, method: str, path: str, body: dict[str, Any]) -> dict[str, Any]:
        async with self._session.request(method, f"{_CLIENT}{path}", json=body) as response:
            assert response.status == 200
            answer: dict[str, Any] = await response.json()
            return answer

    async def answer(
        self, room: str, event_id: str, transaction: str = "", *, sealed: bool = False
    ) -> None:
        self._sent += 1
        kind, content = "m.room.message", {"body": "hello"}
        if sealed:
            kind, content = "m.room.encrypted", self.device.seal(room, "hello")
        related = {"m.relates_to": {"m.in_reply_to": {"event_id": event_id}}}
        path = f"/rooms/{room}/send/{kind}/{transaction or self._sent}"
        await self.ask("PUT", path, content | related)

    async def begin_in(self, room: str, reader: str, *, tell: bool) -> None:
        """New keys for what will be said in a room; its reader is told if `tell`."""
        found = await self.ask("POST", "/keys/query", {"device_keys": {reader: []}})
        ((device_id, keys),) = found["device_keys"][reader].items()
        wanted = {reader: {device_id: "signed_curve25519"}}
        claimed = await self.ask("POST", "/keys/claim", {"one_time_keys": wanted})
        (key,) = claimed["one_time_keys"][reader][device_id].values()
        (content,) = self.device.meet(Listener.of(keys), key["key"], [room])
        if tell:
            path = f"/sendToDevice/m.room.encrypted/{room}"
            await self.ask("PUT", path, {"messages": {reader: {device_id: content}}})


async def _seen(policy: Policy, count: int = 60, **details: Any) -> Seen:
    house = House(BOT)
    crowd = Crowd(house)
    server, url = await serve(house)
    async with server, aiohttp.ClientSession(url) as session:
        bot = asyncio.create_task(Bot(session, policy).serve())
        try:
            await house.polled.wait()
            return await crowd.carry_out(Task(os.getpid(), ["!help"], count, **details))
        finally:
            bot.cancel()
            await asyncio.gather(bot, return_exceptions=True)


async def _seen_sealed(policy: Policy, *, tell: bool = True) -> tuple[Seen, list[str]]:
    """As `_seen`, in encrypted rooms; also what the bot read."""
    house = House(BOT)
    crowd = Crowd(house, encrypted=True)
    server, url = await serve(house)
    async with server, aiohttp.ClientSession(url) as session:
        bot = Bot(session, policy)
        await bot.ask("POST", "/keys/upload", bot.device.upload(3))
        serving = asyncio.create_task(bot.serve())
        await house.polled.wait()

        async def begin() -> None:
            for room_id, room in list(house.rooms.items())[:2]:
                await bot.begin_in(room_id, list(room.members)[1], tell=tell)

        try:
            # The members' devices come to be with the first task.
            await crowd.carry_out(Task(os.getpid(), ["!help"], 0, rooms=2))
            await begin()
            task = Task(os.getpid(), ["!help"], 12, rooms=2, window=2)
            return await crowd.carry_out(task), bot.heard
        finally:
            serving.cancel()
            await asyncio.gather(serving, return_exceptions=True)


async def _sealed(bot: Bot, room: str, told: list[str]) -> None:
    for event_id in told:
        await bot.answer(room, event_id, sealed=True)


async def _right(bot: Bot, room: str, told: list[str]) -> None:
    for event_id in told:
        await bot.answer(room, event_id)


async def _twice(bot: Bot, room: str, told: list[str]) -> None:
    for event_id in [*told, *told[:1]]:
        await bot.answer(room, event_id)


async def _backwards(bot: Bot, room: str, told: list[str]) -> None:
    await _right(bot, room, told[::-1])


async def _retried(bot: Bot, room: str, told: list[str]) -> None:
    for event_id in told:
        await bot.answer(room, event_id, transaction=event_id)
        await bot.answer(room, event_id, transaction=event_id)


async def _deaf(bot: Bot, room: str, told: list[str]) -> None:
    """Answers nothing."""


async def test_a_bot_that_keeps_its_promises_has_no_faults() -> None:
    seen = await _seen(_right)
    assert (seen.answered, seen.faults) == (60, [])
    assert len(seen.waits) == 60
    assert min(seen.waits) > 0


async def test_a_request_that_is_repeated_under_its_transaction_id_is_one_answer() -> None:
    seen = await _seen(_retried)
    assert (seen.answered, seen.faults) == (60, [])


@pytest.mark.parametrize(
    ("policy", "fault"), [(_twice, "answered twice"), (_backwards, "out of turn")]
)
async def test_broken_promises_are_seen(policy: Policy, fault: str) -> None:
    seen = await _seen(policy, rooms=5, window=3)
    assert any(fault in found for found in seen.faults)


async def test_lost_commands_are_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.bench.load._SECONDS", 0.2)
    seen = await _seen(_deaf, rooms=2, window=2)
    assert seen.faults == ["4 commands were not answered in 0.2 s"]


async def test_sealed_commands_are_read_and_sealed_answers_too() -> None:
    seen, heard = await _seen_sealed(_sealed)
    assert (seen.answered, seen.faults) == (12, [])
    assert seen.sample == "hello"
    assert heard == ["!help"] * 12


async def test_an_answer_in_clear_is_seen() -> None:
    seen, _ = await _seen_sealed(_right)
    assert seen.faults == ["12 messages were sent in clear"]


async def test_an_answer_that_no_member_can_read_is_seen() -> None:
    seen, _ = await _seen_sealed(_sealed, tell=False)
    assert seen.faults == ["12 messages cannot be read by a member"]


def test_a_figure_is_judged_by_its_aim() -> None:
    assert Figure("m", "n", "ms", 10.5, 10.0, Aim("≤", 1.1, "ratio")).verdict == "ok"
    assert Figure("m", "n", "ms", 11.5, 10.0, Aim("≤", 1.1, "ratio")).verdict == "missed"
    assert Figure("m", "n", "1/s", 299, aim=Aim("≥", 300)).verdict == "missed"
    assert Figure("m", "n", "1/s", 299).verdict == ""


def test_percentiles_are_values_that_were_measured() -> None:
    assert percentile([3, 1, 2], 0.5) == 2
    assert percentile(range(1, 101), 0.99) == 99
    assert percentile([7], 0.99) == 7


def test_the_table_names_what_was_missed_and_what_was_broken() -> None:
    report = Report("quick")
    report.add([Figure("Waiting", "p50", "ms", 12.0, 10.0, Aim("≤", 1.1, "ratio"))])
    report.faults.append("a command was lost")
    table = report.table()
    assert "1.20" in table
    assert "missed" in table
    assert "a command was lost" in table
    assert report.as_dict()["figures"][0]["verdict"] == "missed"
