"""The ideal homeserver: answers at once, all in memory, so that the bot is what is measured.

It speaks as much of the client-server API as a bot needs in rooms that exist already, over the
leanest HTTP that aiohttp's client accepts. What members say in it, and what comes of that, is for
whoever is given as `House.heard`.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import orjson

from tests.bench.ideal_keys import Keys
from tests.bench.voices import ENCRYPTION

SERVER = "ideal.example"
_CLIENT = "/_matrix/client/v3"
_LONGEST_WAIT = 30.0

DEVICE = "BENCH"

Heard = Callable[[str, str, dict[str, Any]], None]


def event_id(number: int) -> str:
    """Shaped as in room version 4 and later: 43 characters of URL-safe base64."""
    return f"${number:043d}"


@dataclass(slots=True)
class Room:
    """A room with its state; `waiting` is what the bot was not told yet."""

    room_id: str
    state: list[dict[str, Any]]
    members: dict[str, str]
    waiting: list[dict[str, Any]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Wanted:
    """What of a sync filter can be seen here: whether the bot wants to hear its own messages."""

    types: frozenset[str] | None
    not_senders: frozenset[str]

    def passes(self, kind: str, sender: str) -> bool:
        return sender not in self.not_senders and (self.types is None or kind in self.types)


def _wanted(text: str) -> _Wanted:
    timeline = json.loads(text or "{}").get("room", {}).get("timeline", {})
    types = timeline.get("types")
    return _Wanted(
        frozenset(types) if types is not None else None,
        frozenset(timeline.get("not_senders", ())),
    )


class House:
    """The homeserver's memory: rooms, one account, and its sync; `polled` while a sync waits for news."""

    def __init__(self, bot: str) -> None:
        self.bot = bot
        self.rooms: dict[str, Room] = {}
        self.keys = Keys(bot, DEVICE)
        self.heard: Heard = lambda _room, _kind, _content: None
        self.unknown: set[str] = set()
        self.polled = asyncio.Event()
        self._events = 0
        self._position = 0
        self._ready: set[str] = set()
        self._sent: dict[str, str] = {}
        self._account_data: dict[str, Any] = {}
        self._filters: list[str] = []
        self._parsed: dict[str, _Wanted] = {}
        self._last: tuple[str, bytes] | None = None
        self._poll: _Poll | None = None

    def add_room(self, name: str, members: dict[str, str], *, encrypted: bool = False) -> str:
        """A room of version 12 that the bot made; `members` are user ids with display names."""
        room_id = f"!{len(self.rooms):043d}"
        everyone = {self.bot: "Kring", **members}
        room = Room(room_id, [], everyone)
        contents: list[tuple[str, str, dict[str, Any]]] = [
            ("m.room.create", "", {"room_version": "12"}),
            ("m.room.power_levels", "", {"users": {}, "invite": 50, "events": {}}),
            ("m.room.join_rules", "", {"join_rule": "invite"}),
            ("m.room.history_visibility", "", {"history_visibility": "shared"}),
            ("m.room.name", "", {"name": name}),
        ]
        if encrypted:
            contents.append(("m.room.encryption", "", ENCRYPTION))
        contents += [
            ("m.room.member", user, {"membership": "join", "displayname": shown})
            for user, shown in everyone.items()
        ]
        for kind, key, content in contents:
            sender = key if kind == "m.room.member" else self.bot
            room.state.append({**self._event(kind, sender, content), "state_key": key})
        self.rooms[room_id] = room
        return room_id

    def say(self, room_id: str, sender: str, body: str) -> str:
        """A member says something; returns the event's id."""
        content = {"msgtype": "m.text", "body": body, "m.mentions": {}}
        return self.put(room_id, sender, "m.room.message", content)

    def put(self, room_id: str, sender: str, kind: str, content: dict[str, Any]) -> str:
        """A member sends any event; returns its id."""
        event = self._event(kind, sender, content)
        self._deliver(room_id, event)
        found: str = event["event_id"]
        return found

    def tell(self, sender: str, content: dict[str, Any]) -> None:
        """A member's device sends something encrypted to the bot's."""
        event = {"type": "m.room.encrypted", "sender": sender, "content": content}
        self.keys.to_bot.append(event)
        if self._poll is not None:
            self._poll.wake()

    def _event(self, kind: str, sender: str, content: dict[str, Any]) -> dict[str, Any]:
        self._events += 1
        return {
            "type": kind,
            "event_id": event_id(self._events),
            "sender": sender,
            "origin_server_ts": int(time.time() * 1000),
            "content": content,
            "unsigned": {"age": 1},
        }

    def _deliver(self, room_id: str, event: dict[str, Any]) -> None:
        self.rooms[room_id].waiting.append(event)
        self._ready.add(room_id)
        if self._poll is not None:
            # Whatever else is said in this turn of the loop travels along.
            self._poll.wake()

    # Requests

    def answer(self, method: str, target: str, body: bytes, poll: _Poll) -> bytes | None:
        """The answer's JSON; None for a sync that waits, which `poll` answers later.

        Raises LookupError for what an ideal homeserver does not have.
        """
        if method == "GET" and "/sync" in target:
            return self._sync(parse_qs(urlsplit(target).query), poll)
        path = target.partition("?")[0]
        if path == "/_matrix/client/versions":
            return _json({"versions": ["v1.11", "v1.12"], "unstable_features": {}})
        if not path.startswith(_CLIENT):
            raise LookupError(path)
        parts = [unquote(part) for part in path[len(_CLIENT) + 1 :].split("/")]
        match method, parts:
            case "PUT", ["rooms", room_id, "send", kind, transaction]:
                return self._send(room_id, kind, transaction, body)
            case "PUT", ["rooms", room_id, "redact", _, transaction]:
                return self._send(room_id, "m.room.redaction", transaction, body)
            case "POST", ["login"]:
                return _json(self._login())
            case "GET", ["account", "whoami"]:
                return _json({"user_id": self.bot, "device_id": DEVICE})
            case "GET", ["rooms", room_id, "members"]:
                return _json({"chunk": self._memberships(room_id, target)})
            case "GET", ["joined_rooms"]:
                return _json({"joined_rooms": list(self.rooms)})
            case "GET", ["rooms", room_id, "state"]:
                return _json(self.rooms[room_id].state)
            case "GET", ["rooms", room_id, "joined_members"]:
                people = self.rooms[room_id].members
                return _json({"joined": {u: {"display_name": n} for u, n in people.items()}})
            case "GET", ["rooms", room_id, "messages"]:
                return _json({"chunk": [], "start": "s", "state": []})
            case "GET", ["rooms", room_id, "state", kind, *key]:
                wanted = (kind, key[0] if key else "")
                for event in self.rooms[room_id].state:
                    if (event["type"], event["state_key"]) == wanted:
                        return _json(event["content"])
                raise LookupError(path)
            case "PUT", ["user", _, "account_data", kind]:
                self._account_data[kind] = orjson.loads(body)
                return b"{}"
            case "GET", ["user", _, "account_data", kind]:
                return _json(self._account_data[kind])
            case "POST", ["user", _, "filter"]:
                self._filters.append(body.decode())
                return _json({"filter_id": str(len(self._filters) - 1)})
            case "GET", ["profile", *_]:
                return _json({"displayname": "Kring"})
            case "PUT", ["profile", *_]:
                return b"{}"
            case "GET", ["capabilities"]:
                return _json({"capabilities": {}})
        about_keys = self.keys.answer(method, parts, body)
        if about_keys is None:
            raise LookupError(path)
        return _json(about_keys)

    def _memberships(self, room_id: str, target: str) -> list[dict[str, Any]]:
        """Who is in the room; nobody is there in any other way."""
        wanted = parse_qs(urlsplit(target).query).get("membership", ["join"])[0]
        return [
            event
            for event in self.rooms[room_id].state
            if event["type"] == "m.room.member" and event["content"]["membership"] == wanted
        ]

    def _login(self) -> dict[str, Any]:
        return {"user_id": self.bot, "device_id": DEVICE, "access_token": "bench"}

    def _send(self, room_id: str, kind: str, transaction: str, body: bytes) -> bytes:
        known = self._sent.get(transaction)
        if known is None:
            content = orjson.loads(body)
            event = self._event(kind, self.bot, content)
            known = self._sent[transaction] = event["event_id"]
            self._deliver(room_id, event)
            self.heard(room_id, kind, content)
        return b'{"event_id":"%s"}' % known.encode()

    def _sync(self, query: dict[str, list[str]], poll: _Poll) -> bytes | None:
        since = query.get("since", [""])[0]
        if self._last is not None and since and since == self._last[0]:
            return self._last[1]  # the answer got lost on its way
        sieve = query.get("filter", [""])[0]
        if sieve.isdigit():
            sieve = self._filters[int(sieve)]
        poll.begin(since, sieve)
        if not since:
            return self._first(sieve)
        batch = self.batch(poll)
        if batch is None and int(query.get("timeout", ["0"])[0]) > 0:
            self._poll = poll
            self.polled.set()
            return None
        return batch or self.empty()

    def _first(self, sieve: str) -> bytes:
        """A sync without a token: the state that was asked for, and nothing of what was said."""
        room_filter = json.loads(sieve or "{}").get("room", {})
        wanted = room_filter.get("rooms", self.rooms)
        types = room_filter.get("state", {}).get("types")
        joined = {
            room_id: {
                "state": {
                    "events": [
                        event
                        for event in self.rooms[room_id].state
                        if types is None or event["type"] in types
                    ]
                },
                "timeline": {"events": [], "limited": True, "prev_batch": "p0"},
            }
            for room_id in wanted
            if room_id in self.rooms
        }
        return self._batch("", {"join": joined})

    def batch(self, poll: _Poll) -> bytes | None:
        """All that waits and that the filter of this sync lets pass; None if there is nothing."""
        wanted = self._parsed.get(poll.sieve)
        if wanted is None:
            wanted = self._parsed[poll.sieve] = _wanted(poll.sieve)
        joined: dict[str, Any] = {}
        for room_id in self._ready:
            room = self.rooms[room_id]
            events = [e for e in room.waiting if wanted.passes(e["type"], e["sender"])]
            room.waiting.clear()
            if events:
                joined[room_id] = {
                    "timeline": {"events": events, "limited": False, "prev_batch": "p1"},
                    "state": {"events": []},
                }
        self._ready.clear()
        if not joined and not self.keys.to_bot:
            return None
        return self._batch(poll.since, {"join": joined})

    def empty(self) -> bytes:
        return self._batch("", {})

    def _batch(self, since: str, rooms: dict[str, Any]) -> bytes:
        self._position += 1
        answer = _json({"next_batch": f"s{self._position}", "rooms": rooms, **self.keys.in_sync()})
        if since:
            self._last = (since, answer)
        return answer

    def unhook(self, poll: _Poll) -> None:
        """The sync that waits is not to be answered any more."""
        if self._poll is poll:
            self._poll = None
            self.polled.clear()


