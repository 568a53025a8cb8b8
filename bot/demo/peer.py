"""A Matrix client that plays a person: an account together with a sync that sees everything.

It serves the terminal chat, the demo's tour, the tests and the benchmarks. It shares no code with
the bot's own client, so that one cannot hide the other's mistakes.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import secrets
import time
from collections import defaultdict
from collections.abc import Callable, Mapping
from typing import Any

import aiohttp

from bot.client import Login
from bot.demo.account import Account, PeerError, quoted
from bot.demo.peer_keys import PeerKeys
from bot.errors import MatrixError

Event = dict[str, Any]
Matcher = str | Callable[[Event], bool]

_SYNC_WAIT_MS = 30_000
_BARRIER = "coop.kring.peer.barrier"


def body_of(event: Event) -> str:
    """The text of a message; of an edit, the new text. Empty for anything else."""
    content = event.get("content")
    if not isinstance(content, dict):
        return ""
    new = content.get("m.new_content")
    body = (new if isinstance(new, dict) else content).get("body", "")
    return body if isinstance(body, str) else ""


def relation_of(event: Event) -> dict[str, Any]:
    """The event's `m.relates_to`, an empty one if there is none that makes sense."""
    content = event.get("content")
    relation = content.get("m.relates_to") if isinstance(content, dict) else None
    return relation if isinstance(relation, dict) else {}


def answers(event: Event, event_id: str) -> bool:
    """Whether the event replies to the other one or stands in the thread that it opened."""
    relation = relation_of(event)
    reply = relation.get("m.in_reply_to")
    return (isinstance(reply, dict) and reply.get("event_id") == event_id) or (
        relation.get("rel_type") == "m.thread" and relation.get("event_id") == event_id
    )


