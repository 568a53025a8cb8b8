"""Members in encrypted rooms on the real homeserver: their devices, the rooms, and what they say there.

The devices are the talkers' own logins, made known by plain requests; nobody runs a client for them.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import secrets
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from bot.demo.account import Account
from tests.bench.burst import Said
from tests.bench.processes import Child
from tests.bench.talk import Table
from tests.bench.voices import ENCRYPTION, Device, Listener
from tests.bench.world import KRING, Person, World

_EVERY = 0.05
_PATIENCE = 60.0
_AT_ONCE = 8


class SealedTable:
    """The talkers of a table who can also encrypt; `rooms` are encrypted, with Kring and all talkers."""

    def __init__(self, table: Table, devices: list[Device], rooms: list[str], bot: str) -> None:
        self.table = table
        self.devices = devices
        self.rooms = rooms
        self._bot = bot
        self._taken = 0
        self._seen: set[str] = set()

    @classmethod
    async def begin(cls, table: Table, world: World, rooms: int) -> SealedTable:
        devices = [await _device(talker) for talker in table.talkers]
        for device, talker in zip(devices, table.talkers, strict=True):
            await talker.request("POST", "/keys/upload", device.upload())
        kring = world.people[KRING]
        async with Account(table.observer.base_url, kring.user_id, kring.token) as account:
            made = [await _room(account, number, table) for number in range(rooms)]
        return cls(table, devices, made, kring.user_id)

    # --- keys ---------------------------------------------------------------------------------------

    async def hand_over(
        self, folder: Path, child: Child, talkers: Iterable[int], *rooms: str
    ) -> None:
        """These talkers give the bot of that data folder, once it shows its device, new keys for the rooms."""
        listener = await self._listener(folder, child)
        for number in talkers:
            talker, device = self.table.talkers[number], self.devices[number]
            key = await self._one_time_key(talker, listener.device_id)
            contents = device.meet(listener, key, list(rooms))
            for content in contents:
                path = f"/sendToDevice/m.room.encrypted/{secrets.token_hex(8)}"
                body = {"messages": {self._bot: {listener.device_id: content}}}
                await talker.request("PUT", path, body)

    async def _one_time_key(self, talker: Account, device_id: str) -> str:
        """A homeserver shows a device for a moment before its one-time keys."""
        asked = {self._bot: {device_id: "signed_curve25519"}}
        async with asyncio.timeout(_PATIENCE):
            while True:
                answer = await talker.request("POST", "/keys/claim", {"one_time_keys": asked})
                for key in answer["one_time_keys"].get(self._bot, {}).get(device_id, {}).values():
                    return str(key["key"])
                await asyncio.sleep(0.05)

    async def _listener(self, folder: Path, child: Child) -> Listener:
        login = folder / "login.json"
        async with asyncio.timeout(_PATIENCE):
            while True:
                child.check()
                if login.exists() and (text := login.read_text()):
                    device_id = json.loads(text)["device_id"]
                    found = await self.table.talkers[0].request(
                        "POST", "/keys/query", {"device_keys": {self._bot: []}}
                    )
                    keys = found["device_keys"].get(self._bot, {}).get(device_id)
                    if keys is not None:
                        return Listener.of(keys)
                await asyncio.sleep(_EVERY)

    # --- talk ---------------------------------------------------------------------------------------

    def sealed(self, talker: int, room: str, text: str = "!help") -> Said:
        return "m.room.encrypted", self.devices[talker].seal(room, text)

    async def ask(self, room: str, text: str, talker: int = 0, patience: float = 30.0) -> float:
        """As Table's, in an encrypted room; what is said is sealed before the clock starts."""
        kind, content = self.sealed(talker, room, text)
        return await self.table.ask_with(room, kind, content, talker, patience)

    def faults(self, *rooms: str) -> list[str]:
        """Whether all that the bot said there since the last time was sealed, and the observer reads it."""
        observer, device = self.table.observer, self.devices[0]
        for event in observer.told[self._taken :]:
            if event["type"] == "m.room.encrypted" and event["sender"] == self._bot:
                with contextlib.suppress(ValueError):  # what is missed shows below
                    device.take(event["content"])
        self._taken = len(observer.told)
        clear = unread = 0
        for room in rooms:
            for event in observer.timeline[room]:
                if event["sender"] != self._bot or event["event_id"] in self._seen:
                    continue
                self._seen.add(event["event_id"])
                clear += event["type"] == "m.room.message"
                if event["type"] == "m.room.encrypted":
                    unread += not _reads(device, event["content"])
        found = [f"{clear} messages were sent in clear"] if clear else []
        return found + ([f"{unread} messages cannot be read by a member"] if unread else [])


def _reads(device: Device, content: dict[str, Any]) -> bool:
    try:
        device.read(content)
    except (LookupError, ValueError):
        return False
    return True


async def _device(account: Account) -> Device:
    answer = await account.request("GET", "/account/whoami")
    return Device(account.user_id, answer["device_id"])


async def _room(kring: Account, number: int, table: Table) -> str:
    state = {"type": "m.room.encryption", "state_key": "", "content": ENCRYPTION}
    room_id = await kring.create_room(
        name=f"Encrypted {number}",
        preset="private_chat",
        invite=[talker.user_id for talker in table.talkers],
        initial_state=[state],
    )
    for talker in table.talkers:
        await talker.join(room_id)
    return room_id


async def give_everyone_a_device(url: str, people: Iterable[Person]) -> int:
    """The login of each becomes a device that keys can be claimed for; how many there are."""
    limit = asyncio.Semaphore(_AT_ONCE)

    async def one(person: Person) -> None:
        async with limit, Account(url, person.user_id, person.token) as account:
            device = await _device(account)
            await account.request("POST", "/keys/upload", device.upload())

    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(one(person)) for person in people]
    return len(tasks)