def _json(value: Any) -> bytes:
    return orjson.dumps(value)


class _Poll:
    """One connection's sync while it waits."""

    def __init__(self, house: House, write: Callable[[bytes], None]) -> None:
        self.since = ""
        self.sieve = ""
        self._house = house
        self._write = write
        self._timer: asyncio.TimerHandle | None = None
        self._woken = False

    def begin(self, since: str, sieve: str) -> None:
        self.since, self.sieve = since, sieve
        self.cancel()
        loop = asyncio.get_running_loop()
        self._timer = loop.call_later(_LONGEST_WAIT, self._late)

    def wake(self) -> None:
        if not self._woken:
            self._woken = True
            asyncio.get_running_loop().call_soon(self._answer)

    def cancel(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._woken = False
        self._house.unhook(self)

    def _answer(self) -> None:
        if not self._woken:
            return
        batch = self._house.batch(self)
        self._woken = False
        if batch is not None:
            self.cancel()
            self._write(batch)

    def _late(self) -> None:
        self.cancel()
        self._write(self._house.empty())


class Connection(asyncio.Protocol):
    """HTTP/1.1 as aiohttp's client speaks it: one request after the other, bodies with a length."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._poll = _Poll(house, self._write)
        self._buffer = b""
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def connection_lost(self, exc: Exception | None) -> None:
        self._poll.cancel()
        self._transport = None

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while True:
            head, separator, rest = self._buffer.partition(b"\r\n\r\n")
            if not separator:
                return
            length = _length(head)
            if len(rest) < length:
                return
            self._buffer = rest[length:]
            self._serve(head, rest[:length])

    def _serve(self, head: bytes, body: bytes) -> None:
        method, target, _ = head.split(b"\r\n", 1)[0].decode("ascii").split(" ")
        try:
            answer = self._house.answer(method, target, body, self._poll)
        except LookupError:
            self._house.unknown.add(f"{method} {target.partition('?')[0]}")
            self._write(b'{"errcode":"M_NOT_FOUND","error":"Not here"}', b"404 Not Found")
            return
        if answer is not None:
            if "/sync" in target:
                self._poll.cancel()
            self._write(answer)

    def _write(self, body: bytes, status: bytes = b"200 OK") -> None:
        if self._transport is not None:
            self._transport.write(
                b"HTTP/1.1 %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s"
                % (status, len(body), body)
            )


def _length(head: bytes) -> int:
    lowered = head.lower()
    start = lowered.find(b"\r\ncontent-length:")
    if start < 0:
        return 0
    end = lowered.find(b"\r\n", start + 2)
    return int(lowered[start + 17 : end if end >= 0 else len(lowered)])


async def serve(house: House) -> tuple[asyncio.Server, str]:
    """Begin to answer on a free loopback port; the server (close it), and its address."""
    server = await asyncio.get_running_loop().create_server(
        lambda: Connection(house), "127.0.0.1", 0
    )
    port = server.sockets[0].getsockname()[1]
    return server, f"http://127.0.0.1:{port}"