class Peer(Account):
    """One logged-in account with a sync in the background.

    What was seen stands in `timeline` (events of a room, oldest first, each once, gaps filled),
    `states`, `joined`, `invited` (room → stripped state) and `seen_at` (event → `perf_counter`
    seconds). `changed` is notified after every sync, and `rounds` counts them. `history` is how
    many events of each room the first sync brings; with `accept_invites` every invitation is
    followed; with `encrypts` it reads and writes in encrypted rooms, as a device that nobody knew.
    Set these before starting.
    """

    def __init__(self, base_url: str, user_id: str, access_token: str, device_id: str = "") -> None:
        super().__init__(base_url, user_id, access_token, device_id)
        self.accept_invites = False
        self.encrypts = False
        self._keys: PeerKeys | None = None
        self.history = 20
        self.timeline: dict[str, list[Event]] = defaultdict(list)
        self.states: dict[str, dict[tuple[str, str], Event]] = defaultdict(dict)
        self.summaries: dict[str, dict[str, Any]] = defaultdict(dict)
        self.invited: dict[str, dict[tuple[str, str], Event]] = {}
        self.joined: set[str] = set()
        self.seen_at: dict[str, float] = {}
        self.rounds = 0
        self.changed = asyncio.Condition()
        self.failure: Exception | None = None
        self._cursor: dict[str, int] = defaultdict(int)
        self._barrier = ""
        self._since: str | None = None
        self._sync_task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Take in the present state, then keep syncing in the background."""
        await super().start()
        try:
            if self.encrypts:
                login = Login(self.user_id, self.device_id, self.access_token)
                self._keys = PeerKeys(self.base_url, login)
                await self._keys.start()
            await self._sync_once(0)
        except BaseException:
            await self.stop()
            raise
        self._sync_task = asyncio.create_task(self._sync_forever())

    async def stop(self) -> None:
        """End the sync and the connections; the login stays valid."""
        if self._sync_task is not None:
            self._sync_task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._sync_task
            self._sync_task = None
        if self._keys is not None:
            await self._keys.close()
            self._keys = None
        await super().stop()

    async def send_event(
        self, room: str, kind: str, content: Mapping[str, Any], *, transaction: str | None = None
    ) -> str:
        """Send any event, encrypted where the room is; its event id."""
        if self._keys is not None:
            kind, content = await self._keys.seal(room, kind, content)
        return await super().send_event(room, kind, content, transaction=transaction)

    async def wait_until(self, condition: Callable[[], bool], seconds: float = 10) -> None:
        """Wait until something about what was synced holds.

        Raises TimeoutError, or what ended the sync for good (an invalid token).
        """
        async with asyncio.timeout(seconds), self.changed:
            await self.changed.wait_for(lambda: self.failure is not None or condition())
        if not condition() and self.failure is not None:
            raise self.failure

    async def next_round(self, rounds: int) -> None:
        """Wait until more than so many syncs were taken in, or no more will come."""
        async with self.changed:
            await self.changed.wait_for(lambda: self.rounds > rounds or self.failure is not None)

    async def expect(
        self, room: str, what: Matcher, timeout: float = 10, *, after: str | None = None
    ) -> Event:
        """The next event in the room that matches, waiting for it if need be.

        A text matches others' messages (edits by their new text) that hold it; a function sees
        every event. Looked at is what comes after the event `after`, and without it what comes
        after the last event expected in this room. Raises AssertionError, telling what came.
        """
        matches = _matcher(what, self.user_id)
        found: Event | None = None

        def look() -> bool:
            nonlocal found
            events = self.timeline[room]
            start = self._cursor[room] if after is None else self._index_after(room, after)
            for index in range(start, len(events)):
                if matches(events[index]):
                    found = events[index]
                    self._cursor[room] = max(self._cursor[room], index + 1)
                    return True
            return False

        try:
            await self.wait_until(look, timeout)
        except TimeoutError:
            start = self._cursor[room] if after is None else self._index_after(room, after)
            came = [
                f"{e['sender']}: {body_of(e) or e['type']}" for e in self.timeline[room][start:]
            ]
            raise AssertionError(
                f"{what!r} did not come within {timeout} s; what came: {came}"
            ) from None
        assert found is not None
        return found

    async def silence(self, room: str, seconds: float, *, after: str | None = None) -> None:
        """Make sure that nobody else says anything for a while, nor has since `after`.

        Raises AssertionError with what was said.
        """
        start = len(self.timeline[room]) if after is None else self._index_after(room, after)

        def spoken() -> list[str]:
            return [
                body_of(event) or event["type"]
                for event in self.timeline[room][start:]
                if event["sender"] != self.user_id and "state_key" not in event
            ]

        with contextlib.suppress(TimeoutError):
            await self.wait_until(lambda: bool(spoken()), seconds)
        if not spoken():
            await self.catch_up()
        if said := spoken():
            raise AssertionError(f"silence was expected in {room}, but this was said: {said}")

    async def replies(self, event_id: str) -> list[Event]:
        """All that was said so far in reply to an event, or in the thread that it opened."""
        await self.catch_up()
        return [
            event
            for events in self.timeline.values()
            for event in events
            if answers(event, event_id)
        ]

    def messages_since(self, room: str, event_id: str | None = None) -> list[Event]:
        """The messages of a room after an event (all without it) that were synced so far."""
        start = 0 if event_id is None else self._index_after(room, event_id)
        return [e for e in self.timeline[room][start:] if e["type"] == "m.room.message"]

    async def catch_up(self) -> None:
        """Wait until all that the homeserver has by now was synced."""
        mark = secrets.token_hex(8)
        await self.set_account_data(_BARRIER, {"mark": mark})
        await self.wait_until(lambda: self._barrier == mark)

    def _index_after(self, room: str, event_id: str) -> int:
        events = self.timeline[room]
        for index in range(len(events) - 1, -1, -1):
            if events[index]["event_id"] == event_id:
                return index + 1
        return len(events)

    async def _sync_forever(self) -> None:
        pause = 0.1
        while True:
            try:
                await self._sync_once(_SYNC_WAIT_MS)
                pause = 0.1
            except (
                aiohttp.ClientError,
                TimeoutError,
                ValueError,
                PeerError,
                MatrixError,
            ) as error:
                if isinstance(error, PeerError) and error.status in (401, 403):
                    self.failure = error
                    async with self.changed:
                        self.changed.notify_all()
                    return
                await asyncio.sleep(pause)
                pause = min(pause * 2, 5)

    async def _sync_once(self, wait_ms: int) -> None:
        params = {"timeout": str(wait_ms), "filter": self._filter()}
        if self._since is not None:
            params["since"] = self._since
        batch = await self.request("GET", "/sync", params=params)
        if self._keys is not None:
            await self._keys.take(batch)
        rooms = batch.get("rooms", {})
        first = self._since is None
        for room, part in rooms.get("join", {}).items():
            await self._take_room(room, part, first)
            self.joined.add(room)
            self.invited.pop(room, None)
            self.summaries[room] |= part.get("summary", {})
        for room, part in rooms.get("leave", {}).items():
            await self._take_room(room, part, True)
            self.joined.discard(room)
            self.invited.pop(room, None)
        for room, part in rooms.get("invite", {}).items():
            stripped = part.get("invite_state", {}).get("events", [])
            self.invited[room] = {(e["type"], e.get("state_key", "")): e for e in stripped}
        for event in batch.get("account_data", {}).get("events", []):
            if event["type"] == _BARRIER:
                self._barrier = event["content"].get("mark", "")
            elif event["type"] == "m.direct":
                self.direct = event["content"]
        self._since = batch["next_batch"]
        self.rounds += 1
        async with self.changed:
            self.changed.notify_all()
        if self.accept_invites:
            for room in list(self.invited):
                with contextlib.suppress(PeerError):
                    await self.join(room)

    async def _take_room(self, room: str, part: dict[str, Any], newcomer: bool) -> None:
        for event in part.get("state", {}).get("events", []):
            self.states[room][event["type"], event["state_key"]] = event
        batch = part.get("timeline", {})
        events: list[Event] = batch.get("events", [])
        if batch.get("limited") and not newcomer and self.timeline[room]:
            events = [*await self._missed(room, batch["prev_batch"]), *events]
        now = time.perf_counter()
        for event in events:
            if "state_key" in event:
                self.states[room][event["type"], event["state_key"]] = event
            if event["event_id"] not in self.seen_at:
                if self._keys is not None:
                    await self._keys.open(room, event)
                self.seen_at[event["event_id"]] = now
                self.timeline[room].append(event)

    async def _missed(self, room: str, token: str) -> list[Event]:
        """What a sync left out, oldest first, back to the first event that is known."""
        missed: list[Event] = []
        while True:
            page = await self.request(
                "GET",
                f"/rooms/{quoted(room)}/messages",
                params={"dir": "b", "from": token, "limit": "100"},
            )
            for event in page.get("chunk", []):
                if event["event_id"] in self.seen_at:
                    return missed[::-1]
                missed.append(event)
            if "end" not in page or not page.get("chunk"):
                return missed[::-1]
            token = page["end"]

    def _filter(self) -> str:
        limit = self.history if self._since is None else 100
        quiet: dict[str, Any] = {"types": []}
        return json.dumps(
            {
                "presence": quiet,
                "account_data": {"types": ["m.direct", _BARRIER]},
                "room": {
                    "account_data": quiet,
                    "ephemeral": quiet,
                    "state": {"lazy_load_members": True},
                    # Synapse keeps answers to first syncs for minutes, by filter: a mark of our
                    # own keeps a restarted peer from getting its predecessor's.
                    "timeline": {"limit": limit, "not_types": [f"coop.kring.{id(self):x}"]},
                },
            }
        )


def _matcher(what: Matcher, own: str) -> Callable[[Event], bool]:
    if not isinstance(what, str):
        return what
    return lambda event: (
        event["type"] == "m.room.message" and event["sender"] != own and what in body_of(event)
    )
