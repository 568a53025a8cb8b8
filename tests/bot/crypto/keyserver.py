"""A homeserver of keys in memory, on which several engines are each other's devices.

It keeps what is uploaded, hands out one-time keys, and delivers what devices say to each other; `asked`
lists the requests, and `fails` may refuse one.
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

from bot.client import Homeserver
from bot.clock import milliseconds
from bot.crypto.engine import Encryption
from bot.crypto.policy import Policy
from bot.crypto.signing import SigningKey, signed
from bot.crypto.taken import RoomKey
from bot.events import Event
from storage import rooms
from storage.database import Database
from storage.session import Session

_ids = itertools.count(1)
ROOM = "!room:x"


class MovingClock:
    """Moves only when it is told to."""

    def __init__(self) -> None:
        self.moment = datetime(2026, 3, 28, 12, 0, tzinfo=UTC)

    def now(self) -> datetime:
        return self.moment

    def forward(self, **by: float) -> None:
        self.moment += timedelta(**by)


class KeyServer:
    """`devices`, `pool` and `fallback` are by (user, device); `waiting` is what was said to a device."""

    def __init__(self) -> None:
        self.devices: dict[tuple[str, str], dict[str, Any]] = {}
        self.signing: dict[str, SigningKey] = {}
        self.pool: dict[tuple[str, str], dict[str, Any]] = defaultdict(dict)
        self.fallback: dict[tuple[str, str], dict[str, Any]] = {}
        self.fallback_used: set[tuple[str, str]] = set()
        self.waiting: dict[tuple[str, str], list[dict[str, Any]]] = defaultdict(list)
        self.transactions: set[str] = set()
        self.asked: list[str] = []
        self.fails: Callable[[str, str], Exception | None] = lambda _user, _path: None

    def count(self, part: str) -> int:
        return sum(part in path for path in self.asked)

    def of(self, user_id: str, device_id: str) -> Homeserver:
        """The client of one device."""
        return cast(Homeserver, _Login(self, user_id, device_id))

    def vouch(self, user_id: str, device_id: str) -> None:
        """The user's self-signing key signs the device."""
        key = self.signing.setdefault(user_id, SigningKey.generate())
        body = self.devices[user_id, device_id]
        name = f"ed25519:{key.public}"
        self.devices[user_id, device_id] = signed(body, user_id, name, key.sign(body))

    def upload(self, place: tuple[str, str], body: Mapping[str, Any]) -> dict[str, Any]:
        if "device_keys" in body:
            self.devices[place] = body["device_keys"]
        self.pool[place] |= body.get("one_time_keys", {})
        if body.get("fallback_keys"):
            self.fallback[place] = body["fallback_keys"]
            self.fallback_used.discard(place)
        return {"one_time_key_counts": {"signed_curve25519": len(self.pool[place])}}

    def query(self, users: Mapping[str, Any]) -> dict[str, Any]:
        answer: dict[str, Any] = {"device_keys": {}, "master_keys": {}, "self_signing_keys": {}}
        for user in users:
            answer["device_keys"][user] = {d: k for (u, d), k in self.devices.items() if u == user}
            if user in self.signing:
                public = self.signing[user].public
                for usage in ("master", "self_signing"):
                    keys: dict[str, Any] = {
                        "user_id": user, "usage": [usage], "keys": {f"ed25519:{public}": public},
                    }  # fmt: skip
                    mark = self.signing[user].sign(keys)
                    answer[f"{usage}_keys"][user] = signed(keys, user, f"ed25519:{public}", mark)
        return answer

    def claim(self, asked: Mapping[str, Mapping[str, str]]) -> dict[str, Any]:
        found: dict[str, dict[str, Any]] = defaultdict(dict)
        for user, devices in asked.items():
            for device in devices:
                place = user, device
                if self.pool[place]:
                    name = next(iter(self.pool[place]))
                    found[user][device] = {name: self.pool[place].pop(name)}
                elif place in self.fallback:
                    self.fallback_used.add(place)
                    found[user][device] = self.fallback[place]
        return {"one_time_keys": found}

    def send(self, sender: str, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        *_, kind, transaction = path.split("/")
        if transaction not in self.transactions:
            self.transactions.add(transaction)
            for user, devices in body["messages"].items():
                for device, content in devices.items():
                    event = {"type": kind, "sender": sender, "content": content}
                    for place in [p for p in self.devices if p[0] == user]:
                        if device in ("*", place[1]):
                            self.waiting[place].append(event)
        return {}


class _Login:
    def __init__(self, server: KeyServer, user_id: str, device_id: str) -> None:
        self._server = server
        self.user_id, self.device_id = user_id, device_id

    async def request(
        self, method: str, path: str, *, body: Mapping[str, Any] | None = None, **_: Any
    ) -> dict[str, Any]:
        self._server.asked.append(path)
        failure = self._server.fails(self.user_id, path)
        if failure is not None:
            raise failure
        assert body is not None
        if path.endswith("/keys/upload"):
            return self._server.upload((self.user_id, self.device_id), body)
        if path.endswith("/keys/query"):
            return self._server.query(body["device_keys"])
        if path.endswith("/keys/claim"):
            return self._server.claim(body["one_time_keys"])
        assert "/sendToDevice/" in path
        return self._server.send(self.user_id, path, body)


class Party:
    """One device: its engine on its own database, and what it has read."""

    def __init__(self, server: KeyServer, engine: Encryption, database: Database) -> None:
        self.server, self.engine, self.database = server, engine, database
        self.place = engine.own.user_id, engine.own.device_id

    @property
    def user_id(self) -> str:
        return self.place[0]

    @classmethod
    async def open(
        cls,
        server: KeyServer,
        clock: MovingClock,
        path: Path,
        user_id: str,
        device_id: str,
        stack: AsyncExitStack,
        policy: Policy | None = None,
    ) -> Party:
        database = await Database.open(path, readers=1, check=False)
        stack.push_async_callback(database.close)
        client = server.of(user_id, device_id)
        engine = await Encryption.open(client, database, clock, bytes(32), policy or Policy())
        await engine.publish()
        return cls(server, engine, database)

    async def sees(self, *users: str, room: str = ROOM, invited: tuple[str, ...] = ()) -> None:
        """These are in the room, and those invited."""

        def store(session: Session) -> None:
            rooms.know(session, room, now=1)
            rooms.replace_joined(session, room, dict.fromkeys(users), now=1)
            rooms.replace_invited(session, room, list(invited), now=1)

        await self.database.write(store)

    async def hears(self, *, changed: tuple[str, ...] = ()) -> list[RoomKey]:
        """Take in what was said to this device, as a sync brings it, and do what follows from it."""
        place, server = self.place, self.server
        now = milliseconds(self.engine._clock.now())
        events, server.waiting[place] = server.waiting[place], []
        used = place in server.fallback_used or place not in server.fallback
        answer = {
            "device_lists": {"changed": list(changed)},
            "device_one_time_keys_count": {"signed_curve25519": len(server.pool[place])},
            "device_unused_fallback_key_types": [] if used else ["signed_curve25519"],
        }

        def store(session: Session) -> list[RoomKey]:
            self.engine.take_lists(session, answer)
            taken = [self.engine.take_to_device(session, event, now) for event in events]
            return [key for key in taken if isinstance(key, RoomKey)]

        keys = await self.database.write(store)
        self.engine.heard(answer)
        await self.engine.keep_up()
        return keys

    async def says(self, text: str, *, room: str = ROOM, patient: bool = True) -> Event:
        """The event that comes of it."""
        said = {"msgtype": "m.text", "body": text}
        content = await self.engine.encrypt(room, "m.room.message", said, patient=patient)
        number = next(_ids)
        return Event(
            f"$e{number}", "m.room.encrypted", self.user_id, content, number, None, None, None
        )

    async def reads(self, event: Event, *, room: str = ROOM) -> str:
        """Its text. Raises Unreadable and Forged."""
        plain = await self.database.write(lambda s: self.engine.decrypt(s, room, event, 1))
        return str(plain.content["body"])


NewParty = Callable[..., Awaitable[Party]]
